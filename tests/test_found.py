"""What careful readers once got past the program: each is held, refused or read rightly since."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from ims_billing.month.prepare import Month, Scope, prepare_month
from ims_billing.reading.intake import read_files
from ims_billing.rules.published import published
from ims_billing.sessions.service_names import NameReader
from ims_billing.vocabulary.errors import BillingError
from tests.practice import (
    AS_OF,
    MONTH,
    clinic_file,
    csv_file,
    kinds,
    messages_of,
    month_of,
    on_ledger,
    outcomes,
    places_in,
    practice,
    row,
    xlsx,
)

HEADER = "Service Date,Patient,Practitioner,Service,Insurer,Fee"
LINE = "2026-10-05,Pat Madeup,Ann Example,IMS,PBC,95"


def month_of_text(tmp_path: Path, *lines: str, more: str = "", clinic: str = "") -> Month:
    path = tmp_path / "lines.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    set_up = practice(tmp_path, more, clinic)
    return prepare_month(read_files([path], set_up), Scope(set_up, month=MONTH, as_of=AS_OF))


@pytest.mark.parametrize(
    "lines", [['2026-10-05,P,Ann Example,IMS,PBC,"95', LINE], ['x,"P', LINE, LINE, '2026,"Q",A,I,S,1']]
)
def test_a_quotation_mark_that_is_not_closed_never_swallows_rows(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(BillingError, match="a quotation mark near line"):
        month_of_text(tmp_path, *lines)


def test_a_quotation_mark_that_is_closed_lines_later_never_swallows_rows(tmp_path: Path) -> None:
    with pytest.raises(BillingError, match="a quotation mark near line 2"):
        month_of_text(tmp_path, '2026-10-05,P,Ann Example,IMS,PBC,"95', LINE, LINE + '"', LINE)
    month = month_of_text(tmp_path, LINE.replace("IMS", '"IMS\n30 min"'), LINE.replace("Pat", "Robin"))
    assert list(month.sessions["service_name"]) == ["IMS\n30 min", "IMS"]


def test_a_row_shifted_by_a_comma_is_held_whatever_its_cells_say_then(tmp_path: Path) -> None:
    month = month_of_text(tmp_path, LINE, "2026-10-05,Doe, Jane,Ann Example,IMS,Sun Life,95")
    assert (outcomes(month), kinds(month, 1)) == (["claimed", "held"], ["unreadable-cell"])
    assert "Jane" not in " ".join([*month.findings["message"], *month.sessions["insurer_name"]])


@pytest.mark.parametrize("written", ["Dr. Smith", "Smith", "Bo", "Ann Example, RMT", "Ann Example (R.Ac)"])
def test_nobody_is_taken_for_a_practitioner_by_a_title_or_another_profession(tmp_path: Path, written: str) -> None:
    more = """
[[practitioner]]
name = "Mia Smith"
aliases = ["M. Smith", "Bo Kin"]
profession = "physiotherapist"
registration = "09876"
registered = { from = 2015-01-01 }
needling = { from = 2018-05-01 }
"""
    month = month_of(tmp_path, [row(Practitioner=written), row(Practitioner="M. Smith, P.T.", Patient="B")], more=more)
    assert (kinds(month), outcomes(month)) == (["practitioner-not-on-roster"], ["held", "claimed"])


def test_a_name_without_letters_is_no_insurer(tmp_path: Path) -> None:
    clinic_file(tmp_path, '[[insurer]]\nname = "-"\nself_pay = true\n')
    with pytest.raises(BillingError, match="has no letter in it"):
        month_of(tmp_path, [row()], more='[[insurer]]\nname = "-"\nself_pay = true\n')


def test_an_error_where_the_insurer_should_be_does_not_mean_that_the_patient_pays(tmp_path: Path) -> None:
    month = month_of(tmp_path, [row(Insurer="#N/A"), row(Insurer="", Patient="B")], clinic='blank_insurer = "self-pay"')
    assert outcomes(month) == ["held", "not_billed: self-pay"]


def test_a_formula_that_was_never_calculated_is_no_blank(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([*HEADER.split(","), "Status"])
    sheet.append([dt.date(2026, 10, 5), "Pat Madeup", "Ann Example", "IMS", "PBC", 95, '=IF(1=1,"no show","")'])
    book.save(tmp_path / "formula.xlsx")
    clinic = practice(tmp_path)
    month = prepare_month(read_files([tmp_path / "formula.xlsx"], clinic), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert messages_of(month, "unreadable-cell") == ["Status (column G) holds #CALC!."]


def test_leading_zeros_that_only_the_format_shows_are_kept(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([*HEADER.split(","), "Policy Number"])
    sheet.append([dt.date(2026, 10, 5), "Pat Madeup", "Ann Example", "IMS", "PBC", 95, 123])
    sheet["G2"].number_format = "000000"
    book.save(tmp_path / "zeros.xlsx")
    assert read_files([tmp_path / "zeros.xlsx"], practice(tmp_path)).sessions["policy"][0] == "000123"


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1)])
def test_twice_within_one_file_is_held_wherever_else_it_stands(tmp_path: Path, first: int, second: int) -> None:
    a, b = csv_file(tmp_path, [row()] * first, "a.csv"), csv_file(tmp_path, [row()] * second, "b.csv")
    clinic = practice(tmp_path)
    month = prepare_month(read_files([a, b], clinic), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert (outcomes(month), month.totals.repeated) == (["held", "held"], 1)


def test_one_patient_is_one_however_the_name_is_written(tmp_path: Path) -> None:
    rows = [row(Start="9:00"), row(Start="9:00", Patient="Madeup, Pat", Practitioner="A. Example")]
    assert [kinds(month_of(tmp_path, rows), n) for n in range(2)] == [["duplicate-session"]] * 2


IMS = ["Physio + iMS", "Physio - IMs 30",
       "Physio - IMSx2", "Physio I.MS", "Physio - dry neddling", "Physio dry neeling",
       "Physio & dry ndl", "IMSphysio", "physioims"]  # fmt: skip
NOT_IMS = ["Physio - no acupuncture or IMS", "Physio without needling/IMS", "Physio, IMS not included",
           "Cosmetic dry needling", "Physio intramuscular therapy"]  # fmt: skip


def test_odd_spellings_of_ims_are_ims_and_what_is_taken_back_is_not() -> None:
    reader = NameReader(published().services, {})
    assert {name: reader.read(name).service for name in IMS} == dict.fromkeys(IMS, "ims")
    assert not [name for name in NOT_IMS if reader.read(name).service == "ims"]


def test_a_negative_fee_is_never_claimed(tmp_path: Path) -> None:
    month = month_of(tmp_path, [row(Fee=-95.0)], more='[severity]\nfee-not-as-listed = "warn"\n')
    assert messages_of(month, "unreadable-fee") == ["The fee is -$95.00: nothing can be claimed."]
    assert outcomes(month) == ["held"]


@pytest.mark.parametrize("patient", ["Sum Yung Guy", "Count Olaf", "Total Recall"])
def test_a_patient_with_a_name_like_a_total_is_a_session(tmp_path: Path, patient: str) -> None:
    month = month_of_text(tmp_path, LINE, f",{patient},,,Sun Life,95", LINE.replace("Pat", "Robin"))
    assert len(month.sessions) == 3


@pytest.mark.parametrize("line", ["Total:,2,sessions,,,190", "October total,,,,,190", "Total for October 2026,,,,,190"])
def test_lines_of_totals_are_known(tmp_path: Path, line: str) -> None:
    assert len(month_of_text(tmp_path, LINE, line).sessions) == 1


@pytest.mark.parametrize(
    "lines",
    [["Patient statement,Jane Doe", "When,Who,Cost", "2026-10-05,Jane Doe,95"], ["Jane Doe,Ann Example,IMS,Sun Life"],
     ["2026-10-05,Jane Doe,Physiotherapist,Treatment,Sun Life,95.00"]],
)  # fmt: skip
def test_a_refusal_names_no_patient(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "other.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(BillingError) as refused:
        read_files([path], practice(tmp_path))
    assert "Jane" not in str(refused.value)


def test_no_message_names_a_patient_whose_column_was_changed_over(tmp_path: Path) -> None:
    rows = [row(Patient="Ann Example", Practitioner="Jane Doe"), row(Status="cancelled by Jane Doe", Patient="B"),
            row(Fee="9876 543 210", Patient="C"), row(Insurer="Jane Doe", Patient="Jane Doe")]  # fmt: skip
    words = " ".join(month_of(tmp_path, rows).findings["message"])
    assert "Jane" not in words
    assert "9876" not in words


@pytest.mark.parametrize(
    "text",
    ["service_names = 5", 'severity = "x"', 'severity = [["unusual-frequency", "hold"]]', "practitioner = 3",
     'words = "x"', "[fee]", "a = " + "[" * 3000, "a = " + "9" * 5000, '[service_names]\n"-" = "ims"'],
    ids=range(9),
)  # fmt: skip
def test_a_clinic_file_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(
        f'{text}\n[clinic]\nname = "X"\n' if "=" in text[:20] else f'[clinic]\nname = "X"\n{text}\n', encoding="utf-8"
    )
    from ims_billing.clinic.setup_file import load

    with pytest.raises(BillingError):
        load(path)


def test_amounts_beyond_reason_are_refused_or_held(tmp_path: Path) -> None:
    with pytest.raises(BillingError, match="below a million"):
        practice(tmp_path, '[[fee]]\nservice = "ims"\nvisit = "initial"\namount = 1e400\nfrom = 2026-01-01\n')
    month = month_of_text(tmp_path, LINE.replace("95", "9" * 30 + ".00"))
    assert "unreadable-fee" in kinds(month)


def test_entries_that_would_have_no_effect_are_refused(tmp_path: Path) -> None:
    entry = '[[insurer]]\nname = "Manulife"\n'
    for more, words in (
        (entry + entry, "has an entry already"),
        (entry + 'code = "ABCD"\n', "the code of Manulife is MANU, and stays so"),
        (entry + "self_pay = true\n", "stands for the insurer Manulife"),
    ):
        with pytest.raises(BillingError, match=words):
            practice(tmp_path, more)


@pytest.mark.parametrize(
    ("cell", "minutes"), [("9.30", 570), ("0930", 570)],
)  # fmt: skip
def test_start_times_with_a_dot_or_without_anything_are_read(tmp_path: Path, cell: str, minutes: int) -> None:
    clinic = practice(tmp_path)
    assert read_files([xlsx(tmp_path, [row(Start=cell)])], clinic).sessions["start"][0] == minutes


@pytest.mark.parametrize("text", ["(95.00", "95.00)", "9CAD5"])
def test_mangled_amounts_are_not_read(tmp_path: Path, text: str) -> None:
    assert kinds(month_of(tmp_path, [row(Fee=text)])) == ["unreadable-fee"]


def test_many_visits_of_one_name_on_one_day_are_answered(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [row(Session_ID=str(n)) for n in range(600)]
    month = month_of(tmp_path, rows)
    assert month.totals.counts["held"] == 600
    first = messages_of(month, "second-visit-same-day")[0]
    assert (places_in([first]), "596 more" in first) == ([["row 3", "row 4", "row 5"]], True)


def test_workbooks_of_a_clinic_with_a_long_name_open(tmp_path: Path) -> None:
    clinic = practice(tmp_path)
    month = prepare_month(read_files([xlsx(tmp_path, [row()])], clinic), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert len(on_ledger(month).batches) == 1
    with pytest.raises(BillingError, match="cannot be printed"):
        practice(tmp_path, clinic='phone = "1\\u0001"')
