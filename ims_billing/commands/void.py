"""The command `void`: voids a claim, and with --replace claims its session again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import NamedTuple

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.commands.claim import allowed_by_plans, due_from_second_insurers, stated_second_plans
from ims_billing.commands.folder import finish, write
from ims_billing.commands.refusals import probe, refuse_files_of_another_ledger
from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.ledger import Ledger
from ims_billing.month.prepare import Month, Scope, prepare_month
from ims_billing.month.reach import reach_of
from ims_billing.month.run import empty_run, run_of, with_balances
from ims_billing.month.second_insurer import SecondPlan, balances_due
from ims_billing.payments.positions import answers
from ims_billing.sessions.patient_ids import refuse_patient_ids
from ims_billing.vocabulary.claim_numbers import month_of
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.findings import REASONS
from ims_billing.vocabulary.frames import ABSENT, CELL_FINDINGS, CLAIMS, SESSIONS, empty
from ims_billing.vocabulary.grounds import remarks_of
from ims_billing.vocabulary.intake import FileRead, Intake
from ims_billing.vocabulary.model import Run
from ims_billing.vocabulary.shell import quoted
from ims_billing.workbooks.files import Written


@dataclass(frozen=True)
class Voided:
    """The outcome of `void`."""

    month: str
    """The month of the new claim; without one, that of the voided claim."""
    replaced_by: str
    """The number of the new claim; empty if there is none."""
    followed_by: str
    """The second insurer's claim that was voided with it; empty if there was none."""
    second: bool
    """True if the voided claim went to a second insurer itself."""
    paid: int
    """The amount paid on it so far, in cents."""
    followed_by_paid: int
    """The amount paid on the second insurer's claim that was voided with it, in cents."""
    batch: int | None
    """The batch of the new claim; None if there is none."""
    amount: int
    """What the new claim asks for, in cents; 0 if there is none."""
    to_check: tuple[str, ...]
    """What to check before the new claim is sent, in words."""
    listed_in: tuple[str, int] | None
    """Month and batch of another month whose workbook lists the void; None if there is none."""
    written: tuple[Written, ...]
    """The files that were written."""


def void(
    number: str,
    clinic: Clinic | None,
    at: Workplace,
    *,
    reason: str,
    as_of: dt.date,
    intake: Intake | None = None,
) -> Voided:
    """Voids a claim, and records why.

    number: the claim, which may be voided already if its session is only to be claimed again
    clinic: if given, the session is claimed again at once, by this setup
    at: the workplace
    reason: why, in the user's words
    as_of: the day of the void
    intake: files to read the session from, even in another month; None to claim it as it was

    Raises BillingError with nothing recorded if there is no such claim, or the new one would be held.
    """
    ledger = at.ledger
    finish(at)
    with ledger.writing(at.waiting, f"void {number}", may_add_batch=clinic is not None):
        old = ledger.claims.of_number(number)
        month, second = str(old["month"].iloc[0]), bool(old["follows"].iloc[0])
        refuse_files_of_another_ledger(at, [month])
        followed_by = ledger.claims.followed_by(number)
        if clinic is None or old["voided_on"].isna().all():
            ledger.void(number, as_of, reason)
        elif other := ledger.claims.replaced_by(number):
            raise BillingError(f"{number} was already claimed again, as {other}.")
        paid = ledger.payments.paid([number, followed_by])
        new = _Replacement(month)
        if clinic is not None:
            run = (
                _balance_anew(ledger, old, clinic, as_of, intake)
                if second
                else _anew(ledger, old, clinic, as_of, intake, reason)
            )
            new = _replace(ledger, number, month, run)
        months = list(dict.fromkeys([month, new.month]))
        for each in months:
            probe(at, each)
    written = [write(at, each, new.batch if each == new.month else None) for each in months]
    return Voided(
        month=new.month,
        replaced_by=new.claim,
        followed_by=followed_by,
        second=second,
        paid=paid.get(number, 0),
        followed_by_paid=paid.get(followed_by, 0),
        batch=new.batch,
        amount=new.amount,
        to_check=new.to_check,
        listed_in=new.listed_in,
        written=tuple(w for w in written if w),
    )


class _Replacement(NamedTuple):
    """The claim that replaces a voided one: see Voided. Without one, `month` is that of the voided claim."""

    month: str
    claim: str = ""
    batch: int | None = None
    amount: int = 0
    to_check: tuple[str, ...] = ()
    listed_in: tuple[str, int] | None = None


def _replace(ledger: Ledger, number: str, month: str, run: Run) -> _Replacement:
    """Records the run of the claim that replaces `number`, a claim of `month`."""
    claim, amount = ledger.numbers(run)[0], int(run.claims["amount_cents"].iloc[0])
    to_check = tuple(remark.title for remark in remarks_of(str(run.claims["remarks"].iloc[0])))
    batch, _ = ledger.add_batch(run, voids=[number])
    for each in {month, run.month}:
        ledger.months.settle(each, number)
    listed_in = None
    if run.month != month:
        # The void belongs to a batch of its claim's month: without one, the insurer would keep both claims.
        number_there, _ = ledger.add_batch(empty_run(run, month), voids=[number])
        listed_in = (month, number_there) if number_there else None
    return _Replacement(run.month, claim, batch, amount, to_check, listed_in)


def _anew(ledger: Ledger, old: pd.DataFrame, clinic: Clinic, as_of: dt.date, intake: Intake | None, reason: str) -> Run:
    """Makes the run of the one claim that replaces the old one; raises BillingError if it would be held."""
    number = str(old["claim"].iloc[0])
    read = _as_claimed(old, clinic) if intake is None else intake
    memory = ledger.memory(reach_of(read, clinic, ledger.decisions.all(), replacing=number))
    if intake is not None:
        refuse_patient_ids(intake.sessions, memory.claims, clinic.file)
    prepared = prepare_month(read, Scope(clinic, month=None, as_of=as_of, memory=memory, replacing=number))
    claims = prepared.claims[prepared.claims["replaces"] == number].reset_index(drop=True)
    if len(claims) != 1:
        why = _why_not(prepared, claims)
        ways = _ways_out(number, reason, from_files=intake is not None)
        raise BillingError(f"{number} can't be claimed again, and nothing was changed. {why} {ways}")
    month = f"{claims['service_date'].iloc[0]:%Y-%m}"
    if month not in ledger.months.all():
        raise BillingError(
            f"{number} can't be claimed again, and nothing was changed. Its session lies in {month} now, and nothing "
            "of that month is on the ledger: claim that month first."
        )
    run = run_of(replace(prepared, month=month, claims=claims))
    if intake is None:
        sourced = claims.assign(source=old["source"].iloc[0], visit_evidence=old["visit_evidence"].iloc[0])
        run = replace(run, origin=replace(run.origin, files=()), claims=sourced)
    due = due_from_second_insurers(run, prepared, ledger).claims
    return with_balances(run, due[due["follows"].isin(ledger.numbers(run))], clinic)


def _balance_anew(ledger: Ledger, old: pd.DataFrame, clinic: Clinic, as_of: dt.date, intake: Intake | None) -> Run:
    """Makes the run of the claim that replaces one to a second insurer; raises BillingError if no balance is left."""
    second = old.iloc[0]
    number, firsts = str(second["claim"]), [str(second["follows"])]
    # A first claim that was claimed again is followed by what replaces the second one too.
    while successor := ledger.claims.replaced_by(firsts[-1]):
        firsts.append(successor)
    first = firsts[-1]
    read = intake or Intake(empty(SESSIONS), empty(CELL_FINDINGS), ())
    memory = ledger.memory(reach_of(read, clinic, ledger.decisions.all()))
    prepared = prepare_month(read, Scope(clinic, month=None, as_of=as_of, memory=memory))
    # Without a file it goes to the plan that it went to before.
    before = SecondPlan(str(second["insurer"]), str(second["policy"]), str(second["member"]))
    second_plans = {first: before, **stated_second_plans(prepared.sessions)}
    claims = ledger.claims.with_second_insurers([*second_plans])
    postings = ledger.payments.postings(claims["claim"])
    others = claims[~claims["follows"].isin(firsts)]
    answered = answers(claims, postings)
    due = balances_due(others, answered, second_plans, (), clinic)
    due = replace(due, claims=due.claims[due.claims["follows"] == first].reset_index(drop=True))
    due = allowed_by_plans(due, claims, ledger, prepared, {first})
    ours = due.claims
    if ours.empty:
        waiting_for = " ".join(each.message for each in due.waiting if each.claim == first)
        is_answered = first in answered and answered[first].position.answered
        left = "is left to ask for" if is_answered else "is known to be left before its insurer answers"
        waiting_for = waiting_for or f"Nothing of {first}, which it follows, {left}."
        raise BillingError(f"{number} can't be claimed again, and nothing was changed. {waiting_for}")
    run = replace(run_of(replace(prepared, month=month_of(first))), claims=empty(CLAIMS))
    return with_balances(run, ours.assign(replaces=number), clinic)


def _why_not(prepared: Month, claims: pd.DataFrame) -> str:
    if len(claims) > 1:
        return f"{len(claims)} sessions in these files could be its session."
    sessions = prepared.sessions[prepared.sessions["replaces"] != ""]
    if sessions.empty:
        return "Its session is not in these files."
    findings = prepared.findings[prepared.findings["session"].isin(sessions.index)]
    holds = findings.loc[findings["severity"] == "hold", ["message", "fix"]].drop_duplicates()
    messages = [f"{message} {fix}" for message, fix in holds.itertuples(index=False, name=None)]
    reason = str(sessions["reason"].iloc[0])
    return (
        " ".join(messages)
        or f"Its session is not billed now: {REASONS[reason].meaning if reason in REASONS else 'claimed already'}."
    )


def _ways_out(number: str, reason: str, *, from_files: bool) -> str:
    """How the session is claimed again as an export has it now, where none was named, or as somebody decides."""
    void, why = f"ims-billing void {number}", f"--reason {quoted(reason)}"
    to_decide = f"To decide about it on the sheet Needs attention: {void} {why}, then claim the month again."
    return to_decide if from_files else f"To claim it as an export has it: {void} FILE --replace {why}. {to_decide}"


def _as_claimed(old: pd.DataFrame, clinic: Clinic) -> Intake:
    """Makes an intake of the one session, as it was claimed."""
    claim = old.iloc[0]
    insurer = clinic.insurer(claim["insurer_id"]) or clinic.insurer(claim["insurer"])
    stated = {
        "file": claim["source"],
        "practitioner": claim["practitioner_written"],
        "insurer": insurer.name if insurer else claim["insurer"],
        "status": "arrived",
        "fee_stated": True,
    }
    cells = {c.name: stated.get(c.name, claim.get(c.name, ABSENT[c.dtype])) for c in SESSIONS}
    session = pd.DataFrame({c.name: pd.Series([cells[c.name]], dtype=c.dtype) for c in SESSIONS})
    source = FileRead(claim["source"], "ledger", "", rows=1, sessions=1, repeated=0, tied=0, asides=())
    return Intake(session, empty(CELL_FINDINGS), (source,))
