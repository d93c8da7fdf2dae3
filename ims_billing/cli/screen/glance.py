"""Messages of several commands: the ledger, files that were written, claims that were voided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from ims_billing.cli.screen.layout import with_command, wrapped
from ims_billing.cli.screen.terminal import notify, show, width
from ims_billing.clinic.setup_file import is_workbook
from ims_billing.vocabulary.shell import quoted
from ims_billing.vocabulary.spelling import counted, dollars
from ims_billing.workbooks.files import INSURERS, batch_of

if TYPE_CHECKING:
    from ims_billing.commands.init import Started
    from ims_billing.commands.void import Voided
    from ims_billing.workbooks.files import Written


def show_written(written: Written, *, everything: bool = False) -> None:
    """Shows how many files were written and where, and warnings about the folder; with `everything` each file."""
    wide = width()
    folders: dict[Path, int] = {}
    for path in written.files:
        folders[path.parent] = folders.get(path.parent, 0) + 1
    lines = [Text("WRITTEN", "bold")]
    if everything or len(written.files) <= len(folders) + 1:
        lines += [Text(f"  {path}") for path in written.files]
    else:
        lines += [Text(f"  {counted(count, 'file')} in {folder}") for folder, count in folders.items()]
    if written.shared:
        lines += wrapped("Others can write in this folder, so these files have the folder's permissions.", wide)
    show([*lines, *not_to_send(written.left_over, wide)])


def not_to_send(left_over: Iterable[Path], wide: int) -> Iterator[Text]:
    """Lines that warn of workbooks which an earlier run left in the folder."""
    for path in left_over:
        sentence = f"Do not send {path}: it is from an earlier run and not part of this month's claims."
        yield from wrapped(sentence, wide, rest="  ", style="bold red")


def show_started(started: Started, check: str) -> None:
    """Shows the files that `init` wrote, and the command that comes next."""
    lines = [Text("WRITTEN", style="bold"), *(Text(f"  {path}") for path in started.files)]
    setup = started.files[0].name
    if started.kept is not None:
        sentence = f"It says what the old setup says, which is kept as {started.kept.name} and no longer read."
    else:
        count = counted(started.to_fill_in, "thing")
        sentence = f"{count} to fill in before you can claim: open {setup}, and replace each ?. "
        if is_workbook(started.files[0]):
            sentence += "Its first sheet lists them."
        else:
            sentence += "Where it says confirmed = false, check the entry and write true."
    wide = width()
    show([*lines, *wrapped(sentence, wide), *with_command("Then:", check, wide, first="", rest="  ")])


def show_ledger(path: Path) -> None:
    """Names the ledger that was used: another one would not know what was claimed."""
    show([Text.assemble(("Ledger ", "bold"), str(path))])


def show_read_back(claims: Mapping[str, int], known_before: int) -> None:
    """Says what of the claims that were sent is on the ledger again."""
    for month, count in claims.items():
        show(wrapped(f"{month}: {counted(count, 'claim')} read back as sent.", width()))
    if known_before:
        show(wrapped(f"{known_before:,} were on the ledger already.", width()))


def warn_of_cloud(path: Path, mark: str) -> None:
    """Says that a ledger which another program copies about is not safe."""
    notify(
        f"{path}: the ledger is in a folder that a cloud service copies ({mark}). Two computers could then claim the "
        "same sessions, or a half-copied ledger could come back. Keep it in another folder: --ledger.",
        "bold yellow",
    )


def show_voided(claim: str, done: Voided, again: str = "", first: str = "") -> None:
    """What became of a voided claim, and what comes next: the command that claims its month again, what goes first."""
    if done.replaced_by:
        sentence = f"{claim} is voided; {done.replaced_by} in batch {done.batch} of {done.month} replaces it, and asks "
        sentence += f"for {dollars(done.amount)}."
    else:
        sentence = f"{claim} is voided. Its insurer does not know it yet: the next batch of {done.month} lists it. " + (
            "The second insurer is not billed again, but claim lists a balance that is left, with the command for it."
            if done.second
            else "If the files of that batch have its session, it is on hold then: decide about it on the sheet Needs "
            "attention. If they do not, nothing more is to do."
        )
    if done.followed_by:
        sentence += f" {done.followed_by}, which billed a second insurer for the balance, is voided with it."
    for number, cents in ((claim, done.paid), (done.followed_by, done.followed_by_paid)):
        if cents:
            sentence += f" {dollars(cents)} of {number} was paid: once its insurer reverses that, reconcile posts it."
    show(wrapped(sentence, width(), style="bold"))
    if again:
        show(with_command(f"Claim {done.month} again now. {first}".rstrip(), again, width(), first="", rest="  "))
    if done.to_check:
        show(wrapped(f"Check before sending: {'; '.join(dict.fromkeys(done.to_check))}.", width(), style="bold yellow"))
    workbooks = [path for each in done.written for path in each.files if path.parent.name == INSURERS]
    for path in workbooks:
        if (path.parent.parent.name, batch_of(path)) == (done.month, done.batch):
            show(with_command("Send this workbook:", quoted(path), width(), first="", rest="  "))
        if (path.parent.parent.name, batch_of(path)) == done.listed_in:
            what = f"Send this one of {path.parent.parent.name} too, which lists what was voided:"
            show(with_command(what, quoted(path), width(), first="", rest="  "))
