"""claim, report and void with their ledger and their files: batches, voids, what is never touched, what is told."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ims_billing.clinic.setup_file import load
from ims_billing.commands import claim as record
from ims_billing.commands import folder as month_folder
from ims_billing.commands import void as voiding
from ims_billing.commands.claim import Recorded
from ims_billing.commands.refusals import refuse_a_forgotten_ledger
from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.ledger import Ledger
from ims_billing.reading.intake import read_files
from ims_billing.vocabulary.errors import BillingError
from ims_billing.workbooks import month_files
from tests.practice import AS_OF, MONTH, clinic_file, made_once, outcomes, row, tag, xlsx

PAT = row(Session_ID="S1", Start="9:00")
ROBIN = row(Session_ID="S2", Start="9:30", Patient="Robin Madeup", Insurer="PBC")
LATE = row(Session_ID="S3", Start="11:00", Patient="Late Madeup", Service_Date=dt.date(2026, 10, 21))
HELD = row(Session_ID="S4", Start="12:00", Patient="Held Madeup", Fee=100.0)
MASSAGE = row(Session_ID="S5", Service="Massage", Practitioner="Carla Specimen")
SUMMARY = f"{MONTH}/claim-summary-{MONTH}.xlsx"


@dataclass
class Office:
    """A clinic's folder, and what people do there."""

    folder: Path

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.folder / "ims-billing.sqlite")

    @property
    def out(self) -> Path:
        return self.folder / "reports"

    def claim(self, *rows: Mapping[str, Any], name: str = "sessions.xlsx", **more: Any) -> Recorded:
        setup = self.folder / "clinic.toml"
        if not more and [*self.folder.iterdir()] == [setup]:
            return _first_claim(self.folder, setup.read_text(encoding="utf-8"), rows, name)
        return self.claim_files(xlsx(self.folder, rows, name), **more)

    def claim_files(self, *files: Path, **more: Any) -> Recorded:
        clinic = load(self.folder / "clinic.toml")
        intake = read_files(list(files), clinic)
        options = {"month": MONTH, "as_of": AS_OF, **more}
        at = Workplace(self.ledger, options.pop("out", self.out))
        return record.claim(record.Request(intake, clinic, **options), at)

    def void(self, claim: str, *, replace: bool = False, reason: str = "a reason") -> voiding.Voided:
        clinic = load(self.folder / "clinic.toml") if replace else None
        return voiding.void(
            claim, clinic, Workplace(self.ledger, self.out), reason=reason, as_of=AS_OF + dt.timedelta(days=9)
        )

    def files(self, out: Path | None = None) -> dict[str, bytes]:
        where = out or self.out
        return {p.relative_to(where).as_posix(): p.read_bytes() for p in sorted(where.rglob("*")) if p.is_file()}

    def claims(self) -> list[dict[str, str]]:
        """The month's CSV."""
        text = (self.out / MONTH / f"claims-{MONTH}.csv").read_text(encoding="utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    def sheet(self, file: str, name: str) -> list[list[Any]]:
        return [[c.value for c in line] for line in openpyxl.load_workbook(self.out / file)[name].iter_rows()]

    def struck(self, file: str, name: str) -> list[str]:
        sheet = openpyxl.load_workbook(self.out / file)[name]
        return [str(line[0].value) for line in sheet.iter_rows(min_row=2) if line[0].font.strike]


@made_once
def _first_claim(folder: Path, clinic: str, rows: Sequence[Mapping[str, Any]], name: str) -> Recorded:
    """What a clinic claims first, with nothing in its folder but the clinic file."""
    (folder / "clinic.toml").write_text(clinic, encoding="utf-8")
    return Office(folder).claim_files(xlsx(folder, rows, name))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    clinic_file(tmp_path)
    return Office(tmp_path)


def column(lines: list[list[Any]], heading: str) -> list[Any]:
    header = next(place for place, line in enumerate(lines) if heading in line)
    place = lines[header].index(heading)
    # Beside the table of the sheet that needs attention stand notes, further down than its last line.
    below = [line for line in lines[header + 1 :] if any(cell is not None for cell in line[:16])]
    # Nor are the totals of an insurer's workbook a line.
    return [line[place] for line in below if not str(line[0]).startswith("Total: ")]


def names(files: Iterable[str]) -> list[str]:
    return [name.removeprefix(f"{MONTH}/") for name in files]


def test_the_same_file_twice_claims_nothing_and_touches_nothing(office: Office) -> None:
    first = office.claim(PAT, ROBIN, HELD, MASSAGE)
    assert (first.batch, sorted(first.numbers.values())) == (1, ["2026-10-PABC-0001", "2026-10-SUNL-0001"])
    before, ledger = office.files(), office.ledger.path.read_bytes()
    second = office.claim(PAT, ROBIN, HELD, MASSAGE, as_of=AS_OF + dt.timedelta(days=30))
    assert (second.batch, second.numbers, second.written) == (None, {}, None)
    assert outcomes(second.month) == ["already_claimed", "already_claimed", "held", "not_billed: other-service"]
    assert (office.files(), office.ledger.path.read_bytes()) == (before, ledger)
    # Under another name, in another order, with more of the next month: still nothing that a file shows.
    later = row(Session_ID="S9", Service_Date=dt.date(2026, 11, 3))
    office.claim(MASSAGE, HELD, ROBIN, PAT, later, name="again.xlsx")
    assert office.files() == before


def test_a_message_that_names_rows_changes_no_file_where_the_rows_moved(office: Office) -> None:
    twice = [row(Session_ID="S6", Start="8:00", Patient="Twice Madeup")] * 2
    office.claim(PAT, *twice)
    before = office.files()
    assert office.claim(*twice, MASSAGE | {"Service Date": dt.date(2026, 9, 1)}, PAT).written is None
    assert office.files() == before


def test_a_later_batch_has_workbooks_of_its_own_and_touches_no_earlier_one(office: Office) -> None:
    office.claim(PAT, ROBIN)
    before = office.files()
    done = office.claim(PAT, ROBIN, LATE)
    assert done.batch == 2
    after = office.files()
    assert names(after) == [
        "claim-summary-2026-10.xlsx", "claims-2026-10.csv", "insurers/pacific-blue-cross-2026-10.xlsx",
        "insurers/sun-life-2026-10-batch-2.xlsx", "insurers/sun-life-2026-10.xlsx",
    ]  # fmt: skip
    assert {name for name in before if after[name] != before[name]} == {SUMMARY, f"{MONTH}/claims-{MONTH}.csv"}
    second = f"{MONTH}/insurers/sun-life-2026-10-batch-2.xlsx"
    assert column(office.sheet(second, "Claim lines"), "Claim") == ["2026-10-SUNL-0002"]
    assert ["Batch", "2"] in [line[:2] for line in office.sheet(second, "Summary")]
    claims = office.sheet(SUMMARY, "Claims")
    assert list(zip(column(claims, "Claim"), column(claims, "Batch"), strict=True)) == [
        ("2026-10-PABC-0001", 1), ("2026-10-SUNL-0001", 1), ("2026-10-SUNL-0002", 2),
    ]  # fmt: skip


def test_what_an_insurer_was_sent_stays_as_it_was_when_the_clinic_changes(office: Office) -> None:
    office.claim(PAT)
    before = office.files()
    text = (office.folder / "clinic.toml").read_text(encoding="utf-8")
    (office.folder / "clinic.toml").write_text(text.replace("Example Physiotherapy", "Renamed Physio"), "utf-8")
    office.claim(PAT, LATE)
    office.void("2026-10-SUNL-0002")
    first = f"{MONTH}/insurers/sun-life-2026-10.xlsx"
    month_folder.report(Workplace(office.ledger, office.folder / "copy"), MONTH)
    copy = office.files(office.folder / "copy")
    assert copy[first] == before[first]
    assert copy == office.files()
    assert office.sheet(SUMMARY, "Overview")[0][0] == "IMS claims, 2026-10: Renamed Physio"


def test_a_held_session_that_is_mended_is_claimed_in_the_next_batch(office: Office) -> None:
    office.claim(PAT, HELD)
    done = office.claim(PAT, HELD | {"Fee": 95.0})
    assert (done.batch, list(done.numbers.values())) == (2, ["2026-10-SUNL-0002"])
    assert column(office.sheet(SUMMARY, "Needs attention"), "Kind") == []


def test_a_run_that_only_finds_other_sessions_held_makes_no_batch_but_shows_them(office: Office) -> None:
    office.claim(PAT, ROBIN)
    before = office.files()
    done = office.claim(PAT, ROBIN | {"Fee": 90.0})
    assert (done.batch, done.written is not None) == (None, True)
    assert column(office.sheet(SUMMARY, "Needs attention"), "Kind") == ["changed-since-claimed"]
    assert {name for name, content in office.files().items() if content != before[name]} == {SUMMARY}
    files = {tuple(line[i] for i in (0, 3)) for line in office.sheet(SUMMARY, "Sources") if line[0] == "sessions.xlsx"}
    assert files == {("sessions.xlsx", "1"), ("sessions.xlsx", "none")}
    # The first claims of a month whose sessions were all held are its first batch.
    nothing = Office(office.folder / "other")
    nothing.folder.mkdir()
    clinic_file(nothing.folder)
    assert nothing.claim(HELD).batch is None
    assert names(nothing.files()) == ["claim-summary-2026-10.xlsx", "claims-2026-10.csv"]
    assert nothing.claim(HELD | {"Fee": 95.0}).batch == 1
    assert "2026-10/insurers/sun-life-2026-10.xlsx" in nothing.files()


def test_holds_of_one_file_stay_open_when_the_next_file_is_of_other_weeks_or_people(office: Office) -> None:
    undated = row(Session_ID="S7", Service_Date="", Patient="Undated Madeup")
    office.claim(HELD, MASSAGE, undated, name="first half.xlsx")
    office.claim(LATE, name="second half.xlsx")
    attention = office.sheet(SUMMARY, "Needs attention")
    assert sorted(column(attention, "Source")) == [
        "first half.xlsx, Sessions, row 2", "first half.xlsx, Sessions, row 4",
    ]  # fmt: skip
    assert column(office.sheet(SUMMARY, "Not billed"), "Reason") == ["other-service"]
    notes = [str(line[0]) for line in office.sheet(SUMMARY, "Overview")]
    assert "Also on hold, from earlier files of the month: 2." in notes  # a line of its own
    # An export of the whole month in which they are mended closes them, and what it lacks of its own days is gone.
    office.claim(HELD | {"Fee": 95.0}, LATE, MASSAGE, undated | {"Service Date": AS_OF}, name="first half.xlsx")
    assert column(office.sheet(SUMMARY, "Needs attention"), "Source") == []


def test_a_held_session_stays_open_however_often_another_file_of_its_day_comes(office: Office) -> None:
    office.claim({**PAT, "Policy Number": ""}, name="ann.xlsx")
    for _ in range(3):
        office.claim(ROBIN, name="ben.xlsx")
        assert column(office.sheet(SUMMARY, "Needs attention"), "Kind") == ["missing-policy"]


def test_a_voided_claim_is_struck_out_in_the_summary_and_told_with_the_next_batch(office: Office) -> None:
    office.claim(PAT, ROBIN, LATE)
    before = office.files()
    done = office.void("2026-10-SUNL-0001", reason="wrong patient")
    assert (done.month, done.replaced_by, done.batch) == (MONTH, "", None)
    assert {name for name, content in office.files().items() if content != before[name]} == {
        SUMMARY, f"{MONTH}/claims-{MONTH}.csv",
    }  # fmt: skip
    assert office.struck(SUMMARY, "Claims") == ["2026-10-SUNL-0001"]
    assert [c["voided"] for c in office.claims()] == ["", "2026-11-14", ""]
    sources = office.sheet(SUMMARY, "Sources")
    voided = next(line[:4] for line in sources if line[0] == "2026-10-SUNL-0001")
    assert voided == ["2026-10-SUNL-0001", "wrong patient", dt.datetime(2026, 11, 14), "nothing"]
    totals = [line[:5] for line in office.sheet(SUMMARY, "Overview") if line[0] == "Total"]
    assert totals[0] == ["Total", 2, 190, 0, 190], "a voided claim is in no sum"
    # The next run holds its session, and tells the insurer, in a batch without a new claim.
    again = office.claim(PAT, ROBIN, LATE)
    assert (again.batch, again.numbers) == (2, {})
    second = f"{MONTH}/insurers/sun-life-2026-10-batch-2.xlsx"
    assert office.struck(second, "Claim lines") == ["2026-10-SUNL-0001"]
    assert any(line[:2] == ["2026-10-SUNL-0001", "voided"] for line in office.sheet(second, "Summary"))
    assert "wrong patient" not in str(office.sheet(second, "Summary"))
    assert not any("pacific-blue-cross-2026-10-batch" in name for name in office.files())
    assert column(office.sheet(SUMMARY, "Needs attention"), "Kind") == ["voided"]
    # It is told once.
    assert office.claim(PAT, ROBIN, LATE).batch is None


def test_a_claim_is_replaced_by_one_that_names_it(office: Office) -> None:
    office.claim(PAT, LATE)
    text = (office.folder / "clinic.toml").read_text(encoding="utf-8")
    (office.folder / "clinic.toml").write_text(text.replace('"01234"', '"09999"'), encoding="utf-8")
    done = office.void("2026-10-SUNL-0001", replace=True)
    assert (done.replaced_by, done.batch) == ("2026-10-SUNL-0003", 2)
    old, _, new = office.claims()
    assert (new["replaces"], old["voided"], new["voided"]) == ("2026-10-SUNL-0001", "2026-11-14", "")
    beside = ("claim", "batch", "registration", "replaces", "voided")
    assert {k: v for k, v in new.items() if k not in beside} == {k: v for k, v in old.items() if k not in beside}
    assert (old["registration"], new["registration"]) == ("01234", "09999")
    second = f"{MONTH}/insurers/sun-life-2026-10-batch-2.xlsx"
    assert column(office.sheet(second, "Claim lines"), "Claim") == ["2026-10-SUNL-0001", "2026-10-SUNL-0003"]
    assert office.struck(second, "Claim lines") == ["2026-10-SUNL-0001"]
    assert any("replaced by 2026-10-SUNL-0003" in line for line in office.sheet(second, "Summary"))
    # The export knows the session as claimed, by the new claim.
    again = office.claim(PAT, LATE)
    assert (again.batch, outcomes(again.month)) == (None, ["already_claimed"] * 2)
    assert list(again.month.sessions["claim"]) == ["2026-10-SUNL-0003", "2026-10-SUNL-0002"]
    with pytest.raises(BillingError, match="already claimed again, as 2026-10-SUNL-0003"):
        office.void("2026-10-SUNL-0001", replace=True)


def test_a_claim_that_was_taken_back_before_can_be_claimed_anew_later(office: Office) -> None:
    office.claim(PAT)
    office.void("2026-10-SUNL-0001", reason="first")
    assert column(office.sheet(SUMMARY, "Needs attention"), "Kind") == []
    office.claim(PAT)
    assert column(office.sheet(SUMMARY, "Needs attention"), "Kind") == ["voided"]
    assert office.void("2026-10-SUNL-0001", replace=True, reason="second").replaced_by == "2026-10-SUNL-0002"
    assert column(office.sheet(SUMMARY, "Needs attention"), "Kind") == []
    assert ["2026-10-SUNL-0001", "first"] in [line[:2] for line in office.sheet(SUMMARY, "Sources")]
    assert office.void("2026-10-SUNL-0002", replace=True).replaced_by == "2026-10-SUNL-0003"


def test_a_voided_session_is_not_forgotten_where_another_claim_is_replaced_first(office: Office) -> None:
    office.claim(PAT, LATE)
    office.void("2026-10-SUNL-0001")
    office.void("2026-10-SUNL-0002", replace=True)
    struck = [office.struck(f"{MONTH}/insurers/sun-life-2026-10-batch-2.xlsx", "Claim lines")]
    # The run over the month's sessions puts the first one on hold, and tells its insurer.
    again = office.claim(PAT, LATE)
    assert (again.batch, outcomes(again.month)) == (3, ["held", "already_claimed"])
    struck.append(office.struck(f"{MONTH}/insurers/sun-life-2026-10-batch-3.xlsx", "Claim lines"))
    assert struck == [["2026-10-SUNL-0002"], ["2026-10-SUNL-0001"]]


def test_what_would_be_held_now_is_not_claimed_anew_nor_taken_back(office: Office) -> None:
    office.claim(PAT)
    before, ledger = office.files(), office.ledger.path.read_bytes()
    text = (office.folder / "clinic.toml").read_text(encoding="utf-8")
    (office.folder / "clinic.toml").write_text(text.replace("amount = 95.00", "amount = 99.00"), encoding="utf-8")
    with pytest.raises(BillingError, match=r"can't be claimed again, and nothing was changed. The fee is \$95.00"):
        office.void("2026-10-SUNL-0001", replace=True)
    assert (office.files(), office.ledger.path.read_bytes()) == (before, ledger)


def test_what_is_not_claimed_again_says_what_can_be_typed_instead(office: Office) -> None:
    office.claim(PAT)
    void = 'ims-billing void 2026-10-SUNL-0001 --reason "wrong day", then claim the month again.'
    refunded = xlsx(office.folder, [{**PAT, "Status": "refunded"}], "later.xlsx")
    clinic = load(office.folder / "clinic.toml")
    at = Workplace(office.ledger, office.out)
    with pytest.raises(BillingError) as refused:
        voiding.void(
            "2026-10-SUNL-0001", clinic, at, reason="wrong day", as_of=AS_OF, intake=read_files([refunded], clinic)
        )
    assert str(refused.value).endswith(
        f"not billed now: it was refunded. To decide about it on the sheet Needs attention: {void}"
    )
    text = (office.folder / "clinic.toml").read_text(encoding="utf-8")
    (office.folder / "clinic.toml").write_text(text.replace("amount = 95.00", "amount = 99.00"), encoding="utf-8")
    with pytest.raises(BillingError) as refused:
        office.void("2026-10-SUNL-0001", replace=True, reason="wrong day")
    again = 'ims-billing void 2026-10-SUNL-0001 FILE --replace --reason "wrong day".'
    assert f"as an export has it: {again}" in str(refused.value)


def test_only_a_claim_on_the_ledger_can_be_voided(office: Office) -> None:
    office.claim(PAT)
    with pytest.raises(BillingError, match="2026-10-SUNL-0002 is no claim on the ledger; did you mean 2026-10-SUNL-"):
        office.void("2026-10-SUNL-0002")


def test_report_writes_the_month_again_to_the_byte(office: Office) -> None:
    office.claim(PAT, ROBIN, HELD)
    office.claim(PAT, ROBIN, LATE)
    office.void("2026-10-PABC-0001", replace=True)
    copy = office.folder / "my copy"
    written = month_folder.report(Workplace(office.ledger, copy), MONTH)
    assert office.files(copy) == office.files()
    assert sorted(p.relative_to(copy).as_posix() for p in written.files) == sorted(office.files())
    assert written.left_over == ()
    with pytest.raises(BillingError, match="nothing of 2026-09 is on the ledger; it knows 2026-10"):
        month_folder.report(Workplace(office.ledger, copy), "2026-09")


def test_past_months_are_put_on_the_ledger_without_insurer_workbooks(office: Office) -> None:
    done = office.claim(PAT, ROBIN, already_sent=True)
    assert done.batch == 1
    assert names(office.files()) == ["claim-summary-2026-10.xlsx", "claims-2026-10.csv"]
    month_folder.report(Workplace(office.ledger, office.out), MONTH)
    assert names(office.files()) == ["claim-summary-2026-10.xlsx", "claims-2026-10.csv"]
    office.claim(PAT, ROBIN, LATE)
    assert names(office.files())[2:] == ["insurers/sun-life-2026-10-batch-2.xlsx"]


def test_without_its_ledger_nothing_is_claimed_again(office: Office) -> None:
    office.claim(PAT)
    lost = office.ledger
    refuse_a_forgotten_ledger(lost, office.out, new=False)
    lost.path.rename(office.folder / "elsewhere.sqlite")
    with pytest.raises(BillingError, match=r"there is no ledger, but .*claim-summary-2026-10\.xlsx shows that claims"):
        refuse_a_forgotten_ledger(lost, office.out, new=False)
    refuse_a_forgotten_ledger(lost, office.out, new=True)
    refuse_a_forgotten_ledger(lost, office.folder / "another place", new=False)


def test_a_workbook_that_is_open_stops_the_batch_before_it_is_recorded(office: Office) -> None:
    office.claim(PAT)
    before = office.ledger.path.read_bytes()
    for name in ("~$claim-summary-2026-10.xlsx", "insurers/.~lock.sun-life-2026-10-batch-2.xlsx#"):
        lock = office.out / MONTH / name
        lock.write_bytes(b"")
        with pytest.raises(BillingError, match="open in another program"):
            office.claim(PAT, LATE)
        lock.unlink()
        assert office.ledger.path.read_bytes() == before
    # One that is not to be written may be open.
    (office.out / MONTH / "insurers" / "~$sun-life-2026-10.xlsx").write_bytes(b"")
    assert office.claim(PAT, LATE).batch == 2


def test_a_file_that_cannot_be_written_after_all_is_told_with_the_batch_and_the_way_to_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Office(office.folder / "undisturbed")
    whole.folder.mkdir()
    clinic_file(whole.folder)
    whole.claim(PAT, ROBIN)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device", "sun-life-2026-10.xlsx")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BillingError) as refused:
        office.claim(PAT, ROBIN)
    message = str(refused.value)
    assert message.startswith("Batch 1 of 2026-10 is on the ledger, but not all of its files could be written. ")
    assert "sun-life-2026-10.xlsx: cannot be written: the drive is full or limits the file." in message
    assert message.endswith("write them with: ims-billing report 2026-10")
    assert names(office.files()) == []
    monkeypatch.undo()
    # The next run claims nothing again, and completes the files.
    done = office.claim(PAT, ROBIN)
    assert (done.batch, outcomes(done.month)) == (None, ["already_claimed"] * 2)
    assert names(office.files()) == names(whole.files())
    assert (
        office.files()[f"{MONTH}/insurers/sun-life-2026-10.xlsx"]
        == (whole.files()[f"{MONTH}/insurers/sun-life-2026-10.xlsx"])
    )


def test_a_folder_that_vanished_is_written_again_and_one_that_was_tidied_is_not(office: Office) -> None:
    office.claim(PAT, ROBIN)
    before = office.files()
    office.out.rename(office.folder / "gone")
    assert office.claim(PAT, ROBIN).written is not None
    assert office.files() == before
    sent = office.out / MONTH / "insurers" / "sun-life-2026-10.xlsx"
    sent.unlink()  # moved away once it was sent
    assert office.claim(PAT, ROBIN).written is None
    office.claim(PAT, ROBIN, LATE)
    assert not sent.exists()


def test_what_an_interrupted_run_left_beside_its_files_is_swept_away(office: Office) -> None:
    left = office.out / MONTH / "insurers" / ".ims-billing-abc123.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a workbook")
    other = left.with_name("notes.part")
    other.write_bytes(b"somebody's own")
    office.claim(PAT)
    assert not left.exists()
    assert other.exists()


def test_an_insurers_workbook_that_the_ledger_does_not_know_is_pointed_out(office: Office) -> None:
    office.claim(PAT)
    stale = office.out / MONTH / "insurers" / "desjardins-2026-10.xlsx"
    stale.write_bytes(b"old")
    done = office.claim(PAT, LATE)
    assert done.written is not None
    assert done.written.left_over == (stale,)


def test_an_old_copy_of_the_ledger_claims_nothing_again(office: Office) -> None:
    office.claim(PAT)
    old = office.ledger.path.read_bytes()
    office.claim(PAT, ROBIN)
    before = office.files()
    unknown = "is of batch 2 of 2026-10, and the ledger does not know it"
    # Restored from a copy; swapped for one that knows nothing.
    for content, words in ((old, unknown), (b"", "the ledger is damaged, .* The newest good copy is")):
        office.ledger.path.write_bytes(content)
        with pytest.raises(BillingError, match=words):
            office.claim(PAT, ROBIN, LATE)
        assert office.files() == before
    office.ledger.path.unlink()
    assert office.claim(PAT, ROBIN, LATE, new_ledger=True).batch == 1


def test_each_folder_gets_the_files_that_it_lacks(office: Office) -> None:
    other = office.folder / "other"
    office.claim(PAT)
    assert names(office.files(other)) == [] if other.exists() else True
    office.claim(PAT, ROBIN, out=other)
    assert names(office.files(other)) == [
        "claim-summary-2026-10.xlsx", "claims-2026-10.csv", "insurers/pacific-blue-cross-2026-10-batch-2.xlsx",
    ]  # fmt: skip
    # The folder of before catches up with the next run, even where nothing is new.
    assert office.claim(PAT, ROBIN).batch is None
    assert f"{MONTH}/insurers/pacific-blue-cross-2026-10-batch-2.xlsx" in office.files()
    month_folder.report(Workplace(office.ledger, office.folder / "copy"), MONTH)
    assert office.files() == office.files(office.folder / "copy")
    # A void that was shown elsewhere is shown here with the next run too.
    voiding.void("2026-10-SUNL-0001", None, Workplace(office.ledger, other), reason="x", as_of=AS_OF)
    assert office.struck(SUMMARY, "Claims") == []
    office.claim(PAT, ROBIN)
    assert office.struck(SUMMARY, "Claims") == ["2026-10-SUNL-0001"]


def test_a_report_elsewhere_does_not_stand_for_files_that_were_never_written(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.claim(PAT)
    monkeypatch.setattr(month_files, "write_month", lambda *_: (_ for _ in ()).throw(OSError(5, "gone")))
    with pytest.raises(BillingError, match="Batch 2 of 2026-10 is on the ledger"):
        office.claim(PAT, ROBIN)
    with office.ledger.reading():
        pass
    monkeypatch.undo()
    ledger = office.ledger
    with ledger.reading():
        assert ledger.files.nowhere_written() == [MONTH]
    month_folder.report(Workplace(office.ledger, office.folder / "copy"), MONTH)
    with ledger.reading():
        assert ledger.files.nowhere_written() == []
    office.claim(PAT, ROBIN)
    assert office.files() == office.files(office.folder / "copy")


def test_a_corrected_session_replaces_its_claim_as_the_file_has_it_now(office: Office) -> None:
    office.claim(PAT, LATE)
    clinic = load(office.folder / "clinic.toml")

    def replace(number: str, *rows: Mapping[str, Any]) -> voiding.Voided:
        intake = read_files([xlsx(office.folder, rows)], clinic)
        return voiding.void(
            number, clinic, Workplace(office.ledger, office.out), reason="wrong", as_of=AS_OF, intake=intake
        )

    right = PAT | {"Insurer": "PBC", "Service Date": dt.date(2026, 10, 8)}
    office.claim(right, LATE)
    assert column(office.sheet(SUMMARY, "Needs attention"), "Kind") == ["changed-since-claimed"]
    assert replace("2026-10-SUNL-0001", right, LATE).replaced_by == "2026-10-PABC-0001"
    assert column(office.sheet(SUMMARY, "Needs attention"), "Kind") == []
    new = office.claims()[-1]
    assert (new["insurer"], new["service_date"], new["replaces"]) == (
        "Pacific Blue Cross", "2026-10-08", "2026-10-SUNL-0001",
    )  # fmt: skip
    second = f"{MONTH}/insurers/sun-life-2026-10-batch-2.xlsx"
    assert office.struck(second, "Claim lines") == ["2026-10-SUNL-0001"]
    assert any("voided" in line for line in office.sheet(second, "Summary"))
    assert outcomes(office.claim(right, LATE).month) == ["already_claimed"] * 2
    # One that has no id, and is known by what it resembles.
    moved = LATE | {"Session ID": "", "Service Date": dt.date(2026, 10, 22)}
    assert outcomes(office.claim(right, moved).month) == ["already_claimed", "held"]
    assert replace("2026-10-SUNL-0002", right, moved).replaced_by == "2026-10-SUNL-0003"
    # What is not there, what would be held, and what lies in a month that nothing was claimed of, is refused.
    before = office.ledger.path.read_bytes()
    anew, november = "2026-10-SUNL-0003", {"Service Date": dt.date(2026, 11, 2)}
    for number, rows, message in (
        (anew, [right], "Its session is not in these files"),
        (anew, [right, moved | {"Fee": 1.0}], "The fee is"),
        (anew, [right, moved | {"Status": "cancelled"}], "Its session is not billed now: it was cancelled"),
        (anew, [right, LATE | november], "nothing of that month is on the ledger"),
        ("2026-10-PABC-0001", [right | november], "nothing of that month is on the ledger"),
    ):
        with pytest.raises(BillingError, match=message):
            replace(number, *rows)
        assert office.ledger.path.read_bytes() == before


def test_a_void_is_not_lost_in_a_month_that_was_sent_before(office: Office) -> None:
    office.claim(PAT, ROBIN)
    office.void("2026-10-SUNL-0001")
    office.claim(PAT, ROBIN, LATE, already_sent=True)
    assert not any("batch-2" in name for name in office.files())
    office.claim(PAT, ROBIN, LATE)
    assert office.struck(f"{MONTH}/insurers/sun-life-2026-10-batch-3.xlsx", "Claim lines") == ["2026-10-SUNL-0001"]


def test_a_void_is_told_as_the_insurers_last_batch_knew_it(office: Office) -> None:
    office.claim(PAT)
    text = (office.folder / "clinic.toml").read_text(encoding="utf-8")
    text = text.replace('requires = ["policy"]', 'requires = ["policy"]\nvendor_number = "NEW-77"')
    (office.folder / "clinic.toml").write_text(text, encoding="utf-8")
    office.claim(PAT, LATE)
    office.void("2026-10-SUNL-0001")
    office.claim(PAT, LATE)
    third = office.sheet(f"{MONTH}/insurers/sun-life-2026-10-batch-3.xlsx", "Summary")
    assert ["Vendor number", "NEW-77"] in [line[:2] for line in third]


def test_the_summary_says_what_changed_last(office: Office) -> None:
    office.claim(PAT)
    for cells, what in (({"Policy Number": "9"}, "the policy number"), ({"Member ID": "9"}, "the member ID")):
        office.claim(PAT | cells)
        assert [
            message[-len(what) - 1 : -1] for message in column(office.sheet(SUMMARY, "Needs attention"), "Problem")
        ] == [what]


MENDED: list[tuple[str, dict[str, Any]]] = [
    ("a practitioner who was misspelt", {"Practitioner": "Ann Exampel"}),
    ("a practitioner who was missing", {"Practitioner": ""}),
    ("a date that was missing", {"Service Date": ""}),
    ("a patient who was missing", {"Patient": ""}),
    ("a service that was missing", {"Service": ""}),
    ("a service that was another", {"Service": "IMS/Acupuncture"}),
]


def test_a_regulars_next_visit_in_another_file_leaves_the_visit_on_hold(office: Office) -> None:
    # The first half of the month, then the second, each an export of its own; both patients come every week.
    first, second, other = (dt.date(2026, 10, day) for day in (5, 12, 6))
    held = row(Service_Date=first, Start="9:00", Policy_Number="")
    massage = row(
        Service_Date=first, Start="10:00", Patient="Bo Madeup", Service="Massage", Practitioner="Carla Specimen"
    )
    office.claim(held, massage, row(Service_Date=other, Patient="Cy Madeup"), name="one.xlsx")
    new = [{**each, "Service Date": second} for each in (held | {"Policy Number": "00123"}, massage)]
    done = office.claim(*new, row(Service_Date=dt.date(2026, 10, 13), Patient="Cy Madeup"), name="two.xlsx")
    assert outcomes(done.month) == ["claimed", "not_billed: other-service", "claimed"]
    day = dt.datetime(2026, 10, 5)
    assert column(office.sheet(SUMMARY, "Needs attention"), "Service date") == [day]
    assert column(office.sheet(SUMMARY, "Not billed"), "Service date").count(day) == 1
    # A file that has the rest of that day, and that visit on another, has it fixed.
    beside = row(Service_Date=first, Start="11:00", Patient="Di Madeup")
    office.claim(held, beside, name="three.xlsx")
    office.claim(held | {"Service Date": dt.date(2026, 10, 7), "Policy Number": "1"}, beside, name="four.xlsx")
    assert day not in column(office.sheet(SUMMARY, "Needs attention"), "Service date")


def test_a_visit_with_somebody_else_in_another_file_leaves_the_visit_on_hold(office: Office) -> None:
    # An export for each practitioner: the patient saw both on one day.
    day = dt.date(2026, 10, 5)
    held = row(Service_Date=day, Start="9:00", Policy_Number="")
    office.claim(held, row(Service_Date=day, Start="10:00", Patient="Bo Madeup"), name="ann.xlsx")
    office.claim(row(Service_Date=day, Start="11:00", Practitioner="Ben Sample"), name="ben.xlsx")
    assert "missing-policy" in column(office.sheet(SUMMARY, "Needs attention"), "Kind")


def test_a_number_that_another_session_has_in_the_next_file_leaves_the_visit_on_hold(office: Office) -> None:
    held = row(Session_ID="1", Service_Date=dt.date(2026, 10, 5), Policy_Number="")
    office.claim(held, name="one.xlsx")
    office.claim(row(Session_ID="1", Patient="Cy Madeup", Service_Date=dt.date(2026, 10, 12)), name="two.xlsx")
    assert column(office.sheet(SUMMARY, "Needs attention"), "Patient") == [held["Patient"]]


def test_what_was_mended_and_claimed_needs_no_attention_any_more(office: Office) -> None:
    right = [row(Start=f"{9 + n}:00", Patient=f"Pat {tag(n)}") for n in range(len(MENDED))]
    wrong = [each | cells for each, (_, cells) in zip(right, MENDED, strict=True)]
    office.claim(*wrong, LATE, name="one.xlsx")
    assert len(column(office.sheet(SUMMARY, "Needs attention"), "Kind")) == len(MENDED)
    assert office.claim(*right, LATE, name="two.xlsx").batch == 2
    lines = office.sheet(SUMMARY, "Needs attention")
    assert list(zip(column(lines, "Kind"), column(lines, "Patient"), strict=True)) == []


def test_a_hold_is_closed_by_an_export_that_tells_of_its_day_and_by_no_other(office: Office) -> None:
    beside = PAT | {"Session ID": "S8", "Patient": "Beside Madeup", "Start": "14:00"}
    office.claim(PAT, beside, HELD)
    # A file of another insurer, of other patients, of another day, of the same practitioner: nobody mended it.
    other = row(Session_ID="S9", Start="16:00", Patient="Other Madeup", Service_Date=dt.date(2026, 10, 8))
    for rows in ([ROBIN], [other], [beside, ROBIN]):
        office.claim(*rows)
        assert column(office.sheet(SUMMARY, "Needs attention"), "Kind") == ["fee-not-as-listed"]
    office.claim(PAT, beside, ROBIN)  # all of that day, and it is gone
    assert column(office.sheet(SUMMARY, "Needs attention"), "Kind") == []


def test_an_undated_line_stays_open_when_its_file_is_left_out_and_another_undated_row_comes_again(
    office: Office,
) -> None:
    one, other = (xlsx(office.folder, [row(Patient=f"{n} Madeup", Service_Date="")], f"{n}.xlsx") for n in "AB")
    office.claim_files(one, other)
    office.claim_files(one)
    assert sorted(column(office.sheet(SUMMARY, "Needs attention"), "Patient")) == ["A Madeup", "B Madeup"]


def test_a_month_stands_beside_those_before_as_they_were_when_it_was_claimed(office: Office) -> None:
    september = [row(Service_Date=dt.date(2026, 9, day)) for day in (1, 11, 21)]
    office.claim(*september, name="september.xlsx", month="2026-09")
    office.claim(row(), row(Service_Date=dt.date(2026, 10, 20)))
    overview = office.sheet(f"{MONTH}/claim-summary-{MONTH}.xlsx", "Overview")
    place = next(n for n, line in enumerate(overview) if line[0] == "Months")
    assert [line[:5] for line in overview[place + 1 : place + 4]] == [
        ["Month", "Claims", "Fees", "Patient paid", "Amount claimed"],
        ["2026-09", 3, 285, 0, 285],
        ["2026-10", 2, 190, 0, 190],
    ]
    assert "'Months'" not in str(office.sheet("2026-09/claim-summary-2026-09.xlsx", "Overview"))
    # What becomes of September later changes nothing in October's files, which are sent and printed.
    before = office.files()[f"{MONTH}/claim-summary-{MONTH}.xlsx"]
    office.void("2026-09-SUNL-0001")
    month_folder.report(Workplace(office.ledger, office.out), MONTH)
    assert office.files()[f"{MONTH}/claim-summary-{MONTH}.xlsx"] == before
