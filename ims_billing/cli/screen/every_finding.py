"""The parts that `--all` adds: every finding with its rows and fix, every reason, every file that was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ims_billing.cli.screen.layout import wrapped
from ims_billing.vocabulary.findings import CATALOGUE, REASONS
from ims_billing.vocabulary.frames import NO_SESSION
from ims_billing.vocabulary.spelling import counted, dollars, is_id

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.cli.screen.month_page import Shown
    from ims_billing.cli.screen.places import Places
    from ims_billing.month.prepare import Month

_TITLES = {"hold": "ON HOLD, every finding", "warn": "TO CHECK, every finding"}


def every_finding(month: Month, places: Places, wide: int) -> list[Text]:
    """Each kind with its fix, and each message with all its rows and the practice system's ids."""
    lines: list[Text] = []
    for severity, title in _TITLES.items():
        findings = month.findings[month.findings["severity"] == severity]
        if len(findings):
            lines += [Text(), Text(title, "bold yellow" if severity == "hold" else "bold")]
        for kind in (kind for kind in CATALOGUE if (findings["kind"] == kind).any()):
            part = findings[findings["kind"] == kind]
            sessions = month.sessions.loc[[label for label in part["session"].unique() if label != NO_SESSION]]
            amount = f", {dollars(int(sessions['fee_cents'].sum()))}" if len(sessions) else ""
            head = f"{len(sessions) or len(part):>4}  {CATALOGUE[kind].title} ({kind}{amount})"
            lines += wrapped(
                head.strip(), wide, first=head[: len(head) - len(head.lstrip())], rest="      ", style="bold"
            )
            for message, labels in part.groupby("message", sort=False)["session"]:
                rows = _rows(month, [label for label in labels if label != NO_SESSION], places)
                lines += wrapped(f"{rows}{message}", wide, first="      ", rest="      ")
            for fix in _fixes(kind, part):
                lines += wrapped(f"Fix: {fix}", wide, first="      ", rest="      ", style="cyan")
    return lines


def _fixes(kind: str, findings: pd.DataFrame) -> list[str]:
    """How findings of a kind are fixed: in the clinic setup where that says nothing, as usual where it does."""
    about, in_setup = CATALOGUE[kind], findings["in_setup"]
    return [*([] if in_setup.all() else [about.fix]), *([about.setup_fix] if in_setup.any() else [])]


def _rows(month: Month, labels: list[int], places: Places) -> str:
    if not labels:
        return ""
    sessions = month.sessions.loc[labels]
    named = [
        f"{place} ({session_id})" if is_id(session_id) else place
        for place, session_id in zip(places.each(sessions), sessions["session_id"], strict=True)
    ]
    return f"{'row' if len(named) == 1 else 'rows'} {', '.join(named)}: "


def every_reason(month: Month, wide: int) -> list[Text]:
    """Why sessions are not billed: each reason with how many."""
    reasons = month.sessions.loc[month.sessions["outcome"] == "not_billed", "reason"].value_counts()
    if reasons.empty:
        return []
    lines = [Text(), Text("NOT BILLED, every reason", "bold")]
    for reason, count in reasons.items():
        lines += wrapped(
            f"{count:>4}  {REASONS[str(reason)].meaning} ({reason})".strip(), wide, first="      ", rest="      "
        )
    return lines


def requirements_not_stated(month: Month, wide: int) -> list[Text]:
    """The insurers of the claims of which neither the published rules nor the clinic say what they require."""
    silent = _of_silent(month, month.claims)
    if not silent:
        return []
    sentence = (
        f"What {', '.join(silent)} require on a claim is not published. Where they require something, state it in "
        f"{month.clinic.file}, under the insurer."
    )
    return [Text(), *wrapped(sentence, wide)]


def claims_without_numbers(month: Month, wide: int) -> list[Text]:
    """The claims that name no policy and no member, to insurers of which nobody says what they require."""
    claims = month.claims
    numbers = ("policy", "member", "payer_file_number", "phn")
    claims = claims[(claims[list(numbers)] == "").all(axis=1)]
    silent = _of_silent(month, claims)
    if not silent:
        return []
    named = claims["insurer"].isin(silent)
    sentence = (
        f"Without policy number and member ID: {counted(int(named.sum()), 'claim')} ({', '.join(silent)}). What these "
        f"plans require is not published: state it in {month.clinic.file}, under the insurer (policy, member, or "
        "nothing)."
    )
    return [Text(), *wrapped(sentence, wide, rest="  ", style="yellow")]


def _of_silent(month: Month, claims: pd.DataFrame) -> list[str]:
    """The insurers of these claims of which nobody says what they require; none without a clinic setup."""
    last = claims.groupby("insurer_id", sort=False)["service_date"].max()
    insurers = {insurer: month.clinic.insurer_by_id(str(insurer)) for insurer in last.index}
    silent = [
        insurers[insurer].name for insurer, day in last.items() if insurers[insurer].requires_on(day.date()) is None
    ]
    return silent if month.clinic.file else []


def every_file(shown: Shown) -> list[Text]:
    """The files that were written, a path each."""
    paths = [path for written in shown.written for path in written.files]
    return [Text(), Text("WRITTEN", "bold"), *(Text(f"  {path}") for path in paths)] if paths else []
