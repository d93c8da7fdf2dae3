"""The columns of every frame, each with its dtype and meaning, and the proof that a frame has them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd


class Column(NamedTuple):
    """One column of a frame: its name, pandas dtype, and meaning with the unit."""

    name: str
    dtype: str
    meaning: str


WHERE = (
    Column("file", "str", "name of the file the row came from"),
    Column("sheet", "str", "name of the sheet; empty for a text file"),
    Column("row", "int64", "row as Excel numbers it, from 1"),
    Column("again_in", "str", "other files that hold the same row, a line each"),
    Column("beside", "str", "other rows that tell of it, a line each: file, sheet and row, with tabs between"),
)

# Text that is absent is "", a date that is absent is NaT. Amounts that are absent are 0, and `fee_stated` tells.
SESSIONS = (
    *WHERE,
    Column("session_id", "str", "the practice system's own number of the session"),
    Column("service_date", "datetime64[us]", "the day of the visit"),
    Column("start", "Int64", "when it began, in minutes after midnight"),
    Column("end", "Int64", "when it ended, in minutes after midnight"),
    Column("minutes", "Int64", "how long it took, in minutes"),
    Column("patient", "str", "the patient's name as written"),
    Column("patient_id", "str", "the practice system's number of the patient"),
    Column("birth_date", "datetime64[us]", "the patient's birth date"),
    Column("phn", "str", "the patient's Personal Health Number"),
    Column("practitioner", "str", "who treated, as written"),
    Column("service_name", "str", "what was done, as written"),
    Column("sold_as", "str", "the same as its sale words it; empty where no sale is matched to an appointment"),
    Column("visit", "str", "'initial', 'subsequent' or empty"),
    Column("first_visit", "str", "'yes', 'no' or empty: the patient's first; counts where nothing names the visit"),
    Column("chart", "str", "'signed', 'unsigned' or empty: the practice system's chart of the visit"),
    Column("status", "str", "'arrived', 'no-show', 'cancelled', 'not-arrived', 'refunded' or 'unknown'"),
    Column("billed", "bool", "the row says that it was billed elsewhere"),
    Column("insurer_paid", "bool", "the insurer's line of the invoice is paid"),
    Column("insurer", "str", "who is asked to pay, as written"),
    Column("policy", "str", "policy, plan or group number"),
    Column("member", "str", "member, certificate or client number"),
    Column("relationship", "str", "patient to insured: 'self', 'spouse', 'child', 'other' or empty"),
    Column("insured", "str", "name of the insured"),
    Column("insured_birth_date", "datetime64[us]", "birth date of the insured"),
    Column("payer_file_number", "str", "ICBC's or WorkSafeBC's number of the accident"),
    Column("accident_date", "datetime64[us]", "day of the accident"),
    Column("secondary_insurer", "str", "the second insurer, as written"),
    Column("secondary_policy", "str", "its policy number"),
    Column("secondary_member", "str", "its member number"),
    Column("visits_used", "Int64", "visits that the insurer's plan has paid so far, as the clinic's list says"),
    Column("visits_allowed", "Int64", "visits that it pays in all"),
    Column("fee_cents", "int64", "what the clinic charges for the visit, in cents; 0 where not stated"),
    Column("fee_stated", "bool", "the fee could be read"),
    Column("patient_paid_cents", "int64", "what the patient has paid of it so far, in cents"),
    Column("tax_cents", "int64", "tax on it, in cents"),
    Column("invoice", "str", "the practice system's invoice number"),
    Column("location", "str", "where it took place"),
    Column("notes", "str", "private; searched for IMS and never carried on"),
    Column("elsewhere", "str", "cells under headings that the layout does not know; tells rows apart"),
)

# The insurer id of sessions that the patient pays.
SELF_PAY = "self-pay"
# The evidence of a visit that the name of its service shows.
BY_SERVICE_NAME = "the service name"

# The value of an empty cell, by dtype.
ABSENT: dict[str, Any] = {"str": "", "bool": False, "int64": 0, "Int64": None, "datetime64[us]": None}

# The columns that `classify` adds to the sessions.
CLASSIFIED = (
    *SESSIONS,
    Column("service", "str", "what was done: one of the services"),
    Column("evidence", "str", "the words that show it, and their column"),
    Column("doubt", "str", "kinds of finding that the service name or the notes bring about, with spaces between"),
    Column("unknown_words", "str", "of a name that speaks of IMS: words that nobody knows, a line each"),
    Column("doubtful_words", "str", "of a name that speaks of IMS: words that leave IMS open, a line each"),
    Column("strange_words", "str", "words of the service name that neither rules nor setup know, a line each"),
    Column("no_visit", "bool", "by its name nobody came, IMS was not given, or money went back"),
    Column("visit_evidence", "str", "the column or name that shows the visit; empty if none does"),
    Column("named_visit", "str", "the visit that the service name shows; empty if it shows none"),
    Column("practitioner_name", "str", "the name in the clinic file; empty where not on the roster"),
    Column("profession", "str", "the practitioner's profession; empty where not on the roster"),
    Column("registration", "str", "the practitioner's registration number"),
    Column("registered", "bool", "registered on the service date"),
    Column("may_needle", "bool", "authorised to needle on the service date"),
    Column("authority", "str", "by what the practitioner may be billed for that day, in words"),
    Column("named_instead", "str", "physiotherapists whom the service name names, where another one treated"),
    Column("insurer_id", "str", "the insurer's fixed id, 'self-pay', or empty where not known"),
    Column("insurer_name", "str", "the insurer's name; as written where not known"),
)

FINDINGS = (
    Column("session", "int64", "index label of the session in the sessions frame"),
    Column("kind", "str", "kind of finding"),
    Column("severity", "str", "'hold' or 'warn'"),
    Column("message", "str", "what is wrong, without patient data"),
    Column("fix", "str", "how to put it right"),
    Column("claim", "str", "number of the claim that it is about; empty where none"),
    Column("decided", "bool", "a decision counts for it: the message ends with the decision and its day"),
    Column("in_setup", "bool", "it is fixed in the clinic setup, which says nothing about what it is about"),
)


# The claim state of each session, indexed like the sessions.
CLAIM_STATES = (
    Column("claim", "str", "number of the claim of the same session; empty where there is none"),
    Column("state", "str", "'claimed', 'changed', 'voided', or empty for a new session"),
    Column("message", "str", "what changed since it was claimed, without patient data"),
    Column("resembles", "str", "number of the claim that a new session may be a correction of"),
    Column("resemblance", "str", "what of the two differs, as a clause"),
)

# The columns that a run adds to the classified sessions.
JUDGED = (
    *CLASSIFIED,
    Column("key", "str", "opaque key that stays the same from run to run and holds no patient data"),
    Column("own_id", "str", "the session id, empty where it was a different session's before"),
    Column("natural_key", "str", "natural key, with the id where no start tells two visits apart"),
    Column("replaces", "str", "number of the claim that it takes the place of; empty where none"),
    Column("reason", "str", "why it is not billed; empty where it may be"),
    Column("claim", "str", "number of its claim on the ledger; empty where none"),
    Column("about_claim", "str", "number of the claim that changed or was voided; empty for others"),
    Column("at_row_fee", "bool", "somebody decided to bill the fee of its row"),
    Column("outcome", "str", "'claimed', 'held', 'not_billed' or 'already_claimed'"),
    Column("service_code", "str", "the code that it is claimed with; empty where it is not claimed"),
)

# The fees in force for each session, indexed like the sessions.
PRICES = (
    Column("listed_cents", "Int64", "the most specific fee for its insurer, in cents; NA where none fits"),
    Column("own_cents", "Int64", "the clinic's own fee, for any insurer, in cents; NA where none fits"),
    Column("rule", "int64", "position of the listed fee in the clinic's fees; -1 where none fits"),
)


def _of_sessions(*names: str) -> tuple[Column, ...]:
    """The columns of the classified sessions that another frame has too."""
    by_name = {column.name: column for column in CLASSIFIED}
    return tuple(by_name[name] for name in names)


_SOURCE = Column("source", "str", "file, sheet and row")

# The cells of a claim, and the keys that find its session again.
_CLAIM = (
    *_of_sessions("insurer_id"),
    Column("insurer", "str", "the insurer's name"),
    *_of_sessions("service_date", "patient", "birth_date", "phn", "relationship", "insured", "policy", "member"),
    *_of_sessions("payer_file_number", "accident_date"),
    Column("practitioner", "str", "the name in the clinic file"),
    *_of_sessions("registration", "service"),
    Column("service_code", "str", "what it is billed as"),
    Column("description", "str", "what it is billed as, in words"),
    *_of_sessions("fee_cents", "patient_paid_cents"),
    Column("amount_cents", "int64", "what this insurer is asked for, in cents"),
    _SOURCE,
    *_of_sessions("session_id"),
    Column("natural_key", "str", "the session's natural key, with its id where no start tells visits apart"),
    *_of_sessions("patient_id", "start", "minutes", "visit"),
    Column("practitioner_written", "str", "who treated, as written"),
    *_of_sessions("service_name"),
    Column("replaces", "str", "number of the voided claim that it stands for; empty where none"),
    *_of_sessions("insured_birth_date"),
    Column("secondary_insurer", "str", "the second insurer's name"),
    *_of_sessions("secondary_policy", "secondary_member"),
    Column("payer_order", "str", "the rule of who pays first where there are two, as a JSON list"),
    *_of_sessions("evidence", "visit_evidence", "authority"),
    Column("rules", "str", "the fee, code and limits that it rests on, a JSON list of grounds"),
    Column("remarks", "str", "what was worth knowing when it was claimed, a JSON list of remarks"),
    Column("follows", "str", "number of the first insurer's claim, whose balance it asks for; empty where none"),
    Column("first_paid_cents", "int64", "what the first insurer had paid then, in cents"),
    Column("first_answer", "str", "what the first insurer had answered then, in words"),
    *_of_sessions("invoice"),
    Column("send_by", "datetime64[us]", "the last day that its insurer or channel takes it, where one is stated"),
)
# Claims in the making, of one run.
CLAIMS = (Column("session", "int64", "index label of the session in the sessions frame"), *_CLAIM)
# Claims as the ledger holds them.
ON_LEDGER = (
    Column("claim", "str", "claim number, e.g. 2026-10-SUNL-0001"),
    Column("month", "str", "the month it is billed in, e.g. 2026-10"),
    Column("batch", "int64", "which batch of the month added it, from 1"),
    *_CLAIM,
    Column("voided_on", "datetime64[us]", "the day it was voided"),
    Column("void_reason", "str", "why it was voided"),
    Column("void_batch", "Int64", "the batch whose workbook says so to its insurer"),
    Column("replaced_by", "str", "the claim that stands for it since; empty where none"),
)

# Visits of earlier files that have no claim: held, or billed elsewhere.
UNCLAIMED = (
    *_of_sessions("service_date", "patient"),
    Column("service", "str", "what was done, as written"),
    Column("insurer", "str", "who is asked to pay, as the ledger lists it"),
    Column("reason", "str", "why it is not billed; empty where it is on hold"),
)


# Stands for the session in a finding that is about none in the files.
NO_SESSION = -1

# Cells that cannot be read, each with the finding that it becomes if the checks examine its session.
CELL_FINDINGS = (
    Column("session", "int64", "index label of the session in the sessions frame"),
    Column("column", "str", "column of the sessions frame that the cell was for"),
    Column("kind", "str", "kind of finding"),
    Column("message", "str", "what is wrong, without patient data"),
)

# The columns that both lists of unclaimed sessions share.
_LISTED = (
    _SOURCE,
    *_of_sessions("service_date", "patient", "practitioner"),
    Column("service", "str", "what was done, as written"),
    Column("insurer", "str", "who is asked to pay"),
    *_of_sessions("fee_cents"),
)
_KEY = Column("session", "str", "the session's key, opaque")
# Held sessions, one line per finding that holds; and sessions that are not billed.
ATTENTION = (
    _KEY,
    Column("kind", "str", "kind of finding"),
    *_LISTED,
    Column("problem", "str", "what is wrong"),
    Column("fix", "str", "how to put it right"),
    Column("fingerprint", "str", "what the session was then, hashed"),
    Column("claim", "str", "number of the claim that it is about; empty where none"),
    Column("title", "str", "what the kind of finding means"),
    Column("ways", "str", "what counts as a decision about it"),
    Column("waits", "str", "what has to come before the decision about it counts; empty if nothing"),
    Column("bill_refused", "bool", "Bill does not count for this session as it is, although its kind takes Bill"),
)
# Lines of earlier months that are still open, each with its month.
EARLIER = (Column("month", "str", "the month that decides about it"), *ATTENTION)
NOT_BILLED = (
    _KEY,
    *_LISTED,
    Column("reason", "str", "the reason why it is not billed, one of the catalogue's"),
    Column("why", "str", "the reason in words"),
)


# What a person decides on a line of the sheet *Needs attention*.
_DECIDED = (
    _KEY,
    Column("kind", "str", "kind of finding"),
    Column("decision", "str", "'Bill', 'Do not bill', 'Later' or empty"),
    Column("correct_value", "str", "what stands for the field that the kind names; empty where nothing does"),
    Column("decided_by", "str", "who decided"),
    Column("note", "str", "why"),
)
# The cells that a person typed on such a line, and two that show whose it is.
TYPED = (
    Column("place", "str", "file, sheet and row it was typed in"),
    *_DECIDED,
    Column("shown_patient", "str", "the patient on the line"),
    Column("shown_day", "str", "the service date on the line"),
)
# The same as the ledger keeps it, with when, and with the line that it is about.
DECISIONS = (
    Column("month", "str", "the month whose workbook it was typed in"),
    *_DECIDED,
    Column("decided_on", "datetime64[us]", "the day it was read"),
    *(
        column
        for column in ATTENTION
        if column.name not in ("session", "kind", "fix", "claim", "title", "ways", "waits", "bill_refused")
    ),
)
# Rows of remittances and lists of payments, as they were read.
REMITTANCE = (
    *_of_sessions("file", "sheet", "row"),
    Column("claim", "str", "the claim's number, as written"),
    Column("insurer", "str", "who pays, as written"),
    Column("member", "str", "the member's number, as written"),
    Column("patient", "str", "the patient's name, as written"),
    Column("service_date", "datetime64[us]", "the day of the visit"),
    Column("claimed_cents", "Int64", "what was claimed, in cents"),
    Column("paid_cents", "Int64", "what is paid, in cents; below zero where it is taken back"),
    Column("reason", "str", "why it is less, as written"),
    Column("payment_date", "datetime64[us]", "the day of the payment"),
    Column("invoice", "str", "the practice system's invoices that it pays, as written"),
    Column("patients_invoice", "bool", "all of these are the patient's own"),
    Column("payment_number", "str", "the insurer's or the bank's number of the payment"),
    Column("period_from", "datetime64[us]", "first day of the visits that one sum is for"),
    Column("period_until", "datetime64[us]", "last day of the visits that one sum is for"),
    Column("method", "str", "how it was paid, as written"),
    Column("source", "str", "who or what it came from, as written"),
    Column("payee", "str", "whom it was paid to, as written"),
    Column("description", "str", "what it is for, as written"),
    Column("currency", "str", "its currency, as written"),
    Column("treated_by", "str", "who treated, as written; of several columns one cell a line"),
    Column("service", "str", "what was done, as written; of several columns one cell a line"),
    Column(
        "above", "str", "what stands above it: the sheet's name and a title or the heading of its group, one a line"
    ),
    Column("elsewhere", "str", "text under headings that were not read, one cell a line"),
    Column("unread_money", "str", "headings that were not read and hold an amount here"),
    Column(
        "unread_words", "str", "headings that were not read and hold a word here that may say that it is no payment"
    ),
    Column("fault", "str", "what of it cannot be read, in words; empty where nothing"),
)
# Postings to claims, a line for each payment and claim; and the claims that were sent again unchanged.
POSTINGS = (
    Column("payment", "int64", "the ledger's own number of the payment; 0 where the claim was sent again"),
    Column("claim", "str", "claim number"),
    Column("paid_cents", "int64", "what this payment pays of it, in cents; below zero where it is taken back"),
    Column("expected_cents", "int64", "what the plan should pay in all as far as anybody says, in cents"),
    Column("denied", "bool", "the insurer refuses it"),
    Column("reason", "str", "why it is less, as the insurer says"),
    Column("paid_on", "datetime64[us]", "the day of the payment"),
    Column("undone_on", "datetime64[us]", "the day its payment was undone"),
)
# The position of each claim's money on a day.
POSITIONS = (
    Column("claim", "str", "claim number"),
    Column("claimed_cents", "int64", "what the insurer is asked for, in cents; 0 once the claim is voided"),
    Column("paid_cents", "int64", "what it has paid"),
    Column("patient_share_cents", "int64", "what the plan leaves to the patient"),
    Column("short_cents", "int64", "what it should have paid, and has not"),
    Column("denied_cents", "int64", "what it refuses"),
    Column("outstanding_cents", "int64", "what nobody has answered for; below zero: paid too much"),
    Column("answered_on", "datetime64[us]", "the day of the first payment or refusal that stands"),
    Column("reason", "str", "why it is less, as the insurer said last"),
    Column("was_received", "bool", "the insurer has answered, also before it was sent again or the payment reversed"),
)
# Notes that were typed about claims, in the order they were read.
WORK = (
    Column("claim", "str", "claim number"),
    Column("owner", "str", "who looks after it"),
    Column("status", "str", "'Open', 'Asked', 'Sent again', 'Closed' or empty"),
    Column("sent_on", "datetime64[us]", "the day it was sent again unchanged"),
    Column("note", "str", "what was said"),
    Column("noted_on", "datetime64[us]", "the day it was read"),
)
# What was typed about an insurer's workbook of a batch.
SENDINGS = (
    *(column for column in ON_LEDGER if column.name in ("month", "batch")),
    *_of_sessions("insurer_id"),
    Column("sent", "str", "'Yes', 'No' or empty"),
    Column("sent_on", "datetime64[us]", "the day it was sent"),
    Column("confirmation", "str", "the number by which the insurer or its portal confirmed it"),
)
# Insurers' workbooks, with what was noted about each.
TO_SEND = (
    *SENDINGS[:3],
    Column("insurer", "str", "the insurer's name"),
    Column("claims", "int64", "number of claims in it; 0 where it only takes claims back"),
    Column("voids", "int64", "number of earlier claims that it takes back"),
    Column("amount_cents", "int64", "what they ask for, in cents"),
    Column(
        "send_by",
        "datetime64[us]",
        "the next last day of one of its claims, else the first that passed; absent where none is",
    ),
    Column("late", "int64", "number of its claims that are past their last day and have to go another way"),
    Column("answered", "int64", "number of its claims that the insurer has answered"),
    *SENDINGS[3:],
)
WORK_STATUSES = ("Open", "Asked", "Sent again", "Closed")
# Claims that are not paid as claimed on a day.
AGING = (
    *(column for column in ON_LEDGER if column.name in ("claim", "month", "insurer", "service_date", "patient")),
    *_of_sessions("policy", "member"),
    Column("claimed_on", "datetime64[us]", "the day it was claimed"),
    Column("age", "int64", "days since then"),
    Column("bucket", "str", "'0-30', '31-60', '61-90' or 'over 90' days"),
    Column("amount_cents", "int64", "what was claimed, in cents"),
    Column("paid_cents", "int64", "what was paid of it"),
    Column("owed_cents", "int64", "what the insurer owes still; below zero: what it paid too much"),
    Column("state", "str", "'not answered', 'short-paid', 'denied', 'over-paid' or 'paid and voided'"),
    Column("again_on", "datetime64[us]", "the day it was sent again, if nothing was answered since"),
    Column("reason", "str", "why, as the insurer said"),
    Column("payment", "int64", "the ledger's own number of the payment that answered last; 0 where none did"),
    Column("answered_on", "datetime64[us]", "the day of that payment"),
    Column("usual_days", "int64", "days within which its insurer usually answers"),
    Column("ask", "bool", "refused, short, paid and voided, or not answered for longer than usual"),
    *(column for column in WORK if column.name in ("owner", "status", "sent_on", "note")),
)
BILL, DO_NOT_BILL, LATER = "Bill", "Do not bill", "Later"
DECISION_WORDS = (BILL, DO_NOT_BILL, LATER)


def empty(columns: tuple[Column, ...]) -> pd.DataFrame:
    """A frame of these columns, without rows."""
    return _empty(columns).copy(deep=False)


@cache
def _empty(columns: tuple[Column, ...]) -> pd.DataFrame:
    # A run wants a dozen of them, and one takes as long as sorting ten thousand rows.
    import pandas as pd

    return pd.DataFrame({column.name: _nothing(column.dtype) for column in columns}, copy=False)


@cache
def _nothing(dtype: str) -> Any:
    import pandas as pd

    return pd.array([], dtype=dtype)  # type: ignore[call-overload]


def as_frame(values: Any, columns: tuple[Column, ...], index: Any = None) -> pd.DataFrame:
    """A frame of exactly these columns, in their order, with their types.

    `values` is a frame with at least these columns, a mapping of them, or a list of rows as tuples or mappings.
    Columns that a mapping leaves out hold what stands for nothing (ABSENT). Raises TypeError where the result is not
    as declared (a bug), and ValueError or KeyError for values that cannot be of their type.
    """
    import pandas as pd

    names = [column.name for column in columns]
    if isinstance(values, dict):
        values = {column.name: values.get(column.name, ABSENT[column.dtype]) for column in columns}
        frame = pd.DataFrame(values, columns=names, index=index)
    else:
        frame = values if isinstance(values, pd.DataFrame) else pd.DataFrame(values, columns=names, index=index)
    frame = frame if list(frame) == names else frame[names]
    now = dict(frame.dtypes.items())
    # One by one: pandas' own way with several would copy all the others.
    other = {c.name: frame[c.name].astype(c.dtype) for c in columns if str(now[c.name]) != c.dtype}  # type: ignore[call-overload]
    return prove(frame.assign(**other) if other else frame, columns)


def prove(frame: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    """Returns the frame unchanged; raises TypeError if columns or dtypes are not as declared (a bug)."""
    actual = [(str(name), str(dtype)) for name, dtype in frame.dtypes.items()]
    wanted = [(column.name, column.dtype) for column in columns]
    if actual != wanted:
        wrong = sorted(set(actual) ^ set(wanted))
        raise TypeError(f"frame columns are not as declared: {wrong or 'order'}")
    return frame
