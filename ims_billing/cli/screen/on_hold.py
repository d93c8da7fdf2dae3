"""Findings on the screen: grouped by what a person does about them, with counts, dollars and rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from ims_billing.cli.screen.layout import listed, wrapped
from ims_billing.vocabulary.findings import CATALOGUE, FIRST_TO_CHECK, REASONS, REMEDIES
from ims_billing.vocabulary.frames import NO_SESSION
from ims_billing.vocabulary.quoting import Names, quotable_services
from ims_billing.vocabulary.spelling import counted, dollars

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from ims_billing.cli.screen.places import Places
    from ims_billing.month.prepare import Month
    from ims_billing.month.reasons import TakenOut

# Rows that are named of each kind, at most.
_ROWS = 4
# Lines of names that are not billed and may mean IMS, at most.
_NAMES = 2
# Lines of kinds to check that have no line of their own, at most.
_ALSO = 2
_COLUMNS = ["file", "sheet", "row", "fee_cents", "service", "service_name", "evidence", "strange_words"]
_NAME_KINDS = ("service-not-recognised", "acupuncture-by-physiotherapist")


def _of(findings: pd.DataFrame, remedy: str) -> pd.DataFrame:
    kinds = [kind for kind, about in CATALOGUE.items() if about.remedy == remedy]
    usual = findings["kind"].isin(kinds)
    return findings[usual | findings["in_setup"] if remedy == "setup" else usual & ~findings["in_setup"]]


def fix_in_setup(month: Month) -> pd.DataFrame:
    """The findings that hold sessions until the clinic setup is fixed."""
    return _of(month.findings[month.findings["severity"] == "hold"], "setup")


def what_setup_lacks(month: Month) -> list[str]:
    """What sessions wait for and the clinic setup does not say, each once: blank dates, columns without a meaning."""
    holds = fix_in_setup(month)
    messages = holds.loc[holds["in_setup"] & (holds["kind"] != "unreadable-cell"), "message"].unique().tolist()
    return [
        *(f'Column "{name}": choose what it is, or ignore (sheet Columns).' for name in _unmapped(month)),
        *messages,
    ]


def _unmapped(month: Month) -> list[str]:
    """The columns that stop `claim`, each once, by their headings."""
    columns = [column for file in month.intake.files for column in file.doubtful]
    return list(dict.fromkeys(column.heading or column.place for column in columns))


def _sessions(month: Month, findings: pd.DataFrame) -> pd.DataFrame:
    labels = [label for label in findings["session"].unique() if label != NO_SESSION]
    # A page asks a hundred times: the other fifty columns would be most of its time.
    return month.sessions.loc[labels, _COLUMNS]


def changed_since(month: Month, places: Places, wide: int) -> list[Text]:
    """Every claim that changed, was voided or is gone from the files: none is left out, whatever the screen holds."""
    findings = _of(month.findings, "claim")
    if findings.empty:
        return []
    lines = [Text(), *wrapped(f"{REMEDIES['claim'].upper()}: decide about each", wide, style="bold red")]
    for kind, of_kind in findings.groupby("kind", sort=False):
        for message, part in of_kind.groupby("message", sort=False):
            sessions = _sessions(month, part)
            rows = f" (row {places.of(sessions, 8)})" if len(sessions) else ""
            lines += wrapped(f"{message}{rows}", wide, first="  ", rest="    ")
        lines += wrapped(CATALOGUE[str(kind)].fix, wide, first="    ", rest="    ")
    return lines


def taken_out(month: Month, sessions: Sequence[TakenOut], places: Places, wide: int) -> list[Text]:
    """Warns of sessions that correct values take out of the month, with reasons and rows: a wrong year costs money."""
    if not sessions:
        return []
    count = counted(len(sessions), "session")
    amount, name = dollars(sum(each.cents for each in sessions)), month.month or "the months"
    by_reason: dict[str, list[int]] = {}
    for each in sessions:
        by_reason.setdefault(each.reason, []).append(each.session)
    parts = [
        f"{REASONS[reason].meaning} (row {places.of(month.sessions.loc[labels], 8)})"
        for reason, labels in by_reason.items()
    ]
    head = f"Correct values take {count}, {amount}, out of {name}:"
    lines = [line for part in parts for line in wrapped(part, wide, first="  ", rest="    ")]
    end = wrapped("If that is a slip, type another value: ims-billing help deciding", wide, first="  ", rest="    ")
    return [Text(), *wrapped(head, wide, style="bold red"), *lines, *end]


class _Group(NamedTuple):
    """Sessions on hold that a person does the same about."""

    head: str
    kinds: list[str]
    """Each kind with its rows; none where the claims are listed above."""
    brief: list[str]
    """The kinds without rows."""


class Holding(NamedTuple):
    """The sessions on hold, in words, whatever lines there are for them."""

    groups: list[_Group]
    several: str
    """How many sessions are in more than one group."""
    names: list[str]
    """The service names that are not billed and may mean IMS."""


def what_holds(month: Month, places: Places) -> Holding:
    """Groups the findings that hold sessions by what a person does about them."""
    holds = month.findings[month.findings["severity"] == "hold"]
    by_remedy = {remedy: part for remedy in REMEDIES if len(part := _of(holds, remedy))}
    groups = []
    for remedy, part in by_remedy.items():
        sessions = _sessions(month, part)
        amount = dollars(int(sessions["fee_cents"].sum()))
        head = f"{REMEDIES[remedy]}: {counted(len(sessions), 'session')}, {amount}:"
        kinds = _kinds(month, part, places, remedy) if remedy != "claim" else {}
        groups.append(_Group(head, list(kinds.values()), [_short(kind, remedy) for kind in kinds]))
    return Holding(groups, _several_groups(by_remedy.values()), _names(month, places))


def on_hold(holding: Holding, wide: int, *, most: int = 99) -> list[Text]:
    """Shows the sessions on hold: each group in at most `most` lines."""
    lines: list[Text] = []
    if holding.groups:
        title = f"ON HOLD, by what to do (with row numbers{holding.several})"
        lines = [Text(), *wrapped(title, wide, style="bold yellow")]
    for head, kinds, brief in holding.groups:
        if kinds:
            lines += listed(kinds, wide, head=head, indent="  ", most=most, rest="other kind", brief=brief)
        else:
            lines += wrapped(f"{head} see above", wide, first="  ", rest="    ", style="bold")
    if holding.names:
        head = "NOT BILLED, unless the clinic setup says that the name is IMS:"
        lines += listed(holding.names, wide, head=head, indent="", most=_NAMES, rest="other name")
    return lines


def _several_groups(groups: Iterable[pd.DataFrame]) -> str:
    """How many sessions are in more than one of the groups; empty for none."""
    groups_of = Counter(label for part in groups for label in part["session"].unique() if label != NO_SESSION)
    several = sum(count > 1 for count in groups_of.values())
    return f"; {counted(several, 'session is', 'sessions are')} in more than one group" if several else ""


def _short(kind: str, remedy: str) -> str:
    """A kind in a few words, as one of the things that are fixed by a remedy."""
    about = CATALOGUE[kind]
    return about.short if about.remedy == remedy else about.setup_short


def _kinds(month: Month, findings: pd.DataFrame, places: Places, remedy: str) -> dict[str, str]:
    """Each kind in a few words with its rows, those of most sessions first."""
    counts = findings["kind"].value_counts()
    parts = {}
    for kind in sorted(counts.index, key=lambda kind: (-counts[kind], list(CATALOGUE).index(kind))):
        sessions = _sessions(month, findings[findings["kind"] == kind])
        short = _short(kind, remedy)
        if kind == "unreadable-cell" and remedy == "setup":
            names = [f'"{name}"' for name in _unmapped(month)]
            short = f"{'column' if len(names) == 1 else 'columns'} {', '.join(names)} not in the setup"
        parts[kind] = f"{short} ({places.of(sessions, _ROWS)})"
    return parts


def _names(month: Month, places: Places) -> list[str]:
    """The service names that are not billed and may mean IMS, those of most sessions first."""
    findings = month.findings[month.findings["kind"].isin(_NAME_KINDS)]
    if findings.empty:
        return []
    sessions = _sessions(month, findings)
    shown = quotable_services(sessions, Names.of(month.sessions))
    parts = []
    for name, part in sorted(sessions.groupby(shown), key=lambda each: -len(each[1])):
        amount = dollars(int(part["fee_cents"].sum()))
        quoted = f'"{name}"' if name else "unknown words (not shown)"
        parts.append(f"{quoted} {len(part):,}x, {amount} ({places.of(part, _ROWS)})")
    return parts


class ToCheck(NamedTuple):
    """Something to check before claims are sent."""

    sessions: int
    sentence: str
    brief: str


def what_to_check(month: Month, places: Places) -> list[ToCheck]:
    """Collects the warnings about claimed sessions: each kind, the most serious first."""
    warned = month.findings[(month.findings["severity"] == "warn") & ~month.findings["kind"].isin(_NAME_KINDS)]
    warned = warned[~warned["kind"].isin(_of(warned, "claim")["kind"])]
    claimed = month.sessions.index[month.sessions["outcome"] == "claimed"]
    warned = warned[warned["session"].isin(claimed)]
    order = dict.fromkeys([*FIRST_TO_CHECK, *CATALOGUE])
    rank = {kind: place for place, kind in enumerate(order)}
    # Somebody looked at these already, and their titles say what was wrong before.
    decided = warned[warned["decided"]]
    warned = warned[~warned["decided"]]
    kinds = sorted(warned["kind"].unique(), key=lambda kind: rank[kind])
    words = [(CATALOGUE[kind].title, CATALOGUE[kind].short, warned[warned["kind"] == kind]) for kind in kinds]
    if len(decided):
        words.append(("Claimed by a decision or with a corrected value", "decided or corrected", decided))
    return [_to_check(title, short, _sessions(month, part), places) for title, short, part in words]


def _to_check(title: str, short: str, sessions: pd.DataFrame, places: Places) -> ToCheck:
    rows = f"{'row' if len(sessions) == 1 else 'rows'} {places.of(sessions, _ROWS)}"
    return ToCheck(len(sessions), f"{title} ({rows})", f"{short} ({places.of(sessions, 2)})")


def to_check(checks: Sequence[ToCheck], wide: int, *, most: int) -> list[Text]:
    """Shows the warnings to check before claims are sent: a line a kind, in `most` lines."""
    if not checks:
        return []
    blocks = [wrapped(each.sentence, wide, first=f"  {each.sessions:>4}  ", rest=" " * 8) for each in checks]
    left = most - 2
    shown = list(accumulate(map(len, blocks)))
    fit = sum(lines <= left for lines in shown)
    if fit < len(blocks):
        fit = sum(lines <= left - _ALSO for lines in shown)
    lines = [Text(), Text("CHECK BEFORE SENDING", "bold"), *(line for block in blocks[:fit] for line in block)]
    if fit < len(blocks):
        head = "also (all of it with --all):" if fit else "rows (all of it with --all):"
        lines += listed(
            [each.brief for each in checks[fit:]], wide, head=head, indent="  ", most=_ALSO, rest="other kind"
        )
    return lines
