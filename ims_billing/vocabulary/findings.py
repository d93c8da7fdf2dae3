"""The catalogue: every kind of finding and every reason not to bill, with what it means and how to fix it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from ims_billing.vocabulary.kinds import Severity

Decision = Literal["bill", "correct"]
Remedy = Literal["claim", "practice", "setup", "decide", "never", "check"]


class Kind(NamedTuple):
    """A kind of finding: what it means, and what a person does about it."""

    kind: str
    """The code, as `why KIND` and the clinic setup take it."""
    severity: Severity
    """Usually `hold` or `warn`; the clinic setup may change it."""
    decisions: tuple[Decision, ...]
    """What the sheet Needs attention accepts for it, where it holds."""
    title: str
    """What it means, as a sentence without a full stop."""
    fix: str
    """What to do, and where."""
    fixed: bool = False
    """True where the clinic setup may not change the severity."""
    remedy: Remedy = "check"
    """Who puts it right: see REMEDIES."""
    short: str = ""
    """What it means in a few words, for a list."""
    setup_fix: str = ""
    """What to do where the cause is that the clinic setup says nothing; empty where that is never the cause."""
    setup_short: str = ""
    """What it means then in a few words."""
    names_rows: bool = False
    """True where its message names or counts rows, so that it differs from export to export."""


class Reason(NamedTuple):
    """A reason not to bill a session, and what it says of the visit."""

    reason: str
    """The code, as `why` takes it."""
    meaning: str
    """What it means, as a clause about the session."""
    short: str
    """What it means in a few words, for a count."""
    field: str = ""
    """The column of the sessions that it looks at, where a person may correct it."""
    counted: bool = False
    """True where the few words name a thing: "2 other services", and not "2 cancelled"."""
    out_of_scope: bool = False
    """True where the session is none that the month's run is about."""
    copy: str = ""
    """What a message about a copy of the session calls it; empty where the copy is billed in any case."""
    paid_for: bool = False
    """True where somebody was asked for the visit, or paid for it."""
    entered_again: bool = False
    """True where the visit may be entered once more, at another time, to be billed after all."""
    took_place: bool = False
    """True where the visit took place, and an insurer may count it all the same."""
    billed: bool = False
    """True where its insurer was asked to pay, whoever asked."""


_CORRECT: tuple[Decision, ...] = ("correct",)
_BILL: tuple[Decision, ...] = ("bill",)
_EITHER: tuple[Decision, ...] = ("bill", "correct")
_NONE: tuple[Decision, ...] = ()
_IN_EXPORT = "Fill it in in your practice software, then export again."

_KINDS = (
    # Without these a session cannot be placed in a month, or a claim cannot be made at all.
    Kind(
        "unreadable-service-date",
        "hold",
        _CORRECT,
        "The service date can't be read",
        "Write it as 2026-10-31 in your practice software. If the whole file writes dates one way, say which "
        "(clinic setup, sheet Clinic, Dates).",
        fixed=True,
        remedy="practice",
        short="service date unreadable",
    ),
    Kind(
        "unreadable-fee",
        "hold",
        _CORRECT,
        "The fee can't be read",
        "Write the fee as a plain amount, such as 95.00, in your practice software, then export again.",
        fixed=True,
        remedy="practice",
        short="fee unreadable",
    ),
    Kind(
        "unreadable-cell",
        "hold",
        _CORRECT,
        "A cell that is needed has an error or can't be read",
        "Fill in or correct the cell in your practice software, then export again.",
        fixed=True,
        remedy="practice",
        short="cell unreadable",
        setup_fix="Choose what the column is, or ignore (clinic setup, sheet Columns).",
        setup_short="column not in the setup",
    ),
    Kind(
        "missing-service-date",
        "hold",
        _CORRECT,
        "The service date is missing",
        _IN_EXPORT,
        fixed=True,
        remedy="practice",
        short="no service date",
    ),
    Kind(
        "missing-patient",
        "hold",
        _CORRECT,
        "The patient is missing",
        _IN_EXPORT,
        fixed=True,
        remedy="practice",
        short="no patient",
    ),
    Kind(
        "missing-practitioner",
        "hold",
        _CORRECT,
        "The practitioner is missing",
        _IN_EXPORT,
        fixed=True,
        remedy="practice",
        short="no practitioner",
    ),
    Kind(
        "missing-service",
        "hold",
        _CORRECT,
        "The service is missing",
        _IN_EXPORT,
        fixed=True,
        remedy="practice",
        short="no service",
    ),
    Kind(
        "missing-insurer",
        "hold",
        _CORRECT,
        "The insurer is missing",
        "Fill in the insurer in your practice software, then export again. If a blank means that the patient "
        "pays, say so (clinic setup, sheet Clinic, Blank insurer).",
        fixed=True,
        remedy="practice",
        short="no insurer",
    ),
    Kind(
        "missing-fee",
        "hold",
        _CORRECT,
        "The fee is missing",
        f"{_IN_EXPORT} If it exports no fees, add a column Fee to the file, with the price of each visit.",
        fixed=True,
        remedy="practice",
        short="no fee",
    ),
    Kind(
        "missing-policy",
        "hold",
        _EITHER,
        "The insurer requires a policy number",
        "Fill in the policy number in your practice software, then export again. If the insurer does not need it, "
        "change what it requires (clinic setup, sheet Insurers).",
        remedy="practice",
        short="no policy number",
    ),
    Kind(
        "missing-member",
        "hold",
        _EITHER,
        "The insurer requires a member ID",
        "Fill in the member ID in your practice software, then export again. If the insurer does not need it, "
        "change what it requires (clinic setup, sheet Insurers).",
        remedy="practice",
        short="no member ID",
    ),
    Kind(
        "missing-birth-date",
        "hold",
        _EITHER,
        "The insurer requires the patient's birth date",
        "Fill in the birth date as 1980-01-31 in your practice software, then export again. Where the export has no "
        "birth dates, as Jane's appointments and sales have none, name the list of clients too. If the insurer does "
        "not need it, change what it requires (clinic setup, sheet Insurers).",
        remedy="practice",
        short="no birth date",
    ),
    Kind(
        "missing-relationship",
        "hold",
        _EITHER,
        "The insurer requires the patient's relationship to the insured",
        "Fill in self, spouse, child or other in your practice software, then export again. If the insurer does "
        "not need it, change what it requires (clinic setup, sheet Insurers).",
        remedy="practice",
        short="no relationship",
    ),
    Kind(
        "missing-insured",
        "hold",
        _EITHER,
        "The insurer requires the insured's name if the patient is not the insured",
        "Fill in the insured's name in your practice software, then export again. If the insurer does not need "
        "it, change what it requires (clinic setup, sheet Insurers).",
        remedy="practice",
        short="no insured's name",
    ),
    Kind(
        "missing-payer-file-number",
        "hold",
        _EITHER,
        "The insurer requires its file number for the accident",
        "Fill in the payer file number (often called claim number) in your practice software, then export again. "
        "If the insurer does not need it, change what it requires (clinic setup, sheet Insurers).",
        remedy="practice",
        short="no payer file number",
    ),
    Kind(
        "missing-accident-date",
        "hold",
        _EITHER,
        "The insurer requires the date of the accident",
        "Fill in the accident date as 2026-10-31 in your practice software, then export again. If the insurer "
        "does not need it, change what it requires (clinic setup, sheet Insurers).",
        remedy="practice",
        short="no accident date",
    ),
    Kind(
        "missing-phn",
        "hold",
        _EITHER,
        "The insurer requires the Personal Health Number",
        "Fill in the PHN in your practice software, then export again. If the insurer does not need it, change "
        "what it requires (clinic setup, sheet Insurers).",
        remedy="practice",
        short="no PHN",
    ),
    Kind(
        "status-not-recognised",
        "hold",
        _EITHER,
        "The status does not say whether the visit took place",
        "Change it to arrived, no show or cancelled in your practice software, or add your word for it (clinic "
        "setup, sheet More).",
        remedy="practice",
        short="status unclear",
    ),
    Kind(
        "practitioner-not-on-roster",
        "hold",
        _CORRECT,
        "The practitioner is not in the clinic setup",
        "Correct the name in your practice software. Add a new practitioner, or another spelling that means one "
        "person only, in the clinic setup, sheet Practitioners.",
        fixed=True,
        remedy="setup",
        short="practitioner not in the setup",
    ),
    Kind(
        "insurer-not-known",
        "hold",
        _CORRECT,
        "The insurer is not known",
        "Correct the name in your practice software. Add another spelling, or a new insurer, in the clinic setup, "
        "sheet Insurers.",
        fixed=True,
        remedy="setup",
        short="insurer not in the setup",
    ),
    # These protect the licence.
    Kind(
        "not-a-physiotherapist",
        "hold",
        _NONE,
        "Only a physiotherapist's session can be billed as physiotherapy",
        "Correct the practitioner or the service in your practice software. If the profession is wrong, correct "
        "it in the clinic setup, sheet Practitioners.",
        fixed=True,
        remedy="never",
        short="not by a physiotherapist",
    ),
    Kind(
        "not-authorised-to-needle",
        "hold",
        _NONE,
        "The physiotherapist is not shown as authorized to needle on that day",
        "If they were, enter the dates under Needling from (clinic setup, sheet Practitioners). If not, the session "
        "can't be billed.",
        fixed=True,
        remedy="never",
        short="not authorized to needle",
        setup_fix="Enter the first day under Needling from (clinic setup, sheet Practitioners) if the physiotherapist "
        "is authorized to needle. If not, the session can't be billed.",
        setup_short="no date under Needling from",
    ),
    Kind(
        "practitioner-not-registered",
        "hold",
        _NONE,
        "The physiotherapist is not shown as registered on that day",
        "If they were, enter the dates under Registered from (clinic setup, sheet Practitioners). If not, the session "
        "can't be billed.",
        fixed=True,
        remedy="never",
        short="not registered that day",
        setup_fix="Enter the registration number, and the first day under Registered from (clinic setup, sheet "
        "Practitioners). If the physiotherapist was not registered, the session can't be billed.",
        setup_short="no registration in the setup",
    ),
    Kind(
        "duplicate-session",
        "hold",
        _BILL,
        "The same session appears more than once",
        "Keep one copy in your practice software and export again. If they are two visits, give each its own "
        "start time.",
        fixed=True,
        remedy="practice",
        short="listed more than once",
        names_rows=True,
    ),
    Kind(
        "ims-or-acupuncture",
        "hold",
        _BILL,
        "The service name says IMS and acupuncture",
        "Find out which it was. If this name always means one of them, add it in the clinic setup, sheet Service "
        "names.",
        remedy="decide",
        short="IMS or acupuncture",
    ),
    Kind(
        "ims-not-certain",
        "hold",
        _BILL,
        "The service name does not say for certain whether IMS was given",
        "Find out what was done, and by whom. If this name always means one service, add it in the clinic setup, sheet "
        "Service names: that settles it for every month.",
        remedy="decide",
        short="IMS or not",
    ),
    Kind(
        "ims-in-notes-only",
        "hold",
        _BILL,
        "Only the notes mention IMS; the service does not",
        "Find out what was done, and correct the service in your practice software.",
        remedy="decide",
        short="IMS only in the notes",
    ),
    Kind(
        "second-visit-same-day",
        "hold",
        _BILL,
        "The patient has two physiotherapy visits on that day",
        "Plans pay for one physiotherapy visit a day. Check that both took place, and bill one.",
        remedy="decide",
        short="second visit that day",
        names_rows=True,
    ),
    Kind(
        "overlapping-sessions",
        "hold",
        _BILL,
        "The practitioner has two patients at the same time",
        "Correct the times in your practice software. An insurer that pays for one-to-one treatment only does not "
        "pay for shared time; for other insurers this is a warning.",
        remedy="practice",
        short="two patients at once",
        names_rows=True,
    ),
    Kind(
        "no-fee-in-force",
        "hold",
        _EITHER,
        "The clinic's fee list has no fee for this visit on that day",
        "Add the fee with its first day (clinic setup, sheet Fees). If your fees differ by visit or length, fill "
        "in Visit and Minutes in your practice software.",
        remedy="setup",
        short="no fee in your list for that visit and length (sheet Fees)",
    ),
    Kind(
        "fee-not-as-listed",
        "hold",
        _EITHER,
        "The fee is not the one in the clinic's fee list",
        "Correct the fee in your practice software, or the list if it is wrong (clinic setup, sheet Fees).",
        remedy="practice",
        short="fee not as in your list: correct it, or sheet Fees",
    ),
    Kind(
        "tax-on-session",
        "hold",
        _BILL,
        "Tax is charged on the session",
        "Physiotherapy by a licensed physiotherapist is GST-exempt. Remove the tax from the invoice in your "
        "practice software.",
        remedy="practice",
        short="tax charged",
    ),
    Kind(
        "accident-claim-to-private-plan",
        "hold",
        _BILL,
        "A visit for an accident goes to a private plan",
        "ICBC and WorkSafeBC pay for an accident before any plan. Correct the insurer in your practice software, "
        "or remove the accident if the visit is not about one.",
        remedy="practice",
        short="accident billed to a plan",
    ),
    Kind(
        "past-claim-deadline",
        "hold",
        _BILL,
        "The plan's deadline for claims has passed",
        "Ask the plan whether it still takes the claim. If the deadline is wrong, correct it in the clinic setup, "
        "sheet Insurers.",
        remedy="decide",
        short="past the plan's deadline",
    ),
    Kind(
        "over-insurer-limit",
        "hold",
        _BILL,
        "More visits than the plan pays for",
        "Bill the patient, or ask the plan for more. If the count or the limit is wrong, correct it in the list "
        "of policies, or in the clinic setup, sheet More.",
        remedy="decide",
        short="over the plan's limit",
        names_rows=True,
    ),
    # Turned off, these would claim a session a second time.
    Kind(
        "changed-since-claimed",
        "hold",
        _BILL,
        "This session changed after it was claimed",
        "If the session is wrong, correct it in your practice software. If the claim is wrong, decide in the claim "
        "summary (sheet Needs attention): Bill replaces the claim, Do not bill keeps it. If both visits took place, "
        "claim them from one export that has both.",
        fixed=True,
        remedy="claim",
        short="changed after it was claimed",
    ),
    Kind(
        "voided",
        "hold",
        _BILL,
        "This session's claim was voided",
        "Decide in the claim summary (sheet Needs attention): Bill claims it again as the file has it now, Do not "
        "bill leaves it unclaimed and closes the line.",
        fixed=True,
        remedy="claim",
        short="claim voided",
    ),
    Kind(
        "sale-without-arrival",
        "hold",
        _EITHER,
        "A sale has no visit that took place",
        "Mark the appointment as arrived in Jane, or reverse the sale, then export both reports again.",
        remedy="practice",
        short="sale without a visit",
        names_rows=True,
    ),
    Kind(
        "arrival-without-sale",
        "hold",
        _EITHER,
        "A visit has no sale",
        "Bill the visit in Jane, then export both reports again.",
        remedy="practice",
        short="visit without a sale",
        names_rows=True,
    ),
    Kind(
        "sale-and-arrival-differ",
        "hold",
        _EITHER,
        "The sale and the visit differ",
        "Correct the one that is wrong in Jane, then export both reports again.",
        remedy="practice",
        short="sale and visit differ",
        names_rows=True,
    ),
    Kind(
        "tie-not-certain",
        "hold",
        _EITHER,
        "It is not certain which sale belongs to which visit",
        "Two visits: look them up in Jane, give each its own time or name, then export both reports again. One visit "
        "with two insurers: type the one that pays first as the correct value.",
        remedy="practice",
        short="sale not matched",
        names_rows=True,
    ),
    Kind(
        "unusual-frequency",
        "warn",
        _BILL,
        "3 or more IMS visits within 7 days",
        "Make sure that the chart supports each visit: insurers look at frequency.",
        remedy="check",
        short="frequent visits",
    ),
    Kind(
        "second-initial-visit",
        "warn",
        _BILL,
        "A second initial visit of one patient",
        "Make sure that it is a new injury or condition: insurers pay for one assessment of each.",
        remedy="check",
        short="second initial visit",
    ),
    Kind(
        "chart-not-signed",
        "warn",
        _BILL,
        "The chart of the visit is not signed",
        "Have the chart signed before an insurer asks for it.",
        remedy="check",
        short="chart not signed",
    ),
    Kind(
        "phn-check-digit",
        "warn",
        _BILL,
        "The Personal Health Number looks wrong",
        "Compare it with the patient's card. Sources differ on some check digits, so a correct number may be "
        "listed here.",
        remedy="check",
        short="PHN looks wrong",
    ),
    Kind(
        "registration-format",
        "warn",
        _BILL,
        "A registration number does not look like one",
        "Compare it with the College's register, and correct it in the clinic setup, sheet Practitioners. A "
        "leading zero is part of it.",
        remedy="check",
        short="registration number looks wrong",
    ),
    Kind(
        "number-unlike-others",
        "warn",
        _BILL,
        "A policy number or member ID does not look like the insurer's others",
        "Compare it with the patient's card: a spreadsheet may have dropped zeros or digits.",
        remedy="check",
        short="number looks wrong",
    ),
    Kind(
        "birth-date-in-future",
        "warn",
        _BILL,
        "The patient's birth date is after the visit",
        "Correct the birth date in your practice software.",
        remedy="check",
        short="birth date after the visit",
    ),
    Kind(
        "fee-varies-by-insurer",
        "warn",
        _BILL,
        "Private plans are charged different fees for the same visit",
        "Charge one price whoever pays: rates that differ by coverage lead to audits.",
        remedy="check",
        short="fee differs by insurer",
    ),
    Kind(
        "rule-not-verified",
        "warn",
        _BILL,
        "This fee or limit comes from a secondary source, or this payer's own fee is not listed",
        "Check it with the insurer, and add what it says, with its first day (clinic setup, sheet Fees or More).",
        remedy="check",
        short="fee or limit not confirmed",
    ),
    Kind(
        "insurer-limit-counted-in-part",
        "warn",
        _BILL,
        "A limit of the insurer can be counted in part only",
        "Ask the insurer or the patient how many visits are left, or ask for approval of more.",
        remedy="check",
        short="limit counted in part",
        names_rows=True,
    ),
    Kind(
        "near-insurer-limit",
        "warn",
        _BILL,
        "Near a limit of the insurer",
        "Tell the patient, and ask the insurer for more in time.",
        remedy="check",
        short="near a limit",
        names_rows=True,
    ),
    Kind(
        "near-claim-deadline",
        "warn",
        _BILL,
        "The plan's deadline for claims is near",
        "Send this claim first.",
        remedy="check",
        short="deadline near",
    ),
    Kind(
        "past-submission-window",
        "warn",
        _BILL,
        "Past the window of the usual channel",
        "Send it by portal or paper, as the message says.",
        remedy="check",
        short="past the usual window",
    ),
    Kind(
        "acupuncture-by-physiotherapist",
        "warn",
        _NONE,
        "Acupuncture by a physiotherapist who may needle is not billed",
        "If this name means IMS at your clinic, add it in the clinic setup, sheet Service names.",
        remedy="setup",
        short="acupuncture by a physiotherapist",
    ),
    Kind(
        "service-not-recognised",
        "warn",
        _NONE,
        "The service name is not recognized and is not billed",
        "Tell us what it is: IMS, physiotherapy or other (clinic setup, sheet Service names).",
        remedy="setup",
        short="service name not known",
    ),
    Kind(
        "claimed-session-gone",
        "warn",
        _NONE,
        "A claimed session is no longer in the files",
        "If the visit took place on that day, there is nothing to do: it stays claimed. If it did not, or is in these "
        "files under another day or name, void its claim: ims-billing void CLAIM --reason TEXT.",
        remedy="claim",
        short="claimed, and gone from the files",
    ),
)

_REASONS = (
    Reason("other-service", "it is not a service that the clinic bills here", "other service", field="service_name",
           counted=True, out_of_scope=True, took_place=True),
    Reason("outside-month", "it is in another month", "other month", field="service_date", counted=True,
           out_of_scope=True),
    Reason("other-location", "it was at a location that the clinic does not bill here", "other location", counted=True,
           took_place=True),
    Reason("no-show", "the patient did not come", "no-show", field="status", counted=True, copy="no show"),
    Reason("cancelled", "it was cancelled", "cancelled", field="status", copy="cancelled"),
    Reason("not-arrived", "it was booked, and nothing says that the patient came", "not arrived", field="status"),
    Reason("refunded", "it was refunded", "refunded", field="status", copy="refunded", paid_for=True,
           entered_again=True),
    Reason("no-charge", "its fee is zero", "no charge", field="fee_cents", copy="no charge"),
    Reason("self-pay", "the patient pays; no insurer is billed", "self-pay", field="insurer", copy="the patient pays",
           paid_for=True, entered_again=True),
    Reason("already-paid", "the insurer's line of the invoice is paid", "already paid", copy="paid by the insurer",
           paid_for=True, took_place=True, billed=True),
    Reason("billed-elsewhere", "the row says that it was already billed", "already billed", field="billed",
           copy="already billed", paid_for=True, took_place=True, billed=True),
    Reason("in-the-future", "it is in the future", "in the future", field="service_date"),
    Reason("decided-not-to-bill", "somebody decided not to bill it, in the claim summary", "decided not to bill"),
)  # fmt: skip

# What a person does about a kind of finding, in the order of the screen.
REMEDIES: dict[Remedy, str] = {
    "claim": "Changed or voided after it was claimed",
    "practice": "Fix in the practice software",
    "setup": "Fix in the clinic setup",
    "decide": "Ask and decide",
    "never": "Can't be billed",
    "check": "Check before sending",
}

# Kinds that warn: what to look at first before claims are sent.
FIRST_TO_CHECK = (
    "near-claim-deadline",
    "past-submission-window",
    "number-unlike-others",
    "phn-check-digit",
    "birth-date-in-future",
    "overlapping-sessions",
    "second-initial-visit",
    "unusual-frequency",
    "registration-format",
    "near-insurer-limit",
    "insurer-limit-counted-in-part",
    "fee-varies-by-insurer",
)

CATALOGUE: dict[str, Kind] = {kind.kind: kind for kind in _KINDS}
REASONS: dict[str, Reason] = {reason.reason: reason for reason in _REASONS}
