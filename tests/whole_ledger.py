"""A ledger with everything in it: three months of a made-up clinic, from the first claim to the last payment.

What the present version writes of it is kept in tests/data, so that every later version can be asked to read it. Once
the tables have another version, make its ledger beside those of before: python -m tests.whole_ledger
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import time_machine
from openpyxl import load_workbook
from typer.testing import CliRunner

from ims_billing.cli.main import app
from ims_billing.commands import folder as month_folder
from ims_billing.commands.aging import age
from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.ledger import Ledger
from ims_billing.ledger.schema import VERSION
from ims_billing.vocabulary.folder import LEDGER_FILE
from ims_billing.vocabulary.model import Run
from tests.jane import appointment, exports, sale
from tests.practice import clinic_file, csv_file, row, sum_anew, table
from tests.test_workbooks import dump

DATA = Path(__file__).parent / "data"
# Where the workbooks lay, as the ledger knows it.
REPORTS = "/made-up/reports"
KEYS = """
bill = ["ims", "physiotherapy"]
locations = ["Main Street"]
address = "1 Example Street, Victoria BC"
"""
MORE = """
[[practitioner]]
name = "Eve Fictional"
profession = "physiotherapist"
registration = "AB-1"
registered = { from = 2015-01-01 }
needling = { from = 2018-05-01 }

[[insurer]]
name = "GMS"
claim_within_days = 20

[[fee]]
service = "physiotherapy"
minutes = 30
amount = 80.00
from = 2026-04-01

[[fee]]
service = "ims"
insurer = "Manulife"
amount = 99.00
from = 2026-04-01

[[fee]]
service = "ims"
insurer = "ICBC"
amount = 80.00
from = 2026-04-01

[[limit]]
insurer = "Desjardins"
visits = 2
per = "calendar-year"
from = 2026-01-01
"""
SECOND: dict[str, Any] = {"Secondary Insurer": "", "Secondary Policy Number": "", "Secondary Member ID": ""}
Row = dict[str, Any]
REMITTANCE: Row = dict.fromkeys(("Claim", "Insurer", "Paid", "Reason", "Period From", "Period Until"), "")


def visit(patient: str, day: str, **cells: Any) -> Row:
    """A visit that has its patient's name for a number; the day is of 2026, an underscore stands for a space."""
    more = {name.replace("_", " "): value for name, value in cells.items()}
    usual = {**row(), **SECOND}
    assert more.keys() <= usual.keys(), more.keys() - usual.keys()
    return {
        **usual,
        "Session ID": f"{patient}-{day}",
        "Patient": f"{patient} Madeup",
        "Service Date": f"2026-{day}",
    } | more


def second(insurer: str, policy: str = "777", member: str = "888") -> Row:
    """The cells of a second plan."""
    return {"Secondary_Insurer": insurer, "Secondary_Policy_Number": policy, "Secondary_Member_ID": member}


AUGUST = [
    visit("Waiting", "08-12", Tax=4.75),
    visit("Absent", "08-13", Status="no show"),
]
SENT = [
    visit("Sent", "09-01", Insurer="PBC", Member_ID="-01"),
    visit("Sent", "09-15", Insurer="PBC", Member_ID="-01"),
    visit("Sent-once", "09-02", **second("Manulife")),
]
SEPTEMBER = [
    *SENT,
    visit("Late", "09-01", Insurer="Manulife", Fee=99.0, Member_ID="=1+1"),
    visit("Rest", "09-08", **second("Manulife")),
    visit("Shared", "09-09", **second("Green Shield")),
    visit("Full", "09-10", Member_ID="0042"),
    visit("Part", "09-11", Insurer="PBC", Member_ID="42"),
    visit("Short", "09-14"),
    visit("Refused", "09-15"),
    visit("More", "09-16"),
    visit("Back", "09-17"),
    visit("Undone", "09-18"),
    visit("Again", "09-21"),
    visit("Taken", "09-22"),
    visit("Closed", "09-23"),
    visit("Overdue", "09-03", Insurer="GMS"),
    visit("Open", "09-24", Tax=4.75),
    visit("Another", "09-25", Service="Massage", Practitioner="Carla Specimen"),
]
GREEN: Row = {"Insurer": "Green Shield", "Policy_Number": "00123"}
ICBC: Row = {"Insurer": "ICBC", "Policy_Number": "", "Payer_File_Number": "AB1"}
HELD = [
    visit("Unreadable-day", "10-02", Service_Date="soon"),
    visit("Unreadable-fee", "10-02", Fee="ninety"),
    visit("Unreadable-cell", "10-02", Insurer="#N/A"),
    visit("No-day", "10-02", Service_Date=""),
    visit("Nobody", "10-02", Patient=""),
    visit("No-practitioner", "10-02", Practitioner=""),
    visit("No-service", "10-02", Service=""),
    visit("No-insurer", "10-02", Insurer=""),
    visit("No-fee", "10-02", Fee=""),
    visit("No-policy", "10-02", Policy_Number=""),
    visit("No-member", "10-02", **GREEN),
    visit("No-accident", "10-02", Insurer="WorkSafeBC", Policy_Number=""),
    visit("No-phn", "10-02", Insurer="MSP", Birth_Date="1980-02-29"),
    visit("No-status", "10-02", Status="hm"),
    visit("No-roster", "10-02", Practitioner="Zed Unknown"),
    visit("No-such-plan", "10-02", Insurer="Moonlight Mutual"),
    visit("Massaged", "10-02", Practitioner="Carla Specimen"),
    visit("Not-needled", "10-05", Practitioner="Ben Sample"),
    visit("Not-registered", "10-15", Practitioner="Ben Sample"),
    visit("Twice", "10-06", Start="8:00"),
    visit("Twice", "10-06", Start="8:00"),
    visit("Both", "10-02", Service="Acupuncture & IMS"),
    visit("Noted", "10-02", Service="Physiotherapy", Minutes=30, Fee=80.0, Notes="IMS to the neck"),
    visit("Two-a-day", "10-07", Session_ID="Two-1", Start="9:00"),
    visit("Two-a-day", "10-07", Session_ID="Two-2", Start="15:00"),
    visit("Overlap-one", "10-08", Insurer="PBC", Start="9:00", Minutes=30),
    visit("Overlap-two", "10-08", Insurer="PBC", Start="9:15", Minutes=30),
    visit("Unlisted", "10-02", Service="Physiotherapy", Minutes=50),
    visit("Dearer", "10-02", Fee=100.0),
    visit("Taxed", "10-02", Tax=4.75),
    visit("Crash", "10-02", Payer_File_Number="AB9"),
    visit("Too-late", "10-01", Insurer="GMS"),
]
NOT_BILLED = [
    visit("November", "11-03"),
    visit("Absent", "10-02", Status="no show"),
    visit("Called-off", "10-02", Status="cancelled"),
    visit("Booked", "10-02", Status="booked"),
    visit("Refunded", "10-02", Status="refunded"),
    visit("Rubbed", "10-02", Service="Massage", Practitioner="Carla Specimen"),
    visit("Pricked", "10-02", Service="Acupuncture"),
    visit("Puzzling", "10-02", Service="Wellness Magic"),
    visit("Free", "10-02", Fee=0),
    visit("Cash", "10-02", Insurer="Out of pocket"),
    visit("Elsewhere", "10-02", Location="Side Street"),
    visit("Billed", "10-02", Billed="yes"),
    visit("Ahead", "10-31"),
]
FORKED = [visit("Forked", "10-19", Session_ID="", Policy_Number="00202")]
CLAIMED = [
    *(visit("Often", f"10-{day}") for day in ("12", "14", "16")),
    *(visit("Begun", f"10-{day}", Visit="initial") for day in ("05", "21")),
    visit("Odd-phn", "10-09", PHN="9123947242"),
    visit("Odd-number", "10-09", Practitioner="Eve Fictional"),
    visit("Unborn", "10-09", Birth_Date="2030-01-01"),
    visit("Dear-plan", "10-09", Insurer="Manulife", Fee=99.0, Member_ID="7"),
    visit("Bumped", "10-13", **ICBC),
    visit(
        "Bumped-too", "10-13", **ICBC | {"Payer_File_Number": "AB2"}, Accident_Date="2026-09-20", **second("Manulife")
    ),
    *(visit("Counted", f"10-{day}", Insurer="Desjardins") for day in ("06", "13", "20")),
    visit("Soon-due", "10-12", Insurer="GMS"),
    visit("Second-unknown", "10-09", **second("Moonlight Mutual")),
    visit("Étoile & Söhne", "10-19", Policy_Number="0099-00", Patient_Paid=20.0),
    visit("Gone", "10-22"),
    visit("Anew", "10-19"),
    visit("Taken-back", "10-19"),
    visit("Never-again", "10-20"),
    visit("Renumbered", "10-20"),
    visit("Kept", "10-20"),
    visit("Doubtful", "10-21"),
    visit("Cancelled-since", "10-21"),
    visit("Moved", "10-14", Session_ID="", Policy_Number="00201"),
    *FORKED,
    visit("Swapped", "10-05", Session_ID="Swap-1", Start="9:00", Minutes=30),
    visit("Swapped", "10-21", Session_ID="Swap-2", Start="9:00", Minutes=30),
    visit("Plain", "10-02", Service="Physiotherapy", Minutes=30, Fee=80.0),
]
TO_DECIDE = [
    visit("To-bill", "10-06", Insurer="PBC", Tax=4.75),
    visit("Not-to-bill", "10-06", Tax=4.75),
    visit("To-correct", "10-06", Insurer="PBC", Fee="ninety-five"),
    visit("Later", "10-06", Tax=4.75),
    visit("In-vain", "10-06", Insurer=""),
    visit("Wrong-value", "10-06", Fee=""),
    visit("Changed-then", "10-06", Tax=4.75),
    visit("Back-and-forth", "10-06", Tax=4.75),
]
# Claims whose numbers begin alike.
THOUSAND = visit("Thousand", "10-23")
TEN_THOUSAND = [visit("Ten-thousand-one", "10-23"), visit("Ten-thousand-two", "10-23")]
# Files that are not among the last ones.
AWAY = [visit("Away", "10-26")]
UNDATED = [visit(patient, "10-01", Insurer="PBC", Service_Date="") for patient in ("Loose", "Loose-too")]


def jane(folder: Path) -> list[Path]:
    """Appointments and sales of which not all tie."""

    def both(number: int, patient: str, day: str, **cells: Any) -> tuple[Row, Row]:
        who, named = f"g-{number}", f"{patient} Madeup"
        at = {"start_at": f"2026-{day} 09:00:00 -0700", "end_at": f"2026-{day} 09:30:00 -0700"}
        booked = appointment(id=str(9000 + number), patient_guid=who, patient_first_name=patient, **at)
        sold = sale(Patient_Guid=who, Patient=named, Purchase_Date=f"2026-{day}", Payer="Pacific Blue Cross")
        sold |= {"Invoice #": f"{1000 + number}-P01"}
        return {**booked, **{k: v for k, v in cells.items() if k in booked}}, sold | {
            k: v for k, v in cells.items() if k in sold
        }

    unsigned, unsigned_sale = both(1, "Unsigned", "10-01", chart_status="unsigned")
    arrived, _ = both(2, "Unsold", "10-02")
    _, alone = both(3, "Unseen", "10-05")
    differs, differs_sale = both(4, "Differing", "10-06", **{"Staff Member": "Ben Sample"})
    one, one_sale = both(5, "Uncertain", "10-07")
    other = {**one, "id": "9105", "start_at": "2026-10-07 11:00:00 -0700", "end_at": "2026-10-07 11:30:00 -0700"}
    other_sale = {**one_sale, "Invoice #": "1105-P01"}
    settled, settled_sale = both(6, "Settled", "10-08", Status="paid", Collected="95.00", Balance="0.00")
    return exports(
        folder,
        [unsigned, arrived, differs, one, other, settled],
        [unsigned_sale, alone, differs_sale, one_sale, other_sale, settled_sale],
    )


def without_a_clock(path: Path) -> None:
    """Takes the hours out of a workbook at which its parts were written."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)


class Clinic:
    """A clinic's folder, and what people do there on which day."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        clinic_file(folder, MORE, KEYS)

    def run(self, day: str, *arguments: str, fine: tuple[int, ...] = (0,)) -> None:
        """A command on a day of 2026."""
        with time_machine.travel(dt.datetime.fromisoformat(f"2026-{day}T12:00:00+00:00"), tick=False):
            named = [*arguments, "--clinic", str(self.folder / "clinic.toml"), "--as-of", f"2026-{day}"]
            done = CliRunner().invoke(app, named, catch_exceptions=False)
        assert done.exit_code in fine, done.output

    def claim(self, day: str, month: str, *files: Path, more: tuple[str, ...] = ()) -> None:
        self.run(day, "claim", *map(str, files), "--month", f"2026-{month}", *more)

    def file(self, name: str, rows: list[Row]) -> Path:
        return csv_file(self.folder, rows, name)

    def void(self, day: str, claim: str, reason: str, *more: str) -> None:
        self.run(day, "void", claim, *more, "--reason", reason)

    def decide(self, month: str, kind: str, patient: str, on: str = "", **typed: Any) -> None:
        """Types on the lines of a kind and a patient that need attention, of all days or of one."""
        path = self.folder / f"reports/2026-{month}/claim-summary-2026-{month}.xlsx"
        line = {"Kind": kind, "Patient": f"{patient} Madeup"}
        day = {"Service date": dt.datetime.fromisoformat(on)} if on else {}
        self._type(path, "Needs attention", line | day, typed)

    def note(self, day: str, claim: str, **typed: Any) -> None:
        """Types on a claim's line of the call list of a day."""
        self._type(self.folder / f"reports/aging-2026-{day}.xlsx", "Call list", {"Claim": claim}, typed)

    def _type(self, path: Path, sheet: str, line: Row, typed: Row) -> None:
        book = load_workbook(path)
        header, columns = table(book[sheet], *line)
        places = [
            place
            for place in range(header + 1, book[sheet].max_row + 1)
            if all(book[sheet].cell(place, columns[name]).value == value for name, value in line.items())
        ]
        assert places, line
        for place in places:
            for heading, value in typed.items():
                cell = book[sheet].cell(place, columns[heading.replace("_", " ")])
                cell.value = value
                cell.data_type = "s"  # an equals sign is a text too
        with time_machine.travel(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), tick=False):
            book.save(path)
        without_a_clock(path)

    def pay(self, day: str, number: str, *lines: Row) -> None:
        """A payment with its lines, of which not all may find a claim."""
        written = [{**REMITTANCE, "Payment Date": f"2026-{day}", "Payment Number": number, **line} for line in lines]
        self.run(day, "reconcile", str(csv_file(self.folder, written, f"remittance {number}.csv")), fine=(0, 1))

    def number(self, patient: str, month: str = "10", insurer: str = "", day: str = "") -> str:
        """The claim that stands of a patient."""
        with (ledger := Ledger(self.folder / LEDGER_FILE)).reading():
            claims = ledger.claims.all()
        own = claims[(claims["patient"] == f"{patient} Madeup") & claims["voided_on"].isna()]
        own = own[(own["month"] == f"2026-{month}") & own["claim"].str.contains(insurer)]
        if day:
            own = own[own["service_date"] == f"2026-{day}"]
        assert len(own) == 1, (patient, list(own["claim"]))
        return str(own["claim"].iloc[0])


@contextmanager
def numbered_from(ordinal: int) -> Iterator[None]:
    """Sun Life's claims go on with this ordinal, as if there had been so many."""
    real = Ledger.numbers

    def numbers(ledger: Ledger, run: Run) -> list[str]:
        given = real(ledger, run)
        first = next((n for n in given if "-SUNL-" in n), "")
        ahead = max(ordinal - int(first.rsplit("-", 1)[1]), 0) if first else 0
        return [
            f"{head}-{int(last) + ahead * head.endswith('SUNL'):04d}"
            for head, last in (number.rsplit("-", 1) for number in given)
        ]

    with mock.patch.object(Ledger, "numbers", numbers):
        yield


def changed(rows: list[Row], patient: str, **cells: Any) -> list[Row]:
    """The rows, with other cells in a patient's."""
    assert any(each["Patient"] == f"{patient} Madeup" for each in rows), patient
    more = {name.replace("_", " "): value for name, value in cells.items()}
    return [{**each, **more} if each["Patient"] == f"{patient} Madeup" else each for each in rows]


def without(rows: list[Row], patient: str) -> list[Row]:
    return [each for each in rows if each["Patient"] != f"{patient} Madeup"]


def live(clinic: Clinic) -> None:
    """All that happens."""
    clinic.claim("10-02", "08", clinic.file("august.csv", AUGUST))
    clinic.claim("10-03", "09", clinic.file("september sent.csv", SENT), more=("--already-sent",))
    september = clinic.file("september.csv", SEPTEMBER)
    clinic.claim("10-05", "09", september)
    reports, undated = jane(clinic.folder), clinic.file("undated.csv", UNDATED)
    away = clinic.file("away.csv", AWAY)
    rows = [*HELD, *NOT_BILLED, *CLAIMED, *TO_DECIDE]
    clinic.claim("10-26", "10", clinic.file("october.csv", rows), undated, away, *reports)

    clinic.decide("10", "tax-on-session", "To-bill", Decision="Bill", Decided_by="R. Manager", Note="taken off since")
    clinic.decide("10", "tax-on-session", "Not-to-bill", Decision="Do not bill", Decided_by="R. Manager")
    clinic.decide("10", "unreadable-fee", "To-correct", Correct_value="95.00", Decided_by="R. Manager", Note="=rang")
    clinic.decide("10", "tax-on-session", "Later", Decision="Later", Decided_by="K. Desk", Note="ask her: Pat\nor Kim")
    clinic.decide("10", "missing-insurer", "In-vain", Decision="Bill")
    clinic.decide("10", "missing-fee", "Wrong-value", Correct_value="a lot")
    clinic.decide("10", "tax-on-session", "Changed-then", Decision="Bill")
    clinic.decide("10", "tax-on-session", "Back-and-forth", Decision="Do not bill")
    rows = changed([*rows, THOUSAND], "Changed-then", Fee=90.0)
    with numbered_from(1000):
        clinic.claim("10-27", "10", clinic.file("october.csv", rows), undated, away, *reports)
    clinic.decide("10", "missing-service-date", "Loose", Correct_value="2026-10-01")
    with numbered_from(10001):
        rows += TEN_THOUSAND
        clinic.claim("10-28", "10", clinic.file("october.csv", rows), undated, away, *reports)

    clinic.void("10-28", clinic.number("Anew"), "keyed in wrongly", "--replace")
    for patient in ("Taken-back", "Never-again", "Thousand", "Ten-thousand-two"):
        clinic.void("10-28", clinic.number(patient), f"a mistake about {patient}")
    rows = changed(rows, "Ten-thousand-one", Fee=90.0)
    rows = changed(rows, "Renumbered", Policy_Number="00456")
    rows = changed(rows, "Kept", Policy_Number="00456")
    rows = changed(rows, "Doubtful", Policy_Number="00456", Insurer="PBC")
    rows = changed(rows, "Cancelled-since", Status="cancelled")
    rows = changed(rows, "Moved", Service_Date="2026-10-15")
    rows = [
        *without(rows, "Forked"),
        *(one for day in ("20", "22") for one in changed(FORKED, "Forked", Service_Date=f"2026-10-{day}")),
    ]
    there_and_back = {"2026-10-05": "2026-10-21", "2026-10-21": "2026-10-05"}
    rows = [
        {**each, "Service Date": there_and_back[each["Service Date"]]} if each["Patient"] == "Swapped Madeup" else each
        for each in rows
    ]
    rows = [*without(rows, "Gone"), visit("More", "10-16", Session_ID="More-09-16")]
    clinic.file("away.csv", changed(AWAY, "Away", Policy_Number="00456"))
    clinic.claim("10-29", "10", clinic.file("october.csv", rows), undated, away, *reports)

    clinic.decide("10", "changed-since-claimed", "Renumbered", Decision="Bill", Decided_by="R. Manager")
    clinic.decide("10", "changed-since-claimed", "Kept", Decision="Do not bill", Decided_by="R. Manager")
    clinic.decide("10", "changed-since-claimed", "Doubtful", Decision="Later", Decided_by="K. Desk")
    clinic.decide("10", "changed-since-claimed", "Cancelled-since", Decision="Bill")
    clinic.decide("10", "changed-since-claimed", "Forked", Decision="Bill")
    clinic.decide("10", "voided", "Never-again", Decision="Do not bill", Note="the patient pays")
    clinic.decide("10", "missing-service-date", "Loose-too", Decision="Bill", Correct_value="2026-10-01")
    clinic.decide("10", "tax-on-session", "Later", Decision="Later", Note="asked twice")
    clinic.decide("10", "changed-since-claimed", "Away", Decision="Bill")
    clinic.decide("10", "changed-since-claimed", "Swapped", on="2026-10-21", Decision="Bill")
    rows = changed(rows, "Back-and-forth", Tax="")
    clinic.claim("10-30", "10", clinic.file("october.csv", rows), *reports)

    money(clinic)
    clinic.claim("12-12", "09", september)

    clinic.pay("12-14", "P8", {"Claim": clinic.number("Rest", "09", "SUNL"), "Paid": 10})
    clinic.void("12-15", clinic.number("Rest", "09", "MANU"), "the first one paid more", "--replace")
    clinic.void("12-15", clinic.number("Shared", "09", "SUNL"), "the wrong patient")
    clinic.run("12-20", "aging")


def money(clinic: Clinic) -> None:
    """What insurers pay, refuse and take back, and who looks after it."""

    def line(patient: str, cents: float | str, reason: str = "") -> Row:
        return {"Claim": clinic.number(patient, "09"), "Paid": cents, "Reason": reason}

    of_sun_life = [
        line("Full", 95), line("Rest", 60, "Deductible"), line("Shared", 50), line("Refused", 0, "Not covered"),
        line("Short", 70, "Over reasonable and customary"), line("More", 105), line("Back", 95), line("Taken", 95),
        line("Again", 0, "No signature"), line("Closed", 40, "Maximum reached: =2+3"), line("Undone", 0, "?"),
    ]  # fmt: skip
    clinic.pay("11-20", "P1", *of_sun_life, {"Claim": "XJ-99", "Paid": 95})
    clinic.pay("11-21", "P2", line("Part", 76, "Co-insurance 20%"))
    clinic.pay("11-23", "P3", line("Back", -95, "Paid in error"))
    clinic.pay("11-24", "P4", line("Undone", 95))
    clinic.run("11-26", "reconcile", "--undo", "4", "--reason", "of another clinic: P4")
    of_month = {"Period From": "2026-10-01", "Period Until": "2026-10-31"}
    clinic.pay("11-27", "P5", {"Insurer": "Desjardins", "Paid": 190, **of_month})
    clinic.run("12-01", "aging")
    clinic.note("12-01", clinic.number("Late", "09"), Owner="Kim", Status="Asked", Note="rang them:\nno answer")
    clinic.note("12-01", clinic.number("Closed", "09"), Owner="Kim", Status="Closed")
    clinic.note("12-01", clinic.number("Again", "09"), Status="Sent again", Sent_on="2026-12-02", Note="signed")
    clinic.note("12-01", clinic.number("Short", "09"), Status="Open", Note="=ask the patient")
    clinic.run("12-08", "aging")
    clinic.note("12-08", clinic.number("Late", "09"), Owner="Lee", Status="Asked", Note="rang them again")
    clinic.pay("12-09", "P6", line("Again", 95))
    clinic.void("12-11", clinic.number("Taken", "09"), "nobody came")


def by_hand(database: sqlite3.Connection) -> None:
    """What no visits lead to cheaply, in the form in which it would stand there."""
    copied = "source, service_date, patient, practitioner, service, insurer, fee_cents, fix"
    stands_in_the_way = "Another session is claimed for that visit in this run."
    database.execute(
        f"INSERT INTO attention (month, place, session, kind, problem, fingerprint, {copied}) "
        "SELECT month, (SELECT max(place) + 1 FROM attention WHERE month = '2026-10'), 'c0ffeec0ffee', kind, ?, "
        f"'c0ffee00', {copied} FROM attention WHERE kind = 'changed-since-claimed' AND patient = 'Moved Madeup'",
        (stands_in_the_way,),
    )


def as_text(path: Path, folder: Path) -> str:
    """A ledger of this folder as SQL that makes it again, a row a line; where the folder lay is left out."""
    with closing(sqlite3.connect(path)) as database, database:
        by_hand(database)
        for table in ("written", "aging_written"):
            database.execute(f"UPDATE {table} SET folder = ?", (REPORTS,))
        sum_anew(database)
        numbers = {
            name: database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        }
        lines = [f"PRAGMA {name} = {number};" for name, number in numbers.items()]
        for line in database.iterdump():
            lines.append(line.replace("\n", "'||char(10)||'") if line.startswith("INSERT") else line)
    text = "\n".join(lines) + "\n"
    assert str(folder) not in text
    return text


def rebuilt(sql: str, path: Path) -> Ledger:
    """The ledger that this SQL makes."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(sql)
    return Ledger(path)


def shown(ledger: Ledger, out: Path) -> str:
    """What the present version shows of a ledger: all files of each month, and what is owed, cell by cell."""
    with ledger.reading():
        months = ledger.months.all()
    for month in months:
        month_folder.report(Workplace(ledger, out), month)
    age(Workplace(ledger, out), "Example Physiotherapy", as_of=dt.date(2027, 1, 15))
    lines = []
    for path in sorted(each for each in out.rglob("*") if each.is_file()):
        lines.append(f"=== {path.relative_to(out).as_posix()}")
        if path.suffix == ".csv":
            lines.append(path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n"))
        else:
            title, *rest = dump(path.read_bytes()).splitlines()
            # How a sheet looks and prints is no part of what the ledger holds.
            lines += [title, *(line for line in rest if re.match(r"\[|[A-Z]+[0-9]+ ", line)), ""]
    return "\n".join(lines)


def main() -> None:
    """Makes the ledger, and keeps it with what is shown of it, by the version of its tables."""
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        clinic = Clinic(folder)
        live(clinic)
        sql = as_text(folder / LEDGER_FILE, folder)
        ledger = rebuilt(sql, folder / "again.sqlite")
        report = shown(ledger, folder / "again")
    (DATA / f"ledger-version-{VERSION}.sql").write_text(sql, encoding="utf-8", newline="\n")
    (DATA / f"ledger-version-{VERSION}-report.txt").write_text(report, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
