"""The month at a glance: outcomes, insurers, findings with their fixes; and what each command did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ims_billing.cli.screen.terminal import err, out
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.frames import NO_SESSION
from ims_billing.vocabulary.model import OUTCOMES
from ims_billing.vocabulary.spelling import day_text, dollars, is_id

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.commands.void import Voided
    from ims_billing.month.prepare import Month
    from ims_billing.month.second_insurer import Rest

_OUTCOMES = {
    "claimed": "claimed",
    "held": "held",
    "not_billed": "not billed",
    "already_claimed": "already claimed",
}
_SHOWN_PLACES = 4
_SHOWN_MESSAGES = 3
_SETTLED_BY_A_LINE = ("ims-not-certain", "acupuncture-by-physiotherapist", "service-not-recognised")


def show_month(month: Month, files: Iterable[Path], *, would: bool) -> None:
    """The month at a glance, of these files; with `would`, claimed means would be."""
    # Here, so that commands without sessions need no pandas.
    from ims_billing.reading.unread import described

    console = out()
    title = f"IMS claims {month.month or 'of all months'}, as of {month.as_of}"
    console.print(Text(title, style="bold"))
    console.print(_sources(month))
    if month.clinic.unconfirmed:
        sentence = (
            f"{_count(len(month.clinic.unconfirmed), 'entry')} of {month.clinic.file} not confirmed yet: claim waits"
        )
        console.print(Text(sentence.replace("entrys", "entries"), style="bold yellow"))
    for file in month.intake.files:
        for column in file.doubtful:
            line = f"{file.file}: {described(column)}. Claim waits until somebody says what it is."
            console.print(Text(line, style="bold yellow"))
    for missing in month.intake.missing:
        console.print(Text(missing, style="bold yellow"))
    if month.month and month.month not in month.months():
        months = ", ".join(f"{name} ({count})" for name, count in month.months().items()) or "none"
        sentence = f"No session lies in {month.month}; the files hold: {months}."
        console.print(Text(sentence, style="bold yellow"))
    console.print()
    console.print(_outcomes(month, would=would))
    if len(month.claims):
        console.print(_insurers(month))
    _show_findings(console, month, "hold", "Held: not claimed until mended or decided")
    _show_findings(console, month, "warn", "Worth knowing")
    _show_reasons(console, month)
    _show_what_is_not_stated(console, month)
    if month.month is None:
        _show_months(console, month)
    if len(month.earlier):
        _show_earlier(console, month, files)
    if not month.clinic.file:
        _show_what_a_clinic_file_adds(console, month)


def _sources(month: Month) -> Text:
    from ims_billing.reading.unread import ALL_ATTENDED

    clinic = f"clinic file {month.clinic.file}" if month.clinic.file else "no clinic file"
    totals = month.totals
    parts = [_count(totals.sessions, "session"), *(f"{n} {what}" for n, what in _rest(month) if n)]
    files = ", ".join(file.file for file in month.intake.files)
    sentence = [f"{files}; {clinic}", f"{_count(totals.rows, 'row')} = {' + '.join(parts)}"]
    sentence += [f"{file.file}: {'; '.join(file.remarks)}" for file in month.intake.files if file.remarks]
    sentence += [f"{file.file}: {ALL_ATTENDED}" for file in month.intake.files if file.all_attended]
    sentence += [
        f"{file.file}: not read: {', '.join(file.unread_headings)}" for file in month.intake.files if file.unread
    ]
    return Text("\n".join(sentence), style="dim")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _rest(month: Month) -> Sequence[tuple[int, str]]:
    totals = month.totals
    return ((totals.repeated, "repeated"), (totals.tied, "tied"), (totals.set_aside, "set aside"))


def plain_table(*columns: str) -> Table:
    """A table in the look of all tables on the screen: the first column is text, the others are numbers."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    return table


def _outcomes(month: Month, *, would: bool) -> Table:
    table = plain_table("Outcome", "Sessions", "Fees")
    styles = {"claimed": "green", "held": "yellow"}
    totals = month.totals
    if totals.cents_corrected:
        table.add_row(Text("as read in the files", "dim"), f"{totals.sessions:,}", dollars(totals.cents_read))
        table.add_row(Text("fees corrected as decided", "dim"), "", dollars(totals.cents_corrected))
        table.add_section()
    for outcome in OUTCOMES:
        name = "would be claimed" if would and outcome == "claimed" else _OUTCOMES[outcome]
        count = month.totals.counts[outcome]
        style = styles.get(outcome, "") if count else "dim"
        table.add_row(Text(name, style), f"{count:,}", dollars(month.totals.cents[outcome]))
    table.add_section()
    table.add_row(Text("all sessions", "bold"), f"{totals.sessions:,}", dollars(sum(totals.cents.values())))
    return table


def _insurers(month: Month) -> Table:
    table = plain_table("Insurer", "Claims", "Amount claimed")
    for insurer, claims, amount in month.by_insurer():
        table.add_row(Text(insurer), f"{claims:,}", dollars(amount))
    table.add_section()
    total = int(month.claims["amount_cents"].sum())
    table.add_row(Text("all insurers", "bold"), f"{len(month.claims):,}", dollars(total))
    return table


def _show_findings(console: Console, month: Month, severity: str, title: str) -> None:
    """Findings of one severity, grouped by kind: what, how many, for how much, where, and how to fix it."""
    findings = month.findings[month.findings["severity"] == severity]
    if findings.empty:
        return
    console.print(Text(title, style="bold yellow" if severity == "hold" else "bold"))
    for kind in (kind for kind in CATALOGUE if (findings["kind"] == kind).any()):
        part = findings[findings["kind"] == kind]
        sessions = month.sessions.loc[[label for label in part["session"].unique() if label != NO_SESSION]]
        console.print(Text(f"{len(sessions) or len(part):>4} {CATALOGUE[kind].title}", style="bold"))
        several = len(month.intake.files) > 1
        amount = dollars(int(sessions["fee_cents"].sum()))
        sentence = Text(f"{kind}, {amount}" if len(sessions) else kind, style="dim")
        by_message = part.groupby("message", sort=False)["session"]
        # Names that are not recognised come once each, with the line that settles them: all of them.
        most = len(by_message) if kind in _SETTLED_BY_A_LINE else _SHOWN_MESSAGES
        for message, labels in islice(by_message, most):
            of_rows = [label for label in labels if label != NO_SESSION]
            sentence.append(
                f"\n{_places(month.sessions.loc[of_rows], several=several)}" if of_rows else "", style="dim"
            )
            sentence.append(f"{': ' if of_rows else chr(10)}{message}", style="not dim")
        if len(by_message) > most:
            rest = part[~part["message"].isin([message for message, _ in islice(by_message, most)])]
            sentence.append(f"\n... and {len(rest)} more like these", style="dim")
        sentence.append(f"\nFix: {CATALOGUE[kind].fix}", style="not dim cyan")
        console.print(Padding(sentence, (0, 0, 0, 5)))
    console.print()


def _places(sessions: pd.DataFrame, *, several: bool) -> str:
    """The first few places by row, with the session's id where there is one; a file is named once for all its rows."""
    places, before = [], ""
    for file, row, session_id in sessions[["file", "row", "session_id"]].head(_SHOWN_PLACES).itertuples(index=False):
        named = f" (session {session_id})" if is_id(session_id) else ""
        places.append(f"{f'{file} ' if several and file != before else ''}row {row}{named}")
        before = file
    more = len(sessions) - len(places)
    return ", ".join(places) + (f" and {more} more" if more else "")


def _show_reasons(console: Console, month: Month) -> None:
    reasons = month.sessions.loc[month.sessions["outcome"] == "not_billed", "reason"].value_counts()
    if len(reasons):
        listed = ", ".join(f"{reason} {count}" for reason, count in reasons.items())
        console.print(Text.assemble(("Not billed: ", "bold"), listed))


def _show_what_is_not_stated(console: Console, month: Month) -> None:
    """The insurers of the claims of which neither the published rules nor the clinic say what they require."""
    last = month.claims.groupby("insurer_id", sort=False)["service_date"].max()
    insurers = {insurer: month.clinic.insurer_by_id(str(insurer)) for insurer in last.index}
    silent = [
        insurers[insurer].name for insurer, day in last.items() if insurers[insurer].requires_on(day.date()) is None
    ]
    if silent and month.clinic.file:
        sentence = (
            f"What {', '.join(silent)} require on a claim is not published. Where they require something, say it in "
        )
        console.print(Text(f'{sentence}{month.clinic.file}: requires = ["policy", "member"] under [[insurer]].'))


def _show_months(console: Console, month: Month) -> None:
    table = plain_table("Month", "Sessions", "Would be claimed", "Fees")
    named = day_text(month.sessions["service_date"], "%Y-%m").replace("", "no date")
    for name, part in month.sessions.groupby(named):
        claimed = part[part["outcome"] == "claimed"]
        table.add_row(str(name), f"{len(part):,}", f"{len(claimed):,}", dollars(int(claimed["fee_cents"].sum())))
    if table.row_count > 1:
        console.print(table)


def _show_earlier(console: Console, month: Month, files: Iterable[Path]) -> None:
    """Sessions of months before that nobody has billed here: loudly, with the command for each month."""
    named = day_text(month.earlier["service_date"], "%Y-%m")
    named_files = " ".join(f'"{file}"' if " " in str(file) else str(file) for file in files)
    for name, part in month.earlier.groupby(named):
        cents = int(part["fee_cents"].sum())
        sentence = f"Not claimed here: {_count(len(part), 'IMS session')} of {name}, {dollars(cents)}. "
        console.print(
            Text.assemble((sentence, "bold red"), f"ims-billing claim {named_files} --month {name}"), soft_wrap=True
        )


def _show_what_a_clinic_file_adds(console: Console, month: Month) -> None:
    """Once per fact that only the clinic knows, what a clinic file would say."""
    people = month.sessions.loc[month.sessions["service"] == "ims", "practitioner"]
    count = people[people != ""].nunique()
    console.print(Text("There is no clinic file, so these published rules are all the program knows.", "bold"))
    for line in (
        f"who treated: profession, registration and authorisation to needle of {count} practitioners",
        "your fees: what an IMS visit costs, and from which day",
        "your service code: what your plans call Physiotherapy Services",
        "your own names: how the clinic writes its services and insurers",
    ):
        console.print(Text(f"  - {line}"))
    console.print("Make one from this file: ims-billing init --from FILE", markup=False)


def show_decisions(decisions: pd.DataFrame, month: Month) -> None:
    """What was read from the sheet that needs attention, and what of it does not count."""
    if decisions.empty:
        return
    counts = decisions["decision"].replace("", "correct").value_counts(sort=False)
    listed = ", ".join(f"{str(word).lower()} {count}" for word, count in counts.items())
    console = out()
    console.print(Text.assemble(("Decisions read: ", "bold"), f"{listed}. They are on the ledger now."))
    read = zip(decisions["session"], decisions["kind"], strict=True)
    labels = dict(zip(month.sessions["key"], month.sessions.index, strict=True))
    for session, kind in read:
        why = month.decided.why_refused(labels.get(session, NO_SESSION), kind)
        if why:
            place = _places(month.sessions.loc[[labels[session]]], several=len(month.intake.files) > 1)
            console.print(Text(f"  {place}: {kind} stays: {why}", "bold yellow"))


def show_written(files: Iterable[Path], left_over: Iterable[Path], *, shared: bool) -> None:
    """Which files were written, and what a person should know of the folder."""
    console = out()
    console.print(Text("Written", style="bold"))
    for path in files:
        console.print(Text(f"  {path}"), soft_wrap=True)
    if shared:
        console.print("Others can write in this folder, so these files have the folder's permissions.")
    for path in left_over:
        sentence = f"{path} is from an earlier run and no part of this month's claims now: do not send it."
        console.print(Text(sentence, style="bold red"), soft_wrap=True)


def show_started(files: Iterable[Path], *, from_sessions: bool) -> None:
    """What `init` wrote, and what comes next."""
    console = out()
    console.print(Text("Written", style="bold"))
    for path in files:
        console.print(Text(f"  {path}"), soft_wrap=True)
    if from_sessions:
        console.print("What was found is marked confirmed = false: check each, fill in what is missing, and say true.")
    else:
        console.print("Fill in clinic.toml: the clinic, its practitioners and its fees.")
    console.print("Then: ims-billing check FILE", markup=False)


def show_rest(rest: Rest, *, would: bool) -> None:
    """What second insurers are asked for, now that the first ones have answered; and what is still missing for it."""
    for insurer, part in rest.claims.groupby("insurer"):
        verb = "would be asked" if would else "is asked"
        sentence = f"{insurer} {verb} for what first insurers leave: "
        sentence += (
            f"{len(part):,} {'claim' if len(part) == 1 else 'claims'}, {dollars(int(part['amount_cents'].sum()))}."
        )
        out().print(Text(sentence), soft_wrap=True)
    for line in (*rest.waiting, *(each.in_words() for each in rest.uneven)):
        out().print(Text(f"Second insurers: {line}", "yellow"), soft_wrap=True)


def show_ledger(path: Path, *, fresh: bool) -> None:
    """Which ledger was used: always said, as another one would not know what was claimed."""
    out().print(Text.assemble(("Ledger ", "bold"), str(path), " (new)" if fresh else ""), soft_wrap=True)


def warn_of_cloud(path: Path, mark: str) -> None:
    """Says that a ledger which another program copies about is not safe."""
    sentence = (
        f"{path}: the ledger lies in a folder that a cloud service keeps copies of ({mark}). Two computers could "
    )
    sentence += (
        "then claim the same sessions, or a half-copied ledger come back. Keep it in a folder that is not: --ledger."
    )
    err().print(Text(sentence, style="bold yellow"), soft_wrap=True)


def show_unwritten(months: Iterable[str]) -> None:
    """Months that a command recorded and was cut off before it wrote their files."""
    for month in months:
        sentence = f"{month} is on the ledger, and its files are not written: ims-billing report {month}"
        out().print(Text(sentence, style="bold red"), soft_wrap=True)


def show_voided(claim: str, done: Voided) -> None:
    """What became of a voided claim, and what comes next."""
    if done.replaced_by:
        sentence = (
            f"{claim} is taken back, and claimed anew as {done.replaced_by} in batch {done.batch} of {done.month}."
        )
    else:
        sentence = f"{claim} is taken back. The next batch of {done.month} tells its insurer"
        sentence += "; " + (
            "the second insurer is not asked again." if done.second else "its session is held as voided."
        )
    if done.followed_by:
        sentence += f" {done.followed_by}, which asked a second insurer for the rest, is taken back with it."
    if done.paid:
        sentence += (
            f" {dollars(done.paid)} of it was paid: when the insurer takes that back, reconcile posts it to {claim}."
        )
    out().print(Text(sentence, style="bold"), soft_wrap=True)


def show_end(
    month: Month,
    *,
    would: bool,
    batch: int | None = None,
    changed: bool = True,
    already_sent: bool = False,
    rest: Rest | None = None,
) -> None:
    """The month in one line, where a long list has pushed the rest off the screen.

    `rest` is what second insurers are asked for.
    """
    done = "would be claimed" if would else "put on the ledger as sent before" if already_sent else "claimed"
    counts = month.totals.counts
    amount = dollars(int(month.claims["amount_cents"].sum()))
    others = [f"{counts['already_claimed']:,} claimed already"] if counts["already_claimed"] else []
    others += [f"{counts['held']:,} held", f"{counts['not_billed']:,} not billed"]
    seconds = ""
    if rest is not None and len(rest.claims):
        owed = dollars(int(rest.claims["amount_cents"].sum()))
        seconds = f"{len(rest.claims):,} {done} of second insurers for {owed}, "
    named = f"{month.month or 'All months'}{f', batch {batch}' if batch and batch > 1 else ''}"
    if would or counts["claimed"] or batch:
        sentence = f"{named}: {counts['claimed']:,} {done} for {amount}, {seconds}{', '.join(others)}."
        sentence += (
            "" if would or counts["claimed"] or seconds else " Insurers are told of claims that were taken back."
        )
    else:
        sentence = f"{named}: nothing new to claim, {seconds}{', '.join(others)}."
        sentence += "" if changed else " The files are as they were."
    if already_sent and counts["held"]:
        sentence += " What is held is not on the ledger: mend it and run this again, or it will be claimed as new."
    out().print(Text(sentence, style="bold"), soft_wrap=True)
