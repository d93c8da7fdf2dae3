"""Makes the sample month: October 2026 of a made-up clinic, with every outcome and finding, and what insurers paid.

Run from the project's folder: python samples/make_samples.py
"""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from jane_reports import jane_reports
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from stdnum.ca import bc_phn

from ims_billing.clinic.setup_file import load
from ims_billing.clinic.setup_rows import rows_of
from ims_billing.clinic.toml_file import read_toml
from ims_billing.commands.init import offered
from ims_billing.ledger.ledger import Ledger
from ims_billing.month.prepare import Scope, prepare_month
from ims_billing.month.run import run_of
from ims_billing.reading.intake import read_files
from ims_billing.workbooks.package import stamped
from ims_billing.workbooks.setup_workbook import setup_workbook

HERE = Path(__file__).parent
HEADINGS = (
    *("Session ID", "Service Date", "Start", "Minutes", "Patient", "Patient ID", "Birth Date", "PHN"),
    *("Practitioner", "Service", "Visit", "Status", "Billed", "Insurer", "Policy Number", "Member ID"),
    *("Relationship", "Insured Name", "Insured Birth Date", "Payer File Number", "Accident Date"),
    *("Secondary Insurer", "Secondary Policy Number", "Secondary Member ID", "Fee", "Patient Paid", "Tax"),
    *("Location", "Notes"),
)
GIVEN = (
    "Avery Blake Casey Drew Ellis Finley Gray Harper Indigo Jules Kit Lane Marlow Noel Oakley Parker Quinn Reese "
    "Sage Tatum Umber Vale Wren Yael Zephyr"
).split()
FAMILY = "Testcase Sampleton Mockford Fakeley Demoson Dummett Fictive Madeup Placeholt Nonesuch".split()

# As people write them; the clinic file and the published rules know each.
SPELLINGS = {
    "Pacific Blue Cross": ["Pacific Blue Cross", "PBC", "Pac Blue Cross"],
    "Sun Life": ["Sun Life", "SunLife", "Sun Life Financial", "SLF"],
    "Manulife": ["Manulife", "Manulife Financial"],
    "Canada Life": ["Canada Life", "Great-West Life", "CANADA LIFE"],
    "Green Shield": ["Green Shield", "GSC", "GreenShield Canada"],
    "ICBC": ["ICBC", "I.C.B.C."],
    "WorkSafeBC": ["WorkSafeBC", "WorkSafe BC", "WCB"],
    "MSP": ["MSP", "Medical Services Plan"],
}
# Seldom seen, and written one way.
RARE = ("Beneva", "GMS", "Equitable")
IMS_NAMES = (
    "IMS Acupuncture - Follow-up {minutes} min",
    "IMS / Dry Needling {minutes} min",
    "Intramuscular Stimulation (IMS)",
    "Gunn IMS {minutes}min",
    "Dry Needling Physiotherapy",
    "PT Needle Reset",
)
FIRST_IMS_NAMES = ("IMS Acupuncture - Initial 45 min", "IMS Initial Assessment", "Dry Needling - New Patient")
OTHERS = (
    ("Ann Example", "Physiotherapy Follow-up", 45, 90.0),
    ("Ben Sample", "Physiotherapy - Initial Assessment", 45, 120.0),
    ("Carla Specimen", "RMT Massage 60 min", 60, 125.0),
    ("Carla Specimen", "Deep Tissue Massage 45 min", 45, 100.0),
    ("Dev Placeholder", "Acupuncture - Subsequent 30 min", 30, 88.0),
    ("Dev Placeholder", "Acupuncture Initial", 60, 110.0),
    ("Erin Mockup", "Active rehab / kinesiology", 30, 88.0),
)
Row = dict[str, Any]


class Clinic:
    """Books visits so that a practitioner never treats two at once, and numbers patients and sessions."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.free: dict[tuple[str, dt.date], int] = {}
        self.patients = 0
        self.rows: list[Row] = []

    def patient(self, insurer: str) -> Row:
        """A new patient with the numbers that insurers ask for; the PHNs are made up, with their check digit."""
        self.patients += 1
        n = self.patients
        name = f"{GIVEN[n % len(GIVEN)]} {FAMILY[n // len(GIVEN) % len(FAMILY)]}"
        born = dt.date(1950, 1, 1) + dt.timedelta(days=self.random.randrange(20_000))
        row: Row = {
            "Patient": name,
            "Patient ID": f"P{n:04d}",
            "Birth Date": born,
            "Insurer": insurer if insurer in RARE else self.random.choice(SPELLINGS[insurer]),
            "Relationship": "self",
        }
        if insurer in ("ICBC", "WorkSafeBC"):
            row["Payer File Number"] = f"AB{n:06d}"
            row["Accident Date"] = dt.date(2026, 8, 1) + dt.timedelta(days=n % 50)
        elif insurer == "MSP":
            row["PHN"] = phn(n)
        else:
            row["Policy Number"] = f"{self.random.randrange(1000, 99999):06d}"
            row["Member ID"] = f"0{n:05d}-{self.random.choice(['00', '01'])}"
            if insurer == "Green Shield" and n % 3 == 0:
                row |= {"Relationship": "spouse", "Insured Name": f"Robin {name.split()[-1]}"}
                row |= {"Insured Birth Date": born - dt.timedelta(days=500)}
            if insurer == "Canada Life" and n % 3 == 0:
                row |= {"Secondary Insurer": "Sun Life", "Secondary Policy Number": "000777"}
                row |= {"Secondary Member ID": f"0{n:05d}-01"}
        return row

    def visit(self, patient: Row, practitioner: str, day: dt.date, service: str, minutes: int, fee: float) -> Row:
        """Books a visit on the practitioner's next free time of that day; returns its row, to be changed."""
        begins = self.free.get((practitioner, day), 9 * 60)
        self.free[(practitioner, day)] = begins + (minutes + 4) // 5 * 5
        row = {
            "Service Date": day,
            "Start": dt.time(begins // 60, begins % 60),
            "Minutes": minutes,
            "Practitioner": practitioner,
            "Service": service,
            "Status": "Arrived",
            "Fee": fee,
            "Location": "Saanich",
            **patient,
        }
        self.rows.append(row)
        return row

    def ims(self, patient: Row, practitioner: str, day: dt.date, *, first: bool = False, minutes: int = 30) -> Row:
        """An IMS visit at the clinic's price."""
        names = FIRST_IMS_NAMES if first else IMS_NAMES
        service = self.random.choice(names).format(minutes=minutes)
        minutes = 45 if first else minutes
        fee = 130.0 if first else {30: 95.0, 45: 115.5}.get(minutes, 95.0)
        row = self.visit(patient, practitioner, day, service, minutes, fee)
        row["Visit"] = "Initial" if first else "Subsequent"
        return row


def phn(number: int) -> str:
    """A made-up Personal Health Number."""
    digits = f"{number * 7919 % 10**8:08d}"
    check = bc_phn.calc_check_digit(digits)
    return f"9{digits}{check}" if len(check) == 1 else phn(number + 1000)


def weekdays(month: int = 10) -> list[dt.date]:
    """The working days of October 2026 (or a month near it)."""
    first = dt.date(2026, month, 1)
    days = (first + dt.timedelta(days=n) for n in range(31))
    return [day for day in days if day.month == month and day.weekday() < 5]


def courses(clinic: Clinic) -> Iterator[tuple[str, list[dt.date], bool]]:
    """Courses of IMS as such clinics plan them: insurer, the days in October, and whether the first is initial."""
    days = [day for day in weekdays() if day >= dt.date(2026, 10, 6)]
    insurers = list(SPELLINGS)
    weights = [24, 22, 14, 12, 12, 8, 5, 3]
    for _ in range(12):  # acute: a few visits within three weeks
        begins = clinic.random.randrange(0, 8)
        yield clinic.random.choices(insurers, weights)[0], days[begins : begins + 11 : 4], True
    for _ in range(16):  # complex: once or twice a week, for months
        step = clinic.random.choice([3, 5])
        yield clinic.random.choices(insurers, weights)[0], days[clinic.random.randrange(3) :: step], False
    for number in range(56):  # maintenance: four a year
        insurer = insurers[number] if number < len(insurers) else clinic.random.choices(insurers, weights)[0]
        yield insurer, [clinic.random.choice(days)], False


def usual_month(clinic: Clinic) -> None:
    """The sessions with nothing to remark, and the clinic's other services."""
    for insurer, days, first in courses(clinic):
        patient = clinic.patient(insurer)
        practitioner = clinic.random.choice(["Ann Example", "Ann Example", "Ben Sample"])
        for number, day in enumerate(days):
            minutes = clinic.random.choice([30, 30, 45])
            clinic.ims(patient, practitioner, day, first=first and number == 0, minutes=minutes)
    for _ in range(150):
        practitioner, service, minutes, fee = clinic.random.choice(OTHERS)
        patient = clinic.patient(clinic.random.choice(list(SPELLINGS)[:5]))
        clinic.visit(patient, practitioner, clinic.random.choice(weekdays()), service, minutes, fee)


def not_billed(clinic: Clinic) -> None:
    """One session at least for every reason not to bill."""

    def one(day: int, month: int = 10, insurer: str = "Sun Life") -> Row:
        return clinic.ims(clinic.patient(insurer), "Ann Example", dt.date(2026, month, day))

    for status in ("No Show", "Cancelled", "Late Cancel", "Booked", "Rescheduled", "Refunded"):
        one(13)["Status"] = status
    one(29, month=9)
    one(30, month=9, insurer="Pacific Blue Cross")
    one(2, month=11)
    one(20, month=11)
    one(14)["Fee"] = 0.0
    one(15)["Insurer"] = "Out of pocket"
    one(15)["Insurer"] = "Private pay"
    one(16)["Location"] = "Sidney outreach"
    one(16)["Billed"] = "yes"
    one(19)["Billed"] = dt.date(2026, 10, 20)
    physiotherapist = clinic.patient("Manulife")
    clinic.visit(physiotherapist, "Ann Example", dt.date(2026, 10, 20), "Acupuncture (AFCI) 30 min", 30, 95.0)
    clinic.visit(physiotherapist, "Ann Example", dt.date(2026, 10, 27), "Needling 30", 30, 95.0)


def held(clinic: Clinic) -> None:
    """One session at least for every finding that holds."""

    def one(day: int, insurer: str = "Sun Life", **cells: Any) -> Row:
        row = clinic.ims(clinic.patient(insurer), "Ann Example", dt.date(2026, 10, day))
        row.update({name.replace("_", " "): value for name, value in cells.items()})
        return row

    one(7, Service_Date="10/11/2026")  # the tenth of November, or the eleventh of October?
    one(7, Service_Date=None)
    one(8, Fee="see Ann")
    one(8, Fee=None)
    one(8, Insurer="#N/A")
    one(9, Insurer=None)
    one(9, Insurer="Sunn Live Assurances")
    one(9, Patient=None, Patient_ID=None)
    one(9, Practitioner=None)
    one(9, Practitioner="Ann Exampel")
    one(12, Service=None)
    one(12, Policy_Number=None)
    one(12, Member_ID=None)
    one(12, "Manulife", Birth_Date=None)
    one(14, "Green Shield", Relationship=None, Insured_Name="Robin Testcase")
    one(14, "Green Shield", Relationship="spouse", Insured_Name=None)
    one(14, "ICBC", Payer_File_Number=None, Fee=80.0)
    one(14, "WorkSafeBC", Accident_Date=None, Fee=82.5)
    one(14, "MSP", PHN=None)
    one(19, Status="Tentative")
    one(19, Service="IMS/Acupuncture 30 min")
    one(20, Service="Physiotherapy Follow-up", Notes="IMS to upper traps, tolerated well")
    one(20, Minutes=60, Service="IMS / Dry Needling")
    one(21, Fee=100.0)
    one(21, Tax=4.75)
    one(22, Practitioner="Dev Placeholder", Service="IMS / Dry Needling")
    clinic.ims(clinic.patient("Canada Life"), "Ben Sample", dt.date(2026, 10, 5))  # not yet authorised to needle
    clinic.ims(clinic.patient("Canada Life"), "Ben Sample", dt.date(2026, 10, 1))  # registration had lapsed
    twice = one(23)
    clinic.rows.append(dict(twice))
    twice_a_day = one(26)
    clinic.ims(
        {k: v for k, v in twice_a_day.items() if k in clinic.patient("Sun Life")},
        "Ben Sample",
        dt.date(2026, 10, 26),
    )
    often = clinic.patient("Pacific Blue Cross")
    for day in (19, 21, 23):
        clinic.ims(often, "Ben Sample", dt.date(2026, 10, day))


def worth_knowing(clinic: Clinic) -> None:
    """One session at least for every finding that warns, and for the limits and deadlines that hold."""

    def one(day: int, insurer: str = "Sun Life", practitioner: str = "Ann Example", **cells: Any) -> Row:
        row = clinic.ims(clinic.patient(insurer), practitioner, dt.date(2026, 10, day))
        row.update({name.replace("_", " "): value for name, value in cells.items()})
        return row

    one(13, practitioner="Fay Pretend")
    one(13, "MSP", PHN="9123456789")
    one(15, "Sun Life", Birth_Date=dt.date(2027, 3, 1))
    one(15, "Sun Life", Accident_Date=dt.date(2026, 9, 30))
    one(16, "Beneva", Minutes=30, Service="IMS / Dry Needling", Fee=99.0)
    one(2, "GMS")
    one(9, "GMS")
    crashed = clinic.patient("ICBC") | {"Accident Date": dt.date(2026, 7, 20)}
    plan = clinic.patient("Equitable")
    for day in (5, 13, 21):
        clinic.ims(plan, "Ann Example", dt.date(2026, 10, day))
        clinic.ims(crashed, "Ann Example", dt.date(2026, 10, day))["Fee"] = 80.0
    again = clinic.patient("Manulife")
    for day in (6, 20):
        clinic.ims(again, "Ann Example", dt.date(2026, 10, day), first=True)
    # The second begins before the first ends; Pacific Blue Cross pays for undivided time only.
    first = one(27, "Pacific Blue Cross")
    one(27)["Start"] = first["Start"]


def rows() -> list[Row]:
    """The rows of the sample month, in the order of a practice system: by day, practitioner and time."""
    clinic = Clinic(seed=20261031)
    usual_month(clinic)
    not_billed(clinic)
    held(clinic)
    worth_knowing(clinic)

    def order(row: Row) -> tuple[Any, ...]:
        day = row["Service Date"]
        return (day if isinstance(day, dt.date) else dt.date(2026, 10, 7), row["Practitioner"] or "", row["Start"])

    ordered = sorted(clinic.rows, key=order)
    # Entered late, at the foot of the export.
    ordered.append(clinic.ims(clinic.patient("Manulife"), "Ann Example", dt.date(2026, 10, 27)))
    ordered[-1]["Service"] = "Physio 30 min (IMS if needed)"
    copies: dict[tuple[Any, ...], str] = {}
    for number, row in enumerate(ordered, start=1):
        # A row entered twice keeps its number; everything else gets the next.
        cells = tuple(sorted((name, str(value)) for name, value in row.items()))
        row["Session ID"] = copies.setdefault(cells, f"S{number:05d}")
    return ordered


def a_week_later(listed: list[Row]) -> list[Row]:
    """The same export a week later: a fee is another now, and a visit was deleted."""
    changed = [{**row, "Fee": 95.0} if row["Insurer"] == "Beneva" else row for row in listed]
    return [row for row in changed if (row["Insurer"], row["Service Date"]) != ("GMS", dt.date(2026, 10, 9))]


def workbook(listed: list[Row]) -> Workbook:
    """The rows as staff export them: two title lines, a blank line, the header, a line of totals below."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Sessions"
    sheet.append(["Example Physiotherapy: session export"])
    sheet.append(["2026-09-29 to 2026-11-20"])
    sheet.append([])
    sheet.append(list(HEADINGS))
    for cell in sheet[4]:
        cell.font = Font(bold=True)
    for row in listed:
        sheet.append([row.get(heading) for heading in HEADINGS])
        for cell in sheet[sheet.max_row]:
            if cell.value == "#N/A":
                cell.data_type = "e"
    sheet.append([])
    total = sum(row["Fee"] for row in listed if isinstance(row["Fee"], float))
    sheet.append(["Total", *[None] * (HEADINGS.index("Fee") - 1), total])
    for number, heading in enumerate(HEADINGS, start=1):
        widest = max(len(heading), *(len(str(row.get(heading) or "")) for row in listed))
        sheet.column_dimensions[get_column_letter(number)].width = min(widest + 2, 40)
    sheet.freeze_panes = "A5"
    return book


def claims_of(sessions: Path) -> pd.DataFrame:
    """The claims of the sample month, with their numbers."""
    clinic = load(HERE / "clinic.toml")
    month = prepare_month(read_files([sessions], clinic), Scope(clinic, "2026-10", dt.date(2026, 11, 5)))
    ledger = Ledger(Path(tempfile.mkdtemp()) / "ims-billing.sqlite")
    with ledger.writing():
        ledger.add_batch(run_of(month))
        return ledger.claims.all()


def remittances(claims: pd.DataFrame) -> dict[str, list[Row]]:
    """What three insurers say they paid, each in its own way, by file name.

    Sun Life by our numbers: one claim paid short, one refused, one less co-insurance, one that nobody knows; and the
    same once more, as it came by mail too. Canada Life by member and day, at 80 %. ICBC in one sum.
    """
    answers = {
        3: (0.85, "Over reasonable and customary"),
        5: (0.0, "Treatment not covered by this plan"),
        8: (0.8, "Co-insurance 20%"),
    }
    sun_life = []
    for number, claim in enumerate(claims[claims["insurer_id"] == "sun-life"].to_dict("records")):
        share, reason = answers.get(number, (1.0, ""))
        sun_life.append(
            {
                "Our Reference": claim["claim"],
                "Date of Service": claim["service_date"].date(),
                "Submitted": claim["amount_cents"] / 100,
                "Paid": round(claim["amount_cents"] * share) / 100,
                "Explanation": reason,
                "Payment Date": dt.date(2026, 11, 18),
                "EFT Number": "EFT-88120",
            }
        )
    sun_life.append(sun_life[-1] | {"Our Reference": "2026-10-SUNL-0999"})
    canada_life = [
        {
            "Certificate Number": claim["member"],
            "Client Name": claim["patient"],
            "Service Date": claim["service_date"].date(),
            "Amount Claimed": claim["amount_cents"] / 100,
            "Benefit Paid": round(claim["amount_cents"] * 0.8) / 100,
            "Date Paid": dt.date(2026, 11, 20),
            "Cheque Number": "004711",
            "Insurer": "Canada Life",
        }
        for claim in claims[claims["insurer_id"] == "canada-life"].to_dict("records")
    ]
    owed = int(claims.loc[claims["insurer_id"] == "icbc", "amount_cents"].sum())
    icbc = {
        "Payer": "ICBC",
        "Period From": dt.date(2026, 10, 1),
        "Period To": dt.date(2026, 10, 31),
        "Amount Paid": owed / 100,
        "Payment Date": dt.date(2026, 11, 23),
        "Payment Number": "ICBC-2026-11-0093",
    }
    return {
        "sun-life-2026-11-18": sun_life,
        "sun-life-2026-11-18-by-mail": sun_life[::-1],
        "canada-life-2026-11-20": canada_life,
        "icbc-2026-11-23": [icbc],
    }


def setup_in_excel(path: Path) -> bytes:
    """The clinic of a clinic.toml as the workbook that init would turn it into."""
    return setup_workbook(rows_of(read_toml(path, path.read_bytes())), offered())


def plain_workbook(listed: list[Row]) -> Workbook:
    """The rows below their headings, and nothing else."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Payments"
    sheet.append(list(listed[0]))
    for row in listed:
        sheet.append(list(row.values()))
    return book


def main() -> None:
    """Writes the samples beside this script."""
    listed = rows()
    for name, part in (("sessions-2026-10", listed), ("sessions-2026-10-later", a_week_later(listed))):
        (HERE / f"{name}.xlsx").write_bytes(stamped(workbook(part), dt.date(2026, 11, 1)))
    # In a folder of its own: two setups in one folder are refused.
    (HERE / "excel").mkdir(exist_ok=True)
    (HERE / "excel" / "clinic.xlsx").write_bytes(setup_in_excel(HERE / "clinic.toml"))
    (HERE / "jane").mkdir(exist_ok=True)
    for name, content in jane_reports(listed).items():
        (HERE / "jane" / name).write_bytes(content)
    (HERE / "remittances").mkdir(exist_ok=True)
    for name, paid in remittances(claims_of(HERE / "sessions-2026-10.xlsx")).items():
        content = stamped(plain_workbook(paid), dt.date(2026, 11, 24))
        (HERE / "remittances" / f"{name}.xlsx").write_bytes(content)


if __name__ == "__main__":
    main()
