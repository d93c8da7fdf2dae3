"""Titles, group headings and second tables that say a status or that something was billed hold the rows below them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ims_billing.clinic.clinic import Clinic
from ims_billing.month.prepare import Scope, prepare_month
from tests.practice import AS_OF, MONTH, csv_text, outcomes, practice, read_texts, tag
from tests.test_statuses import NEEDED

HEADER, ROW = csv_text([NEEDED]).splitlines()
SECOND = ROW.replace("Pat", "Robin")
TELLING = ["CANCELLED / NO SHOW", "Already billed", "Cancelled,,,,,,", "No shows: no show", "Claims sent to Sun Life",
           "DO NOT BILL", "Annulés - annulé", "Paid", "Cancelled,3",
           "Self-pay patients", "Out of pocket", "Duplicates", "Remboursements",
           "No needling", "Not yet arrived", "Pas encore arrivés", "Packages", "Pending", "Unconfirmed",
           "Not billable", "DNB", "Hold", "NS", "Cash", "Excluded", "Ignore below", "Fee waived,2"]  # fmt: skip
SILENT = ["Ann Example", "Sun Life", "Sessions of October 2026", "To be billed", "Not billed", "Attended", "Week 41",
          "Not yet billed", "A. Example, PT", "Ann Example / Ben Sample", "Ann Example: 12 visits", "SLF",
          "Sun Life claims", "Sun Life patients (12)", "Johnson Madeup", "Hillside",
          "Physio only", "Moved here from Excel"]  # fmt: skip
# Lines that name somebody else, or another payer, than the row below them.
OF_OTHERS = ["Ben Sample", "Carla Specimen (RMT)", "Ann Example (RMT)", '"Sample, Ben - October"', "ICBC",
             "WorkSafeBC claims", "Manulife", "Payer: Manulife", "MVA patients",
             "Motor vehicle accidents (ICBC)"]  # fmt: skip


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return practice(tmp_path_factory.mktemp("practice"))


def claimed(clinic: Clinic, *files: Sequence[str]) -> list[list[str]]:
    """By file of one month, the outcome of each session; that of a heading which counts as a row is left out.

    Each file has patients of its own.
    """
    texts = [("\n".join(lines) + "\n").replace("Madeup", f"Madeup-{tag(n)}") for n, lines in enumerate(files)]
    month = prepare_month(read_texts(clinic, *texts), Scope(clinic, month=MONTH, as_of=AS_OF))
    read = zip(month.sessions["file"], outcomes(month), month.sessions["patient"], strict=True)
    by_file: dict[str, list[str]] = {f"{number}.csv": [] for number in range(1, len(files) + 1)}
    for file, outcome, who in read:
        if "Madeup" in who:
            by_file[file].append(outcome)
    return list(by_file.values())


def test_rows_below_a_telling_line_are_held_until_the_next_line(clinic: Clinic) -> None:
    after = [[HEADER, ROW, line, SECOND] for line in TELLING]
    after += [[HEADER, ROW, "", line, HEADER, SECOND] for line in TELLING]
    between = [[HEADER, line, ROW, "Ann Example", SECOND] for line in TELLING]
    became = list(zip([*after, *between], claimed(clinic, *after, *between), strict=True))
    assert [lines for lines, outcome in became[: len(after)] if outcome != ["claimed", "held"]] == []
    assert [lines for lines, outcome in became[len(after) :] if outcome != ["held", "claimed"]] == []


def test_a_title_speaks_of_every_row(clinic: Clinic) -> None:
    titles = ["Cancelled", "Already billed", "Sessions that were sent"]
    files = [[line, HEADER, ROW, "Ann Example", SECOND] for line in titles]
    assert claimed(clinic, *files) == [["held", "held"]] * len(titles)


def test_other_titles_and_headings_hold_nothing(clinic: Clinic) -> None:
    files = [[line, HEADER, ROW, line, SECOND] for line in SILENT]
    became = zip(SILENT, claimed(clinic, *files), strict=True)
    assert [line for line, outcome in became if outcome != ["claimed", "claimed"]] == []


def test_rows_below_a_line_that_names_somebody_else_or_another_payer_are_held(clinic: Clinic) -> None:
    files = [[HEADER, ROW, line, SECOND, "Ann Example", ROW.replace("Pat", "Kim")] for line in OF_OTHERS]
    became = zip(OF_OTHERS, claimed(clinic, *files), strict=True)
    assert [line for line, outcome in became if outcome != ["claimed", "held", "claimed"]] == []


def test_a_line_that_ends_a_group_says_nothing_of_the_next_one(clinic: Clinic) -> None:
    third, fourth = ROW.replace("Pat", "Kim"), SECOND.replace("Ann Example", "Ben Sample").replace("Robin", "Lee")
    fifth = fourth.replace("Sun Life", "Manulife").replace("Lee", "Jo")
    ends = ["Ann Example (2)", "End of Ann Example", "Sun Life", "Sun Life: 2 visits"]
    files = [[HEADER, ROW, third, end, fifth if "Sun" in end else fourth] for end in ends]
    assert claimed(clinic, *files) == [["claimed", "claimed", "claimed"]] * len(files)


def test_a_line_is_no_news_above_rows_of_whom_it_names(clinic: Clinic) -> None:
    of_icbc = SECOND.replace("Sun Life", "ICBC")
    intake = read_texts(clinic, "\n".join([HEADER, "MVA patients", of_icbc, "ICBC", of_icbc, "Sun Life", ROW]) + "\n")
    assert intake.cell_findings.empty
    intake = read_texts(clinic, "\n".join([HEADER, ROW, "ICBC", SECOND, "Ben Sample", SECOND]) + "\n")
    assert list(intake.cell_findings["column"]) == ["insurer", "practitioner"]


def test_a_title_with_the_name_of_the_clinics_owner_holds_nothing(clinic: Clinic) -> None:
    assert claimed(clinic, ["Ben Sample Physiotherapy", HEADER, ROW]) == [["claimed"]]


def test_totals_and_notes_below_the_table_hold_nothing(clinic: Clinic) -> None:
    lines = [HEADER, ROW, SECOND, "Total billed,,,,,,190.00", "3 cancelled visits"]
    assert claimed(clinic, lines) == [["claimed"] * 2]


def test_a_row_in_one_cell_is_held_on_its_line(clinic: Clinic) -> None:
    for line in (f'"{SECOND}"', SECOND.replace(",", ";"), SECOND.replace(",", "|"), SECOND.replace(",", "\t")):
        intake = read_texts(clinic, "\n".join([HEADER, ROW, line]) + "\n")
        assert (list(intake.sessions["row"]), intake.files[0].asides) == ([2, 3], ())
        assert outcomes(prepare_month(intake, Scope(clinic, month=MONTH, as_of=AS_OF))) == ["claimed", "held"]
        assert "unreadable-cell" in set(intake.cell_findings.loc[intake.cell_findings["session"] == 1, "kind"])
