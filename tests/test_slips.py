"""Every usual slip, with the message that names it: one table each for the setup, what is typed, and the files."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from ims_billing.cli.main import app
from ims_billing.clinic.setup_file import load
from ims_billing.clinic.toml_slips import parsed, text_of
from ims_billing.vocabulary.errors import BillingError
from tests.practice import CLINIC, clinic_file, csv_file, row, table, xlsx
from tests.remittances import paid, run
from tests.test_record import HELD, PAT, Office

ENOUGH = [row(Session_ID=f"S{n}", Start=f"{8 + n}:00", Patient=f"P{n} Madeup") for n in range(4)]

# A line of a clinic.toml, the part that is marked, and what is wrong.
LINES = [
    ("amount = 95,00", ",", "an amount has a point"),
    ("amount = $95.00", "$95.00", "no dollar sign"),
    ("amount = 1,095.00", "1,095.00", "no comma here"),
    ("name = “Ann Example”", "“", "curly quotes"),
    ("aliases = ['A. Example', ‘B’]", "‘", "curly quotes"),
    ('name = "Ann Example', '"', "a quotation mark is missing"),
    ('aliases = ["A", "B]', '"', "a quotation mark is missing"),
    ("name = Ann Example", "Ann Example", "text needs quotes"),
    ("bill = [ims]", "ims", "text needs quotes"),
    ('aliases = ["A. Example" "B"]', '"', "a comma is missing"),
    ("registered = { from = 2015-01-01 until = 2016-01-01 }", "until =", "a comma is missing"),
    ("registration = 01234", "01234", "begins with 0 is text"),
    ("confirmed = True", "True", "yes is written true"),
    ("confirmed = yes", "yes", "yes is written true"),
    ("confirmed = No", "No", "no is written false"),
    (r'logo = "C:\Users\ann"', "\\", "a backslash has a meaning"),
    ("from = May 1", "May 1", "no day as TOML writes it"),
    ("from = 1 May 2026", "1 May 2026", "no day as TOML writes it"),
    ("from = 05/11/2026", "05/11/2026", "no day as TOML writes it"),
    ("from = 2026-5-1", "2026-5-1", "two digits"),
    ("needling = { from = 2018–05–01 }", "2018–05–01", "these are dashes"),
    ("from = 2026-02-30", "2026-02-30", "there is no such day"),
    ("[[practitioner]", "[[practitioner]", "a bracket is missing"),
    ("[clinic", "[clinic", "a bracket is missing"),
    ('name: "Ann Example"', ":", "not behind a colon"),
    ('name "Ann Example"', '"', "the = is missing"),
    ('IMS Acupuncture = "ims"', "IMS Acupuncture", "a name of several words"),
    ("name =", "", "nothing behind the ="),
    ("registered = {from = 2015-01-01}, {from = 2016-01-01}", ",", "several stand in a list"),
]


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ('name = "X"\n[clinic]', "line 3: [clinic] stands here a second time. Put both parts under one of them."),
        ('name = "X"\nname = "Y"', "line 3: this stands in the file already. Delete one of the two."),
        ('name = "X"\n[fee]\nx = 1\n[fee]', "line 5: [fee] stands here a second time. Write [[fee]]"),
        ('x = "a" "b"  # c, d', "line 2: a comma is missing."),
    ],
)
def test_what_stands_twice_and_what_stands_before_a_comment_is_named(lines: str, wrong: str) -> None:
    with pytest.raises(BillingError, match=re.escape(wrong)):
        parsed("clinic.toml", f"[clinic]\n{lines}\n")


@pytest.mark.parametrize(("line", "marked", "wrong"), LINES, ids=[line for line, _, _ in LINES])
def test_a_slip_in_toml_is_named_with_its_line_and_a_mark_below_it(line: str, marked: str, wrong: str) -> None:
    with pytest.raises(BillingError) as error:
        parsed("clinic.toml", f'[clinic]\n# a "comment", with 95,00 in it\n{line}\n')
    message, shown, below = str(error.value).splitlines()
    assert message.startswith("clinic.toml, line 3: ")
    assert wrong in message
    assert shown.strip() == line
    start = below.index("^") - 4
    assert line[start : start + len(marked)] == marked
    assert below.count("^") == max(1, len(marked))


@pytest.mark.parametrize(
    ("text", "line", "wrong"),
    [
        ('[practitioner]\nname = "A"\n[practitioner]\nname = "B"', 3, "[practitioner] stands here a second time"),
        ('name = "A"\nname = "B"', 2, "this stands in the file already"),
        ('[clinic]\naliases = ["A",\n"B"\n\n[[fee]]\namount = 95.00', 2, "the [ in this line is not closed"),
        (
            'headings = {\n"a" = "b"\n}',
            1,
            "{ and } have to stand on one line. For several lines, write [layout.headings]",
        ),
    ],
)
def test_a_slip_that_shows_itself_lines_later_is_named_where_it_is(text: str, line: int, wrong: str) -> None:
    with pytest.raises(BillingError) as error:
        parsed("clinic.toml", text)
    assert str(error.value).startswith(f"clinic.toml, line {line}: {wrong}")


def test_toml_without_a_slip_is_read_as_it_is() -> None:
    text = 'a = "95,00 “x” \\" y"\nb = [true, false]\nc = 2026-10-05\nd = {e = 1.50, f = \'C:\\x\'}\n'
    assert list(parsed("clinic.toml", text)) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_clinic_file_is_read_however_notepad_saved_it(tmp_path: Path, encoding: str) -> None:
    text = CLINIC.format(more="", clinic="").replace("Ann Example", "Zoé Example").replace("\n", "\r\n")
    assert text_of(text.encode(encoding)) == text
    path = tmp_path / "clinic.toml"
    path.write_bytes(text.encode(encoding))
    assert load(path).practitioners[0].name == "Zoé Example"


def october(folder: Path) -> list[str]:
    return [str(xlsx(folder, ENOUGH, "october.xlsx"))]


def lock(folder: Path) -> list[str]:
    october(folder)
    (folder / "~$october.xlsx").write_bytes(b"x")
    return [str(folder / "~$october.xlsx")]


def lock_of_a_long_name(folder: Path) -> list[str]:
    october(folder)
    (folder / "~$tober.xlsx").write_bytes(b"x")
    return [str(folder / "~$tober.xlsx")]


def nearly(folder: Path) -> list[str]:
    october(folder)
    return [str(folder / "octobre.xlsx")]


def another_clinics(folder: Path) -> list[str]:
    return [str(xlsx(folder, [{**each, "Practitioner": "Zed Other"} for each in ENOUGH], "october.xlsx"))]


def own(part: str) -> Callable[[Path], list[str]]:
    def made(folder: Path) -> list[str]:
        other = folder / "other"
        other.mkdir()
        clinic_file(other)
        Office(other).claim(PAT, HELD)
        return [str(other / "reports" / "2026-10" / part)]

    return made


AS_OF = ["--as-of", "2026-11-05"]
# The files given, the options, and what the message says.
TYPED: list[tuple[Callable[[Path], list[str]], list[str], list[str]]] = [
    (october, ["--month", "2026–10", *AS_OF], ["a dash as word processors write it", "type a hyphen: 2026-10"]),
    (october, ["--month", "2026—10", *AS_OF], ["type a hyphen: 2026-10"]),
    (october, ["--month", "October 2026", *AS_OF], ["is not a month", "write it as 2026-10"]),
    (october, ["--month", "10/2026", *AS_OF], ["write it as 2026-10"]),
    (october, ["—month", "2026-10", *AS_OF], ["Type two hyphens: --month"]),
    (october, ["--as-of", "05/11/2026"], ["leaves day and month open", "2026-05-11 or 2026-11-05"]),
    (october, ["--as-of", "25/11/2026"], ["write it as 2026-11-25"]),
    (october, ["--as-of", "2026–11–05"], ["type hyphens: 2026-11-05"]),
    *(
        (october, ["--month", month, *AS_OF], [f"'{month}' is not a month; write it as 2026-10"])
        for month in ("9999-12", "0001-01", "0000-05", "1999-12", "2100-01", "2026-13")
    ),
    *(
        (october, ["--as-of", day], [f"'{day}' is not a day; write it as 2026-11-05"])
        for day in ("9999-12-31", "0001-01-01", "1999-12-31", "2100-01-01", "2026-02-30")
    ),
    (october, ["--as-of", "2062-11-05"], ["--as-of 2062-11-05 is 36 years after 2026-10"]),
    (october, ["--as-of", "2006-11-05"], ["19 years before 2026-10"]),
    (october, ["--month", "2025-10", *AS_OF], ["No session lies in 2025-10. 4 of these are of 2026-10: did you mean"]),
    (another_clinics, AS_OF, ["No practitioner in these files is in clinic.toml", "another clinic's export?"]),
    (lock, AS_OF, ["october.xlsx is open in Excel"]),
    (lock_of_a_long_name, AS_OF, ["october.xlsx is open in Excel"]),
    (nearly, AS_OF, ["there is no such file. Did you mean october.xlsx?"]),
    (own("claim-summary-2026-10.xlsx"), AS_OF, ["claim-summary-2026-10.xlsx", "this program wrote"]),
    (own("claims-2026-10.csv"), AS_OF, ["claims-2026-10.csv", "this program wrote"]),
    (own("insurers/sun-life-2026-10.xlsx"), AS_OF, ["sun-life-2026-10.xlsx", "this program wrote"]),
]


@pytest.mark.parametrize(("files", "options", "words"), TYPED, ids=[" ".join(w)[:50] for _, _, w in TYPED])
def test_a_slip_is_named_and_nothing_is_written(
    tmp_path: Path, files: Callable[[Path], list[str]], options: list[str], words: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    clinic_file(tmp_path)
    given = files(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IMS_BILLING_CLINIC", raising=False)
    done = CliRunner(env={"COLUMNS": "300", "TERM": "dumb"}).invoke(app, ["claim", *given, *options])
    assert done.exit_code == 2, done.output
    message = " ".join(done.output.replace("│", " ").split())
    for word in words:
        assert word in message
    assert not (tmp_path / "ims-billing.sqlite").exists()
    assert not (tmp_path / "reports").exists()


def test_in_the_wrong_folder_claim_says_where_it_looked_and_where_a_setup_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here = tmp_path / "clinic", tmp_path / "clinic" / "downloads"
    here.mkdir(parents=True)
    clinic_file(home)
    sessions = xlsx(here, ENOUGH)
    monkeypatch.chdir(here)
    monkeypatch.delenv("IMS_BILLING_CLINIC", raising=False)
    done = CliRunner(env={"COLUMNS": "300"}).invoke(app, ["claim", sessions.name, *AS_OF])
    assert done.exit_code == 2
    message = " ".join(done.output.split())
    assert f"in {here}" in message
    assert f"There is one in {home}" in message


def test_a_month_sent_before_the_program_came_may_be_any_time_ago(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    old = [{**each, "Service Date": dt.date(2022, 10, 7)} for each in ENOUGH]
    given = [str(xlsx(tmp_path, old)), "--clinic", str(tmp_path / "clinic.toml"), *AS_OF]
    assert CliRunner().invoke(app, ["claim", *given]).exit_code == 2
    assert CliRunner().invoke(app, ["claim", *given, "--already-sent"]).exit_code == 0


# The first and the last days of the calendar, and of those that a patient can have lived.
ENDS = (
    "0001-01-01", "1900-12-31", "1901-01-01", "2199-12-31", "2199-12-31T23:59-12:00", "9999-12-31", "9999-12-31 24:00",
)  # fmt: skip
ALL_DAYS = "from = 0001-01-01\nuntil = 9999-12-31\n"
PLANS = f"""
[[limit]]
insurer = "Sun Life"
visits = 90
weeks_after_accident = 520
{ALL_DAYS}
[[coverage]]
insurer = "Sun Life"
percent = 80
{ALL_DAYS}
[[insurer]]
name = "GMS"
claim_within_days = 3660
"""


def test_a_day_at_the_ends_of_the_calendar_is_no_fault_of_the_program_wherever_it_is_typed(tmp_path: Path) -> None:
    setup = clinic_file(tmp_path, PLANS)
    registered = ALL_DAYS.strip().replace("\n", ", ")
    setup.write_text(setup.read_text(encoding="utf-8").replace("from = 2015-01-01", registered), encoding="utf-8")
    typed = [(date, day) for date in ("Service_Date", "Birth_Date", "Accident_Date") for day in ENDS]
    rows = [row(Patient=f"{'Pat ' * n}Madeup", Insurer="GMS", **{date: day}) for n, (date, day) in enumerate(typed, 1)]
    sessions, text = xlsx(tmp_path, [row(), *rows]), csv_file(tmp_path, [row(), *rows])
    day, of_month = ("--as-of", "2026-11-25"), ("--month", "2026-10")

    assert run(tmp_path, "check", str(text), *day).exit_code == 1
    assert run(tmp_path, "claim", str(sessions), *of_month, *day).exit_code == 0
    summary = tmp_path / "reports/2026-10/claim-summary-2026-10.xlsx"
    book = load_workbook(summary)
    top, columns = table(book["Needs attention"], "Correct value", "Kind")
    kinds = [line[columns["Kind"] - 1].value for line in book["Needs attention"].iter_rows(min_row=top + 1)]
    unread = [number for number, kind in enumerate(kinds, start=top + 1) if kind == "unreadable-service-date"]
    for number, corrected in zip(unread, (ENDS[0], ENDS[2], ENDS[3], ENDS[-1]), strict=True):
        book["Needs attention"].cell(number, columns["Correct value"], corrected)
    book.save(summary)
    assert run(tmp_path, "claim", str(sessions), *of_month, *day).exit_code == 0
    lines = [paid("2026-10-SUNL-0001", 1, Payment_Number=f"P{day}", Payment_Date=day) for day in ENDS]
    lines += [paid("", 1, Payment_Number=f"S{day}", Service_Date=day, Insurer="GMS") for day in ENDS]
    lines += [paid("", 1, Payment_Number=f"U{day}", Period_From=day, Period_Until=day, Insurer="GMS") for day in ENDS]
    assert run(tmp_path, "reconcile", str(csv_file(tmp_path, lines, "paid.csv")), *day).exit_code == 1
    assert run(tmp_path, "aging", *day).exit_code == 0
