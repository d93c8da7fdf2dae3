"""The names of what this program keeps beside a clinic's setup."""

from __future__ import annotations

LEDGER_FILE = "ims-billing.sqlite"
# The ledger's id and last batch, by which an old copy of it, or another one, is known.
LAST_BATCH = "ims-billing-last-batch.json"
# The folder of the workbooks.
REPORTS = "reports"
