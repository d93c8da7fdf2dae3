"""Who paid: what patients paid, and what the program did not read, is never posted to an insurer's claim."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.setup_file import load
from ims_billing.ledger.ledger import Ledger
from ims_billing.payments.payers import names_of_patients
from ims_billing.payments.payment import Line, Payment
from ims_billing.payments.posting import Recorded, reconciled
from ims_billing.payments.reasons import meaning_of
from ims_billing.reading.remittances import read_remittances
from ims_billing.vocabulary.spelling import numbered
from tests.practice import csv_file, examples, xlsx
from tests.remittances import PBC, SUN, SUN2, SUN3, paid, reconcile, results, six_claims

AS_OF = dt.date(2026, 11, 25)


class Books:
    """Six claims of $95, and what lines of a file would post to them; nothing is recorded."""

    def __init__(self, folder: Path) -> None:
        six_claims(folder)
        self.folder, self.clinic = folder, load(folder / "clinic.toml")
        ledger = Ledger(folder / "ims-billing.sqlite")
        with ledger.reading():
            patients = names_of_patients(ledger.claims.names())
            self.recorded = Recorded(ledger.claims.all(), ledger.payments.postings(), [], patients)

    def payments(self, path: Path, *, clinic: Clinic | None = None, accept: bool = False) -> list[Payment]:
        clinic = clinic or self.clinic
        lines, _ = read_remittances([path], clinic)
        return reconciled(lines, self.recorded, clinic, AS_OF, accept_overpayment=accept)

    def lines(self, rows: list[dict[str, Any]], *, accept: bool = False, workbook: bool = False) -> list[Line]:
        path = xlsx(self.folder, rows, "p.xlsx") if workbook else csv_file(self.folder, rows, "p.csv")
        lines = [line for payment in self.payments(path, accept=accept) for line in payment.lines]
        return sorted(lines, key=lambda line: line.row)


@pytest.fixture(scope="module")
def books() -> Books:
    return Books(Path(tempfile.mkdtemp()))


def visit(claim: str = "", cents: float | str = 95.0, **more: Any) -> dict[str, Any]:
    """A line of a list of payments, as a practice system writes it, with a visit of Uma Madeup."""
    line = {"Claim": claim, "Client": "Uma Madeup", "Date of Service": "2026-10-16", "Date Paid": "2026-11-02"}
    return {**line, "Amount Paid": cents, **{name.replace("_", " "): value for name, value in more.items()}}


BY_PATIENT = [
    ("Source", "Client payment"), ("Source", "Patient"), ("Source", "Self"), ("Source", "Madeup, Uma"),
    ("Payment Method", "Visa"), ("Payment Method", "VISA 4242"), ("Payment Method", "Cash"),
    ("Payment Method", "Debit"), ("Payment Method", "e-transfer"), ("Payment Method", "Interac E-Transfer"),
    ("Payment Method", "Credit Card (Mastercard)"), ("Payment Method", "Account credit"), ("Payment Type", "Client"),
    ("Paid By", "The client"), ("Paid From", "Patient"),
    ("Payer", "Patient"), ("Payer", "Client"), ("Payer", "Self"), ("Payer", "Uma Madeup"),
    ("Payer", "MADEUP, Uma"), ("Payer", "Sam Madeup"), ("Payer", "Out of pocket"),
    ("Description", "Visit of 16 October, paid by patient"), ("Description", "Visa"), ("Note", "Paid by Visa"),
    ("Card Type", "Mastercard"), ("Category", "Client payment"),
]  # fmt: skip


@pytest.mark.parametrize("claim", ["", SUN3], ids=["by the visit", "with our number"])
@pytest.mark.parametrize("more", [{}, {"Insurer Name": "Sun Life"}], ids=["", "beside the insurer"])
@pytest.mark.parametrize(("column", "cell"), BY_PATIENT)
def test_a_payment_by_the_patient_is_posted_to_no_claim(
    books: Books, column: str, cell: str, more: dict[str, Any], claim: str
) -> None:
    # Two columns of payers are refused.
    more = {} if column == "Payer" else more
    [line] = books.lines([visit(claim, **more) | {column: cell}])
    assert (line.result, line.postings, line.paid) == ("unmatched", (), 9_500)


def test_a_payment_by_the_patient_says_which_cell_shows_it(books: Books) -> None:
    cells = [("Source", "Self"), ("Payment Method", "Visa"), ("Payer", "Uma Madeup"), ("Description", "Visa"),
             ("Note", "Paid by Visa"), ("Card Type", "Mastercard")]  # fmt: skip
    shown = [books.lines([visit() | {column: cell}])[0].message for column, cell in cells]
    says = ("Source", "Payment Method", "Payer", "Description", "Reason", "a column that is not read")
    assert shown == [f"The patient paid this, and no insurer: {cell} says so." for cell in says]


TO_PATIENT = [
    ("Payee", "Member"), ("Payee", "Plan member"), ("Payee", "Uma Madeup"), ("Paid To", "Subscriber"),
    ("Pay To", "MADEUP, Uma"), ("Note", "Paid to plan member"), ("Note", "Cheque mailed directly to the member"),
    ("Description", "Payment made to the insured"), ("Note", "Reimbursed the patient"),
    ("Note", "Member reimbursed"), ("Note", "Pay member"), ("Note", "Payee: plan member"),
    ("Memo line", "Payé à l'assuré"), ("Bénéficiaire", "Adhérent"),
]  # fmt: skip


@pytest.mark.parametrize("claim", ["", SUN3], ids=["by the visit", "with our number"])
@pytest.mark.parametrize(("column", "cell"), TO_PATIENT)
def test_what_the_insurer_paid_to_the_patient_is_posted_to_no_claim(
    books: Books, column: str, cell: str, claim: str
) -> None:
    [line] = books.lines([visit(claim) | {column: cell}])
    assert (line.result, line.postings) == ("unmatched", ())
    assert line.message.startswith("The insurer paid the patient, and not the clinic: ")


def test_what_was_paid_to_the_patient_says_which_cell_shows_it(books: Books) -> None:
    cells = [("Pay To", "Member"), ("Note", "Paid to member"), ("Memo", "Paid to member"), ("Other", "Paid to member")]
    shown = [books.lines([visit() | {column: cell}])[0].message for column, cell in cells]
    says = ("Payee", "Reason", "Description", "a column that is not read")
    assert shown == [f"The insurer paid the patient, and not the clinic: {cell} says so." for cell in says]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("Payee", "Provider"), ("Bénéficiaire", "Fournisseur"), ("Assignment", "Yes"), ("Claim Status", "Paid"),
        ("Payee", "Example Physiotherapy"), ("Paid To", "Clinic"), ("Payee", "Ann Example"),
        ("Note", "Paid. Balance applied to patient"), ("Note", "Plan member: see booklet"),
        ("Note", "Payment received by EFT"),
        ("Note", "Payment: member portion excluded"), ("Description", "Cheque sent, member informed"),
        ("Description", "Paid; to be shared: member 20%"),
        ("Payment Method", "EFT"), ("Payment Method", "Cheque #123"), ("Payment Method", "Direct deposit"),
        ("Payment Method", "Insurance"), ("Source", "Insurance Payment"), ("Source", "Sun Life"),
        ("Source", "Sun Life - EFT"), ("Payer", "Sun Life"), ("Payer Type", "Third party"),
        ("Description", "Physiotherapy, patient visit"), ("Relationship", "Self"), ("Currency", "CAD"),
        ("Note", "Paid by EFT"), ("Eligible Amount", "95.00"), ("Total Paid", "95.00"), ("Deductible", "20.00"),
        ("Adjustment", "0.00"), ("Withheld", "-"), ("Invoice #", "1531"), ("Group", "00222"), ("% Paid", "80"),
    ],
)  # fmt: skip
def test_a_payment_by_the_insurer_is_posted(books: Books, column: str, cell: str) -> None:
    [line] = books.lines([visit() | {column: cell}])
    assert (line.result, [posting.claim for posting in line.postings]) == ("paid", [SUN3]), line.message


@pytest.mark.parametrize(
    ("column", "cell", "result"),
    [
        ("Payment Method", "Blorp", "ambiguous"), ("Source", "Somewhere", "ambiguous"),
        ("Source", "Client insurance", "ambiguous"), ("Source", "PBC", "unmatched"), ("Currency", "USD", "unmatched"),
        ("Adjustment", "-10.00", "ambiguous"), ("Withheld", "10", "ambiguous"), ("Total Paid", "76.00", "ambiguous"),
        ("Interest", "$1.05", "ambiguous"), ("Recovery", "(19.00)", "ambiguous"), ("", "-19.00", "ambiguous"),
        ("Status", "Denied", "ambiguous"), ("Status", "Not covered", "ambiguous"), ("Status", "Reversed", "ambiguous"),
        ("Status", "Unpaid", "unmatched"), ("Status", "In review", "unmatched"), ("Status", "Annulée", "ambiguous"),
        ("Note", "pd to member", "unmatched"), ("Paid to Member", "95.00", "ambiguous"),
        ("Claimed", "190.00", "ambiguous"), ("Claim Status", "Reversed", "ambiguous"), ("Action", "Blorp", "ambiguous"),
    ],
)  # fmt: skip
def test_what_may_be_another_amount_or_payer_is_held(books: Books, column: str, cell: str, result: str) -> None:
    claim = SUN3 if column == "Claimed" else ""
    [line] = books.lines([visit(claim) | {column: cell}])
    assert (line.result, line.held) == (result, True)


NO_MONEY = [
    "Cancelled", "Cancelled by provider", "Estimate", "Estimation", "Estimate only - not a payment", "Predetermination",
    "Stopped payment", "Stale dated cheque", "Recovered", "Information: the payment was a stopped payment",
]  # fmt: skip
UNCLEAR = ["Blorp", "Bouncing back", "No signature", "Non payé ici"]
LESS = [
    "Paid", "Annual limit", "Fee guide", "R&C", "XB", "Code 17", "EFT payment", "Deductible applied", "Paid in part",
    "The plan of this group has other terms", "Paid in 3 days as it was estimated", "Plafond annuel",
]  # fmt: skip


@pytest.mark.parametrize("reason", [*NO_MONEY, *UNCLEAR])
def test_a_reason_that_may_say_that_nothing_was_paid_holds_a_payment_and_no_refusal(books: Books, reason: str) -> None:
    [line] = books.lines([visit(cents=76.0, Reason=reason)])
    assert (line.result, line.postings) == ("ambiguous", ())
    assert line.message.startswith("It says that it is an estimate" if reason in NO_MONEY else "It pays something")
    [line] = books.lines([visit(cents=0, Reason=reason)])
    assert line.result == "denied"


@pytest.mark.parametrize("reason", LESS)
def test_a_reason_that_says_why_less_is_paid_is_posted(books: Books, reason: str) -> None:
    [line] = books.lines([visit(cents=76.0, Reason=reason)])
    assert [posting.paid for posting in line.postings] == [7_600], line.message


OTHERS = [
    ("Provider", "Carla Specimen"), ("Practitioner", "Specimen, Carla"), ("Therapist", "Nora Nobody"),
    ("Provider", "Nora Nobody Physiotherapy Inc."), ("Provider Name", "Massage Therapist"), ("Service", "Massage"),
    ("Service", "Registered Massage Therapist"), ("Treatment", "Acupuncture 30 min"), ("Benefit Type", "Chiropractor"),
    ("Service Description", "Custom orthotics"),
]  # fmt: skip
THEIRS = [
    ("Provider", "Ann Example"), ("Provider", "EXAMPLE, A"), ("Provider", "Ann Example PT"), ("Provider", "01234"),
    ("Provider", "Example Physiotherapy Inc."), ("Provider", "Physiotherapist"), ("Provider", "Yes"),
    ("Service", "IMS"), ("Service", "Physiotherapy - subsequent"), ("Service", "Paramedical"), ("Service", "97810"),
    ("Service", "Physiotherapy or massage"), ("Benefit Type", "Dry needling and acupuncture"), ("Service", "Needling"),
]  # fmt: skip


@pytest.mark.parametrize("claim", ["", SUN3], ids=["by the visit", "with our number"])
@pytest.mark.parametrize(("column", "cell"), OTHERS)
def test_a_payment_of_another_practitioner_or_treatment_is_not_posted(
    books: Books, column: str, cell: str, claim: str
) -> None:
    [line] = books.lines([visit(claim) | {column: cell}])
    assert (line.result, line.postings, line.might_be) == ("ambiguous", (), (SUN3,))
    assert ("practitioner" if column[0] in "PT" and column != "Treatment" else "service") in line.message


@pytest.mark.parametrize(("column", "cell"), THEIRS)
def test_a_payment_of_the_claims_practitioner_and_treatment_is_posted(books: Books, column: str, cell: str) -> None:
    [line] = books.lines([visit() | {column: cell}])
    assert (line.result, [posting.claim for posting in line.postings]) == ("paid", [SUN3]), line.message


@pytest.mark.parametrize(
    ("cell", "result"),
    [("Ann Wedded", "paid"), ("WEDDED, A", "paid"), ("Ann Example", "paid"), ("EXAMPLE, A", "paid"),
     ("Ben Sample", "ambiguous"), ("Wanda Wedding", "ambiguous")],
)  # fmt: skip
def test_a_practitioner_who_was_renamed_since_the_claim_is_called_by_either_name(
    books: Books, cell: str, result: str
) -> None:
    ann, *others = books.clinic.practitioners
    renamed = ann.model_copy(update={"name": "Ann Wedded", "aliases": ("Ann Example",)})
    clinic = replace(books.clinic, practitioners=(renamed, *others))
    path = csv_file(books.folder, [visit() | {"Provider": cell}], "p.csv")
    [line] = [line for payment in books.payments(path, clinic=clinic) for line in payment.lines]
    assert line.result == result, line.message


@pytest.mark.parametrize(
    ("heading", "cents", "result"),
    [
        ("Reversals", 76.0, "ambiguous"), ("Reversals", 0, "ambiguous"), ("Pending claims", 95.0, "ambiguous"),
        ("Denied claims", 0, "denied"), ("Denials", 76.0, "ambiguous"), ("Reversals", -95.0, "reversed"),
        ("Estimates", 95.0, "ambiguous"), ("Paid to member", 95.0, "unmatched"), ("Claims paid", 95.0, "paid"),
        ("Payments received", 95.0, "paid"), ("Uma Madeup", 95.0, "paid"), ("Sun Life", 95.0, "paid"),
    ],
)  # fmt: skip
def test_a_heading_above_a_line_may_say_that_it_is_no_payment(
    books: Books, heading: str, cents: float, result: str
) -> None:
    above = visit(heading, "") | {"Client": "", "Date of Service": "", "Date Paid": ""}
    before = [visit()] if cents < 0 else []
    *_, first, line = books.lines([*before, above, visit(cents=cents, Date_Paid="2026-11-03")])
    assert (first.result, line.result) == ("unmatched", result), line.message


def test_the_clinic_beside_the_practitioner_is_no_second_column_of_one(books: Books) -> None:
    named = {"Provider": "Example Physiotherapy", "Therapist": "Ann Example", "Service": "IMS", "Treatment": ""}
    assert [line.result for line in books.lines([visit() | named])] == ["paid"]
    assert [line.result for line in books.lines([visit() | named | {"Therapist": "Ben Sample"}])] == ["ambiguous"]


def test_a_clinics_own_name_of_its_service_is_no_other_treatment(books: Books) -> None:
    clinic = replace(books.clinic, service_names={"Acupuncture 30": "ims"})
    path = csv_file(books.folder, [visit(Service="Acupuncture 30")], "p.csv")
    lines = [line.result for payment in books.payments(path, clinic=clinic) for line in payment.lines]
    assert lines == ["paid"]


def test_a_payer_and_a_source_that_are_two_insurers_post_nothing(books: Books) -> None:
    [line] = books.lines([visit() | {"Payer": "Sun Life", "Source": "Pacific Blue Cross"}])
    assert (line.result, line.postings, line.message) == ("ambiguous", (), "Its payer and its source are two insurers.")


@pytest.mark.parametrize("cell", ["95.005", "80%", "US$95.00", "95 EUR"])
def test_an_amount_that_is_no_whole_cents_of_a_dollar_is_held(books: Books, cell: str) -> None:
    assert [line.result for line in books.lines([visit(cents=cell)])] == ["unmatched"]


@pytest.mark.parametrize("names", [{}, {"Payment Method": "EFT"}, {"Source": "Insurance Payment"}])
def test_a_payment_that_names_neither_insurer_claim_member_nor_visit_is_unmatched(
    books: Books, names: dict[str, str]
) -> None:
    line = {"Client": "Uma Madeup", "Date Paid": "2026-11-02", "Amount Paid": 95.0, **names}
    assert [each.result for each in books.lines([line])] == ["unmatched"]
    # Another row of the day names an insurer, and without a number it is another payment.
    both = books.lines([{**line, "Claim": SUN}, {**line, "Claim": ""}])
    assert [each.result for each in both] != ["paid", "paid"]


def test_a_list_of_all_payments_posts_those_of_insurers_only(books: Books) -> None:
    rows = [
        visit(SUN3, 76.0, Payer="Sun Life", Payment_Method="EFT"),
        visit(SUN3, 19.0, Payer="Uma Madeup", Payment_Method="Visa"),
        visit(PBC, 95.0, Payer="PBC", Payment_Method="Cheque")
        | {"Client": "Robin Madeup", "Date of Service": "2026-10-09"},
    ]
    assert [line.result for line in books.lines(rows)] == ["patient-share", "unmatched", "paid"]
    assert [line.result for line in books.lines(rows, workbook=True)] == ["patient-share", "unmatched", "paid"]


@pytest.mark.parametrize("cell", ["-", "–", "", 0])
def test_nothing_with_a_reason_is_a_denial(books: Books, cell: float | str) -> None:
    [line] = books.lines([visit(cents=cell, Reason="Maximum reached")])
    assert (line.result, [posting.denied for posting in line.postings]) == ("denied", [True])


def test_a_dash_without_a_reason_posts_nothing(books: Books) -> None:
    assert [line.result for line in books.lines([visit(cents="-", Reason="")])] == ["unmatched"]


@pytest.mark.parametrize(
    ("cents", "held"), [(95.0, False), (95.95, False), (95.96, True), (190.0, True), (9_500.0, True)]
)
def test_more_than_a_hundredth_above_the_claim_waits_for_a_yes(books: Books, cents: float, held: bool) -> None:
    [line] = books.lines([visit(cents=cents)])
    assert (line.held, line.might_be) == ((True, (SUN3,)) if held else (False, ()))
    [line] = books.lines([visit(cents=cents)], accept=True)
    assert [posting.paid for posting in line.postings] == [round(cents * 100)]


def test_an_over_payment_is_posted_once_it_is_accepted(tmp_path: Path) -> None:
    six_claims(tmp_path)
    lines = [paid(SUN), paid(SUN2, 950)]
    first = reconcile(tmp_path, lines)
    assert results(first) == [f"paid {SUN}", "over-paid"]
    assert results(reconcile(tmp_path, lines, "--accept-overpayment")) == ["repeated", f"over-paid {SUN2}"]


@pytest.mark.parametrize(
    ("reason", "cents", "result"),
    [
        ("80% - outstanding amount is patient responsibility", 76.0, "patient-share"),
        ("Denied: not submitted within 12 months", 0.0, "denied"), ("Pending review", 95.0, "unmatched"),
        ("Your claim was received on Oct 3", 0.0, "unmatched"),
    ],
)  # fmt: skip
def test_a_word_for_waiting_in_a_sentence_holds_only_what_pays_nothing(
    books: Books, reason: str, cents: float, result: str
) -> None:
    assert [line.result for line in books.lines([visit(cents=cents) | {"Reason": reason}])] == [result]


def test_a_name_that_slipped_into_a_number_is_not_shown(books: Books) -> None:
    moved = {"Payer": "Sun Life", "Invoice": "Zoe Alder 1531", "Amount Paid": 95.0, "Date Paid": "2026-11-02"}
    [line] = books.lines([moved])
    assert (
        line.message == "No claim of this insurer has the invoice 1531. Write a line for each claim, with its number."
    )
    written = ("EFT-88120", "EFT 88120", "Zoe Alder S001", "1980-01-01 Alder", "Alder")
    assert [numbered(number) for number in written] == ["EFT-88120", "88120", "S001", "", ""]


def test_columns_that_were_not_read_are_named(books: Books) -> None:
    path = csv_file(books.folder, [visit(Adjustment="-10.00", Clerk="A.B.", Action="Void")], "p.csv")
    [file] = read_remittances([path], books.clinic)[1]
    assert file.unread_headings == ["Adjustment", "Clerk", "Action"]
    block = books.clinic.block.model_copy(update={"ignore": ("Adjustment", "Action")})
    payments = books.payments(path, clinic=replace(books.clinic, block=block))
    assert [line.result for payment in payments for line in payment.lines] == ["paid"], (
        "somebody says that it is nothing"
    )


@pytest.mark.parametrize(
    ("reason", "meaning"),
    [
        ("", ""), ("Paid by EFT", "nothing"), ("Unpaid", "pending"), ("Denied", "refused"),
        ("Service not covered", "not-covered"), ("Cheque reversed", "taken-back"), ("Over maximum", "short"),
        ("Co-insurance 20%", "patient-share"), ("Code 17", "short"),
        ("Denied: not submitted within 12 months", "refused"), ("Pending review", "pending"),
        ("Duplicate claim", "already"), ("Already paid", "already"), ("Denied: duplicate claim", "refused"),
        ("Second payment", "nothing"), ("Approved, additional payment", "nothing"),
        ("Second payment, over maximum", "short"),
    ],
)  # fmt: skip
def test_what_an_insurers_words_mean(reason: str, meaning: str) -> None:
    assert meaning_of(reason) == meaning


AMOUNT = st.integers(-12_000, 30_000).map(lambda cents: cents / 100)
LINE = st.builds(
    visit,
    st.sampled_from(["", SUN, SUN2, SUN3]),
    AMOUNT,
    Payment_Method=st.sampled_from(["", "EFT", "Visa", "Cash", "Blorp"]),
    Reason=st.sampled_from(["", "Over maximum", "Denied", "Co-insurance"]),
    Adjustment=st.sampled_from(["", "0.00", "-5.00"]),
)


@examples(30)
@given(st.lists(LINE, min_size=1, max_size=5))
def test_no_claim_is_posted_far_above_its_amount_and_no_cent_is_lost(books: Books, rows: list[dict[str, Any]]) -> None:
    of_pat = {"Client": "Pat Madeup", "Date of Service": ""}
    rows = [row | (of_pat if row["Claim"] in (SUN, SUN2) else {}) for row in rows]
    lines = books.lines(rows)
    assert sum(line.paid for line in lines) == round(sum(row["Amount Paid"] for row in rows) * 100)
    for line in lines:
        assert line.result
        assert sum(posting.paid for posting in line.postings) in (0, line.paid)
        row = rows[line.row - 2]
        if row["Payment Method"] in ("Visa", "Cash", "Blorp") or row["Adjustment"] == "-5.00":
            assert not line.postings
    posted = pd.Series(dtype="int64")
    for line in lines:
        for posting in line.postings:
            posted[posting.claim] = posted.get(posting.claim, 0) + posting.paid
    assert all(0 <= cents * 100 <= 9_500 * 101 for cents in posted)
