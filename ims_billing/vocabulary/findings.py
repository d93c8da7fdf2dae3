"""The catalogue: every kind of finding and every reason not to bill, with what it means and how to fix it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ims_billing.vocabulary.model import Severity

Decision = Literal["bill", "correct"]
Remedy = Literal["claim", "practice", "setup", "decide", "never", "check"]


@dataclass(frozen=True)
class Kind:
    """A kind of finding: what it means, and what a person does about it."""

    kind: str
    """The code, as `why KIND` and the clinic setup take it."""
    severity: Severity
    """Usually `hold` or `warn`; the clinic setup may change it."""
    decisions: tuple[Decision, ...]
    """The decisions that the sheet Needs attention accepts for it."""
    title: str
    """Its meaning, as a sentence without a full stop."""
    fix: str
    """The correction, and where to make it."""
    fixed: bool = False
    """True where the clinic setup may not change the severity."""
    remedy: Remedy = "check"
    """Who puts it right: see REMEDIES."""
    short: str = ""
    """Its meaning in a few words, for a list."""


_CORRECT: tuple[Decision, ...] = ("correct",)
_BILL: tuple[Decision, ...] = ("bill",)
_EITHER: tuple[Decision, ...] = ("bill", "correct")
_NONE: tuple[Decision, ...] = ()
_IN_EXPORT = "Fill it in where the session is kept and export again."

_KINDS = (
    # Without these a session cannot be placed in a month, or a claim cannot be made at all.
    Kind(
        "unreadable-service-date",
        "hold",
        _CORRECT,
        "The service date cannot be read",
        "Write it as 2026-10-31; or, if the whole file writes days one way, set Dates to month-first or "
        "day-first in the clinic setup.",
        fixed=True,
        remedy="practice",
        short="service date unreadable",
    ),
    Kind(
        "unreadable-fee",
        "hold",
        _CORRECT,
        "The fee cannot be read",
        "Write the fee as a plain amount, such as 95.00.",
        fixed=True,
        remedy="practice",
        short="fee unreadable",
    ),
    Kind(
        "unreadable-cell",
        "hold",
        _CORRECT,
        "A cell that is needed holds an error or cannot be read",
        "Fill in or mend the cell in the spreadsheet, or export again.",
        fixed=True,
        remedy="practice",
        short="cell unreadable",
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
        "Fill in the insurer; or set Blank insurer to self-pay in the clinic setup if blank means that the patient "
        "pays.",
        fixed=True,
        remedy="practice",
        short="no insurer",
    ),
    Kind(
        "missing-fee", "hold", _CORRECT, "The fee is missing", _IN_EXPORT, fixed=True, remedy="practice", short="no fee"
    ),
    Kind(
        "missing-policy",
        "hold",
        _EITHER,
        "The insurer requires a policy number",
        "Fill in the policy number, or change what the insurer requires in the clinic setup.",
        remedy="practice",
        short="no policy number",
    ),
    Kind(
        "missing-member",
        "hold",
        _EITHER,
        "The insurer requires a member ID",
        "Fill in the member ID, or change what the insurer requires in the clinic setup.",
        remedy="practice",
        short="no member ID",
    ),
    Kind(
        "missing-birth-date",
        "hold",
        _EITHER,
        "The insurer requires the patient's birth date",
        "Fill in the birth date as 1980-01-31, or change what the insurer requires in the clinic setup.",
        remedy="practice",
        short="no birth date",
    ),
    Kind(
        "missing-relationship",
        "hold",
        _EITHER,
        "The insurer requires the patient's relationship to the insured",
        "Fill in self, spouse, child or other, or change what the insurer requires in the clinic setup.",
        remedy="practice",
        short="no relationship",
    ),
    Kind(
        "missing-insured",
        "hold",
        _EITHER,
        "The insurer requires the insured's name where the patient is not the insured",
        "Fill in the insured's name, or change what the insurer requires in the clinic setup.",
        remedy="practice",
        short="no insured's name",
    ),
    Kind(
        "missing-payer-file-number",
        "hold",
        _EITHER,
        "The insurer requires its file number of the accident",
        "Fill in the payer file number (often called claim number), or change what the insurer requires in "
        "the clinic setup.",
        remedy="practice",
        short="no payer file number",
    ),
    Kind(
        "missing-accident-date",
        "hold",
        _EITHER,
        "The insurer requires the day of the accident",
        "Fill in the accident date as 2026-01-31, or change what the insurer requires in the clinic setup.",
        remedy="practice",
        short="no accident date",
    ),
    Kind(
        "missing-phn",
        "hold",
        _EITHER,
        "The insurer requires the Personal Health Number",
        "Fill in the PHN, or change what the insurer requires in the clinic setup.",
        remedy="practice",
        short="no PHN",
    ),
    Kind(
        "status-not-recognised",
        "hold",
        _EITHER,
        "The status does not say whether the visit took place",
        "Write arrived, no show or cancelled; or add the word in the clinic setup (More, Words).",
        remedy="practice",
        short="status unclear",
    ),
    Kind(
        "practitioner-not-on-roster",
        "hold",
        _CORRECT,
        "The practitioner is not in the clinic file",
        "Correct the name to that of whoever treated, add a new practitioner to the clinic setup, or add a spelling "
        "that means one person only to that person's aliases.",
        fixed=True,
        remedy="setup",
        short="practitioner not in the setup",
    ),
    Kind(
        "insurer-not-known",
        "hold",
        _CORRECT,
        "The insurer is not known",
        "Add this spelling to its insurer in the clinic setup (Insurers), or add the insurer there.",
        fixed=True,
        remedy="setup",
        short="insurer not in the setup",
    ),
    # These protect the licence.
    Kind(
        "not-a-physiotherapist",
        "hold",
        _NONE,
        "Only a physiotherapist's session is billed as physiotherapy",
        "Correct the practitioner or the service where the session is kept; if the clinic file has the wrong "
        "profession, mend it there.",
        fixed=True,
        remedy="never",
        short="not by a physiotherapist",
    ),
    Kind(
        "not-authorised-to-needle",
        "hold",
        _NONE,
        "The physiotherapist is not shown as authorised to needle that day",
        "If they were, put the dates under Needling in the clinic setup (Practitioners); if not, the session cannot "
        "be billed.",
        fixed=True,
        remedy="never",
        short="not authorized to needle",
    ),
    Kind(
        "practitioner-not-registered",
        "hold",
        _NONE,
        "The physiotherapist is not shown as registered that day",
        "If they were, put the dates under Registered in the clinic setup (Practitioners); if not, the session cannot "
        "be billed.",
        fixed=True,
        remedy="never",
        short="not registered that day",
    ),
    Kind(
        "duplicate-session",
        "hold",
        _BILL,
        "The same session stands more than once",
        "Keep one copy where the session is kept and export again; if they are two visits, give each its own "
        "start time.",
        fixed=True,
        remedy="practice",
        short="listed more than once",
    ),
    Kind(
        "ims-or-acupuncture",
        "hold",
        _BILL,
        "The name says IMS and acupuncture",
        "Find out which it was. If this name always means one of them, add it in the clinic setup (Service names).",
        remedy="decide",
        short="IMS or acupuncture",
    ),
    Kind(
        "ims-not-certain",
        "hold",
        _BILL,
        "The service name leaves open whether IMS was given",
        "Find out what was done. If this name always means one service, add it in the clinic setup (Service names): "
        "that settles it for every month.",
        remedy="decide",
        short="IMS or not",
    ),
    Kind(
        "ims-in-notes-only",
        "hold",
        _BILL,
        "Only the notes speak of IMS, the service does not",
        "Find out what was done and correct the service where the session is kept.",
        remedy="decide",
        short="IMS only in the notes",
    ),
    Kind(
        "second-visit-same-day",
        "hold",
        _BILL,
        "The patient has two physiotherapy visits that day",
        "Plans pay one physiotherapy visit a day. Check that both took place, and bill one.",
        remedy="decide",
        short="second visit that day",
    ),
    Kind(
        "overlapping-sessions",
        "hold",
        _BILL,
        "The practitioner has two patients at one time",
        "Correct the times where the session is kept. An insurer that pays one-to-one treatment only does not pay for "
        "shared time; for others it is a warning.",
        remedy="practice",
        short="two patients at once",
    ),
    Kind(
        "no-fee-in-force",
        "hold",
        _EITHER,
        "The clinic's fee list has no fee for this visit on that day",
        "Where fees differ, fill in Visit (initial or subsequent) and Minutes; else add the fee in the "
        "clinic setup (Fees), with the day it is in force from.",
        remedy="setup",
        short="no fee in your list",
    ),
    Kind(
        "fee-not-as-listed",
        "hold",
        _EITHER,
        "The fee is not the one in the clinic's fee list",
        "Correct the fee where the session is kept, or the clinic setup (Fees) if the list is wrong.",
        remedy="practice",
        short="fee not as in your list",
    ),
    Kind(
        "tax-on-session",
        "hold",
        _BILL,
        "Tax is charged on the session",
        "Physiotherapy by a licensed physiotherapist is GST-exempt. Take the tax off the invoice.",
        remedy="practice",
        short="tax charged",
    ),
    Kind(
        "accident-claim-to-private-plan",
        "hold",
        _BILL,
        "An accident's visit goes to a private plan",
        "ICBC and WorkSafeBC pay for an accident before any plan: correct the insurer where the session is kept, or "
        "take the accident off it if it is not about one.",
        remedy="practice",
        short="accident billed to a plan",
    ),
    Kind(
        "past-claim-deadline",
        "hold",
        _BILL,
        "The plan's deadline for claims is past",
        "Ask the plan whether it still takes the claim; if the deadline is another, correct Claim within "
        "days in the clinic setup (Insurers).",
        remedy="decide",
        short="past the plan's deadline",
    ),
    Kind(
        "over-insurer-limit",
        "hold",
        _BILL,
        "More visits than the plan pays",
        "Bill the patient, or ask the plan for more; if the count or the limit is wrong, correct it in the list "
        "of policies or in the clinic setup (More, Limits).",
        remedy="decide",
        short="over the plan's limit",
    ),
    # Turned off, these would claim a session a second time.
    Kind(
        "changed-since-claimed",
        "hold",
        _BILL,
        "The session was claimed, and is another now",
        "If the session is wrong, mend it where it is kept. If the claim is wrong: ims-billing void CLAIM FILE "
        "--replace --reason TEXT claims it as the file has it now. If both visits took place, claim them from one "
        "export that holds both.",
        fixed=True,
        remedy="claim",
        short="changed after it was claimed",
    ),
    Kind(
        "voided",
        "hold",
        _BILL,
        "The session's claim was taken back",
        "Nothing more, if it is not to be claimed; else ims-billing void CLAIM FILE --replace --reason TEXT claims it "
        "anew, as the file has it now.",
        fixed=True,
        remedy="claim",
        short="claim voided",
    ),
    Kind(
        "sale-without-arrival",
        "hold",
        _EITHER,
        "A sale has no visit that took place",
        "Mark the appointment as arrived in Jane, or take the sale back, and export both reports again.",
        remedy="practice",
        short="sale without a visit",
    ),
    Kind(
        "arrival-without-sale",
        "hold",
        _EITHER,
        "A visit has no sale",
        "Bill the visit in Jane and export both reports again.",
        remedy="practice",
        short="visit without a sale",
    ),
    Kind(
        "sale-and-arrival-differ",
        "hold",
        _EITHER,
        "The sale and the visit do not say the same",
        "Mend the one that is wrong in Jane and export both reports again.",
        remedy="practice",
        short="sale and visit differ",
    ),
    Kind(
        "tie-not-certain",
        "hold",
        _EITHER,
        "It is not certain which sale belongs to which visit",
        "Look the visits up in Jane. Give them their own times or names, and export both reports again.",
        remedy="practice",
        short="sale not matched",
    ),
    Kind(
        "unusual-frequency",
        "warn",
        _NONE,
        "More than two IMS sessions in seven days",
        "Make sure that the chart supports each visit: insurers look at frequency.",
        remedy="check",
        short="frequent visits",
    ),
    Kind(
        "second-initial-visit",
        "warn",
        _NONE,
        "A second initial visit of one patient",
        "Make sure that it is a new injury or condition: insurers pay one assessment for each.",
        remedy="check",
        short="second initial visit",
    ),
    Kind(
        "chart-not-signed",
        "warn",
        _NONE,
        "The chart of the visit is not signed",
        "Have the chart signed before an insurer asks for it.",
        remedy="check",
        short="chart not signed",
    ),
    Kind(
        "phn-check-digit",
        "warn",
        _NONE,
        "The Personal Health Number cannot be right",
        "Compare it with the patient's card. Sources differ on some check digits, so a right number may be named here.",
        remedy="check",
        short="PHN looks wrong",
    ),
    Kind(
        "registration-format",
        "warn",
        _NONE,
        "A registration number does not look like one",
        "Compare it with the College's register; in the clinic setup it is text, so that a leading zero stays.",
        remedy="check",
        short="registration number looks wrong",
    ),
    Kind(
        "number-unlike-others",
        "warn",
        _NONE,
        "A policy number or member ID does not look like the insurer's others",
        "Compare it with the patient's card: a spreadsheet may have taken off zeros or digits.",
        remedy="check",
        short="number looks wrong",
    ),
    Kind(
        "birth-date-in-future",
        "warn",
        _NONE,
        "The patient's birth date is after the visit",
        "Correct the birth date where the patient is kept.",
        remedy="check",
        short="birth date after the visit",
    ),
    Kind(
        "fee-varies-by-insurer",
        "warn",
        _NONE,
        "Private plans are charged different fees for the same visit",
        "Charge one price whoever pays: different rates by coverage bring audits about.",
        remedy="check",
        short="fee differs by insurer",
    ),
    Kind(
        "rule-not-verified",
        "warn",
        _NONE,
        "A fee or a limit is not known for sure",
        "Ask the insurer, and put what it says into the clinic setup (Fees; More, Limits), with its first day.",
        remedy="check",
        short="fee or limit not confirmed",
    ),
    Kind(
        "insurer-limit-counted-in-part",
        "warn",
        _NONE,
        "A limit of the insurer that can be counted in part only",
        "Ask the insurer or the patient how many visits are left, or for its approval of more.",
        remedy="check",
        short="limit counted in part",
    ),
    Kind(
        "near-insurer-limit",
        "warn",
        _NONE,
        "Near a limit of the insurer",
        "Tell the patient, and ask the insurer for more in time.",
        remedy="check",
        short="near a limit",
    ),
    Kind(
        "near-claim-deadline",
        "warn",
        _NONE,
        "The plan's deadline for claims is near",
        "Send this claim first.",
        remedy="check",
        short="deadline near",
    ),
    Kind(
        "past-submission-window",
        "warn",
        _NONE,
        "Too late for the usual channel",
        "Send it the other way that the message names.",
        remedy="check",
        short="past the usual window",
    ),
    Kind(
        "acupuncture-by-physiotherapist",
        "warn",
        _NONE,
        "Acupuncture by a physiotherapist who may needle is not billed",
        "If this name means IMS at your clinic, add it in the clinic setup (Service names).",
        remedy="setup",
        short="acupuncture by a physiotherapist",
    ),
    Kind(
        "service-not-recognised",
        "warn",
        _NONE,
        "The service name is not recognised and is not billed",
        "Say what this name means in the clinic setup (Service names).",
        remedy="setup",
        short="service name not known",
    ),
    Kind(
        "claimed-session-gone",
        "warn",
        _NONE,
        "A claimed session is not in the files any more",
        "Find out why. If the visit did not take place, take the claim back: ims-billing void CLAIM --reason TEXT.",
        remedy="claim",
        short="claimed, and gone from the files",
    ),
)

# The meaning of each reason not to bill.
REASONS = {
    "outside-month": "its day does not lie in the month that is billed",
    "no-show": "the patient did not come",
    "cancelled": "it was cancelled",
    "not-arrived": "it was booked, and nothing says that the patient came",
    "refunded": "the money was given back",
    "other-service": "what was done is not a service that the clinic bills here",
    "no-charge": "its fee is zero",
    "self-pay": "the patient pays, and no insurer is asked",
    "other-location": "it was at a location that the clinic does not bill here",
    "already-paid": "the insurer's line of the invoice is paid",
    "billed-elsewhere": "the row says that it was billed already",
    "in-the-future": "its day lies ahead",
    "decided-not-to-bill": "somebody decided so in the month's claim summary",
}

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


def catalogue_page() -> str:
    """The catalogue as the manual's page of findings, in Markdown."""
    lines = [
        "# Findings",
        "",
        "A finding that holds a session keeps it from being claimed until it is fixed or decided. A warning changes",
        "nothing else. The clinic setup can change how serious a finding is, unless it is fixed. `ims-billing why` and",
        "the word in brackets explain one of them.",
    ]
    words = {"bill": "Bill", "correct": "Correct value"}
    for remedy, heading in REMEDIES.items():
        lines += ["", f"## {heading}", ""]
        for kind in (kind for kind in _KINDS if kind.remedy == remedy):
            serious = ("holds" if kind.severity == "hold" else "warns") + (", fixed" if kind.fixed else "")
            decided = " or ".join(words[decision] for decision in kind.decisions)
            decide = f"; decide with {decided}" if decided else "; can't be decided" if kind.severity == "hold" else ""
            lines.append(f"- **{kind.title}** (`{kind.kind}`: {serious}{decide}). {kind.fix}")
    return "\n".join(lines) + "\n"
