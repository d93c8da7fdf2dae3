"""A list of policies: under whatever heading a policy's end stands, one that has ended lends nothing."""

from __future__ import annotations

import pytest

from ims_billing.clinic.clinic import Clinic
from ims_billing.month.prepare import Scope, prepare_month
from ims_billing.vocabulary.intake import Intake
from tests.practice import AS_OF, MONTH, csv_text, kinds, messages_of, practice, read_texts
from tests.test_statuses import NEEDED

POLICY = {"Patient": "Pat Madeup", "Insurer": "Sun Life", "Policy Number": "00123"}
# The visit is on 2026-10-07.
ENDED: list[tuple[str, str]] = [
    *((heading, "2026-09-30") for heading in ("Expires", "Valid To", "Termination Date", "Coverage End", "Closed On",
      "Closed Date", "Discharge Date", "Fin", "Cancelled", "Closed", "End Date", "Policy Expiry")),
    ("Coverage Start", "2026-11-01"), ("Closed", "Yes"), ("Closed", "x"), ("Inactive", "Yes"), ("Inactive", "?"),
    ("Active", "No"), ("Active", "FALSE"), ("Active", "0"), ("Active", "No?"), ("Active", "✗"), ("Archived", "true"),
    ("Claim Status", "Closed"), ("Status", "Closed"), ("Status", "whatever"), ("Status", "Open?"),
    ("Expires", "some day"), ("Policy closed", "yes"),
]  # fmt: skip
IN_FORCE: list[tuple[str, str]] = [
    *(("Status", word) for word in ("Approved", "New", "In progress", "Open", "Active", "", "-")),
    ("Closed", "No"), ("Closed", ""), ("Inactive", "FALSE"), ("Active", "Yes"), ("Active", "1"), ("Active", "✓"),
    ("Expires", "2026-10-07"), ("Cancelled", "2026-12-31"), ("Coverage Start", "2026-10-07"), ("Archived", "false"),
]  # fmt: skip


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return practice(tmp_path_factory.mktemp("practice"))


def read(clinic: Clinic, **cells: str) -> Intake:
    session = csv_text([{**NEEDED, "Policy Number": ""}])
    return read_texts(clinic, session, csv_text([{**POLICY, **cells}]))


@pytest.mark.parametrize(("heading", "cell"), ENDED)
def test_a_policy_that_has_ended_lends_no_number(clinic: Clinic, heading: str, cell: str) -> None:
    intake = read(clinic, **{heading: cell})
    stops = bool(intake.files[1].doubtful)
    assert (list(intake.sessions["policy"]), stops) in (([""], False), (["00123"], True))
    assert not stops or heading == "Policy closed"


@pytest.mark.parametrize(("heading", "cell"), IN_FORCE)
def test_a_policy_in_force_lends_its_number(clinic: Clinic, heading: str, cell: str) -> None:
    intake = read(clinic, **{heading: cell})
    assert (list(intake.sessions["policy"]), intake.files[1].doubtful) == (["00123"], ())


def test_of_several_columns_each_can_end_a_policy(clinic: Clinic) -> None:
    for cells in (
        {"Status": "Open", "Active": "No"},
        {"Status": "Open", "Expires": "2026-12-31", "Closed On": "2026-09-01"},
        {"Status": "Active", "Claim Status": "Closed"},
    ):
        assert list(read(clinic, **cells).sessions["policy"]) == [""]


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("Termination reason", "left the job"),
        ("Last day of coverage", "2026-09-30"),
        ("Zeta", "Cancelled"),
        ("Open", "no"),
        # It is a list of what is owed: its claim numbers are no payer's file numbers.
        ("Balance", "80.00"),
        ("Invoice", "1531"),
    ],
)
def test_an_unread_column_on_a_policys_end_stops_the_claim(clinic: Clinic, heading: str, cell: str) -> None:
    assert [column.heading for column in read(clinic, **{heading: cell}).files[1].doubtful] == [heading]


def test_other_unread_columns_of_policies_stop_nothing(clinic: Clinic) -> None:
    cells = {"Adjuster": "Sam Invented", "Next Appointment": "2026-11-01", "Notes": "call first", "Coverage %": "80"}
    assert read(clinic, **cells).files[1].doubtful == ()
    assert read(clinic, **{"Termination reason": ""}).files[1].doubtful == ()


def stated(clinic: Clinic, session: dict[str, str], *policies: dict[str, str]) -> list[str]:
    """What speaks against a session with a number, or an insurer that requires none, beside these policies."""
    lines = [{**POLICY, "Member ID": "", "Expires": "", **policy} for policy in policies]
    intake = read_texts(clinic, csv_text([{**NEEDED, "Policy Number": "00123", **session}]), csv_text(lines))
    return [message.partition(") ")[2] for message in intake.cell_findings["message"]]


def test_a_visit_is_not_billed_to_a_policy_that_has_ended_in_silence(clinic: Clinic) -> None:
    ended, open_one = {"Expires": "2026-09-30"}, {"Policy Number": "00999"}
    not_in_force = ["this patient's policy with that insurer ended on 2026-09-30, before the visit."]
    assert stated(clinic, {}, ended) == not_in_force
    assert stated(clinic, {}, ended, open_one) == not_in_force
    assert stated(clinic, {}, {}) == stated(clinic, {"Policy Number": "777"}, ended) == []
    # A plan that requires no number: nothing else would say that the list has none in force, or several.
    unnumbered = {"Policy Number": "", "Insurer": "Canada Life"}
    of_it = {"Insurer": "Canada Life"}
    assert stated(clinic, unnumbered, {**ended, **of_it}) == not_in_force
    several = stated(clinic, unnumbered, of_it, {**of_it, **open_one})
    assert several == ["has several policies of this patient with that insurer, and the row names none."]
    assert stated(clinic, unnumbered, of_it) == []


WHY_NOT: list[tuple[list[dict[str, str]], str]] = [
    ([{"Status": "Closed"}], "is marked as closed, or a word for it is not known"),
    ([{"Expires": "2026-09-30"}], "ended on 2026-09-30, before the visit"),
    ([{"Coverage Start": "2026-11-01"}], "begins on 2026-11-01, after the visit"),
    ([{"Status": "Closed"}, {"Expires": "2026-09-30"}], "is not in force on that day, or a word for it is not known"),
]


@pytest.mark.parametrize(("policies", "why"), WHY_NOT)
def test_a_required_number_that_a_list_can_not_lend_says_why(
    clinic: Clinic, policies: list[dict[str, str]], why: str
) -> None:
    """Sun Life requires one. The line is skipped for the same reason, and nothing is said where another list has it."""
    lines = [{**POLICY, "Status": "", "Expires": "", "Coverage Start": "", **cells} for cells in policies]
    session, ended = csv_text([{**NEEDED, "Policy Number": ""}]), csv_text(lines)
    intake = read_texts(clinic, session, ended)
    month = prepare_month(intake, Scope(clinic, month=MONTH, as_of=AS_OF))
    assert messages_of(month, "missing-policy") == [
        f"By the list of policies (2.csv) this patient's policy with that insurer {why}. Sun Life requires a policy "
        "number, and the row has none."
    ]
    assert kinds(month) == ["missing-policy"]
    assert {aside.reason for aside in intake.files[1].asides} == {"not in force on the day of the visit"}
    intake = read_texts(clinic, session, ended, csv_text([{**POLICY, "Policy Number": "00999"}]))
    assert (list(intake.sessions["policy"]), list(intake.cell_findings["message"])) == (["00999"], [])
