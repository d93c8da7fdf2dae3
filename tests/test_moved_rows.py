"""Spoiled text files: no variant gives a wrong claim, and every session is claimed, held or named."""

from __future__ import annotations

import csv
import datetime as dt
import io
import operator
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from ims_billing.clinic.clinic import Clinic
from ims_billing.month.prepare import Month, Scope, prepare_month
from ims_billing.reading.code_pages import decode
from ims_billing.reading.intake import read_files
from tests.practice import AS_OF, MONTH, outcomes, practice, tag, xlsx_cells
from tests.spoiled import Ending, Practice

HEADER = (
    "Session ID,Service Date,Start,End,Patient,Birth Date,Practitioner,Service,Visit,Status,Insurer,Policy Number,"
    "Member ID,Relationship,Fee,Notes"
)
ROWS = [
    "S1,2026-10-06,09:00,09:45,Ada Madeup,1980-01-01,Ann Example,IMS,Subsequent,Arrived,Sun Life,012345,"
    "0067890,Self,95.00,ok",
    'S2,2026-10-07,09:00,09:45,"Invented, Bob",1981-02-03,Ann Example,IMS,Subsequent,Arrived,Pacific Blue Cross,022345,'
    '0067891,Self,95.00,"knee, back"',
    "S3,2026-10-08,09:00,09:45,Cy Pretend,1982-03-04,Ann Example,IMS,Subsequent,Arrived,Sun Life,012346,"
    "0067892,Self,95.00,",
    "S4,2026-10-09,09:00,09:45,Dee Nobody,1983-04-05,Ann Example,IMS,Subsequent,Arrived,Sun Life,032345,"
    "0067893,Self,95.00,x",
]
CLEAN = "\n".join([HEADER, *ROWS]) + "\n"


def month_of(tmp_path: Path, content: str | bytes, clinic: Clinic) -> Month:
    path = tmp_path / "sessions.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return prepare_month(read_files([path], clinic), Scope(clinic, month=MONTH, as_of=AS_OF))


def structural() -> Iterator[tuple[str, str]]:
    """Copies of the clean file in which one separator, quotation mark or line end is added or lost."""
    for place, character in enumerate(CLEAN):
        for sign in ',;"\n\r\t':
            yield f"{sign!r} inserted at {place}", CLEAN[:place] + sign + CLEAN[place:]
            if character != sign:
                yield f"{sign!r} for {character!r} at {place}", CLEAN[:place] + sign + CLEAN[place + 1 :]
        # The comma of "Invented, Bob" is no separator, and its loss is a slip that nobody can tell.
        if character in ',"\n' and CLEAN[place : place + 2] != ", ":
            yield f"{character!r} deleted at {place}", CLEAN[:place] + CLEAN[place + 1 :]


def slips() -> Iterator[tuple[str, str]]:
    """Copies with a content edit: one letter or digit changed, left out or typed twice within a cell."""
    for place, character in enumerate(CLEAN):
        if character.isalnum():
            other = ("37"[character == "3"]) if character.isdigit() else "X" if character.isupper() else "x"
            for name, typed in ((f"{other} for", other), ("left out:", ""), ("twice:", character * 2)):
                yield f"{name} {character} at {place}", CLEAN[:place] + typed + CLEAN[place + 1 :]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Practice:
    return Practice(tmp_path_factory.mktemp("practice"))


def wrong_or_lost(many: Practice, copies: Sequence[tuple[str, str | bytes]], *, cells: int = 0) -> list[str]:
    """The copies with a claim that differs from each clean claim in more than so many cells, or that lose a session."""
    clean, *endings = many.endings([CLEAN, *(content for _, content in copies)])
    return faults_of(clean, {name: ending for (name, _), ending in zip(copies, endings, strict=True)}, cells=cells)


def faults_of(clean: Ending, endings: Mapping[str, Ending], *, cells: int = 0) -> list[str]:
    """What is wrong with each copy; a lost session is neither claimed, held, skipped with a reason, nor refused."""
    assert len(clean.claims) == len(ROWS)
    faults = []
    for name, ending in endings.items():
        differences = [
            min(sum(map(operator.ne, claim, own)) for own in clean.claims.values()) for claim in ending.claims.values()
        ]
        if any(count > cells for count in differences) or sum(map(bool, differences)) > 1:
            faults.append(f"wrong: {name}")
        # A slip in a date may be another month's date, which nobody can tell.
        moved = cells * [reason for *_, reason, _ in ending.rows].count("outside-month")
        if ending.lost(clean.claims) > moved:
            faults.append(f"lost: {name}")
        if len(set(ending.claims.values())) < len(ending.claims):
            faults.append(f"twice: {name}")
    return faults


def test_a_sign_too_many_or_too_few_makes_no_wrong_claim_and_loses_none(many: Practice) -> None:
    assert wrong_or_lost(many, random.Random(1).sample(list(structural()), 300)) == []


def test_a_slip_within_a_cell_changes_no_more_than_that_cell(many: Practice) -> None:
    assert wrong_or_lost(many, random.Random(1).sample(list(slips()), 200), cells=1) == []


@pytest.mark.long
def test_no_sign_and_no_slip_anywhere_makes_a_wrong_claim_or_loses_one(many: Practice) -> None:
    assert wrong_or_lost(many, list(structural())) == []
    assert wrong_or_lost(many, list(slips()), cells=1) == []


NOT_ATTENDED = {
    "Status": ("cancelled", "no show", "no-show", "refunded", "late cancel"),
    "Billed": ("yes", "billed", "sent"),
}


@pytest.mark.parametrize("heading", NOT_ATTENDED)
def test_no_slip_in_a_word_that_keeps_a_session_back_claims_it(tmp_path: Path, heading: str) -> None:
    """Every slip in every word is the session of a patient of its own, in one file; beside them one that is claimed."""
    words = NOT_ATTENDED[heading]
    edits = sorted(
        {w[:n] + other + w[n + 1 :] for w in words for n in range(len(w)) for other in ("", "x", "e", " ", w[n] * 2)}
    )
    assert len(edits) > 50
    column = CELLS[0].index(heading) if heading in CELLS[0] else len(CELLS[0])
    lines = [[*CELLS[0][:column], heading, *CELLS[0][column + 1 :]]]
    for number, edit in enumerate([*edits, ""]):
        day, hour = f"2026-10-{1 + number % 28:02}", f"{8 + number // 28:02}"
        own = [f"S{number}", day, f"{hour}:00", f"{hour}:45", f"Ada {tag(number)}", *CELLS[1][5:]]
        own[11:13] = [f"0{20000 + number}", f"00{80000 + number}"]
        lines.append([*own[:column], edit, *own[column + 1 :]])
    month = month_of(tmp_path, delimited(",", rows=lines), practice(tmp_path))
    assert list(month.claims["patient"]) == [f"Ada {tag(len(edits))}"]
    assert len(month.sessions) == len(edits) + 1


def written(heading: str, cell: str) -> str:
    """The clean file with this cell in its first row, under a heading that is added where there is none."""
    names, lines = HEADER.split(","), [ROWS[0].split(",")]
    if heading not in names:
        names.append(heading)
        lines[0].append(cell)
    else:
        lines[0][names.index(heading)] = cell
    others = [f"{line},no" if len(names) > len(HEADER.split(",")) else line for line in ROWS[1:]]
    return "\n".join([",".join(names), ",".join(lines[0]), *others]) + "\n"


@pytest.mark.parametrize(("cell", "held"), [("Plan9", 1), ("PLAN9", 1), ("PLAN7", 0)])
def test_an_insurers_name_with_a_digit_in_it_is_no_policy_number(tmp_path: Path, cell: str, held: int) -> None:
    clinic = practice(tmp_path, '[[insurer]]\nname = "Plan9"\ncode = "PLNI"\nrequires = []\n')
    month = month_of(tmp_path, written("Policy Number", cell), clinic)
    assert month.totals.counts["held"] == held


def test_digits_tell_a_practitioners_name_from_the_numbers_that_are_built_like_it(tmp_path: Path) -> None:
    """Numbers of one form are judged by one of them, unless a name in the clinic setup has that form."""
    clinic = practice(tmp_path, '[[practitioner]]\nname = "R2D2"\nprofession = "massage-therapist"\n')
    lines = [
        ROWS[0].replace("S1", f"S{n}").replace("012345", f"R{n % 10}D3").replace("10-06", f"10-{n}")
        for n in range(10, 30)
    ]
    month = month_of(tmp_path, "\n".join([HEADER, ROWS[1].replace("022345", "R2D2"), *lines]), clinic)
    assert month.totals.counts["held"] == 1


CELLS = list(csv.reader([HEADER, *ROWS]))


def delimited(
    mark: str, *, quoting: int = csv.QUOTE_MINIMAL, end: str = "\n", rows: Sequence[Sequence[str]] = ()
) -> str:
    """The clean file's rows, or these, with a separator, quotation marks and line ends of one's own."""
    sink = io.StringIO(newline="")
    csv.writer(sink, delimiter=mark, quoting=quoting, lineterminator=end).writerows(rows or CELLS)  # type: ignore[arg-type]
    return sink.getvalue()


def changed(row: int, column: str, cell: str) -> str:
    """The clean file with another cell."""
    rows = [list(cells) for cells in CELLS]
    rows[row][CELLS[0].index(column)] = cell
    return delimited(",", rows=rows)


def variants() -> Iterator[tuple[str, str | bytes]]:
    """The ways in which programs and people write the same table, and spoil it, as the Pollock benchmark lists them."""
    lines = CLEAN.splitlines()
    for mark in ",;\t|":
        yield f"separator {mark!r}", delimited(mark)
        yield f"separator {mark!r}, all in quotation marks", delimited(mark, quoting=csv.QUOTE_ALL)
    yield "CRLF", CLEAN.replace("\n", "\r\n")
    yield "CR", CLEAN.replace("\n", "\r")
    yield (
        "mixed line ends",
        "".join(line + end for line, end in zip(lines, ("\r\n", "\r", "\n", "\r\n", ""), strict=True)),
    )
    yield "no line end at the end", CLEAN.rstrip("\n")
    for page in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
        yield page, CLEAN.encode(page)
    yield "UTF-16 big endian with its mark", b"\xfe\xff" + CLEAN.encode("utf-16-be")
    yield "preamble", "Example Physiotherapy\nSessions\nOctober 2026\n" + CLEAN
    yield "wide preamble", "Example,Physiotherapy\nFrom,2026-10-01,To,2026-10-31\n\n" + CLEAN
    yield "footnotes", CLEAN + "\nPrinted on 5 November\nPage 1 of 1\n"
    yield "line of totals", CLEAN + "Total" + "," * 14 + "380.00,\n"
    yield "second table", CLEAN + "\nProduct,Sold,Price\nTape,2,9.00\nBand,1,15.00\n"
    yield (
        "second table of sessions with other columns",
        (CLEAN + "\nService Date,Patient,Practitioner,Service,Fee\n2026-10-12,Eve Other,Ann Example,IMS,95.00\n"),
    )
    yield "header over two rows", "Session,Service,,,,Birth,,,,,,Policy,Member,,,\n" + CLEAN
    halves = [name.split(" ", 1) for name in CELLS[0]]
    yield (
        "headings in two halves",
        delimited(",", rows=[[h[0] for h in halves], [h[1] if len(h) > 1 else "" for h in halves], *CELLS[1:]]),
    )
    yield "header again in the middle", "\n".join([*lines[:3], HEADER, *lines[3:]]) + "\n"
    yield "empty lines between", "\n\n".join(lines) + "\n\n"
    yield "lines of separators between", ("\n" + "," * 15 + "\n").join(lines) + "\n"
    yield "separator at each end", "".join(f"{line},\n" for line in lines)
    yield "separator at each row's end", lines[0] + "\n" + "".join(f"{line},\n" for line in lines[1:])
    yield "separator at some ends", "".join(line + "," * (n % 2) + "\n" for n, line in enumerate(lines))
    yield "value under a blank last heading", lines[0] + ",\n" + "".join(f"{line},void\n" for line in lines[1:])
    yield "marks doubled", CLEAN.replace('"', '""')
    yield "marks around a whole row", "\n".join([lines[0], f'"{lines[1]}"', *lines[2:]])
    yield "lone mark in a name", CLEAN.replace("Ada Mad", 'Ada "Mad')
    yield "mark that opens a cell", CLEAN.replace("Ada Mad", '"Ada Mad')
    yield "mark that is never closed", CLEAN + 'S5,2026-10-12,"never'
    yield "marks of another kind", CLEAN.replace('"', "'")
    yield "NUL in a name", CLEAN.replace("Ada", "A\0da")
    yield "NULs at the end", CLEAN.encode() + b"\0" * 40
    for column in ("Patient", "Policy Number", "Member ID", "Birth Date", "Service Date", "Service", "Insurer", "Fee"):
        for sign in ("\t", "\n", "\r\n", '"', "\x0b", ";", "\u2028"):
            cell = CELLS[1][CELLS[0].index(column)]
            yield f"{sign!r} within {column}", changed(1, column, cell[:2] + sign + cell[2:])
    for column in ("Policy Number", "Member ID"):
        yield f"space within {column}", changed(1, column, "012 345")
    for number in range(1, len(CELLS)):
        for place in range(len(CELLS[0])):
            row = CELLS[number]
            for name, spoiled in (
                ("one cell more", [*row[:place], "", *row[place:]]),
                ("one cell less", [*row[:place], *row[place + 1 :]]),
                ("two cells in one", [*row[:place], " ".join(row[place : place + 2]), *row[place + 2 :]]),
            ):
                rows = [*CELLS[:number], spoiled, *CELLS[number + 1 :]]
                yield f"{name} at {CELLS[0][place]} in row {number}", delimited(",", rows=rows)


# These are the same table, differently written: each session is claimed.
SAME = (
    *(f"separator {mark!r}{marks}" for mark in ",;\t|" for marks in ("", ", all in quotation marks")),
    *("CRLF", "CR", "mixed line ends", "no line end at the end", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"),
    *("UTF-16 big endian with its mark", "preamble", "wide preamble", "footnotes", "line of totals"),
    *("second table", "header over two rows", "header again in the middle", "empty lines between"),
    *("lines of separators between", "separator at each end", "separator at each row's end", "separator at some ends"),
)


def test_no_variant_of_a_file_makes_a_wrong_claim_or_loses_one(many: Practice) -> None:
    copies = dict(variants())
    assert len(copies) == len([*variants()]) > 200
    clean, *ends = many.endings([CLEAN, *copies.values()])
    endings = dict(zip(copies, ends, strict=True))
    assert faults_of(clean, endings) == []
    assert [name for name in SAME if endings[name].claims != clean.claims] == []


@pytest.mark.parametrize(
    ("line", "held"),
    [
        (ROWS[0].replace("09:00,09:45", "09:0009:45"), True),
        (ROWS[0].replace("Ada Madeup", "Madeup, Ada"), True),
        (ROWS[0].replace("Ada Madeup", "Madeup, Ada").replace("Self,", "Self"), True),
        (ROWS[0].replace("0067890", ""), False),
        (ROWS[2].removesuffix(","), False),
    ],
)
def test_a_row_is_held_where_its_cells_do_not_fit_and_not_where_the_last_are_left_out(
    tmp_path: Path, line: str, held: bool
) -> None:
    month = month_of(tmp_path, "\n".join([HEADER, line, *ROWS[1:2]]), practice(tmp_path))
    assert list(month.sessions["outcome"]) == ["held" if held else "claimed", "claimed"]
    assert not held or list(month.findings["kind"]) == ["unreadable-cell"]


ACCENTED = CLEAN.replace("Ada Madeup", "René Madeup").replace("Cy Pretend", "Hélène Côté")


@pytest.mark.parametrize(
    "page", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1", "mac_roman", "cp850"]
)
def test_accents_are_read_by_the_code_page_that_makes_words_of_them(page: str) -> None:
    assert decode(ACCENTED.encode(page)).text == ACCENTED


def test_utf_8_that_was_written_twice_is_turned_back() -> None:
    twice = ACCENTED.encode().decode("cp1252").encode()
    assert (decode(twice).text, bool(decode(twice).remark)) == (ACCENTED, True)


def test_accents_that_nothing_proves_are_warned_of_with_their_rows() -> None:
    unclear = decode(b"Patient\nPat\nA\x8d\x9d\xf0b\n")
    assert "row 3" in unclear.remark


def test_a_value_under_a_blank_last_heading_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sessions.csv"
    path.write_text("\n".join([f"{HEADER},", *(f"{line},void" for line in ROWS)]))
    (file,) = read_files([path], practice(tmp_path)).files
    assert [column.place for column in file.unread] == ["column Q"]


@pytest.mark.parametrize("inserted", [False, True])
def test_a_cell_deleted_or_inserted_in_a_workbook_makes_no_wrong_claim_and_loses_no_visit(
    tmp_path: Path, *, inserted: bool
) -> None:
    """Excel's "Shift cells left" and "right", at every column, each in a row of its own; cells have real types."""
    header = HEADER.split(",")
    rows = []
    for number in range(3 * len(header)):
        cells = next(csv.reader([ROWS[number % len(ROWS)]]))
        cells[0], cells[1], cells[4] = f"S{number}", f"2026-10-{1 + number % 28:02}", f"Pat {tag(number)}"
        cells[2:4] = [f"{8 + number // 28:02}:{minute}" for minute in ("00", "45")]
        cells[12] = f"00{67000 + number}"
        rows.append([_typed(name, cell) for name, cell in zip(header, cells, strict=True)])
    for place in range(len(header) - 1):
        own = rows[place]
        rows[place] = [*own[:place], "", *own[place:]] if inserted else [*own[:place], *own[place + 1 :], ""]
    clinic = practice(tmp_path)
    path = xlsx_cells(tmp_path, [header, *rows])
    month = prepare_month(read_files([path], clinic), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert dict(zip(header[:-1], outcomes(month), strict=False)) == dict.fromkeys(header[:-1], "held")
    if not inserted:
        assert set(outcomes(month)[len(header) - 1 :]) == {"claimed"}


def test_rows_of_a_workbook_below_other_headings_are_held(tmp_path: Path) -> None:
    header = HEADER.split(",")
    rows = [next(csv.reader([line])) for line in ROWS]
    swapped = [[*cells[:11], cells[12], cells[11], *cells[13:]] for cells in (header, rows[1])]
    month_file = xlsx_cells(tmp_path, [header, rows[0], *swapped, header, rows[2]])
    clinic = practice(tmp_path)
    month = prepare_month(read_files([month_file], clinic), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert outcomes(month) == ["claimed", "held", "held", "claimed"]


def _typed(name: str, cell: str) -> object:
    """A cell as somebody types it into Excel."""
    if name in ("Service Date", "Birth Date"):
        return dt.date.fromisoformat(cell)
    return float(cell) if name == "Fee" else cell
