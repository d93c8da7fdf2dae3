"""Until when an insurer takes a claim for a visit: the plan's own days, or the window of its only channel."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from ims_billing.clinic.clinic import Insurer
from ims_billing.rules.published import published
from ims_billing.vocabulary.spelling import bare


class Window(NamedTuple):
    """How long a claim is taken: the last day, and the channel whose window it is (empty: the plan's own)."""

    last_day: dt.date
    channel: str


def window_of(insurer: Insurer, day: dt.date) -> Window | None:
    """The window that closes first for a visit on a day; None where no rule and no plan states one."""
    windows = []
    if insurer.claim_within_days:
        windows.append(Window(day + dt.timedelta(days=insurer.claim_within_days), ""))
    channels = [bare(name) for name in insurer.channels_on(day)]
    for rule in published().limits.submission_window:
        # With two channels to choose from, the window of one closes nothing.
        if channels == [bare(rule.channel)] and rule.covers(day):
            windows.append(Window(day + dt.timedelta(days=rule.days), rule.channel))
    return min(windows, default=None)
