"""Until when an insurer takes a claim for a visit: the plan's own days, or the window of its only channel."""

from __future__ import annotations

import datetime as dt

from ims_billing.clinic.clinic import Insurer
from ims_billing.rules.published import published
from ims_billing.rules.values import SubmissionWindow
from ims_billing.vocabulary.spelling import bare


def plan_deadline(insurer: Insurer, day: dt.date) -> dt.date | None:
    """The last day on which the plan itself takes a claim for a visit on a day; None where the clinic states none."""
    return day + dt.timedelta(days=insurer.claim_within_days) if insurer.claim_within_days else None


def channel_window(insurer: Insurer, day: dt.date) -> SubmissionWindow | None:
    """The window of the insurer's only channel for a visit on a day; None where it has none."""
    channels = [bare(name) for name in insurer.channels_on(day)]
    # With two channels to choose from, the window of one closes nothing.
    rules = (rule for rule in published().limits.submission_window if channels == [bare(rule.channel)])
    return next((rule for rule in rules if rule.covers(day)), None)


def last_day_of(insurer: Insurer, day: dt.date) -> dt.date | None:
    """The last day on which plan and channel take a claim for a visit on a day; None where neither states one."""
    rule = channel_window(insurer, day)
    by_channel = day + dt.timedelta(days=rule.days) if rule else None
    return min(filter(None, (plan_deadline(insurer, day), by_channel)), default=None)
