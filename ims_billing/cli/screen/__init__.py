"""What the terminal shows."""

from ims_billing.cli.screen.glance import (
    show_decisions,
    show_end,
    show_ledger,
    show_month,
    show_rest,
    show_started,
    show_unwritten,
    show_voided,
    show_written,
    warn_of_cloud,
)
from ims_billing.cli.screen.payments import show_aging, show_reconciled, show_undone
from ims_billing.cli.screen.reference import show_pages, show_rules
from ims_billing.cli.screen.status import show_status
from ims_billing.cli.screen.terminal import Working, fail, new_password

__all__ = [
    "Working",
    "fail",
    "new_password",
    "show_aging",
    "show_decisions",
    "show_end",
    "show_ledger",
    "show_month",
    "show_pages",
    "show_reconciled",
    "show_rest",
    "show_rules",
    "show_started",
    "show_status",
    "show_undone",
    "show_unwritten",
    "show_voided",
    "show_written",
    "warn_of_cloud",
]
