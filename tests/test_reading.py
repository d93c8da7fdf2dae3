"""Files into sessions: headers, headings, bad cells, repeats, refusals."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_billing.reading.intake import read_files
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.intake import Intake
from tests.practice import USUAL, csv_file, examples, intake, practice, row, xlsx, xlsx_cells

NEEDED = ["Service Date", "Patient", "Practitioner", "Service", "Insurer", "Fee"]
ONE: list[Any] = [dt.date(2026, 10, 7), "Pat Madeup", "Ann Example", "IMS", "Sun Life", 95.0]


def read(path: Path, tmp_path: Path, clinic: str = "") -> Intake:
    return read_files([path], practice(tmp_path, clinic=clinic))


def refusal(path: Path, tmp_path: Path) -> str:
    with pytest.raises(BillingError) as refused:
        read(path, tmp_path)
    return str(refused.value)


def bad(intake: Intake) -> list[tuple[int, str, str]]:
    """Bad cells by the row that Excel shows, the kind and the message."""
    rows = intake.sessions["row"]
    return [(int(rows[s]), kind, message) for s, _, kind, message in intake.cell_findings.itertuples(index=False)]


def test_headings_are_known_by_synonym_whatever_their_case_and_punctuation(tmp_path: Path) -> None:
    headings = ["DATE", "client_name", "Treating Therapist", "treatment", "PAYER", "amount", "Claim #", "date of birth"]
    cells = [headings, [*ONE, "AB-00123", dt.date(1980, 1, 31)]]
    session = read(xlsx_cells(tmp_path, cells), tmp_path).sessions.iloc[0]
    assert (session["patient"], session["practitioner"], session["fee_cents"]) == ("Pat Madeup", "Ann Example", 9500)
    assert (session["payer_file_number"], session["birth_date"]) == ("AB-00123", dt.datetime(1980, 1, 31))


def test_this_products_own_heading_goes_before_a_synonym(tmp_path: Path) -> None:
    cells = [["Date", *NEEDED], [dt.date(2020, 1, 1), *ONE]]
    assert read(xlsx_cells(tmp_path, cells), tmp_path).sessions["service_date"][0] == dt.datetime(2026, 10, 7)


def test_two_headings_for_one_thing_are_refused(tmp_path: Path) -> None:
    cells = [["Service Date", "Patient", "Therapist", "Provider", "Service", "Insurer", "Fee"], [*ONE[:3], *ONE[2:]]]
    assert refusal(xlsx_cells(tmp_path, cells), tmp_path) == (
        'sessions.xlsx, Sessions, row 1: "Therapist" (column C) and "Provider" (column D) are both read as '
        "Practitioner. Delete or rename one of them, or have the one that is not meant ignored: sheet "
        "Columns of clinic.xlsx, or ignore under [clinic]."
    )


@pytest.mark.parametrize("name", ["Insurer", "Insurance", "Payer"])
def test_one_heading_over_two_columns_is_refused(tmp_path: Path, name: str) -> None:
    """Two columns "Insurer" are no "Insurer" and "Insurer 2"."""
    heads = [*NEEDED[:4], name, "Fee", name]
    reason = refusal(xlsx_cells(tmp_path, [heads, [*ONE, "ICBC"]]), tmp_path)
    assert f'"{name}" (column E) and "{name}" (column G) are both read as Insurer' in reason


def test_missing_columns_are_refused_all_at_once_with_the_closest_found(tmp_path: Path) -> None:
    cells = [["Monthly report"], ["Service Date", "Patent", "Service", "Insurer", "Fees in $"], ONE[:5]]
    assert refusal(xlsx_cells(tmp_path, cells), tmp_path).splitlines() == [
        "sessions.xlsx, Sessions, row 2: 3 columns are missing.",
        "  missing: Patient, Practitioner, Fee",
        '  closest to Patient: "Patent"; rename it if it is the same',
        '  closest to Fee: "Fees in $"; rename it if it is the same',
        "  found: Service Date, Patent, Service, Insurer, Fees in $",
        "  Rename the columns; or keep them, and say once which is which: clinic.xlsx, sheet Columns, or",
        "  [[layout]] in clinic.toml. ims-billing init NEW_FOLDER --from FILE drafts it from your file.",
    ]


@pytest.mark.parametrize("lacking", ["Service Date", "Patient", "Practitioner", "Service", "Fee"])
def test_sessions_that_lack_a_column_are_no_list_of_the_policies_that_they_name(tmp_path: Path, lacking: str) -> None:
    cells = row(Patient_ID="P1")
    message = refusal(xlsx(tmp_path, [{name: cell for name, cell in cells.items() if name != lacking}]), tmp_path)
    assert message.splitlines()[:2] == [
        "sessions.xlsx, Sessions, row 1: 1 column is missing.",
        f"  missing: {lacking}",
    ]


REFUSED: list[tuple[str, bytes, str]] = [
    ("empty.csv", b"", "empty.csv: the file is empty."),
    ("blank.csv", b",,\n\n", "blank.csv: there is nothing in it."),
    ("header.csv", ",".join(NEEDED).encode(), "header.csv, row 1: there is a header, and no row below it."),
    ("photo.csv", b"\x89PNG\r\n\x00\x00\x00\x0dIHDR", "photo.csv: this is not a spreadsheet."),
    ("letter.pdf", b"%PDF-1.7 ...", "letter.pdf: this is not a spreadsheet."),
    ("broken.xlsx", b"PK\x03\x04 cut short", "broken.xlsx: the workbook is damaged"),
    ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old.xls: the workbook is damaged"),
    ("other.csv", b"Colour,Size,Shape\nred,big,round\n",
     "other.csv: no header row was found in the first 30 rows. Columns found: Colour, Size, Shape."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "message"), REFUSED, ids=[name for name, _, _ in REFUSED])
def test_what_is_no_session_spreadsheet_is_refused_clearly(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert refusal(path, tmp_path).startswith(message)


def test_rows_without_a_header_are_never_repeated_in_the_refusal(tmp_path: Path) -> None:
    message = refusal(xlsx_cells(tmp_path, [ONE, ONE]), tmp_path)
    assert "Pat Madeup" not in message
    assert "no header row was found" in message


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.xlsx", tmp_path).endswith("none.xlsx: there is no such file.")
    assert "this is a folder" in refusal(tmp_path, tmp_path)


def test_bad_cells_are_found_with_the_row_as_excel_numbers_it(tmp_path: Path) -> None:
    sessions = [
        row(Service_Date="10/05/2026"),
        row(Fee="see Ann"),
        row(Insurer="#N/A"),
        row(Status="Tentative"),
        row(Billed="perhaps"),
        row(Tax="some"),
        row(Fee=95.355),
        row(Service_Date=46301.0),
    ]
    assert bad(intake(tmp_path, sessions)) == [
        (4, "unreadable-cell", "Insurer (column N) holds #N/A."),
        (5, "status-not-recognised", 'The status "Tentative" is not one the program knows.'),
        (6, "unreadable-cell", "Billed (column M) says neither yes, nor no, nor a day: text."),
        (2, "unreadable-service-date", 'Service Date (column B) holds "10/05/2026", which is not plainly a date.'),
        (9, "unreadable-service-date", "Service Date (column B) holds the number 46301, which is not plainly a date."),
        (3, "unreadable-fee", "Fee (column U) holds text, which is not an amount in whole cents."),
        (8, "unreadable-fee", "Fee (column U) holds the number 95.355, which is not an amount in whole cents."),
        (7, "unreadable-cell", "Tax (column W) holds text, which is not an amount in whole cents."),
    ]


def test_text_dates_are_read_as_the_clinic_file_says_or_as_the_column_proves(tmp_path: Path) -> None:
    ambiguous = [row(Service_Date="10/05/2026")]
    proven = [*ambiguous, row(Service_Date="10/31/2026")]
    october_5, may_10 = dt.datetime(2026, 10, 5), dt.datetime(2026, 5, 10)

    def first(rows: list[dict[str, Any]], clinic: str = "") -> Any:
        return read(xlsx(tmp_path, rows), tmp_path, clinic).sessions["service_date"][0]

    assert first(proven) == october_5
    assert first(ambiguous, 'dates = "month-first"') == october_5
    assert first(ambiguous, 'dates = "day-first"') == may_10
    assert first(ambiguous) is not october_5


def test_cell_words_are_understood_in_english_and_french(tmp_path: Path) -> None:
    words = ["", "Arrived", "CHECKED-IN", "no_show", "Annulé", "Late Cancel", "réservée", "never booked", "Remboursé"]
    statuses = intake(tmp_path, [row(Status=word) for word in words]).sessions["status"]
    assert list(statuses) == [
        "arrived", "arrived", "arrived", "no-show", "cancelled", "cancelled", "not-arrived", "not-arrived", "refunded",
    ]  # fmt: skip
    sessions = [row(Visit="New", Relationship="Époux", Billed="oui"), row(Visit="suivi", Billed=dt.date(2026, 10, 9))]
    read_back = intake(tmp_path, sessions).sessions
    assert list(read_back["visit"]) == ["initial", "subsequent"]
    assert list(read_back["relationship"]) == ["spouse", ""]
    assert list(read_back["billed"]) == [True, True]


def test_the_clinic_file_adds_cell_words(tmp_path: Path) -> None:
    clinic = practice(tmp_path, more='[words.status]\n"Seen by PT" = "arrived"\n"arrived" = "not-arrived"')
    intake = read_files([xlsx(tmp_path, [row(Status="seen by pt"), row(Status="Arrived")])], clinic)
    assert list(intake.sessions["status"]) == ["arrived", "not-arrived"]


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", ","), ("utf-8-sig", ";"), ("cp1252", "\t"), ("utf-16", "|")])
def test_text_files_in_every_encoding_and_with_every_separator(tmp_path: Path, encoding: str, mark: str) -> None:
    sessions = [row(Patient='Zoë "Zo" Étoile, Jr', Policy_Number="00123", Fee="$1,095.00", Notes="two\nlines")]
    intake = read(csv_file(tmp_path, sessions, encoding=encoding, mark=mark), tmp_path).sessions.iloc[0]
    assert (intake["patient"], intake["policy"]) == ('Zoë "Zo" Étoile, Jr', "00123")
    assert (intake["fee_cents"], intake["notes"], intake["row"]) == (109500, "two\nlines", 2)


def test_a_line_with_more_cells_than_headings_is_held(tmp_path: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text(",".join(NEEDED) + "\n2026-10-07,Madeup, Pat,Ann Example,IMS,Sun Life,95\n", encoding="utf-8")
    assert (
        2,
        "unreadable-cell",
        "The line has 7 cells under 6 headings: its cells may stand in wrong columns.",
    ) in bad(read(path, tmp_path))


def test_excel_text_markers_around_identifiers_are_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "marked.csv"
    path.write_text(",".join([*NEEDED, "Policy Number"]) + '\n2026-10-07,P,A,IMS,S,95,="00123"\n', encoding="utf-8")
    assert read(path, tmp_path).sessions["policy"][0] == "00123"


def test_the_sheet_with_the_sessions_is_found_and_two_are_refused(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.create_chartsheet("Chart", 0)
    book.create_sheet("October").append(["nothing yet"])
    for name in ("Sessions", "Sessions again"):
        sheet = book.create_sheet(name)
        sheet.append([])
        sheet.append(NEEDED)
        sheet.append(ONE)
        path = tmp_path / f"{name}.xlsx"
        book.save(path)
    intake = read(tmp_path / "Sessions.xlsx", tmp_path).sessions.iloc[0]
    assert (intake["sheet"], intake["row"]) == ("Sessions", 3)
    assert "several sheets fit (Sessions: sessions, Sessions again: sessions)" in refusal(
        tmp_path / "Sessions again.xlsx", tmp_path
    )


@pytest.mark.parametrize(
    ("day", "patient", "service", "is_refused"),
    [
        (ONE[0], "Pat Madeup", "IMS", False), (ONE[0], "Madeup, Pat", "IMS", False),
        (ONE[0], "Hidden Madeup", "IMS", True), ("2026-09-30", "Hidden Madeup", "IMS", False),
        (ONE[0], "Hidden Madeup", "Physiotherapy", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_headed", [True, False])
def test_a_hidden_sheet_is_passed_over_unless_a_visit_of_the_month_stands_there_alone(
    tmp_path: Path, day: str, patient: str, service: str, *, is_refused: bool, is_headed: bool
) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for name, cells in (("Copy", [day, patient, ONE[2], service, *ONE[4:]]), ("October", ONE)):
        sheet = book.create_sheet(name)
        if is_headed or name == "October":
            sheet.append(NEEDED)
        sheet.append(cells)
    book["Copy"].sheet_state = "hidden"
    book.active = book["October"]
    book.save(tmp_path / "copy.xlsx")
    if is_refused:
        with pytest.raises(BillingError, match="that no other sheet has, and the sheet is hidden"):
            read(tmp_path / "copy.xlsx", tmp_path)
        return
    intake = read(tmp_path / "copy.xlsx", tmp_path)
    assert list(intake.sessions["patient"]) == ["Pat Madeup"]
    assert "the hidden sheet Copy was not read" in intake.files[0].remarks


def test_the_same_session_in_another_file_is_repeated_and_counts_once(tmp_path: Path) -> None:
    october = [row(Session_ID="S1"), row(Session_ID="S2", Patient="Robin Madeup"), row(Session_ID="", Patient="No Id")]
    again = xlsx(tmp_path, [*october, row(Session_ID="S9", Patient="New Here")], "again.xlsx")
    first = csv_file(tmp_path, october, "first.csv")
    for order in ([again, first], [first, again]):
        intake = read_files(order, practice(tmp_path))
        assert [(f.file, f.rows, f.sessions, f.repeated) for f in intake.files] == [
            ("again.xlsx", 4, 4, 0),
            ("first.csv", 3, 0, 3),
        ]
        assert list(intake.sessions["patient"]) == ["Pat Madeup", "Robin Madeup", "No Id", "New Here"]


def test_the_same_visit_in_a_layout_with_fewer_columns_is_repeated(tmp_path: Path) -> None:
    full = xlsx(tmp_path, [row(Session_ID="S1", Start="9:00", Patient_ID="P1", Policy_Number="00123")], "a.xlsx")
    few = csv_file(tmp_path, [{k: USUAL[k] for k in NEEDED} | {"Start": "9:00"}], "b.csv")
    intake = read_files([full, few], practice(tmp_path))
    assert [f.repeated for f in intake.files] == [0, 1]


def test_a_dash_is_no_number_of_a_session_or_patient(tmp_path: Path) -> None:
    sessions = intake(tmp_path, [row(Session_ID="-", Patient_ID="--"), row(Session_ID="A-1")]).sessions
    assert list(sessions["session_id"]) == ["", "A-1"]
    assert list(sessions["patient_id"]) == ["", ""]


def test_the_same_id_with_other_cells_is_no_repeat(tmp_path: Path) -> None:
    a = xlsx(tmp_path, [row(Session_ID="S1")], "a.xlsx")
    b = xlsx(tmp_path, [row(Session_ID="S1", Fee=100.0)], "b.xlsx")
    assert [f.repeated for f in read_files([a, b], practice(tmp_path)).files] == [0, 0]


def test_bad_cells_stay_with_their_session_when_repeats_are_taken_out(tmp_path: Path) -> None:
    a = xlsx(tmp_path, [row(Session_ID="S1"), row(Session_ID="S2", Fee="x")], "a.xlsx")
    b = xlsx(tmp_path, [row(Session_ID="S2", Fee="x"), row(Session_ID="S3", Fee="y")], "b.xlsx")
    intake = read_files([a, b], practice(tmp_path))
    assert [intake.sessions["session_id"][s] for s in intake.cell_findings["session"]] == ["S2", "S3"]


def test_files_of_one_name_are_told_apart_and_one_file_given_twice_is_read_once(tmp_path: Path) -> None:
    for folder in ("north", "south"):
        (tmp_path / folder).mkdir()
        xlsx(tmp_path / folder, [row(Patient=folder)])
    north, south = tmp_path / "north" / "sessions.xlsx", tmp_path / "south" / "sessions.xlsx"
    intake = read_files([south, north, tmp_path / "south" / ".." / "north" / "sessions.xlsx"], practice(tmp_path))
    assert [f.file for f in intake.files] == ["north/sessions.xlsx", "south/sessions.xlsx"]


TEXTS = st.text(
    st.characters(exclude_categories=("C", "Z"), include_characters=" =+-@'\"\u00e9,;"), min_size=1, max_size=20
).map(str.strip)


@examples(12)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "Patient": TEXTS,
                "Policy Number": st.from_regex(r"0[0-9]{0,7}[1-9]", fullmatch=True),
                "Service Date": st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)),
                "Fee": st.integers(-10_000_00, 10_000_00).map(lambda c: c / 100),
            }
        ),
        min_size=1,
        max_size=8,
    )
)
def test_what_was_written_is_read_back_from_both_formats(tmp_path: Path, cells: list[dict[str, Any]]) -> None:
    sessions = [{**USUAL, **c, "Session ID": f"S{n}"} for n, c in enumerate(cells)]
    for path in (xlsx(tmp_path, sessions), csv_file(tmp_path, sessions)):
        intake = read(path, tmp_path).sessions
        errors = [c["Patient"].startswith("#") for c in cells]
        assert [p for p, e in zip(intake["patient"], errors, strict=True) if not e] == [
            c["Patient"] for c, e in zip(cells, errors, strict=True) if not e
        ]
        assert list(intake["policy"]) == [c["Policy Number"] for c in cells]
        assert [d.date() for d in intake["service_date"]] == [c["Service Date"] for c in cells]
        assert list(intake["fee_cents"]) == [round(c["Fee"] * 100) for c in cells]
