"""Until when an insurer takes a claim for a visit: the plan's own days, or the window of its only channel."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from ims_billing.clinic.clinic import Insurer
from ims_billing.rules.published import published
from ims_billing.rules.values import SubmissionWindow
from ims_billing.vocabulary.spelling import bare


class Window(NamedTuple):
    """How long a claim is taken: the last day, and the channel whose window it is (empty: the plan's own)."""

    last_day: dt.date
    channel: str


def plan_deadline(insurer: Insurer, day: dt.date) -> dt.date | None:
    """The last day on which the plan itself takes a claim for a visit on a day; None where the clinic states none."""
    return day + dt.timedelta(days=insurer.claim_within_days) if insurer.claim_within_days else None


def channel_window(insurer: Insurer, day: dt.date) -> SubmissionWindow | None:
    """The window of the insurer's only channel for a visit on a day; None where it has none."""
    channels = [bare(name) for name in insurer.channels_on(day)]
    # With two channels to choose from, the window of one closes nothing.
    rules = (rule for rule in published().limits.submission_window if channels == [bare(rule.channel)])
    return next((rule for rule in rules if rule.covers(day)), None)


def window_of(insurer: Insurer, day: dt.date) -> Window | None:
    """The window that closes first for a visit on a day; None where no rule and no plan states one."""
    windows = []
    if deadline := plan_deadline(insurer, day):
        windows.append(Window(deadline, ""))
    if rule := channel_window(insurer, day):
        windows.append(Window(day + dt.timedelta(days=rule.days), rule.channel))
    return min(windows, default=None)
