"""Fields that correct values replace, by kind of finding; the words for each field and how it is written."""

from __future__ import annotations

import calendar

from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.frames import BILL, DO_NOT_BILL, LATER

# The column of the sessions that a correct value replaces, by kind. Of two, it is the first that the value fits.
# For `unreadable-cell` the unreadable cell itself says which column it is.
CORRECTS: dict[str, tuple[str, ...]] = {
    "unreadable-service-date": ("service_date",),
    "missing-service-date": ("service_date",),
    "unreadable-fee": ("fee_cents",),
    "missing-fee": ("fee_cents",),
    "no-fee-in-force": ("fee_cents",),
    "fee-not-as-listed": ("fee_cents",),
    "unreadable-cell": (),
    "missing-patient": ("patient",),
    "missing-practitioner": ("practitioner",),
    "practitioner-not-on-roster": ("practitioner",),
    "missing-service": ("service_name",),
    "missing-insurer": ("insurer",),
    "insurer-not-known": ("insurer",),
    "missing-policy": ("policy",),
    "missing-member": ("member",),
    "missing-birth-date": ("birth_date",),
    "missing-relationship": ("relationship",),
    "missing-insured": ("insured",),
    "missing-payer-file-number": ("payer_file_number",),
    "missing-accident-date": ("accident_date",),
    "missing-phn": ("phn",),
    "status-not-recognised": ("status",),
    "sale-without-arrival": ("status",),
    "arrival-without-sale": ("fee_cents",),
    "sale-and-arrival-differ": ("fee_cents", "practitioner"),
    "tie-not-certain": ("fee_cents", "insurer"),
}
ABOUT_THE_LIST = ("no-fee-in-force", "fee-not-as-listed")
# A day as examples write it; on a line of a month it is one of that month.
_EXAMPLE_DAY = "2026-10-31"
# The name of a column in a sentence, and how a value of it is written.
FIELDS: dict[str, tuple[str, str]] = {
    "service_date": ("the service date", f"a day such as {_EXAMPLE_DAY}"),
    "birth_date": ("the birth date", "a day such as 1980-01-31"),
    "accident_date": ("the accident date", f"a day such as {_EXAMPLE_DAY}"),
    "insured_birth_date": ("the insured's birth date", "a day such as 1980-01-31"),
    "start": ("the start", "a time such as 9:30"),
    "end": ("the end", "a time such as 10:00"),
    "minutes": ("the length in minutes", "a number of minutes such as 45"),
    "fee_cents": ("the fee", "an amount such as 95.00"),
    "patient_paid_cents": ("what the patient paid", "an amount such as 20.00"),
    "tax_cents": ("the tax", "an amount such as 0.00"),
    "status": ("the status", "arrived, no show, cancelled or another word for it"),
    "visit": ("the visit", "initial or subsequent"),
    "relationship": ("the relationship", "self, spouse, child or other"),
    "billed": ("whether it was billed", "yes or no"),
    "patient": ("the patient's name", "a name"),
    "practitioner": ("the practitioner", "a name"),
    "service_name": ("the service", "a name"),
    "insurer": ("the insurer", "a name"),
    "insured": ("the insured's name", "a name"),
    "location": ("the location", "a name"),
    "policy": ("the policy number", "a number"),
    "member": ("the member ID", "a number"),
    "payer_file_number": ("the payer file number", "a number"),
    "phn": ("the Personal Health Number", "a number"),
    "secondary_policy": ("the second policy number", "a number"),
    "secondary_member": ("the second member ID", "a number"),
}
_EXAMPLES = {
    **dict.fromkeys(("service_date", "accident_date"), _EXAMPLE_DAY),
    **dict.fromkeys(("birth_date", "insured_birth_date"), "1980-01-31"),
    "fee_cents": "95.00",
    "status": "arrived or no show",
    "relationship": "self, spouse, child or other",
}
# Columns whose unreadable cells hold only where a check or a fee depends on them: what is needed goes first.
OFTEN_LIGHT = (
    *("birth_date", "insured_birth_date", "relationship", "policy", "member", "phn"),
    *("insured", "secondary_insurer", "secondary_policy", "secondary_member"),
    *("start", "end", "minutes", "visit", "accident_date", "payer_file_number"),
)


def answers(kind: str) -> str:
    """The words under What to type for a line of this kind."""
    decisions, fields = CATALOGUE[kind].decisions, CORRECTS.get(kind, ())
    choose = f"{f'{BILL}, ' if 'bill' in decisions else ''}{DO_NOT_BILL} or {LATER}"
    if "correct" not in decisions:
        return f"Choose {choose}" if decisions else f"Fix it, or choose {choose}"
    named = " or ".join(FIELDS[column][0] for column in fields) or "what the cell should say"
    example = _EXAMPLES.get(fields[0]) if fields else None
    text = named[0].upper() + named[1:] + (f", as {example}" if example else "")
    too = f" (with {BILL} beside it, if your list has no such fee)" if kind in ABOUT_THE_LIST else ""
    return f"{text}{too}. Or choose {choose}"


def of_month(text: str, month: str) -> str:
    """A text with examples of days, for a line of a month such as 2026-11: the day is that month's last."""
    year, number = map(int, month.split("-"))
    return text.replace(_EXAMPLE_DAY, f"{month}-{calendar.monthrange(year, number)[1]}")
