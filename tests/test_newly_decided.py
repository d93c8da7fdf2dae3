"""Which typed words count, which are old, and which would overrule a later decision: by frames alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from ims_billing.reading.decision_words import decision_word
from ims_billing.sessions.newly_decided import SavedSummary, counts_of, never_read, newly_decided
from ims_billing.vocabulary.decision_keys import LineKey, decision_mark, line_key
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import DECISIONS, EARLIER, TYPED, Column, as_frame

MONTH, SESSION, KIND, NOW = "2026-10", "ab12cd34ef56", "tax-on-session", "11aa22bb"
NOTHING = ("", "", "", "")
BILL, NEVER, LATER = ("Bill", "", "", ""), ("Do not bill", "", "R. Manager", ""), ("Later", "", "", "waits")


def of(columns: tuple[Column, ...], **cells: Any) -> dict[str, Any]:
    """One row of a frame, each cell empty but for these."""
    blank = {"str": "", "datetime64[us]": pd.NaT, "int64": 0, "Int64": pd.NA, "bool": False}
    return {column.name: cells.get(column.name, blank[column.dtype]) for column in columns}


def line(session: str = SESSION, month: str = MONTH, fingerprint: str = NOW) -> pd.DataFrame:
    return as_frame([of(EARLIER, month=month, session=session, kind=KIND, fingerprint=fingerprint)], EARLIER)


def history(*decided: tuple[str, str, str, str], fingerprint: str = NOW) -> pd.DataFrame:
    """Decisions on the ledger, one a day from 2026-11-01."""
    names = ("decision", "correct_value", "decided_by", "note")
    rows = [
        of(DECISIONS, month=MONTH, session=SESSION, kind=KIND, fingerprint=fingerprint,
           decided_on=pd.Timestamp(2026, 11, day), **dict(zip(names, words, strict=True)))
        for day, words in enumerate(decided, start=1)
    ]  # fmt: skip
    return as_frame(rows, DECISIONS)


def typed(words: tuple[str, ...], key: str, session: str = SESSION, shown: tuple[str, str] = ("", "")) -> pd.DataFrame:
    return as_frame([("summary.xlsx, Needs attention, row 4", f"{session}{key}", KIND, *words, *shown)], TYPED)


def shows(words: tuple[str, ...], fingerprint: str = NOW) -> str:
    """The end of a key in a workbook that shows these words."""
    return f"-{fingerprint}-{decision_mark(words, fingerprint)}"


OLDER = "is older than the decision read on"
TABLE: list[tuple[str, tuple[Any, ...], str, tuple[str, ...], str]] = [
    # what it is: decided before, the workbook's key, what stands in it, what comes of it
    ("an empty line of a workbook that showed nothing", (), shows(NOTHING), NOTHING, "nothing"),
    ("words in it", (), shows(NOTHING), BILL, "new"),
    ("the same words in the workbook that shows them", (BILL,), shows(BILL), BILL, "nothing"),
    ("they are taken back", (BILL,), shows(BILL), NOTHING, "new"),
    ("they are changed", (BILL,), shows(BILL), NEVER, "new"),
    ("an older copy is empty", (BILL,), shows(NOTHING), NOTHING, "nothing"),
    ("an older copy says the same", (BILL,), shows(NOTHING), BILL, "nothing"),
    ("an older copy says otherwise", (BILL,), shows(NOTHING), NEVER, OLDER),
    ("an older copy that showed an earlier decision is emptied", (BILL, NEVER), shows(BILL), NOTHING, "nothing"),
    ("an older copy still shows it", (BILL, NEVER), shows(BILL), BILL, "nothing"),
    ("an older copy is changed to what stands", (BILL, NEVER), shows(BILL), NEVER, "nothing"),
    ("an older copy is changed to something else", (BILL, NEVER), shows(BILL), LATER, OLDER),
    ("what was decided later was taken back again", (BILL, NOTHING), shows(NOTHING), NEVER, "new"),
    ("the decision was about the session as it was", (BILL,), shows(NOTHING, "99ff99ff"), NEVER, "new"),
    # Versions of before kept no mark: there the workbook that was written last counts by its emptiness too.
    ("without a mark, words", (), f"-{NOW}", BILL, "new"),
    ("without a mark, words that were read before", (BILL, NEVER), f"-{NOW}", BILL, "nothing"),
    ("without a fingerprint, words", (), "", BILL, "new"),
]


@pytest.mark.parametrize(("before", "key", "words", "outcome"), [case[1:] for case in TABLE], ids=[c[0] for c in TABLE])
def test_what_counts_and_what_is_refused(
    before: tuple[Any, ...], key: str, words: tuple[str, ...], outcome: str
) -> None:
    def read(**more: Any) -> pd.DataFrame:
        day = dt.date(2026, 11, 9)
        saved = SavedSummary(MONTH, typed(words, key), fresh=False)
        return newly_decided(saved, line(), history(*before), on=day, **more)

    if outcome == OLDER:
        with pytest.raises(BillingError, match=rf"row 4: .*{OLDER} 2026-11-0{len(before)}") as refused:
            read()
        assert "R. Manager" in str(refused.value) or before[-1] != NEVER, "it says whose decision it is"
        outcome = "new"
    new = read(overrule=True)
    assert [tuple(row) for row in new[["decision", "correct_value", "decided_by", "note"]].to_numpy()] == (
        [words] if outcome == "new" else []
    )


NEVER_READ = [
    ("typed in a copy", (), shows(NOTHING), BILL, 1),
    ("nothing is typed", (BILL,), shows(BILL), NOTHING, 0),
    ("the workbook showed it", (BILL,), shows(BILL), BILL, 0),
    ("it is in force", (BILL,), shows(NOTHING), BILL, 0),
    ("it was overruled since", (BILL, NEVER), shows(NOTHING), BILL, 0),
    ("a later one was read, and this never", (NEVER,), shows(NOTHING), BILL, 1),
    ("it was read of the session as it was before", (BILL,), shows(NOTHING, "99ff99ff"), BILL, 1),
    ("a first version's key, read", (BILL,), "", BILL, 0),
    ("a first version's key, not read", (), "", BILL, 1),
]


@pytest.mark.parametrize(
    ("before", "key", "words", "count"), [case[1:] for case in NEVER_READ], ids=[c[0] for c in NEVER_READ]
)
def test_what_no_decision_ever_had_was_never_read(
    before: tuple[Any, ...], key: str, words: tuple[str, ...], count: int
) -> None:
    assert never_read(typed(words, key), history(*before)) == count


def test_an_emptied_line_without_a_mark_counts_in_the_workbook_that_was_written_last() -> None:
    def read(*, fresh: bool) -> pd.DataFrame:
        saved = SavedSummary(MONTH, typed(NOTHING, f"-{NOW}"), fresh)
        return newly_decided(saved, line(), history(BILL), on=dt.date(2026, 11, 9))

    assert counts_of(read(fresh=True)) == {"emptied": 1}
    assert read(fresh=False).empty


def test_all_that_is_refused_is_named_at_once() -> None:
    both = pd.concat([typed(BILL, shows(NOTHING), "ffff"), typed(NEVER, shows(NOTHING))], ignore_index=True)
    with pytest.raises(BillingError) as refused:
        newly_decided(SavedSummary(MONTH, both, fresh=False), line(), history(BILL), on=dt.date(2026, 11, 9))
    assert len(str(refused.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("shown", "fingerprint", "refused"),
    [
        (("Pat Madeup", "2026-10-07"), NOW, False),
        (("Madeup, Pat", ""), NOW, False),
        (("", "07/10/26"), NOW, False),  # a day as another program writes it
        (("Kim Madeup", "2026-10-07"), NOW, True),
        (("Pat Madeup", "2026-10-08"), NOW, True),
        (("Pat Madeup", "2026-10-08"), "before", False),  # it showed the session as it was
    ],
)
def test_a_line_that_shows_another_session_is_refused(
    shown: tuple[str, str], fingerprint: str, *, refused: bool
) -> None:
    open_line = line().assign(patient="Pat Madeup", service_date=pd.Timestamp(2026, 10, 7))
    saved = SavedSummary(MONTH, typed(BILL, shows(NOTHING, fingerprint), shown=shown), fresh=False)
    if refused:
        with pytest.raises(BillingError, match="sorted without the others"):
            newly_decided(saved, open_line, history(), on=dt.date(2026, 11, 9))
    else:
        assert len(newly_decided(saved, open_line, history(), on=dt.date(2026, 11, 9))) == 1


def test_decisions_are_counted_by_what_they_say() -> None:
    rows = history(BILL, BILL, NEVER, ("", "95.00", "", ""), ("", "", "", "asked her"), NOTHING)
    assert counts_of(rows) == {
        "bill": 2, "do not bill": 1, "correct value": 1, "note only": 1, "emptied": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "key", [LineKey("ab"), LineKey("ab", "cd"), LineKey("ab", "cd", "0"), LineKey("ab", "cd", "ef")]
)
def test_keys_are_read_as_they_are_written(key: LineKey) -> None:
    assert line_key(key.text()) == key


@pytest.mark.parametrize(
    ("word", "typed_words"),
    [
        ("Bill", ["Bill", " BILL ", "bill it.", "yes bill", "à facturer", "FACTURER!"]),
        ("Do not bill", ["do not  bill", "Don't bill", "don’t bill", "DONT BILL", "Ne pas facturer"]),
        ("Later", ["later", "Later.", "not yet", "plus tard", "On hold", "wait"]),
        ("", ["", "  "]),
    ],
)
def test_usual_words_in_english_and_french_mean_a_decision(word: str, typed_words: list[str]) -> None:
    assert {decision_word(each) for each in typed_words} == {word}


@pytest.mark.parametrize(
    "word",
    [
        *("maybe", "bill?", "?", "x", "95.00", "bill do not", "yes no"),
        # A manager writes OK for "seen", and answers the question that the problem puts.
        *("OK", "okay", "yes", "y", "oui", "no", "N", "non", "do not", "don't", "no bill", "do not claim"),
    ],
)
def test_words_that_may_mean_something_else_are_no_decision(word: str) -> None:
    assert decision_word(word) is None
