"""Spoiled text files: no variant gives a wrong claim, and every session is claimed, held or named."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ims_billing.clinic.clinic import Clinic
from ims_billing.month.prepare import Month, prepare_month
from ims_billing.reading.code_pages import decode
from ims_billing.reading.intake import read_files
from ims_billing.vocabulary.errors import BillingError
from tests.practice import AS_OF, MONTH, practice

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
CLAIM = ("service_date", "patient", "birth_date", "practitioner", "insurer", "policy", "member", "fee_cents")


def month_of(tmp_path: Path, content: str | bytes, clinic: Clinic) -> Month:
    path = tmp_path / "sessions.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return prepare_month(read_files([path], clinic), clinic, month=MONTH, as_of=AS_OF)


def claims(month: Month) -> list[tuple[str, ...]]:
    return sorted(tuple(map(str, claim)) for claim in month.claims[list(CLAIM)].itertuples(index=False, name=None))


def mixed_up(variant: list[tuple[str, ...]], clean: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The claims that differ from every clean claim in more than one cell: no slip within one cell makes them."""
    return [c for c in variant if min(sum(a != b for a, b in zip(c, own, strict=True)) for own in clean) > 1]


def structural() -> Iterator[tuple[str, str]]:
    """Variants of the clean file in which a separator, a quotation mark or a line end is added or lost."""
    for place, character in enumerate(CLEAN):
        for sign in ',;"\n\r\t':
            yield f"{sign!r} inserted at {place}", CLEAN[:place] + sign + CLEAN[place:]
            if character != sign:
                yield f"{sign!r} for {character!r} at {place}", CLEAN[:place] + sign + CLEAN[place + 1 :]
        if character in ',"\n':
            yield f"{character!r} deleted at {place}", CLEAN[:place] + CLEAN[place + 1 :]


def judge(tmp_path: Path, variants: list[tuple[str, str]]) -> None:
    known = practice(tmp_path)
    clean = claims(month_of(tmp_path, CLEAN, known))
    assert len(clean) == 4
    ends: Counter[str] = Counter()
    wrong = []
    for name, content in variants:
        try:
            month = month_of(tmp_path, content, known)
        except BillingError:
            ends["refused"] += 1
            continue
        variant = claims(month)
        # A cell that a separator cuts or a slip shortens is held, or differs in that very cell.
        if mixed_up(variant, clean):
            wrong.append(name)
        not_billed = set(month.sessions.loc[month.sessions["outcome"] == "not_billed", "reason"])
        if "other-service" in not_billed or "self-pay" in not_billed:
            wrong.append(f"lost: {name}")
        ends["read"] += 1
    assert not wrong, f"{len(wrong)} of {len(variants)}: {wrong[:20]}"
    assert ends["read"]
    assert ends["refused"]


def test_a_sign_too_many_or_too_few_never_mixes_up_a_claim(tmp_path: Path) -> None:
    judge(tmp_path, random.Random(1).sample(list(structural()), 40))


@pytest.mark.long
def test_no_sign_anywhere_mixes_up_a_claim(tmp_path: Path) -> None:
    judge(tmp_path, list(structural()))


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
