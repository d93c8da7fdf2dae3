"""How long before a last day, and after how many days unpaid, a claim is pointed out: our choice, no rule."""

from __future__ import annotations

# Days before the last day on which an insurer or a channel takes a claim, that many included.
CLOSING_WITHIN = 14
# Days after which a claim without a payment in full is to be asked about.
UNPAID_OVER = 60
