"""A first setup drafted from exports: who is one person, whose a spelling is, what a column is taken for."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.setup_file import load, read_setup
from ims_billing.clinic.setup_rows import SetupRows
from ims_billing.clinic.setup_toml import toml_value
from ims_billing.clinic.toml_file import without_file
from ims_billing.commands.draft import draft, owner_of, people_in
from ims_billing.commands.draft_exports import drafted
from ims_billing.commands.init import SetupKind, first_rows, start
from ims_billing.commands.init_toml import clinic_text
from ims_billing.month.prepare import Scope, prepare_month
from ims_billing.reading.intake import read_files
from ims_billing.rules.values import Fee
from ims_billing.vocabulary.errors import BillingError
from tests.practice import intake, row, xlsx, xlsx_cells
from tests.test_first_claim import jane, own_headings, third


@pytest.mark.parametrize(
    "spellings",
    [
        ["Ann O'Neil", "Ann O’Neil, PT", "O'Neil, Ann", "A. O'Neil", "Ann ONeil"],
        ["Carla Specimen (RMT)", "Carla Specimen (Registered Massage Therapist)", "Carla Specimen"],
        ["Dr. Dev Placeholder, R.Ac", "Dev Placeholder"],
        ["Ben Sample MPT", "B. Sample", "Ben T. Sample"],
        ["Anne-Marie Roy", "Anne Marie Roy"],
    ],
)
def test_spellings_of_one_practitioner_are_one_person(spellings: list[str]) -> None:
    assert [sorted(person) for person in people_in([*spellings, "Jun Ma"])] == [sorted(spellings), ["Jun Ma"]]


def test_an_initial_that_is_read_as_somebody_is_asked_about(tmp_path: Path) -> None:
    rows = [row(Practitioner=name) for name in ("Ann Example (PT)", "A. Example (PT)", "Ben Other (PT)")]
    done = start(tmp_path / "new", "workbook", [xlsx(tmp_path, rows)], read_files)
    sheet = load_workbook(done.files[0])["Practitioners"]
    people = {line[0]: (line[1], line[2], line[-1]) for line in sheet.iter_rows(min_row=3, values_only=True) if line[0]}
    assert people["Ben Other"] == (None, "physiotherapist", "1 session")
    spelling, profession, notes = people["Ann Example"]
    assert (spelling, profession) == ("A. Example (PT)", "physiotherapist?")
    assert '"A. Example (PT)" is read as Ann Example: if that is somebody else' in str(notes)


def test_an_initial_that_could_be_two_people_is_nobody_else() -> None:
    assert len(people_in(["Ann Example", "Amy Example", "A. Example"])) == 3


@pytest.mark.parametrize(
    ("written", "owner"),
    [
        ("SLF", "Sun Life"),
        ("DSF", "Desjardins"),
        ("Canada Life (GWL)", "Canada Life"),
        ("Sun Life (12345)", "Sun Life"),
        ("Green Shield - 0012", "Green Shield"),
        ("Extended Health (PBC)", "Pacific Blue Cross"),
        ("Manulife Fin.", "Manulife"),
        ("Novel Mutual", None),
        ("XY", None),
    ],
)
def test_an_unknown_spelling_has_a_proposed_owner_where_something_shows_one(written: str, owner: str | None) -> None:
    assert owner_of(written, without_file()) == owner


def drafted_from(tmp_path: Path, rows: list[dict[str, Any]]) -> SetupRows:
    return draft(intake(tmp_path, rows, without_file()))


def test_professions_are_proposed_and_a_physiotherapist_is_asked_for_what_a_claim_needs(tmp_path: Path) -> None:
    rows = [
        row(Practitioner="Ann Example", Service="IMS"), row(Practitioner="Ben Sample (PT)", Service="Physiotherapy"),
        row(Practitioner="Carla Specimen", Service="Massage"), row(Practitioner="Dee Unknown", Service="Chat"),
        row(Practitioner="Ann Example and Ben Sample", Service="IMS"),
    ]  # fmt: skip
    people = {person.pop("name"): person for person in drafted_from(tmp_path, rows)["practitioner"]}
    assert {name: person["profession"] for name, person in people.items()} == {
        "Ann Example": "physiotherapist?", "Ben Sample": "physiotherapist", "Carla Specimen": "massage-therapist?",
        "Dee Unknown": "?",
    }  # fmt: skip
    asked = {name: {key for key, value in person.items() if value == "?"} for name, person in people.items()}
    assert asked == {
        "Ann Example": {"registration", "registered.from", "needling.from"},
        "Ben Sample": {"registration", "registered.from"}, "Carla Specimen": set(), "Dee Unknown": {"profession"},
    }  # fmt: skip


def test_a_payer_with_a_patients_name_is_no_insurer_and_stands_nowhere(tmp_path: Path) -> None:
    rows = [
        row(Patient="Pat Madeup", Insurer="Madeup, Pat"),
        row(Patient="Kim Other", Insurer="Novel Mutual", Insured_Name="Sky Relative"),
        row(Patient="Lee Third", Insurer="Sky Relative"),
    ]
    insurers = drafted_from(tmp_path, rows)["insurer"]
    assert [(entry["name"], entry["aliases"]) for entry in insurers] == [("?", "Novel Mutual")]
    text = clinic_text(first_rows() | drafted_from(tmp_path, rows))
    assert 'name = "?"\naliases = ["Novel Mutual"]' in text
    assert not any(name in text for name in ("Madeup", "Relative"))


def test_a_number_that_most_sessions_of_a_plan_have_is_what_it_requires(tmp_path: Path) -> None:
    rows = [
        *[row(Policy_Number=f"12{n}", Member_ID=f"7{n}" if n < 2 else "") for n in range(4)],
        *[row(Insurer="Manulife", Policy_Number=f"12{n}" if n else "", Member_ID=f"7{n}") for n in range(4)],
        row(Insurer="Beneva", Policy_Number=""),
        row(Insurer="ICBC", Policy_Number="9", Member_ID="9"),
        row(Insurer="Pacific Blue Cross", Policy_Number="9", Member_ID="9"),
    ]
    draft_of = {
        entry["name"]: (entry.get("requires"), entry["Notes"]) for entry in drafted_from(tmp_path, rows)["insurer"]
    }
    assert draft_of == {
        "Sun Life": ("policy", "4 sessions: a policy number in 4"),
        "Manulife": ("policy, member", "4 sessions: a policy number in 3 and a member ID in 4"),
        # Nothing shows it; and what ICBC and Pacific Blue Cross require is published.
        "Beneva": (None, "1 session"), "ICBC": (None, "1 session"), "Pacific Blue Cross": (None, "1 session"),
    }  # fmt: skip
    text = clinic_text(first_rows() | drafted_from(tmp_path, rows))
    assert 'name = "Manulife"\nrequires = ["policy", "member"]\n' in text


def test_a_fee_is_asked_about_only_where_the_sessions_disagree(tmp_path: Path) -> None:
    rows = [row(Minutes=30, Fee=95.0)] * 3 + [
        row(Minutes=30, Fee=80.0),
        row(Minutes=45, Fee=1.0),
        row(Minutes=45, Fee=2.0),
    ]
    fees = {fee["minutes"]: fee["amount"] for fee in drafted_from(tmp_path, rows)["fee"]}
    assert fees == {30: 95.0, 45: "1.00?"}


def test_of_an_export_without_fees_the_fee_is_asked_and_the_way_out_is_named(tmp_path: Path) -> None:
    (fee,) = drafted_from(tmp_path, [row(Fee=""), row(Fee="", Patient="Bo")])["fee"]
    assert (fee["amount"], fee["from"]) == ("?", dt.date(2026, 10, 1))
    assert "Add a column Fee" in fee["Notes"]
    assert drafted_from(tmp_path, [row(Fee="", Service="Massage")])["fee"] == []


def visits(*named: tuple[str, int, float, int | None]) -> list[dict[str, Any]]:
    """IMS sessions of a patient, on a day of October, at a fee, of a length."""
    return [
        row(Patient=name, Service_Date=f"2026-10-{day:02}", Fee=fee, Visit="", Minutes=length, Service="IMS")
        for name, day, fee, length in named
    ]


PROPOSED: dict[str, tuple[list[dict[str, Any]], list[tuple[str, int | None, float | str]]]] = {
    # A later visit of a patient is subsequent by history, whatever its price.
    "one fee": (
        visits(("Ann", 5, 95.0, None), ("Ann", 12, 95.0, None), ("Bo", 6, 95.0, None)), [("", None, 95.0)],
    ),
    "first and later": (
        visits(("Ann", 5, 120.0, None), ("Ann", 12, 95.0, None), ("Bo", 6, 120.0, None)),
        [("", None, 120.0), ("subsequent", None, 95.0)],
    ),
    "nothing tells them apart": (
        visits(*[("Ann", day, 95.0 if day % 3 == 0 else 120.0, None) for day in range(1, 28)]),
        [("", None, 120.0), ("subsequent", None, "120.00?")],
    ),
    "by length": (
        visits(("Ann", 5, 120.0, 45), ("Ann", 12, 120.0, 45), ("Ann", 19, 95.0, 30), ("Bo", 6, 95.0, 30)),
        [("", 30, 95.0), ("", 45, 120.0)],
    ),
    "later without a length": (
        visits(("Ann", 5, 120.0, 45), ("Ann", 12, 120.0, 45), ("Bo", 6, 120.0, 45), ("Bo", 13, 80.0, None)),
        [("", 45, 120.0), ("subsequent", None, 80.0), ("subsequent", 45, 120.0)],
    ),
    # What ICBC has fixed for a subsequent visit in March.
    "set rates": (
        [row(Patient=f"Pat {c}", Service_Date="2026-03-05", Visit="subsequent", Insurer=insurer, Fee=fee)
         for c, insurer, fee in (("a", "Sun Life", 120.0), ("b", "ICBC", 95.0), ("c", "ICBC", 95.0))],
        [("subsequent", None, 120.0)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PROPOSED)
def test_every_fee_that_is_proposed_without_a_question_is_one_that_check_accepts(tmp_path: Path, case: str) -> None:
    rows, wanted = PROPOSED[case]
    proposed = drafted_from(tmp_path, rows)["fee"]
    assert [(fee["visit"], fee["minutes"], fee["amount"]) for fee in proposed] == wanted
    fees = tuple(
        Fee.model_validate(
            {"service": "ims", "visit": fee["visit"] or None, "minutes": fee["minutes"], "from": fee["from"],
             "amount": Decimal(str(fee["amount"]).rstrip("?"))}
        )
        for fee in proposed
    )  # fmt: skip
    clinic = without_file()
    scope = Scope(replace(clinic, fees=(*fees, *clinic.fees)), None, dt.date(2026, 11, 2))
    month = prepare_month(intake(tmp_path, rows, clinic), scope)
    doubtful = {(fee["visit"], fee["minutes"]) for fee in proposed if isinstance(fee["amount"], str)}
    about = month.findings[month.findings["kind"].isin(["no-fee-in-force", "fee-not-as-listed"])]
    refused = month.sessions.loc[about["session"]]
    assert all((visit, None) in doubtful for visit in refused["visit"])
    assert bool(doubtful) == bool(len(refused))
    notes = [fee["Notes"] for fee in proposed if isinstance(fee["amount"], str)]
    assert all("your export has to say it: Minutes" in note for note in notes)


def unknown_export(tmp_path: Path, *more: str, **cells: str) -> Path:
    """An export under unknown headings, with further columns."""
    days = [dt.date(2026, 10, day) for day in (5, 6, 7, 8)]
    headings = ["When", "Who Came", "Seen By", "What Was Done", "Paid For By", "Price", *cells]
    rows: list[list[Any]] = [
        [day, f"Pat Madeup{'abcd'[n]}", "Ann Example", "IMS", "Sun Life", 95.0, *cells.values()]
        for n, day in enumerate(days)
    ]
    kept = [n for n, heading in enumerate(headings) if heading not in more]
    return xlsx_cells(tmp_path, [[line[n] for n in kept] for line in [headings, *rows]], "visits.xlsx")


def columns(path: Path) -> dict[str, str]:
    return {line["heading"]: line["meaning"] for line in drafted([path], read_files)["layout"]}


def test_a_column_that_could_change_a_claim_is_asked_about_and_a_harmless_one_ignored(tmp_path: Path) -> None:
    found = columns(unknown_export(tmp_path, Colour="red", Went="no"))
    assert (found["Colour"], found["Went"], found["Seen By"]) == ("ignore", "?", "Practitioner")


def test_an_export_that_lacks_something_is_a_sheet_of_columns_to_fill_in(tmp_path: Path) -> None:
    rows = drafted([unknown_export(tmp_path, "Price", Colour="red")], read_files)
    assert {line["heading"]: line["meaning"] for line in rows["layout"]}["Colour"] == "?"
    assert [person["name"] for person in rows["practitioner"]] == ["Ann Example"]
    assert [insurer["name"] for insurer in rows["insurer"]] == ["Sun Life"]
    assert [(fee["amount"], fee["Notes"].split(":")[0]) for fee in rows["fee"]] == [
        ("?", "No column is plainly the fee")
    ]
    # Of one without practitioners, all else is drafted.
    rows = drafted([unknown_export(tmp_path, "Seen By")], read_files)
    assert (rows["practitioner"], [fee["amount"] for fee in rows["fee"]]) == ([], [95.0])
    # Of what nothing is understood the columns alone are.
    rows = drafted([xlsx_cells(tmp_path, [["One", "Two", "Three"], ["a", "b", "c"]], "list.xlsx")], read_files)
    assert [line["meaning"] for line in rows["layout"]] == ["?"] * 3


def test_a_column_of_a_known_export_that_could_change_a_claim_is_asked_about(tmp_path: Path) -> None:
    path = xlsx(tmp_path, [{**row(), "Went": "no"}, {**row(), "Went": "yes"}])
    assert columns(path) == {"Went": "?"}


def test_another_report_and_what_is_no_table_are_refused_as_everywhere(tmp_path: Path) -> None:
    report = xlsx_cells(tmp_path, [["Staff Name", "Shift Total Hours"], ["Ann", 8]], "shifts.xlsx")
    with pytest.raises(BillingError, match="Jane's Shift report"):
        drafted([report], read_files)
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all\n", encoding="utf-8")
    with pytest.raises(BillingError, match="no header row"):
        drafted([letter], read_files)


DAYS = [dt.date(2026, 10, day) for day in (5, 6, 7, 8)]
PEOPLE = ("Ada Madeup", "Bo Invented", "Cy Fictive", "Di Nonesuch")
# Exports as other programs write them: the headings, a row by number, and what each heading stands for.
EXPORTS: list[tuple[dict[str, Any], dict[str, str]]] = [
    (
        {"Visit day": DAYS, "Client full name": PEOPLE, "Therapist on duty": ["Ann Example, PT"],
         "Treatment given": ["IMS 30 min", "Dry Needling"], "Bill to": ["Sun Life"], "Rate": ["95.00"],
         "Plan no": ["012"]},
        {"Visit day": "Service Date", "Client full name": "Patient", "Therapist on duty": "Practitioner",
         "Treatment given": "Service", "Bill to": "Insurer", "Rate": "Fee", "Plan no": "Policy Number"},
    ),
    (
        {"Start": [f"{day} 09:00" for day in DAYS], "First": [name.split()[0] for name in PEOPLE],
         "Last": [name.split()[1] for name in PEOPLE], "Clinician": ["Ann Example (PT)"], "Type": ["IMS"],
         "Payer": ["PBC"], "Charge": ["$95.00"], "State": ["Completed", "Cancelled"]},
        {"Start": "Service Date", "First": "First Name", "Last": "Last Name", "Clinician": "Practitioner",
         "Type": "Service", "Payer": "Insurer", "Charge": "Fee", "State": "Status"},
    ),
    (
        {"Jour de visite": [str(day) for day in DAYS], "Nom du patient": PEOPLE, "Thérapeute": ["Ann Example"],
         "Service rendu": ["IMS"], "Assureur": ["Sun Life"], "Honoraires": ["95,00 $"], "No de police": ["12"],
         "No de certificat": ["13"]},
        {"Jour de visite": "Service Date", "Nom du patient": "Patient", "Thérapeute": "Practitioner",
         "Service rendu": "Service", "Assureur": "Insurer", "Honoraires": "Fee", "No de police": "Policy Number",
         "No de certificat": "Member ID"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "meanings"), EXPORTS, ids=["own words", "halves of names", "French"])
def test_an_export_under_any_headings_is_drafted_whole(
    tmp_path: Path, columns: dict[str, Any], meanings: dict[str, str]
) -> None:
    lines = [[cells[number % len(cells)] for cells in columns.values()] for number in range(len(DAYS))]
    rows = drafted([xlsx_cells(tmp_path, [list(columns), *lines], "export.xlsx")], read_files)
    assert {line["heading"]: line["meaning"] for line in rows["layout"]} == meanings
    assert [person["name"] for person in rows["practitioner"]] == ["Ann Example"], "its sessions were read"


@pytest.mark.parametrize(
    ("words", "meanings"),
    [
        (("IMS initial", "RMT 60", "IMS follow up"), {"Visit Type": "Service"}),
        (("Initial", "Follow-up", "Follow-up"), {"Visit Type": "Visit"}),
    ],
)
def test_a_heading_of_the_visit_is_the_service_where_its_cells_are_services(
    tmp_path: Path, words: tuple[str, ...], meanings: dict[str, str]
) -> None:
    lines = [[dt.date(2026, 10, 5 + n), "Pat Madeup", "Ann Example", each, 95.0] for n, each in enumerate(words)]
    path = xlsx_cells(tmp_path, [["Appt Day", "Client", "Clinician", "Visit Type", "Charge"], *lines], "visits.xlsx")
    assert {name: meaning for name, meaning in columns(path).items() if name in meanings} == meanings


def test_headings_in_french_and_of_one_sign_are_drafted(tmp_path: Path) -> None:
    day = dt.date(2026, 10, 5)
    french = ["Journée", "Prénom du client", "Nom du client", "Thérapeute", "Soin", "Assurance", "Montant facturé"]
    lines = [[day, "Luc", f"Testeur{c}", "Marie Roy", "Aiguilles sèches", "Sun Life", "95,00 $"] for c in "abc"]
    own = columns(xlsx_cells(tmp_path, [french, *lines], "visites.xlsx"))
    assert [own[name].rstrip("?") for name in french[1:3]] == ["First Name", "Last Name"]
    assert own["Montant facturé"] == "Fee"
    signs = ["Start", "Who", "Provider", "Appointment type", "Billed to", "$"]
    lines = [[dt.datetime(2026, 10, 5, 9), f"Pat Person{c}", "Ann Example", "IMS", "Sun Life", 95] for c in "abc"]
    own = columns(xlsx_cells(tmp_path, [signs, *lines], "appointments.xlsx"))
    assert (own["$"], own["Billed to"]) == ("Fee", "Insurer")


@pytest.mark.parametrize(
    ("headings", "ids", "meanings"),
    [
        # The patients, as PEOPLE are: four days of two people, each twice, where their numbers recur
        ("ID", "7 8 7 8", "Patient ID?"),
        ("Plan #, ID", "7 8 7 8", "Policy Number, Member ID?"),
        ("Plan #, Cert No, ID", "7 8 7 8", "Policy Number, Member ID, Patient ID?"),
        ("Patient ID, ID", "7 8 7 8", "Patient ID, ?"),
        ("No", "7 8 7 8", "Patient ID?"),
        # Each visit has its own
        ("ID", "1 2 3 4", "Session ID"),
        ("#", "1 2 3 4", "ignore"),
        # Nobody can tell: each patient once, or a number that recurs and is not one patient's
        ("ID", "7 8 - -", "?"),
        ("ID", "7 8 7 9", "?"),
    ],
)
def test_a_bare_number_is_the_sessions_only_where_its_values_prove_it(
    tmp_path: Path, headings: str, ids: str, meanings: str
) -> None:
    names = headings.split(", ")
    lines = [
        [day, f"{['Ada', 'Bo'][n % 2]} Madeup", "Ann Example", "IMS", "Sun Life", 95.0, *[f"0{number}"] * len(names)]
        for n, (day, number) in enumerate(zip(DAYS, ids.split(), strict=True))
        if number != "-"
    ]
    known = ["When", "Who Came", "Seen By", "What Was Done", "Paid For By", "Price"]
    own = columns(xlsx_cells(tmp_path, [[*known, *names], *lines], "visits.xlsx"))
    assert ", ".join(own[name] for name in names) == meanings


def test_of_an_export_without_a_plain_fee_all_is_drafted_by_the_likeliest_column(tmp_path: Path) -> None:
    headings = ["When", "Follow-up on", "Client", "Who treated", "What", "Ins.", "Amt", "Paid by pt", "Kept appt?"]
    last = dt.date(2026, 11, 1)
    lines = [
        [day, last, f"{who} Madeup", "Ann Example, PT", "IMS", "Sun Life", 95, 0, "no" if who == "Di" else "yes"]
        for day, who in zip(DAYS, ("Ada", "Bo", "Cy", "Di"), strict=True)
    ]
    rows = drafted([xlsx_cells(tmp_path, [headings, *lines], "visits.xlsx")], read_files)
    meanings = {line["heading"]: line["meaning"] for line in rows["layout"]}
    assert (meanings["When"], meanings["Follow-up on"]) == ("Service Date", "?")
    assert (meanings["Amt"], meanings["Paid by pt"]) == ("Fee?", "Patient Paid?")
    # It is read as a status by its heading: ignored, it would bill whoever did not come.
    assert meanings["Kept appt?"] == "Status"
    assert [person["name"] for person in rows["practitioner"]] == ["Ann Example"]
    assert [(fee["amount"], fee["Notes"]) for fee in rows["fee"]] == [(95.0, "3 of 3 sessions")]


def test_of_several_columns_of_days_the_visits_differ_from_row_to_row(tmp_path: Path) -> None:
    headings = ["When", "Client", "Who treated", "What", "Ins.", "Charge", "On"]
    lines = [
        [day, f"{c} Madeup", "Ann Example", "IMS", "Sun Life", 95, DAYS[0]] for c, day in zip("ABCD", DAYS, strict=True)
    ]
    assert columns(xlsx_cells(tmp_path, [headings, *lines], "visits.xlsx"))["When"] == "Service Date?"


@pytest.mark.parametrize("kind", ["workbook", "toml"])
def test_an_export_whose_columns_are_open_in_its_setup_is_refused_with_their_places(
    tmp_path: Path, kind: SetupKind
) -> None:
    export = unknown_export(tmp_path, "Price", Bill="95")
    setup = start(tmp_path / "new", kind, [export], read_files).files[0]
    places = [words.rpartition(", Stands for")[0] for words in load(setup).unconfirmed if "Bill" in words]
    with pytest.raises(BillingError, match="missing: Fee") as refused:
        read_files([export], load(setup))
    way = f"  In {setup.name}, write in place of ? what each of these columns stands for, or ignore:\n    {places[0]}"
    assert str(refused.value).endswith(way)
    # Another file's columns are in no setup: how it is drafted is told as ever.
    with pytest.raises(BillingError, match="NEW_FOLDER"):
        read_files([unknown_export(tmp_path, "Price", Colour="red")], load(setup))


def messy(folder: Path) -> list[Path]:
    """Sessions with what a draft can meet: spellings, nobody's name, doubtful fees, names and columns."""
    rows = [
        row(Practitioner="Ann Example", Service="IMS 30 min"),
        row(Practitioner="A. Example (PT)", Service="IMS/Acupuncture", Fee=80.0, Insurer='The "Novel" Mutual; Life'),
        row(Practitioner="Ann Example and Ben Sample", Service="IMS", Insurer="SLF"),
        row(Practitioner="Ben Sample (RMT)", Service="Needling 30", Insurer="Sunn Life"),
        row(Practitioner="Who?", Service="Chat?", Insurer="Cash?"),
    ]
    return [xlsx(folder, [{**each, "Went?": "no"} for each in rows])]


def of_own_words(folder: Path, number: int) -> list[Path]:
    columns, _ = EXPORTS[number]
    lines = [[cells[at % len(cells)] for cells in columns.values()] for at in range(len(DAYS))]
    return [xlsx_cells(folder, [list(columns), *lines], "export.xlsx")]


SAMPLES = Path(__file__).parent.parent / "samples"
SHAPES: dict[str, Callable[[Path], list[Path]]] = {
    "none": lambda _: [],
    "sample": lambda _: [SAMPLES / "sessions-2026-10.xlsx"],
    "Jane": lambda _: sorted((SAMPLES / "jane").iterdir()),
    "messy": messy,
    "own words": lambda folder: of_own_words(folder, 0),
    "halves": lambda folder: of_own_words(folder, 1),
    "French": lambda folder: of_own_words(folder, 2),
    "doubtful column": lambda folder: [unknown_export(folder, Colour="red", Went="no")],
    "incomplete": lambda folder: [unknown_export(folder, "Price", Colour="red")],
    "three programs": lambda folder: [own_headings(folder), *jane(folder), third(folder)],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_workbook_and_the_toml_are_one_draft(tmp_path: Path, shape: str) -> None:
    exports = SHAPES[shape](tmp_path)
    kinds: tuple[SetupKind, ...] = ("workbook", "toml")
    started = [start(tmp_path / kind, kind, exports, read_files) for kind in kinds]
    workbook, text = (done.files[0] for done in started)
    assert as_confirmed(workbook) == as_confirmed(text)
    asked = [questions(path) for path in (workbook, text)]
    assert asked[0] == asked[1]
    first = [line[0] for line in load_workbook(workbook)["Clinic"].iter_rows(values_only=True)]
    asking = [one.words.removeprefix("sheet ") for one in read_setup(workbook, workbook.read_bytes()).questions]
    assert set(first) >= {words for words in asking if words.startswith("Columns")}
    assert ("", "Name") in asked[0]
    # A file of text has no shaded cells: there an entry is to be confirmed even where nothing in it is asked.
    entries = [e for t in ("practitioner", "insurer", "fee") for e in parsed(text).get(t, [])]
    assert all(entry.get("confirmed") is False or '?"' in toml_value(entry) for entry in entries)
    waiting = sum(entry.get("confirmed") is False for entry in entries)
    assert len(load(text).unconfirmed) == len(read_setup(text, text.read_bytes()).questions) + waiting
    assert started[1].to_fill_in == len(load(text).unconfirmed)


def questions(path: Path) -> set[tuple[str, str]]:
    """What a setup asks: whose it is, one spelling at a time, and the heading with what is proposed."""
    listed = set()
    for question in read_setup(path, path.read_bytes()).questions:
        *whose, what = question.words.split(": ", 1)[1].rsplit(", ", 1)
        spellings = ", ".join(whose).split(", ") if what.startswith("Name") else whose or [""]
        listed |= {(spelling, what) for spelling in spellings}
    return listed


def as_confirmed(path: Path) -> Clinic:
    """The clinic of a setup, as it is once all its entries are confirmed."""
    clinic = load(path)
    return replace(
        clinic, file="", sha256="", unconfirmed=(),
        practitioners=tuple(one.model_copy(update={"confirmed": True}) for one in clinic.practitioners),
        fees=tuple(fee.model_copy(update={"confirmed": True}) for fee in clinic.fees),
    )  # fmt: skip


def parsed(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
