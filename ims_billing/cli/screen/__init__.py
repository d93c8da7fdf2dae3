"""What the terminal shows."""

from ims_billing.cli.screen.glance import (
    show_ledger,
    show_read_back,
    show_started,
    show_voided,
    show_written,
    warn_of_cloud,
)
from ims_billing.cli.screen.month_page import Shown, month_page
from ims_billing.cli.screen.payments import show_aging, show_reconciled, show_undone
from ims_billing.cli.screen.reference import show_pages, show_rules
from ims_billing.cli.screen.status import show_status
from ims_billing.cli.screen.terminal import Working, fail, new_password, notify, show, width

__all__ = [
    "Shown",
    "Working",
    "fail",
    "new_password",
    "notify",
    "show_aging",
    "show_ledger",
    "show_month",
    "show_pages",
    "show_read_back",
    "show_reconciled",
    "show_rules",
    "show_started",
    "show_status",
    "show_undone",
    "show_voided",
    "show_written",
    "warn_of_cloud",
]


def show_month(shown: Shown, *, everything: bool = False) -> None:
    """The month on one screen; with `everything` every finding, reason and file too."""
    show(month_page(shown, width(), everything=everything))
