"""Why: a page for a session of each outcome, for a claim, and for a kind of finding, that can be read out."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import load_workbook

from ims_billing.cli.screen.places import Places, row_typed
from ims_billing.month.claim_page import claim_page
from ims_billing.month.page import Page
from ims_billing.month.prepare import Month, Scope, prepare_month
from ims_billing.month.why import kind_page, session_page, sessions_at
from ims_billing.reading.intake import read_files
from ims_billing.vocabulary.entries import Posted, Sending
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.findings import CATALOGUE, REASONS
from ims_billing.vocabulary.frames import ON_LEDGER, empty
from ims_billing.vocabulary.grounds import Ground, as_json
from tests.jane import appointment, exports, sale
from tests.practice import MONTH, clinic_file, csv_file, month_of, on_ledger, practice, row, tag, type_in, xlsx
from tests.remittances import MANU, SUN, SUN2, paid, six_claims
from tests.remittances import run as in_office
from tests.test_cli import AS_OF, report, run
from tests.test_tie_out import jane

DAY = dt.date(2026, 11, 5)
OCTOBER = [dt.date(2026, 10, day) for day in range(1, 32)]
MORE = """
[[limit]]
insurer = "Sun Life"
visits = 20
per = "calendar-year"
from = 2026-01-01
source = "Sun Life, letter of 2026-01-05"
"""


def page_of(month: Month, label: int = 0) -> dict[str, dict[str, str]]:
    return facts_of(session_page(month, label, empty(ON_LEDGER)))


def facts_of(page: Page) -> dict[str, dict[str, str]]:
    """The page as headings with facts; of facts with one name, the last."""
    return {part.heading: {fact.what: fact.text() for fact in part.facts} for part in page.parts}


def test_a_claimed_session_says_by_which_words_by_whom_and_by_which_fee(tmp_path: Path) -> None:
    rows = [
        {**row(Service="IMS Acupuncture - Follow-up", Session_ID="S1", Minutes=30), "Secondary Insurer": "Manulife"}
    ]
    month = month_of(tmp_path, rows, more=MORE)
    assert session_page(month, 0, empty(ON_LEDGER)).title == "sessions.xlsx, Sessions, row 2 (session S1)"
    assert page_of(month) == {
        "What became of it": {"Outcome": "it is clear to be claimed, as of 2026-11-05"},
        "Findings": {"None": "every check passed"},
        "What was done": {
            "Service date": "2026-10-07",
            "Service as written": "IMS Acupuncture - Follow-up",
            "Read as": 'IMS, by own name "IMS Acupuncture" in Service',
            "Visit": "subsequent, by the service name",
            "Start": "not stated",
            "Minutes": "30",
            "Billed as": "PHYSIO",
        },
        "By whom": {
            "Practitioner": "Ann Example",
            "That day": "physiotherapist, registration 01234, registered from 2015-01-01, authorized to needle from "
            "2018-05-01",
        },
        "Who pays": {
            "Insurer": "Sun Life, a private plan",
            "Second insurer": "Manulife",
            "Who pays first": "Nobody said whose plan the first one is: a person's own plan pays before a spouse's\n"
            "Source: CLHIA guideline on the coordination of benefits\nhttps://clhia.uberflip.com/i/405145/4",
        },
        "The fee": {
            "Fee on the row": "$95.00",
            "Listed fee": "$95.00 for IMS, from 2026-04-01\nSource: clinic setup",
            "Amount claimed": "$95.00",
        },
        "Rules of its insurer that day": {
            "Limit": "visits in a calendar year: 20, from 2026-01-01\nSource: Sun Life, letter of 2026-01-05",
            "Requires": "policy\nSource: clinic setup",
            "Note": "Sources differ on whether claims go by its own portal or by TELUS eClaims: state yours as "
            "channel\n"
            "Source: An osteopathy magazine's table of platforms, against an older list of TELUS eClaims\n"
            "https://osteopathymagazine.com/?p=1525 (not verified)",
        },
        "On the ledger": {"Nothing": "no claim of this session is on the ledger"},
    }


# What a row says, and a fact of its page.
OUTCOMES: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("held", {"Tax": 4.75}, "Findings", "Tax charged (on hold)",
     f"Tax of $4.75 is charged.\nFix: {CATALOGUE['tax-on-session'].fix}\nMore: ims-billing why tax-on-session"),
    ("a warning", {"Birth Date": OCTOBER[20]}, "Findings", "Birth date after the visit (to check)",
     f"The patient's birth date is after the visit.\nFix: {CATALOGUE['birth-date-in-future'].fix}\nMore: "
     "ims-billing why birth-date-in-future"),
    ("another service", {"Service": "Massage", "Practitioner": "Carla Specimen"}, "What became of it", "Outcome",
     "not billed: it is not a service that the clinic bills here"),
    ("no show", {"Status": "no show"}, "What became of it", "Outcome",
     "not billed: the patient did not come"),
    ("before the authorisation", {"Practitioner": "Ben Sample", "Service Date": OCTOBER[4]}, "By whom", "That day",
     "physiotherapist, registration 05678, registered from 2020-01-01 until 2026-10-10, not shown as authorized to "
     "needle that day"),
    ("between registrations", {"Practitioner": "Ben Sample", "Service Date": OCTOBER[12]}, "By whom", "That day",
     "physiotherapist, registration 05678, not shown as registered that day, authorized to needle from 2026-10-06 "
     "until 2026-10-25"),
    ("nobody on the roster", {"Practitioner": "Somebody"}, "By whom", "That day", "not in the clinic setup"),
    ("the patient pays", {"Insurer": "Out of pocket"}, "Who pays", "Insurer", "the patient pays"),
    ("no fee then", {"Service Date": dt.date(2026, 3, 31)}, "The fee", "Listed fee",
     "none for this visit on that day"),
    ("no date", {"Service Date": ""}, "What was done", "Service date", "none that can be read"),
    ("no length", {}, "What was done", "Minutes", "not stated"),
]  # fmt: skip


def test_each_outcome_says_why(tmp_path: Path) -> None:
    rows = [row(Patient=f"Pat {tag(number)}") | cells for number, (_, cells, *_) in enumerate(OUTCOMES)]
    month = month_of(tmp_path, rows, month=None)
    for label, (case, _, heading, what, words) in enumerate(OUTCOMES):
        assert page_of(month, label)[heading][what] == words, case


@pytest.mark.parametrize(
    ("first", "second", "relationship", "words"),
    [
        ("ICBC", "Sun Life", "self", "ICBC pays before any plan: it comes first"),
        ("Sun Life", "ICBC", "self", "ICBC pays before any plan: it must come before Sun Life"),
        ("Sun Life", "Manulife", "self", "The patient's own plan pays before a spouse's"),
        ("Sun Life", "Manulife", "child",
         "Of a child's two plans that of the parent whose birthday comes earlier in the year pays first; custody "
         "orders may say otherwise"),
    ],
)  # fmt: skip
def test_who_pays_first_of_two(tmp_path: Path, first: str, second: str, relationship: str, words: str) -> None:
    cells = {"Insurer": first, "Secondary Insurer": second, "Relationship": relationship, "Payer File Number": ""}
    facts = page_of(month_of(tmp_path, [{**row(), **cells}]))["Who pays"]
    assert facts["Who pays first"].splitlines()[0] == words


def test_every_reason_not_to_bill_has_words(tmp_path: Path) -> None:
    clinic = 'locations = ["Here"]'
    rows = [row(Location="There"), row(Billed="yes"), row(Fee=0), row(Service_Date=dt.date(2026, 11, 20)),
            row(Status="booked"), row(Status="refunded"), row(Status="cancelled")]  # fmt: skip
    month = month_of(tmp_path, rows, clinic=clinic, month=None)
    for label in month.sessions.index:
        assert page_of(month, label)["What became of it"]["Outcome"].startswith("not billed: ")
    outside = month_of(tmp_path, [row(Service_Date=dt.date(2026, 9, 1))])
    assert page_of(outside)["What became of it"]["Outcome"].startswith(
        f"not billed: {REASONS['outside-month'].meaning}"
    )


def test_no_page_says_who_the_patient_is(tmp_path: Path) -> None:
    cells = {"Patient": "Zebulon Unusual", "Policy Number": "777001", "PHN": "9123947241", "Notes": "shoulder pain",
             "Insured Name": "Quentin Unusual", "Payer File Number": "AB777", "Member ID": "M-555"}  # fmt: skip
    month = month_of(tmp_path, [{**row(Insurer="ICBC", Tax=1.0), **cells}, {**row(Insurer="ICBC"), **cells}])
    claims = on_ledger(month).claims
    pages = [session_page(month, label, claims) for label in (0, 1)]
    for words in ("Zebulon", "Unusual", "777001", "9123947241", "shoulder", "AB777", "M-555"):
        assert all(words not in str(page) for page in pages)


def test_a_row_of_sales_is_explained_by_the_session_it_is_tied_to(tmp_path: Path) -> None:
    second = {"id": "9002", "start_at": "2026-10-14 09:00:00 -0700", "patient_guid": "g-2"}
    sales = [sale(), sale(Invoice="1002-P01", Purchase_Date="2026-10-14", Patient_Guid="g-2", Patient="B"),
             sale(Invoice="1002-P01", Purchase_Date="2026-10-14", Patient_Guid="g-2", Patient="B", Payer="B"),
             ]  # fmt: skip
    month = jane(tmp_path, [appointment(), appointment(**second)], sales)
    # Row 2 is an appointment, and the sale of the same one; row 3 of both another; row 4 a second line of that sale.
    assert [sessions_at(month, number) for number in (2, 3, 4)] == [[0], [1], [1]]
    report, *_ = (file.file for file in month.intake.files if file.layout == "jane-sales")
    assert [sessions_at(month, number, report) for number in (2, 3, 4)] == [[0], [1], [1]]
    with pytest.raises(BillingError, match="no session in these files stands in row 4"):
        sessions_at(month, 4, report, "Another sheet")
    assert page_of(month, 1)["What became of it"]["Also in"] == (
        "Sales_20261001_20261031.csv row 3, Sales_20261001_20261031.csv row 4"
    )


def test_a_row_as_the_screen_names_it_is_that_session_alone(tmp_path: Path) -> None:
    one = xlsx(tmp_path, [row(Patient="A"), row(Patient="B")], "one.xlsx")
    book = load_workbook(xlsx(tmp_path, [row(Patient="C"), row(Patient="D")], "two.xlsx"))
    book.worksheets[0].title = "Week 1"
    book.copy_worksheet(book.worksheets[0]).title = "Week 2"
    book.worksheets[1]["E2"], book.worksheets[1]["E3"] = "E", "F"
    book.save(tmp_path / "two.xlsx")
    clinic = practice(tmp_path)
    month = prepare_month(read_files([one, tmp_path / "two.xlsx"], clinic), Scope(clinic, month="2026-10", as_of=DAY))
    files, names = [file.file for file in month.intake.files], Places(month).each(month.sessions)
    assert names == ["A2", "A3", *(f"B {sheet}!{n}" for sheet in ("Week 1", "Week 2") for n in (2, 3))]
    assert [sessions_at(month, *row_typed(name, files)) for name in names] == [
        [label] for label in month.sessions.index
    ]
    assert [sessions_at(month, *row_typed(typed, files)) for typed in ("2", "b2", "Week 2!3")] == [
        [0, 2, 4],
        [2, 4],
        [5],
    ]
    for typed, why in (("C2", "the letter C. The letters are A for one.xlsx, B for two.xlsx"), ("0", "such as 12"),
                       ("A", "such as 12"), ("-3", "such as 12")):  # fmt: skip
        with pytest.raises(BillingError, match=why):
            row_typed(typed, files)


def test_a_row_that_is_no_session_says_what_it_is(tmp_path: Path) -> None:
    month = month_of(tmp_path, [row(), row(Patient="B")])
    with pytest.raises(BillingError, match=r"no session in these files stands in row 9, .* stand in rows 2 to 3"):
        sessions_at(month, 9)
    sales = [sale(), sale(Invoice="2", Item="Foam roller", Income_Category="Products")]
    with pytest.raises(BillingError, match=r"row 3 of Sales_.*csv is no session: "):
        sessions_at(jane(tmp_path, [appointment()], sales), 3)


def test_a_claim_keeps_what_it_rested_on_whatever_the_clinic_file_says_later(tmp_path: Path) -> None:
    clinic_file(tmp_path, MORE)
    sessions = xlsx(tmp_path, [{**row(Visit="return"), "Secondary Insurer": "Manulife", "Relationship": "self"}])
    assert run("claim", sessions, *AS_OF, cwd=tmp_path).returncode == 0
    before = run("why", "2026-10-sunl-0001", cwd=tmp_path)
    clinic_file(tmp_path, '[[fee]]\nservice = "ims"\nvisit = "subsequent"\namount = 90.00\nfrom = 2026-01-01\n')
    assert run("why", "2026-10-SUNL-0001", cwd=tmp_path).stdout == before.stdout
    for words in (
        "in batch 1 of 2026-10, as of 2026-11-05", 'IMS, by "ims" in Service', "subsequent, by the column Visit",
        "PHYSIO, Physiotherapy Services", "sessions.xlsx, Sessions, row 2", "authorized to needle from 2018-05-01",
        "The patient's own plan pays before a spouse's", "$95.00, from 2026-04-01", "Sun Life, letter of 2026-01-05",
    ):  # fmt: skip
        assert words in before.stdout
    assert "Madeup" not in before.stdout
    done = run("void", "2026-10-SUNL-0001", "--reason", "wrong insurer", *AS_OF, cwd=tmp_path)
    assert done.returncode == 0
    assert "voided on 2026-11-05: wrong insurer" in " ".join(
        run("why", "2026-10-SUNL-0001", cwd=tmp_path).stdout.split()
    )
    why_row = run("why", sessions, "--row", "2", *AS_OF, cwd=tmp_path).stdout
    assert "2026-10-SUNL-0001" in why_row.partition("On the ledger")[2]


def test_a_claim_of_an_earlier_version_says_that_nobody_wrote_its_grounds_down(tmp_path: Path) -> None:
    shown = on_ledger(month_of(tmp_path, [row()]))
    claims = shown.claims.assign(evidence="", authority="", rules="", remarks="", visit_evidence="")
    page = facts_of(claim_page(claims, shown.batches[0]))
    assert page["What was done"]["Read as"] == "IMS, by an earlier version of the program, which did not keep it"
    assert page["By whom"]["That day"].startswith("registration 01234; claimed by an earlier version")
    assert "Rules it rests on" not in page


def test_a_page_names_the_vendor_number_and_the_window_and_no_order_that_no_rule_gives(tmp_path: Path) -> None:
    more = '[[insurer]]\nname = "Manulife"\nvendor_number = "777"\n'
    first = {**row(Insurer="Manulife"), "Secondary Insurer": "Sun Life", "Relationship": "self"}
    rows = [first, {**first, "Secondary Insurer": "Nobody Knows"}, {**first, "Service Date": dt.date(2024, 12, 31)}]
    month = month_of(tmp_path, rows, more=more, month=None)
    known, unknown, early = (page_of(month, label) for label in month.sessions.index)
    assert known["Who pays"]["Vendor number"] == "777"
    assert known["Who pays"]["Who pays first"].startswith("The patient's own plan pays before a spouse's")
    assert known["Rules of its insurer that day"]["Window of TELUS eClaims"].startswith("31 days")
    assert unknown["Who pays"]["Second insurer"] == "not in the clinic setup: the claim names none"
    assert "Who pays first" not in {**unknown["Who pays"], **early["Who pays"]}
    assert early["Who pays"]["Second insurer"] == "Sun Life", "that day no rule said who pays first"


def test_a_claim_that_replaces_another_was_sent_before_or_rests_on_words_alone_says_so(tmp_path: Path) -> None:
    month = month_of(tmp_path, [row()])
    shown = on_ledger(month)
    rules = as_json([Ground("", "", "", "", message="as the first version kept it")])
    claims = shown.claims.assign(replaces="2026-10-SUNL-0007", rules=rules)
    page = facts_of(claim_page(claims, dataclasses.replace(shown.batches[0], already_sent=True)))
    assert page["What became of it"]["It replaces"] == "2026-10-SUNL-0007"
    assert page["What became of it"]["Sent"] == "before this program came"
    assert page["Rules it rests on"] == {"As kept then": "as the first version kept it"}
    words = "$95.00 to Sun Life, batch 1 of 2026-10; it replaces 2026-10-SUNL-0007"
    assert facts_of(session_page(month, 0, claims))["On the ledger"] == {"2026-10-SUNL-0001": words}
    gone = claims.assign(voided_on=pd.Timestamp(2026, 11, 6), void_reason="wrong", replaced_by="2026-10-SUNL-0009")
    assert facts_of(session_page(month, 0, gone))["On the ledger"] == {
        "2026-10-SUNL-0001": f"{words}; voided on 2026-11-06: wrong; replaced by 2026-10-SUNL-0009"
    }


def test_a_claim_says_whether_it_was_sent_and_what_its_insurer_answered(tmp_path: Path) -> None:
    shown = on_ledger(month_of(tmp_path, [row()]))
    day = dt.date(2026, 11, 18)

    def page_with(sending: Sending | None, *postings: Posted) -> tuple[str, dict[str, str]]:
        page = facts_of(claim_page(shown.claims, shown.batches[0], sending, postings))
        return page["What became of it"]["Sent"], page["What the insurer answered"]

    def posted(payment: int, cents: int, *, denied: bool = False, undone_on: dt.date | None = None) -> Posted:
        on = day + dt.timedelta(days=payment)
        return Posted(payment, "2026-10-SUNL-0001", cents, 9_500, denied, "words about Pat Madeup", on, undone_on)

    sent = Sending("2026-10", 1, "sun-life", "Yes", dt.date(2026, 11, 6), "")
    assert page_with(None) == ("not marked as sent on the sheet To send", {"So far": "$95.00 still owed"})
    assert page_with(sent, posted(1, 7_600))[0] == "on 2026-11-06"
    assert page_with(sent._replace(sent_on=None), posted(1, 7_600)) == (
        "yes; no day is noted",
        {"2026-11-19": "$76.00 paid, payment 1", "So far": "$76.00 paid; $19.00 paid too little"},
    )
    answers = page_with(sent, posted(1, 0, denied=True), posted(0, 0), posted(2, 9_500), posted(3, -9_500))[1]
    assert answers == {
        "2026-11-19": "refused; $0.00 paid, payment 1",
        "2026-11-18": "sent again",
        "2026-11-20": "$95.00 paid, payment 2",
        "2026-11-21": "$95.00 taken back, payment 3",
        "So far": "$95.00 still owed",
    }
    assert page_with(sent, posted(1, 14_500))[1]["So far"] == "$145.00 paid; $50.00 more than claimed"
    shown.claims["voided_on"] = pd.Timestamp("2026-11-25")
    voided = page_with(sent, posted(1, 8_000))[1]["So far"]
    assert voided == "$80.00 paid; $80.00 to be reversed, because the claim was voided"
    shown.claims["voided_on"] = pd.NaT
    undone = page_with(sent, posted(1, 9_500, undone_on=dt.date(2026, 11, 25)))[1]
    assert undone == {"2026-11-19": "$95.00 paid, payment 1 (undone on 2026-11-25)", "So far": "$95.00 still owed"}


def test_the_page_of_a_claim_is_that_of_its_own_workbook_and_payments(tmp_path: Path) -> None:
    six_claims(tmp_path)
    remittance = csv_file(tmp_path, [paid(SUN, 76.00), paid(SUN2, 95.00)], "paid.csv")
    assert in_office(tmp_path, "reconcile", str(remittance), "--as-of", "2026-11-25").exit_code == 0
    # The first line is that of Manulife, by the insurers' names.
    type_in(tmp_path / "reports" / MONTH / f"claim-summary-{MONTH}.xlsx", "To send", Sent="Yes")
    again = in_office(tmp_path, "claim", str(tmp_path / "sessions.xlsx"), "--month", MONTH, "--as-of", "2026-11-25")
    assert again.exit_code == 0, again.output
    of_manulife, of_sun = (" ".join(in_office(tmp_path, "why", claim).output.split()) for claim in (MANU, SUN))
    assert "Sent yes; no day is noted" in of_manulife
    assert "So far $95.00 still owed" in of_manulife
    assert "Sent not marked as sent" in of_sun
    assert "2026-11-20 $76.00 paid, payment 1 So far $76.00 paid; $19.00 the patient's share" in of_sun
    assert "Madeup" not in of_sun


def test_each_reason_not_to_bill_has_a_page(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    assert "it was cancelled" in run("why", "cancelled", cwd=tmp_path).stdout


def test_line_breaks_in_what_a_claim_keeps_do_not_break_its_page(tmp_path: Path) -> None:
    more = MORE.replace('"Sun Life, letter of 2026-01-05"', '"""Sun Life,\nletter"""')
    more += '[severity]\nims-or-acupuncture = "warn"\n'
    shown = on_ledger(month_of(tmp_path, [row(Service="IMS /\nAcupuncture")], more=more))
    page = facts_of(claim_page(shown.claims, shown.batches[0]))
    assert page["Rules it rests on"]["Limit, Sun Life"].endswith("Source: Sun Life, letter")
    assert page["To check when it was claimed"] == {
        "IMS or acupuncture": 'The name "IMS / Acupuncture" says IMS and acupuncture.'
    }


def test_a_patients_name_in_the_service_column_is_not_shown(tmp_path: Path) -> None:
    services = ("Madeup, Pat", "IMS - Pat Madeup", "IMS 00123")
    month = month_of(tmp_path, [row(), *(row(Service=service) for service in services)])
    for label in (1, 2, 3):
        done = page_of(month, label)["What was done"]
        assert done["Service as written"] == "a patient's name or number, or words with one"
        assert "madeup" not in repr(page_of(month, label)).casefold()


def test_each_kind_of_finding_has_a_page(tmp_path: Path) -> None:
    clinic = practice(tmp_path, '[severity]\ntax-on-session = "warn"\nunusual-frequency = "off"\n')
    for kind in CATALOGUE:
        facts = facts_of(kind_page(kind, clinic))["Finding"]
        assert facts["What it means"] == CATALOGUE[kind].title
        assert facts["How to fix"] == CATALOGUE[kind].fix
    assert facts_of(kind_page("tax-on-session", clinic))["Finding"]["How serious"].startswith("the session is claimed")
    assert facts_of(kind_page("unusual-frequency", clinic))["Finding"]["How serious"] == "nothing: it is turned off"
    fixed = facts_of(kind_page("not-a-physiotherapist", clinic))["Finding"]
    assert fixed["How serious"].endswith(", whatever the clinic setup says")
    assert fixed["Who decides"] == "it can't be approved here: fix it, or choose Do not bill"


def test_why_by_command(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    sessions = xlsx(tmp_path, [row(), row(Tax=1.0, Patient="Held Madeup")])
    done = run("why", sessions, "--row", "3", "--month", "2026-10", *AS_OF, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ims-billing why tax-on-session" in done.stdout
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    shown = report(run("why", sessions, "--row", "3", *AS_OF, "--json", cwd=tmp_path))
    (session,) = shown["sessions"]
    assert (session["row"], session["outcome"], session["findings"][0]["kind"]) == (3, "held", "tax-on-session")
    assert session["why"]["parts"][0]["heading"] == "What became of it"
    kind = report(run("why", "Tax-On-Session", "--json", cwd=tmp_path))
    assert kind["parts"][0]["facts"][0] == {"what": "What it means", "said": "Tax is charged on the session"}


def test_one_of_janes_reports_alone_does_not_say_why(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    appointments, _ = exports(tmp_path, [appointment()], [sale()])
    done = run("why", str(appointments), "--row", "2", *AS_OF, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Jane's Sales report is missing" in done.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["sessions.xlsx"], "say which session with --row"),
        (["tax-on-sesion"], "no kind of finding and no reason not to bill; did you mean tax-on-session?"),
        (["tax-on-session", "extra"], "name one claim or one kind of finding"),
        (["sessions.xlsx", "--row", "2", "--ledger", "no.sqlite"], "no.sqlite: there is no such ledger"),
        ([""], "say which session with --row"),
        (["2026-10-SUNL-0001"], "there is no ledger here"),
        (["sessions.xlsx", "--row", "99"], "no session in these files stands in row 99"),
        (["sessions.xlsx", "--row", "0"], "--row"),
        (["nowhere.xlsx", "--row", "2"], "there is no such file"),
    ],
)
def test_what_why_cannot_answer_is_one_clear_message(tmp_path: Path, args: list[str], message: str) -> None:
    clinic_file(tmp_path)
    xlsx(tmp_path, [row()])
    done = run("why", *args, cwd=tmp_path)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_claim_that_is_not_on_the_ledger_is_told_with_the_nearest(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    run("claim", xlsx(tmp_path, [row()]), *AS_OF, cwd=tmp_path)
    done = run("why", "2026-10-SUNL-0002", cwd=tmp_path)
    assert (done.returncode, "did you mean 2026-10-SUNL-0001?" in done.stderr) == (2, True)


def test_a_number_that_another_session_had_is_no_history(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    before = row(Session_ID="1", Patient="Robin Madeup", Service_Date=dt.date(2026, 9, 8))
    for name, visit in (("september.csv", before), ("october.csv", row(Session_ID="1"))):
        csv_file(tmp_path, [visit], name)
    assert run("claim", "september.csv", *AS_OF, cwd=tmp_path).returncode == 0
    shown = run("why", "october.csv", "--row", "2", *AS_OF, cwd=tmp_path)
    assert (shown.returncode, "2026-09-SUNL-0001" in shown.stdout) == (0, False)
    assert "no claim of this session is on the ledger" in shown.stdout
