"""The command `status`: looks into a folder and names the next step; the program without a command shows it too."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ims_billing.commands.files_of_run import FILE, files_of_rows, files_of_run, to_name
from ims_billing.commands.setup_nearby import SETUP_NAMES, Nearby, setups_nearby
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.folder import LAST_BATCH, LEDGER_FILE, REPORTS, SPREADSHEETS
from ims_billing.vocabulary.intake import LISTS
from ims_billing.vocabulary.shell import quoted
from ims_billing.vocabulary.spelling import counted

if TYPE_CHECKING:
    from ims_billing.clinic.clinic import Clinic
    from ims_billing.commands.standing import MonthStanding, Standing

# This program's own files, and what an open workbook leaves beside it.
_OURS = ("claim-summary-", "claims-", "aging-", "~$", ".~lock")
# Spreadsheets that are looked into, the newest first; and the largest that is.
_MOST_FILES = 24
_LARGEST = 60_000_000


class Export(NamedTuple):
    """A spreadsheet that looks like an export and that no run has read: its rows by month."""

    path: Path
    layout: str
    months: Mapping[str, int]


class Next(NamedTuple):
    """The next step in words, and its command."""

    what: str
    command: str


class Status(NamedTuple):
    """A folder's files and months, and the next step."""

    folder: Path
    """The folder."""
    as_of: dt.date
    """The day of the look."""
    setup: Path | None
    """The setup's file; None if there is none."""
    clinic: str
    """The clinic's name; empty if there is no setup, or it has faults."""
    unconfirmed: Sequence[str]
    """The setup's entries that are not confirmed, each with its place."""
    problem: str
    """The fault of the setup, or of the ledger, in words; empty if there is none."""
    nearby: Nearby | None
    """Files near a folder without a setup."""
    standing: Standing | None
    """The months on the ledger; None if there is none."""
    exports: tuple[Export, ...]
    """The exports in the folder that nobody has claimed."""
    next: Next
    """The next step."""


class Given(NamedTuple):
    """The options of the command, to be repeated in the next one; None: the usual place."""

    clinic: Path | None = None
    ledger: Path | None = None
    out: Path | None = None

    def options(self) -> str:
        """The options as they are typed, after a space."""
        named = (("--clinic", self.clinic), ("--ledger", self.ledger), ("--out", self.out))
        return "".join(f" {option} {quoted(path)}" for option, path in named if path)


def status(folder: Path, setup: Path | None, given: Given, as_of: dt.date) -> Status:
    """Looks at a folder: its setup, its ledger and its spreadsheets. Changes nothing; faults are part of the answer."""
    here = folder.resolve()
    if setup is None:
        exports = _exports([here], None)
        nearby = setups_nearby(here)
        then = _begin(nearby, exports, here)
        return Status(here, as_of, None, "", (), "", nearby, None, _without_lists(exports), then)
    from ims_billing.clinic.setup_file import load

    try:
        clinic = load(setup)
    except BillingError as error:
        then = Next(f"Correct {setup.name}, then look again.", f"ims-billing status{given.options()}")
        return Status(here, as_of, setup, "", (), str(error), None, None, (), then)
    problem, standing = "", None
    try:
        standing = _standing(clinic, setup, given, as_of)
    except BillingError as error:
        problem = str(error)
    unconfirmed = clinic.unconfirmed
    if problem:
        # What was claimed is not known, so no file can be called an export that was not.
        then = Next("Put that right, then look again.", f"ims-billing status{given.options()}")
        return Status(here, as_of, setup, clinic.name, unconfirmed, problem, None, None, (), then)
    read = standing.hashes_read if standing else frozenset()
    exports = _exports(dict.fromkeys((here, setup.resolve().parent)), clinic, lambda sha256: sha256 not in read)
    out = given.out or setup.parent / REPORTS
    then = _next(_Facts(here, setup, clinic, standing, exports, given, out), as_of)
    return Status(here, as_of, setup, clinic.name, unconfirmed, problem, None, standing, _without_lists(exports), then)


def _without_lists(exports: Iterable[Export]) -> tuple[Export, ...]:
    """The exports without lists of patients: these are used with an export, and never claimed."""
    return tuple(export for export in exports if export.layout not in LISTS)


def in_doubt(folder: Path, problem: str, as_of: dt.date) -> Status:
    """The status of a folder where it is not certain which setup is meant."""
    then = Next("Put that right, then look again.", "ims-billing status")
    return Status(folder.resolve(), as_of, None, "", (), problem, None, None, (), then)


def _standing(clinic: Clinic, setup: Path, given: Given, as_of: dt.date) -> Standing | None:
    """The months on the ledger; None if nothing was ever claimed.

    Raises BillingError where the ledger cannot be read, or was there before and is not.
    """
    path, out = given.ledger or setup.parent / LEDGER_FILE, given.out or setup.parent / REPORTS
    # Before what reads ledgers is loaded: most folders without one never had one. A name that no drive takes, such as
    # one of 300 letters, is nothing of the folder: its OSError ends the command.
    has_traces = any(each.exists() for each in (path, setup.parent / LAST_BATCH, out))
    if not given.ledger and not has_traces:
        return None
    from ims_billing.commands.standing import standing
    from ims_billing.commands.workplace import Workplace, setup_of
    from ims_billing.ledger.ledger import Ledger

    ledger = Ledger(path, setup_of(setup, clinic))
    if given.ledger and not ledger.exists:
        raise BillingError(f"{path}: there is no such ledger.")
    if not ledger.exists:
        from ims_billing.commands.refusals import refuse_a_forgotten_ledger

        refuse_a_forgotten_ledger(ledger, out, new=False)
        return None
    return standing(Workplace(ledger, out), clinic, as_of)


def _exports(
    folders: Iterable[Path], clinic: Clinic | None, wanted: Callable[[str], bool] = lambda _: True
) -> tuple[Export, ...]:
    """The spreadsheets in these folders that look like an export, and whose hash is `wanted`, by name."""
    exports = []
    for path in _spreadsheets(folders):
        try:
            content = path.read_bytes()
        except OSError:
            continue
        if not wanted(hashlib.sha256(content).hexdigest()):
            continue
        # Here, so that a folder whose spreadsheets are all read needs nothing of what reads them.
        from ims_billing.clinic.toml_file import without_file
        from ims_billing.reading.glimpse import glimpse

        export = glimpse(path.name, content, clinic or without_file(), lambda _name, _again: None)
        if export is not None:
            exports.append(Export(path, export.layout, export.months))
    return tuple(sorted(exports, key=lambda export: export.path.name))


def _spreadsheets(folders: Iterable[Path]) -> list[Path]:
    paths = []
    for folder in folders:
        try:
            entries = list(folder.iterdir())
        except OSError:
            continue
        for path in entries:
            ours = path.name.casefold() in SETUP_NAMES or path.name.startswith(_OURS)
            if path.suffix.casefold() in SPREADSHEETS and not ours and path.is_file():
                paths.append((path, path.stat()))
    paths = [(path, facts) for path, facts in paths if facts.st_size <= _LARGEST]
    paths.sort(key=lambda pair: (-pair[1].st_mtime, pair[0].name))
    return [path for path, _ in paths[:_MOST_FILES]]


def _begin(nearby: Nearby, exports: Sequence[Export], folder: Path) -> Next:
    """How to begin in a folder without a setup."""
    if nearby.command:
        return Next(f"The clinic's setup is in {nearby.elsewhere[0].parent}. Go there.", nearby.command)
    if nearby.misnamed:
        return Next("Rename the setup, then look again.", "ims-billing status")
    if exports:
        files = " ".join(quoted(_shortest(export.path, folder)) for export in exports)
        these = "this export" if len(exports) == 1 else "these exports"
        return Next(
            f"Make the clinic's setup from {these}. Nothing is claimed yet.", f"ims-billing init --from {files}"
        )
    if others := _spreadsheets([folder]):
        from ims_billing.commands.draft_exports import of_one_program

        alike = of_one_program(others)
        it_is = "it is your export" if len(alike) == 1 else "they are your exports"
        what = (
            f"No layout is known for {' and '.join(alike)}. If {it_is}, make the setup from "
            f"{'it: say what its' if len(alike) == 1 else 'them: say what their'} columns mean."
        )
        return Next(what, f"ims-billing init --from {' '.join(map(quoted, alike))}")
    what = "Save last month's export of your practice software in this folder, then look again; or begin without one."
    return Next(what, "ims-billing init")


class _Facts(NamedTuple):
    """The facts that the next step is chosen by."""

    folder: Path
    """The folder."""
    setup: Path
    """The setup's file."""
    clinic: Clinic
    """The setup."""
    standing: Standing | None
    """The months on the ledger; None if there is none."""
    exports: tuple[Export, ...]
    """The exports that nobody has claimed."""
    given: Given
    """The options of the command."""
    out: Path
    """The output folder."""

    def files(self, names: Iterable[Path | str]) -> str:
        return " ".join(quoted(_shortest(Path(name), self.folder)) for name in names)

    def summary(self, month: str) -> str:
        """The month's summary, by its path from the folder."""
        return _shortest(self.out / month / f"claim-summary-{month}.xlsx", self.folder)

    def claim(self, month: str, names: Iterable[Path | str]) -> str:
        months = self.standing.months if self.standing else ()
        sent_before = any(each.sent_before for each in months if each.month == month)
        options = f"{' --already-sent' if sent_before else ''}{self.given.options()}"
        return f"ims-billing claim {self.files(names)} --month {month}{options}"

    def to_claim(self, month: str) -> list[Path]:
        """The files to claim a month by: the new exports, and beside them what the last runs read with such ones.

        These are the lists of patients, and the other one of Jane's two reports where only one of a month is new.
        """
        new = [export for export in self.exports if month in export.months or not export.months]
        months = {each.month: each for each in self.standing.months} if self.standing else {}
        runs = [months[name] for name in dict.fromkeys((max(months, default=""), month)) if name in months]
        hashes = {sha256 for run in runs for sha256 in run.hashes}
        folders = dict.fromkeys((self.folder, self.setup.resolve().parent))
        beside = _exports(folders, self.clinic, hashes.__contains__) if hashes else ()
        layouts, both = {export.layout for export in new}, {"jane-appointments", "jane-sales"}
        needed = both - layouts if month in months and layouts & both else set()
        more = [
            each for each in beside if each.layout in needed.union(LISTS) and (not each.months or month in each.months)
        ]
        return [export.path for export in sorted([*new, *more], key=lambda export: export.path.name)]

    def claim_again(self, what: str, month: MonthStanding, more: str = "") -> Next:
        """The step that claims a month with the files of its last run, or says that its export is to be named.

        A decision counts with the file of its session, so what earlier files have on hold brings these along.
        """
        read = self.standing.hashes_read if self.standing else ()
        files = dict(zip(month.files, month.hashes, strict=True))
        folders = dict.fromkeys((self.folder, self.setup.resolve().parent))
        paths = files_of_run(files, read, folders)
        if paths:
            paths += [path for path in files_of_rows(month.held_at, folders) if path.name not in files]
        what = what if paths else f"{what} {to_name(month.month)}"
        return Next(what, f"{self.claim(month.month, paths or [FILE])}{more}")


def _next(facts: _Facts, as_of: dt.date) -> Next:
    """The one thing that comes next: what would be lost or late goes first."""
    return next(_steps(facts, as_of))


def _steps(facts: _Facts, as_of: dt.date) -> Iterator[Next]:
    """All that is to be done, the first thing first."""
    standing, options = facts.standing, facts.given.options()
    look_again = f"ims-billing status{options}"
    if facts.clinic.unconfirmed:
        yield Next(f"Fill in what is open in {facts.setup.name} and save it, then look again.", look_again)
    months = {month.month: month for month in standing.months} if standing else {}
    if standing:
        yield from _typed(facts, standing, months, look_again)
        for month in standing.unwritten:
            yield Next(f"Write the files of {month} from the ledger.", f"ims-billing report {month}{options}")
        yield from _due(facts, standing, look_again)
    if to_claim := _month_to_claim(facts.exports, months, as_of):
        what = f"{'Claim what is new in' if to_claim in months else 'Claim'} {to_claim}."
        if to_claim in months and months[to_claim].sent_before:
            what = f"{to_claim} was billed before this program came: record what is new in it, if it was billed too."
        what += " To look at it first, type check in place of claim."
        yield Next(what, facts.claim(to_claim, facts.to_claim(to_claim)))
    if standing:
        yield from _open(facts, standing, months)
    yield _following(facts, months, as_of)


def _typed(facts: _Facts, standing: Standing, months: Mapping[str, MonthStanding], look_again: str) -> Iterator[Next]:
    """What somebody typed: a summary that cannot be read stops every command of its month, and goes first."""
    for typed in standing.typed:
        if typed.problem and typed.copy is None:
            yield Next(f"Correct what is wrong in {typed.workbook}, save and close it, then look again.", look_again)
    for typed in standing.typed:
        if typed.problem:
            continue
        typed_there = "the decisions" if typed.count or not typed.what else "what is"
        what = f"Read {typed_there} typed in {typed.workbook}, with the files of {typed.month}."
        copy = f" --decisions {quoted(_shortest(typed.copy, facts.folder))}" if typed.copy else ""
        yield facts.claim_again(what, months[typed.month], copy)


def _due(facts: _Facts, standing: Standing, look_again: str) -> Iterator[Next]:
    """The workbooks with claims whose last day to be sent is near."""
    due = [one for one in standing.closing if not one.held]
    if due:
        day = min(one.last_day for one in due)
        books = " and ".join(facts.summary(month) for month in sorted({month for one in due for month in one.months}))
        what = (
            f"Send the insurer workbooks that are due, the first by {day}. Type the day under Sent on, "
            f"on the sheet To send of {books}; save it, then look again."
        )
        yield Next(what, look_again)


def _open(facts: _Facts, standing: Standing, months: Mapping[str, MonthStanding]) -> Iterator[Next]:
    """What waits in the months that were claimed."""
    for month in months.values():
        # A month that was billed before this program came goes on as such, without workbooks.
        if month.month in standing.voids and not month.sent_before:
            what = f"Claim {month.month} again: its new batch lists for insurers what was voided, and is to be sent."
            yield facts.claim_again(what, month)
    for month in months.values():
        if month.held:
            what = (
                f"Decide about what is on hold, on the sheet Needs attention of {facts.summary(month.month)}; save it, "
                "close it, then claim the month again."
            )
            yield facts.claim_again(what, month)
    if standing.unpaid_alone or standing.call_lists or standing.refused or standing.to_reverse:
        what = "Ask insurers about what is unpaid, refused or short: the list is a workbook."
        yield Next(what, f"ims-billing aging{facts.given.options()}")


def _following(facts: _Facts, months: Mapping[str, MonthStanding], as_of: dt.date) -> Next:
    """The month that comes next, where nothing else is to be done with a command."""
    before = f"{as_of - dt.timedelta(days=as_of.day):%Y-%m}"
    following = _after(max(months, default=before), claimed_before=bool(months))
    what = "Nothing else is waiting."
    if facts.standing and facts.standing.to_send:
        books = counted(len(facts.standing.to_send), "insurer workbook")
        what = f"Send the {books} that the sheet To send lists, if nobody has, and type the day there."
    options = facts.given.options()
    if months and len(months[max(months)].files) > 1:
        return Next(
            f"{what} Save the exports of {following} in this folder, then look again.", f"ims-billing status{options}"
        )
    what += f" Save the export of {following} in this folder, then claim it by its name."
    return Next(what, f"ims-billing claim sessions-{following}.xlsx --month {following}{options}")


def _month_to_claim(exports: Sequence[Export], months: Mapping[str, MonthStanding], as_of: dt.date) -> str | None:
    """The month that the exports are for: the earliest that is over and on no ledger, else their fullest."""
    counts: dict[str, int] = {}
    for export in exports:
        for month, rows in export.months.items():
            # Exports begin and end with a visit or two of the months beside: these are not what the file is for.
            if rows * 10 >= max(export.months.values()):
                counts[month] = counts.get(month, 0) + rows
    over = [month for month in counts if month < f"{as_of:%Y-%m}" and month not in months]
    return min(over) if over else max(counts, key=lambda month: (counts[month], month), default=None)


def _shortest(path: Path, folder: Path) -> str:
    """A path from the folder, where it lies in it; else whole."""
    try:
        return str(path.resolve().relative_to(folder)) if path.is_absolute() else str(path)
    except ValueError:
        return str(path)


def _after(month: str, *, claimed_before: bool) -> str:
    """The month after one on the ledger; the month itself where nothing is on it."""
    if not claimed_before:
        return month
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02d}"
