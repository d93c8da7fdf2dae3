"""Puts a month on the ledger and its files in the folder: what `claim`, `report` and `void` do."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ims_billing.clinic import Clinic
from ims_billing.decisions import BILL, DO_NOT_BILL, newly_decided
from ims_billing.findings import BillingError
from ims_billing.handover import of_other_month, run_of, with_rests
from ims_billing.ledger import Ledger
from ims_billing.ledger_file import Waiting
from ims_billing.model import (
    ABSENT,
    ATTENTION,
    CELL_FINDINGS,
    CLAIMS,
    DECISIONS,
    NOT_BILLED,
    SESSIONS,
    Column,
    FileRead,
    Intake,
    Run,
    empty,
    prove,
)
from ims_billing.month import Month, prepare_month
from ims_billing.reading.decisions import read_decisions
from ims_billing.reading.intake import nobody_to_ask
from ims_billing.reading.spreadsheet import AskPassword
from ims_billing.receivables import answers
from ims_billing.resemblance import told_anew
from ims_billing.second_insurer import Rest, rests, uneven
from ims_billing.workbooks.files import (
    INSURERS,
    Written,
    batch_of,
    claim_workbooks,
    probe_month,
    probe_summary,
    summaries,
    summary_path,
    write_month,
)

Started = Callable[[str], None]


@dataclass(frozen=True)
class Recorded:
    """What `claim` did: the month it prepared, its new batch (None: none) with claim numbers by session, the files.

    `written` is None where the files were right already, `decisions` are those it read for the first time, `rest` are
    its claims to second insurers, of any month, with their numbers as `claim`, and `elsewhere` is what was written of
    other months, whose claims were replaced or followed.
    """

    month: Month
    batch: int | None
    numbers: dict[int, str]
    written: Written | None
    decisions: pd.DataFrame
    rest: Rest
    elsewhere: tuple[Written, ...] = ()


@dataclass(frozen=True)
class _Workbook:
    """A spreadsheet in which somebody may have decided: its hash, whether it shows the ledger's state, its TYPED."""

    path: Path
    sha256: str
    fresh: bool
    typed: pd.DataFrame


def _workbooks(ledger: Ledger, month: str, out: Path, given: Path | None, ask: AskPassword) -> list[_Workbook]:
    """The month's summaries in the folder that were saved since they were written, and the file that was given."""
    with ledger.reading():
        left, up_to_date = ledger.summary_left(month, _place(out))
    own = summary_path(out, month)
    found = []
    for path in dict.fromkeys([*summaries(out, month), *([given] if given else [])]):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BillingError(f"{path}: the decisions in it cannot be read: {error.strerror}.") from error
        sha256 = hashlib.sha256(content).hexdigest()
        if path != own or sha256 != left:
            typed = read_decisions(path.name, content, ask)
            found.append(_Workbook(path, sha256, path == own and up_to_date, typed))
    return found


def _newly_decided(ledger: Ledger, month: str, workbooks: Sequence[_Workbook], as_of: dt.date) -> pd.DataFrame:
    """What was decided in these workbooks and is not on the ledger yet: the DECISIONS frame."""
    new = empty(DECISIONS)
    known, lines = ledger.decisions(), ledger.open_lines()
    for book in workbooks:
        decided = newly_decided(book.typed, lines, known, month=month, on=as_of, fresh=book.fresh)
        both = decided.merge(new, on=["session", "kind"], suffixes=("", "_before"))
        words = ("decision", "correct_value", "decided_by", "note")
        for line in both.to_dict("records"):
            if any(line[word] != line[f"{word}_before"] for word in words):
                raise BillingError(
                    f"{book.path.name}: another workbook of {month} decides otherwise about the session "
                    f"{line['session']} ({line['kind']}). Leave one of the two decisions."
                )
        again = decided.set_index(["session", "kind"]).index.isin(new.set_index(["session", "kind"]).index)
        new = pd.concat([new, decided[~again]], ignore_index=True)
    return prove(new, DECISIONS)


def _nothing_unread(ledger: Ledger, month: str, out: Path, read: Collection[str], ask: AskPassword) -> None:
    """Raises BillingError where the summary that is to be written again holds decisions that nobody has read."""
    path = summary_path(out, month)
    if not path.is_file():
        return
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    left, up_to_date = ledger.summary_left(month, _place(out))
    if sha256 == left or sha256 in read:
        return
    book = _Workbook(path, sha256, up_to_date, read_decisions(path.name, content, ask))
    new = _newly_decided(ledger, month, [book], dt.date.min)
    if len(new):
        raise BillingError(
            f"{path}: {len(new)} {'decision' if len(new) == 1 else 'decisions'} in it were not read yet, and would be "
            f"lost. Run ims-billing claim for {month} first, with the files of the month."
        )


def foresee(
    intake: Intake,
    clinic: Clinic,
    ledger: Ledger,
    out: Path,
    *,
    month: str,
    as_of: dt.date,
    already_sent: bool = False,
    decisions: Path | None = None,
    ask: AskPassword = nobody_to_ask,
) -> tuple[Month, Rest]:
    """The month as `claim` would record it, with the decisions that it would read, and what second insurers owe.

    Nothing is recorded.
    """
    workbooks = _workbooks(ledger, month, out, decisions, ask)
    with ledger.reading():
        memory = ledger.memory()
        new = _newly_decided(ledger, month, workbooks, as_of)
        known = replace(memory, decisions=pd.concat([memory.decisions, new], ignore_index=True))
        prepared = prepare_month(intake, clinic, month=month, as_of=as_of, memory=known, already_sent=already_sent)
        return prepared, Rest(empty(CLAIMS)) if already_sent else _due(run_of(prepared), prepared, ledger)


def refuse_a_forgotten_ledger(ledger: Ledger, out: Path, *, new: bool) -> None:
    """Raises BillingError where claims were made before and the ledger is not there: all would be claimed again."""
    # In this order: a command that begins at the same time makes its ledger before its workbooks.
    before = claim_workbooks(out)
    if before and not new and not ledger.exists:
        raise BillingError(
            f"{ledger.path}: there is no ledger, but {before[0]} shows that claims were made before, and without "
            "their ledger they would all be claimed again. Connect the drive that it is on, or name it with --ledger; "
            "if there never was one, start it with --new-ledger."
        )


def claim(
    intake: Intake,
    clinic: Clinic,
    ledger: Ledger,
    out: Path,
    *,
    month: str,
    as_of: dt.date,
    already_sent: bool = False,
    strict: bool = False,
    new_ledger: bool = False,
    decisions: Path | None = None,
    password: str = "",
    ask: AskPassword = nobody_to_ask,
    started: Started = lambda _: None,
    waiting: Waiting = lambda _: None,
) -> Recorded:
    """Records what is new of a month as its next batch, then writes its files; both whole, or not at all.

    What was decided in the month's workbook, or in the file `decisions`, is read and recorded first. What is new is
    found within the write transaction: another command that was at work has left its claims there.
    Raises BillingError, with nothing recorded, where a file could not be written, where the folder holds workbooks
    of batches that the ledger does not know (unless it is a `new_ledger`), or with `strict` where a session is held;
    or, where a file cannot be written once the batch is recorded, with the batch and the way to its files.
    """
    probe_summary(month, out, password)
    workbooks = _workbooks(ledger, month, out, decisions, _first(password, ask))
    with ledger.writing(waiting, f"claim {month}"):
        new = _newly_decided(ledger, month, workbooks, as_of)
        ledger.take(new)
        started("Classifying and checking")
        prepared = prepare_month(
            intake, clinic, month=month, as_of=as_of, memory=ledger.memory(), already_sent=already_sent
        )
        if strict and prepared.totals.counts["held"]:
            raise BillingError("Sessions are held and --strict was given: nothing was recorded.")
        started("Recording")
        run = _with_open_lines(run_of(prepared), prepared, ledger)
        run = replace(
            run,
            totals=replace(run.totals, months_before=ledger.months_before(month)),
            earlier=ledger.open_lines(month),
        )
        months = _taken_back(run, ledger)
        rest = Rest(empty(CLAIMS)) if already_sent else _due(run, prepared, ledger)
        run, *others = _with_rests(run, rest.claims, clinic)
        batch, numbers = ledger.add_batch(run, already_sent=already_sent)
        for other in others:
            later, _ = ledger.add_batch(other)
            if later is not None and not new_ledger:
                _refuse_an_outdated_ledger(ledger, other.month, later, out)
        months = list(dict.fromkeys([*months, *(other.month for other in others)]))
        if len(rest.claims):
            asked = ledger.claims()
            asked = asked[asked["follows"].isin(rest.claims["follows"]) & asked["voided_on"].isna()]
            rest = replace(rest, claims=asked)
        if batch is not None or len(new) or _tells_of_others(run, ledger):
            ledger.set_page(run)
        if batch is not None and not new_ledger:
            _refuse_an_outdated_ledger(ledger, month, batch, out)
        read = {book.sha256 for book in workbooks}
        for each in (month, *months):
            _nothing_unread(ledger, each, out, read, _first(password, ask))
            _probe(ledger, each, out, password)
    written = _write(ledger, month, out, batch, started, waiting, password, read, ask)
    elsewhere = [_write(ledger, each, out, None, started, waiting, password, read, ask) for each in months]
    return Recorded(
        prepared,
        batch,
        numbers,
        written,
        new,
        rest,
        tuple(one for one in elsewhere if one),
    )


def _first(password: str, ask: AskPassword) -> AskPassword:
    """Asks for a password only where the one that is known does not open a file."""
    return lambda name, again: password if password and not again else ask(name, again)


def _taken_back(run: Run, ledger: Ledger) -> list[str]:
    """Takes back the claims that the run's claims were decided to replace; gives the other months these are of."""
    months = []
    for number in run.claims.loc[run.claims["replaces"] != "", "replaces"]:
        old = ledger.claim(str(number)).iloc[0]
        if pd.isna(old["voided_on"]):
            ledger.void(str(number), run.as_of, "Replaced, as decided: the session is another since it was claimed.")
            months.append(str(old["month"]))
    return [month for month in dict.fromkeys(months) if month != run.month]


def _due(run: Run, month: Month, ledger: Ledger) -> Rest:
    """What second insurers are to be asked for now, the run's own claims among the first ones."""
    said = _said_of_second(month.sessions)
    if not said and not (run.claims["secondary_insurer"] != "").any() and not ledger.knows_second_insurers():
        return Rest(empty(CLAIMS))
    claims, postings = ledger.claims(), ledger.postings()
    numbers = ledger.numbers(run)
    both = pd.concat([claims, run.claims.drop(columns="session").assign(claim=numbers)], ignore_index=True)
    answered = {} if postings.empty else answers(claims, postings)
    due = rests(both, answered, said, ledger.sent_before(), month.clinic)
    return replace(due, uneven=uneven(claims, postings))


def _said_of_second(sessions: pd.DataFrame) -> dict[str, tuple[str, str, str]]:
    """By claim the second insurer, its policy and member, as the files have them now."""
    said = sessions[(sessions["claim"] != "") & (sessions["secondary_insurer"] != "")]
    columns = ["secondary_insurer", "secondary_policy", "secondary_member"]
    return dict(zip(said["claim"], said[columns].itertuples(index=False, name=None), strict=True))


def _with_rests(run: Run, claims: pd.DataFrame, clinic: Clinic) -> list[Run]:
    """The run with what second insurers are asked for of its month, and a run for each other month of such claims."""
    by_month = dict(list(claims.groupby(claims["follows"].str.slice(0, 7))))
    own = by_month.pop(run.month, None)
    runs = [run if own is None else with_rests(run, own, clinic)]
    return runs + [with_rests(of_other_month(run, month), part, clinic) for month, part in sorted(by_month.items())]


def _refuse_an_outdated_ledger(ledger: Ledger, month: str, batch: int, out: Path) -> None:
    """Raises BillingError where the folder holds a workbook of this new batch, or of a later one, already.

    Then the ledger is another one, or an old copy: it would give the same numbers to other claims.
    """
    there = [path for path in claim_workbooks(out, month) if path.parent.name == INSURERS and batch_of(path) >= batch]
    if there:
        raise BillingError(
            f"{there[0]}: this workbook is of a batch that the ledger {ledger.path} does not know. The ledger is an "
            "old copy, or another one, and would claim sessions again. Name the right one with --ledger; if this one "
            "is right, move that workbook away."
        )


def _with_open_lines(run: Run, month: Month, ledger: Ledger) -> Run:
    """The run, with those lines of earlier files of the month that these files say nothing of: they are open still.

    Where it was decided not to bill a session, nothing more is needed of its file; another decision waits for it.
    """
    held, not_billed = (
        lines[~told_anew(lines, month.sessions, month.elsewhere)] for lines in ledger.listing(run.month)
    )
    known = ledger.decisions()
    latest = known.drop_duplicates(["session", "kind"], keep="last")
    decided = held[["session", "kind", "fingerprint"]].merge(latest, how="left", on=["session", "kind", "fingerprint"])
    decided = decided.set_index(held.index)
    never = held["session"].isin(held.loc[decided["decision"] == DO_NOT_BILL, "session"])
    # Where a claim was kept as it is, its session is claimed.
    kept = held["kind"] == "changed-since-claimed"
    closed = (
        held[never & ~held["session"].isin(held.loc[never & kept, "session"])]
        .drop_duplicates("session")
        .assign(reason="decided-not-to-bill")
    )
    waits = (decided["decision"] == BILL) | (decided["correct_value"].fillna("") != "")
    waits &= ~held["problem"].str.endswith(_WAITS)
    held = held.assign(problem=held["problem"].mask(waits, held["problem"] + _WAITS))
    return replace(
        run,
        attention=_both(run.attention, held[~never], ATTENTION),
        not_billed=_both(
            _both(run.not_billed, not_billed, NOT_BILLED), closed[[c.name for c in NOT_BILLED]], NOT_BILLED
        ),
    )


_WAITS = " It is decided, and its file was not among the last ones: claim the month with that file too."


def _both(now: pd.DataFrame, before: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    return now if before.empty else prove(pd.concat([now, before], ignore_index=True), columns)


# Kinds whose words name rows, which another export has elsewhere, or count them.
_NAMES_ROWS = (
    "duplicate-session",
    "second-visit-same-day",
    "overlapping-sessions",
    "over-insurer-limit",
    "sale-without-arrival",
    "arrival-without-sale",
    "sale-and-arrival-differ",
    "tie-not-certain",
)


def _tells_of_others(run: Run, ledger: Ledger) -> bool:
    """Whether other sessions are held, or not billed, than the ledger lists; where their rows stand is nothing."""
    if run.month not in ledger.months():
        return True
    held, not_billed = ledger.listing(run.month)
    said = [
        lines.assign(problem=lines["problem"].mask(lines["kind"].isin(_NAMES_ROWS), ""))
        for lines in (run.attention, held)
    ]
    # The files of a month come to hold ever more of the next one; that changes nothing in this one.
    billed = [lines[lines["reason"] != "outside-month"] for lines in (run.not_billed, not_billed)]
    return _lines(said[0]) != _lines(said[1]) or _lines(billed[0]) != _lines(billed[1])


def _lines(frame: pd.DataFrame) -> Counter[tuple[str, ...]]:
    return Counter(frame.drop(columns="source").astype("str").itertuples(index=False, name=None))


def _place(out: Path) -> str:
    """How the ledger knows an output folder."""
    return str(out.resolve())


def _probe(ledger: Ledger, month: str, out: Path, password: str) -> None:
    """Raises BillingError where a file that is to be written could not be, before anything is recorded."""
    batches = ledger.unwritten(month, _place(out))
    if batches is not None:
        probe_month(month, ledger.batches(month), batches, out, password)


def _write(
    ledger: Ledger,
    month: str,
    out: Path,
    batch: int | None,
    started: Started,
    waiting: Waiting,
    password: str,
    read: Collection[str],
    ask: AskPassword,
) -> Written | None:
    """Writes what is not in the folder yet; everything, where it has no workbook of the month at all.

    The ledger is locked meanwhile: what a folder shows is then what the ledger holds, whoever came in between.
    """
    with ledger.writing(waiting, f"claim {month}"):
        batches = ledger.unwritten(month, _place(out))
        if batches is None and claim_workbooks(out, month):
            return None
        shown = ledger.month(month)
        if not batches and not claim_workbooks(out, month):
            batches = tuple(b.number for b in shown.batches)
        with _recorded_already(month, batch):
            _nothing_unread(ledger, month, out, read, _first(password, ask))
            written = write_month(shown, batches or (), out, started, password)
        ledger.mark_written(month, _place(out), written.summary_sha256)
    return written


@contextmanager
def _recorded_already(month: str, batch: int | None) -> Iterator[None]:
    """Says, where a file cannot be written, that the ledger has what it shows, and how to get it."""
    try:
        yield
    except (BillingError, OSError) as error:
        what = f"Batch {batch} of {month}" if batch else f"The change to {month}"
        raise BillingError(
            f"{what} is on the ledger, but not all of its files could be written. {error}\n"
            f"Put that right, then write them with: ims-billing report {month}"
        ) from error


def report(
    ledger: Ledger,
    month: str,
    out: Path,
    *,
    password: str = "",
    ask: AskPassword = nobody_to_ask,
    started: Started = lambda _: None,
    waiting: Waiting = lambda _: None,
) -> Written:
    """Writes all files of a month again from the ledger, the same to the byte; raises BillingError where it cannot."""
    with ledger.writing(waiting, f"report {month}"):
        shown = ledger.month(month)
        batches = tuple(batch.number for batch in shown.batches)
        probe_month(month, shown.batches, batches, out, password)
        _nothing_unread(ledger, month, out, (), _first(password, ask))
        written = write_month(shown, batches, out, started, password)
        ledger.mark_written(month, _place(out), written.summary_sha256)
    return written


def refresh(
    ledger: Ledger,
    months: Sequence[str],
    out: Path,
    *,
    password: str = "",
    ask: AskPassword = nobody_to_ask,
    waiting: Waiting = lambda _: None,
) -> list[Written]:
    """Writes the files of months again that show what has changed since, where the folder has them at all.

    Raises BillingError where one cannot be written; the ledger has the change already, and `report` writes it.
    """
    written = []
    for month in months:
        if claim_workbooks(out, month):
            with ledger.reading(), _recorded_already(month, None):
                _probe(ledger, month, out, password)
            written.append(_write(ledger, month, out, None, lambda _: None, waiting, password, (), ask))
    return [one for one in written if one]


@dataclass(frozen=True)
class Voided:
    """What `void` did: the claim that stands for the voided one (empty: none), its batch, and what was written.

    `followed_by` is the second insurer's claim that was taken back with it, empty where there was none; `second` says
    that it was one itself; `paid` is what was paid of it so far, in cents.
    """

    month: str
    replaced_by: str
    followed_by: str
    second: bool
    paid: int
    batch: int | None
    written: tuple[Written, ...]


def void(
    number: str,
    clinic: Clinic | None,
    ledger: Ledger,
    out: Path,
    *,
    reason: str,
    as_of: dt.date,
    intake: Intake | None = None,
    password: str = "",
    ask: AskPassword = nobody_to_ask,
    started: Started = lambda _: None,
    waiting: Waiting = lambda _: None,
) -> Voided:
    """Takes a claim back; with `clinic`, claims its session anew at once, by the clinic file as it is now.

    With `intake` the session is claimed as these files have it now, even if it moved to another month; else as it
    was claimed. A claim that was taken back before can still be claimed anew. Raises BillingError, with nothing
    recorded, where there is no such claim, or the new one would be held.
    """
    with ledger.writing(waiting, f"void {number}"):
        old = ledger.claim(number)
        months = [str(old["month"].iloc[0])]
        followed_by = ledger.followed_by(number)
        if clinic is None or old["voided_on"].isna().all():
            ledger.void(number, as_of, reason)
        elif other := ledger.replaced_by(number):
            raise BillingError(f"{number} was claimed anew already, as {other}.")
        batch, instead = None, ""
        second = bool(old["follows"].iloc[0])
        paid = answers(old, ledger.postings())[number].position.paid
        if clinic is not None:
            run = (_rest_anew if second else _anew)(ledger, old, clinic, as_of, intake)
            instead = ledger.numbers(run)[0]
            batch, _ = ledger.add_batch(run)
            ledger.settle(run.month, number)
            months = list(dict.fromkeys([*months, run.month]))
        for month in months:
            _nothing_unread(ledger, month, out, (), _first(password, ask))
            _probe(ledger, month, out, password)
    written = [_write(ledger, month, out, batch, started, waiting, password, (), ask) for month in months]
    return Voided(months[-1], instead, followed_by, second, paid, batch, tuple(w for w in written if w))


def _anew(ledger: Ledger, old: pd.DataFrame, clinic: Clinic, as_of: dt.date, intake: Intake | None) -> Run:
    """A run of the one claim that stands for the old one; raises BillingError where it would be held."""
    number = str(old["claim"].iloc[0])
    prepared = prepare_month(
        _as_claimed(old, clinic) if intake is None else intake,
        clinic,
        month=None,
        as_of=as_of,
        memory=ledger.memory(),
        replacing=number,
    )
    claims = prepared.claims[prepared.claims["replaces"] == number].reset_index(drop=True)
    if len(claims) != 1:
        raise BillingError(f"{number} cannot be claimed anew, and nothing was changed. {_why_not(prepared, claims)}")
    month = f"{claims['service_date'].iloc[0]:%Y-%m}"
    if month not in ledger.months():
        raise BillingError(
            f"{number} cannot be claimed anew, and nothing was changed. Its session lies in {month} now, and nothing "
            "of that month is on the ledger: claim that month first."
        )
    run = run_of(replace(prepared, month=month, claims=claims))
    if intake is None:
        as_told = claims.assign(source=old["source"].iloc[0], visit_evidence=old["visit_evidence"].iloc[0])
        run = replace(run, origin=replace(run.origin, files=()), claims=as_told)
    due = _due(run, prepared, ledger).claims
    return with_rests(run, due[due["follows"].isin(ledger.numbers(run))], clinic)


def _rest_anew(ledger: Ledger, old: pd.DataFrame, clinic: Clinic, as_of: dt.date, intake: Intake | None) -> Run:
    """A run of the one claim to a second insurer that stands for the old one; BillingError where nothing is left."""
    number, first = str(old["claim"].iloc[0]), str(old["follows"].iloc[0])
    read = intake or Intake(empty(SESSIONS), empty(CELL_FINDINGS), ())
    prepared = prepare_month(read, clinic, month=None, as_of=as_of, memory=ledger.memory())
    said = _said_of_second(prepared.sessions)
    claims, postings = ledger.claims(), ledger.postings()
    others = claims[claims["follows"] != first]
    due = rests(others, answers(claims, postings), said, (), clinic)
    ours = due.claims[due.claims["follows"] == first].reset_index(drop=True)
    if ours.empty:
        told = " ".join(line for line in due.waiting if line.startswith(first))
        told = told or f"Nothing of {first}, which it follows, is left to ask for."
        raise BillingError(f"{number} cannot be claimed anew, and nothing was changed. {told}")
    run = replace(run_of(replace(prepared, month=first[:7])), claims=empty(CLAIMS))
    return with_rests(run, ours.assign(replaces=number), clinic)


def _why_not(prepared: Month, claims: pd.DataFrame) -> str:
    if len(claims) > 1:
        return f"{len(claims)} sessions in these files could be its session."
    sessions = prepared.sessions[prepared.sessions["replaces"] != ""]
    if sessions.empty:
        return "Its session is not in these files."
    findings = prepared.findings[prepared.findings["session"].isin(sessions.index)]
    holds = dict.fromkeys(findings.loc[findings["severity"] == "hold", "message"])
    return " ".join(holds) or f"Its session is not billed now: {sessions['reason'].iloc[0] or 'claimed already'}."


def _as_claimed(old: pd.DataFrame, clinic: Clinic) -> Intake:
    """The claim's session as it was claimed."""
    claim = old.iloc[0]
    insurer = clinic.insurer(claim["insurer_id"]) or clinic.insurer(claim["insurer"])
    stated = {
        "file": claim["source"],
        "practitioner": claim["practitioner_written"],
        "insurer": insurer.name if insurer else claim["insurer"],
        "status": "arrived",
        "fee_stated": True,
    }
    cells = {c.name: stated.get(c.name, claim.get(c.name, ABSENT[c.dtype])) for c in SESSIONS}
    session = pd.DataFrame({c.name: pd.Series([cells[c.name]], dtype=c.dtype) for c in SESSIONS})
    source = FileRead(claim["source"], "ledger", "", rows=1, sessions=1, repeated=0, tied=0, asides=())
    return Intake(session, empty(CELL_FINDINGS), (source,))
