"""What `--json` prints, as objects. Sessions are named by file, sheet, row and id, never by patient."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ims_billing import __version__
from ims_billing.clinic.clinic import Clinic, Insurer
from ims_billing.clinic.rules_in_words import rules_on
from ims_billing.rules.published import services_in_words
from ims_billing.rules.values import ALWAYS, Cited, Codes, in_force, without_overridden
from ims_billing.vocabulary.frames import NO_SESSION
from ims_billing.vocabulary.spelling import is_id, numbered

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.cli.screen.month_page import Shown
    from ims_billing.commands.aging import Aged
    from ims_billing.commands.reconcile import Reconciliation, Undone
    from ims_billing.month.prepare import Month
    from ims_billing.month.second_insurer import Rest
    from ims_billing.month.why import Page
    from ims_billing.payments.sending import ToSend


# The columns of a finding that scripts see.
_SHOWN = ["session", "kind", "severity", "message", "fix"]


def month_json(shown: Shown, numbers: Mapping[int, str] | None = None) -> dict[str, Any]:
    """The object that `check` and `claim` print: a `json_shapes.MonthJson`.

    Sessions are named by file, sheet, row and id, never by patient. `numbers` are the claim numbers by session of a
    run that recorded them; None: nothing was recorded.
    """
    # Here, so that commands without sessions need no pandas.
    from ims_billing.cli.screen.next_steps import next_command
    from ims_billing.reading.unread import ALL_ATTENDED

    month, rest = shown.month, shown.rest
    totals = month.totals
    # The files of this month alone: those of other months follow from it.
    written = shown.written[0].files if shown.changed and shown.written else ()
    of_no_session = [
        {"kind": kind, "severity": severity, "message": message, "fix": fix}
        for session, kind, severity, message, fix in month.findings[_SHOWN].itertuples(index=False, name=None)
        if session == NO_SESSION
    ]
    return {
        "version": __version__,
        "month": month.month or _single_month(month),
        "as_of": month.as_of.isoformat(),
        "files": [
            {
                "file": f.file,
                "layout": f.layout,
                "rows": f.rows,
                "sessions": f.sessions,
                "repeated": f.repeated,
                "tied": f.tied,
                "set_aside": f.set_aside,
                "sha256": f.sha256,
                "unread": f.unread_headings,
                "skipped": [{"sheet": a.sheet, "row": a.row, "reason": a.reason} for a in f.asides],
                **({"note": ALL_ATTENDED} if f.all_attended else {}),
                **({"remarks": list(f.remarks)} if f.remarks else {}),
                **({"could_change_a_claim": [c.heading or c.place for c in f.doubtful]} if f.doubtful else {}),
            }
            for f in month.intake.files
        ],
        "totals": {
            "rows": totals.rows,
            "sessions": totals.sessions,
            **totals.counts,
            "repeated": totals.repeated,
            "tied": totals.tied,
            "set_aside": totals.set_aside,
            "cents": {
                "read": totals.cents_read,
                **totals.cents,
                **({"corrected": totals.cents_corrected} if totals.cents_corrected else {}),
            },
        },
        "insurers": [
            {"insurer": insurer, "claims": claims, "cents": cents} for insurer, claims, cents in month.by_insurer()
        ],
        "sessions": _sessions_json(month, numbers),
        **({"findings": of_no_session} if of_no_session else {}),
        **({"second_insurers": _rest_json(rest)} if rest and len(rest.claims) else {}),
        **({"balances_waiting": [each._asdict() for each in rest.waiting]} if rest and rest.waiting else {}),
        "written": [str(path) for path in written],
        **({"taken_out": taken} if (taken := _taken_out_json(shown)) else {}),
        "decisions": [] if shown.decisions is None else _decisions_json(shown.decisions, month),
        "next_command": next_command(shown) or None,
        "result": _result(month),
    }


def _decisions_json(decisions: pd.DataFrame, month: Month) -> list[dict[str, Any]]:
    """The decisions that were read, by their session's place; a correct value may be a patient's, and stays out."""
    labels = dict(zip(month.sessions["key"], month.sessions.index, strict=True))
    listed = []
    columns = ["session", "kind", "decision", "correct_value"]
    for key, kind, decision, value in decisions[columns].itertuples(index=False, name=None):
        label = labels.get(key)
        session = None if label is None else month.sessions.loc[[label]].iloc[0]
        why = "" if label is None else month.decided.why_refused(label, kind)
        listed.append(
            {
                "file": None if session is None else str(session["file"]),
                "sheet": None if session is None else str(session["sheet"]),
                "row": None if session is None else int(session["row"]),
                "kind": kind,
                "decision": decision or None,
                "corrected": bool(value),
                "refused": why or None,
            }
        )
    return listed


def _taken_out_json(shown: Shown) -> list[dict[str, Any]]:
    """The sessions that correct values take out of the month, with those typed in its summary and not read yet."""
    places = shown.month.sessions.loc[[each.session for each in shown.taken_out], ["file", "sheet", "row"]]
    return [
        {"file": file, "sheet": sheet, "row": row, "reason": each.reason, "cents": each.cents}
        for (file, sheet, row), each in zip(places.itertuples(index=False, name=None), shown.taken_out, strict=True)
    ]


def _rest_json(rest: Rest) -> list[dict[str, Any]]:
    """The claims to second insurers; without numbers where nothing was recorded."""
    claims = rest.claims
    numbers = claims["claim"] if "claim" in claims else [None] * len(claims)
    shown = zip(numbers, claims["follows"], claims["insurer"], claims["amount_cents"].tolist(), strict=True)
    return [
        {"claim": claim, "follows": follows, "insurer": insurer, "cents": cents}
        for claim, follows, insurer, cents in shown
    ]


def _result(month: Month) -> str:
    """In one word what became of the month, for scripts: the exit code of `claim` is 0 with sessions on hold too."""
    counts = month.totals.counts
    claimed = "claimed" if counts["claimed"] else "already-claimed" if counts["already_claimed"] else "nothing-claimed"
    return f"{claimed}-some-on-hold" if counts["held"] else claimed


def _single_month(month: Month) -> str | None:
    """The month that all dated sessions lie in, where `check` was not told one."""
    months = list(month.months())
    return months[0] if len(months) == 1 else None


def _sessions_json(month: Month, numbers: Mapping[int, str] | None) -> list[dict[str, Any]]:
    findings: dict[int, list[dict[str, str]]] = {}
    for session, kind, severity, message, fix in month.findings[_SHOWN].itertuples(index=False, name=None):
        finding = {"kind": kind, "severity": severity, "message": message, "fix": fix}
        findings.setdefault(session, []).append(finding)
    columns = ["claim", "file", "sheet", "row", "session_id", "outcome", "reason"]
    columns += ["service", "service_code", "insurer_name", "fee_cents"]
    listed = []
    shown = month.sessions[columns].assign(insurer_name=_insurers_shown(month.sessions))
    for session, *cells in shown.itertuples(name=None):
        before, file, sheet, row, session_id, outcome, reason, service, code, insurer, fee = cells
        listed.append(
            {
                "file": file,
                "sheet": sheet,
                "row": row,
                "session_id": session_id if is_id(session_id) else None,
                "outcome": outcome,
                "reason": reason or None,
                "service": service,
                "service_code": code or None,
                "insurer": insurer or None,
                "fee_cents": fee,
                "claim": None if numbers is None else numbers.get(session, before or None),
                "findings": findings.get(session, []),
            }
        )
    return listed


def _insurers_shown(sessions: pd.DataFrame) -> pd.Series[str]:
    """The insurers' names; empty where an unknown one may be a patient's name or number that stands in that column."""
    from ims_billing.vocabulary.quoting import Names, is_personal

    unknown = sessions["insurer_id"] == ""
    names = Names.of(sessions)
    written = sessions["insurer_name"]
    personal = {name: names.stand_in(name) or is_personal(name) for name in written[unknown].unique()}
    return written.mask(unknown & written.map(personal).eq(True), "")


def reconciliation_json(done: Reconciliation, written: Iterable[Path] = ()) -> dict[str, Any]:
    """The object that `reconcile --json` prints; `posted` is null where nothing was recorded."""
    return {
        "version": __version__,
        "as_of": done.as_of.isoformat(),
        "files": [
            {
                "file": f.file,
                "layout": f.layout,
                "rows": f.rows,
                "set_aside": f.set_aside,
                "sha256": f.sha256,
                "unread": f.unread_headings,
                "skipped": [{"sheet": a.sheet, "row": a.row, "reason": a.reason} for a in f.asides],
                **({"remarks": list(f.remarks)} if f.remarks else {}),
            }
            for f in done.files
        ],
        "posted": None if done.posted is None else list(done.posted),
        "totals": {"lines": done.counts(), "cents": done.cents()},
        "payments": [
            {
                "number": numbered(payment.number) or None,
                "insurer": payment.insurer or None,
                "paid_on": payment.paid_on.isoformat() if payment.paid_on else None,
                "cents": payment.amount,
                "lines": [
                    {
                        "file": line.file,
                        "sheet": line.sheet,
                        "row": line.row,
                        "result": line.result,
                        "cents": line.paid,
                        "short_cents": line.short,
                        "patient_share_cents": line.patient_share,
                        "claims": [posting.claim for posting in line.postings],
                        "message": line.message or None,
                        "might_be": list(line.might_be),
                    }
                    for line in payment.lines
                ],
            }
            for payment in done.payments
        ],
        "written": [str(path) for path in written],
    }


def undone_json(done: Undone) -> dict[str, Any]:
    """The object that `reconcile --undo --json` prints."""
    undone = {"payment": done.payment, "insurer": done.insurer, "cents": done.cents, "claims": list(done.claims)}
    return {"version": __version__, "undone": undone}


def aging_json(done: Aged) -> dict[str, Any]:
    """The object that `aging --json` prints: what is owed by insurer and age in days, and the claims to ask about."""
    # Here, so that commands without sessions need no pandas.
    from ims_billing.payments.aging import BUCKETS, by_insurer

    owed = by_insurer(done.frame)
    columns = ["claim", "insurer", "month", "claimed_on", "age", "bucket", "amount_cents", "paid_cents", "owed_cents"]
    return {
        "version": __version__,
        "as_of": done.as_of.isoformat(),
        "insurers": [
            {"insurer": insurer, "claims": claims, "cents": {**cents, "total": sum(cents.values())}}
            for insurer, claims, cents in owed
        ],
        "totals": {
            "claims": sum(claims for _, claims, _ in owed),
            "cents": {
                **{bucket: sum(cents[bucket] for _, _, cents in owed) for bucket in BUCKETS},
                "total": sum(sum(cents.values()) for _, _, cents in owed),
            },
        },
        "claims": [
            {
                **dict(zip(columns, cells, strict=False)),
                "claimed_on": f"{cells[3]:%Y-%m-%d}",
                "state": cells[9],
                "ask": bool(cells[10]),
            }
            for cells in done.frame[[*columns, "state", "ask"]].itertuples(index=False, name=None)
        ],
        "to_send": to_send_json(done.to_send),
        "written": [str(done.written)],
    }


def to_send_json(books: Sequence[ToSend]) -> list[dict[str, Any]]:
    """The insurer workbooks that are not marked as sent."""
    return [
        {
            "month": book.month,
            "batch": book.batch,
            "insurer": book.insurer,
            "claims": book.claims,
            "voids": book.voids,
            "cents": book.amount_cents,
            "send_by": f"{book.send_by}" if book.send_by else None,
        }
        for book in books
    ]


def page_json(page: Page) -> dict[str, Any]:
    """A page of `why`: its title, and its parts with their facts."""
    return {
        "title": page.title,
        "parts": [
            {"heading": part.heading, "facts": [{"what": fact.what, "said": fact.text()} for fact in part.facts]}
            for part in page.parts
        ],
    }


def why_json(month: Month, pages: Mapping[int, Page]) -> dict[str, Any]:
    """The object that `why FILE --row N --json` prints: the sessions as `check` tells of them, each with its page."""
    by_label = dict(zip(month.sessions.index, _sessions_json(month, None), strict=True))
    return {
        "version": __version__,
        "month": month.month or _single_month(month),
        "as_of": month.as_of.isoformat(),
        "sessions": [{**by_label[label], "why": page_json(page)} for label, page in pages.items()],
    }


def rules_json(clinic: Clinic, on: dt.date) -> dict[str, Any]:
    """The object that `rules --json` prints."""
    return {
        "version": __version__,
        "on": on.isoformat(),
        "services": [
            {
                "service": service,
                "about": about,
                "billed": service in clinic.block.bill,
                "service_code": clinic.service_code.code if service in clinic.block.bill else None,
                "description": clinic.service_code.description if service in clinic.block.bill else None,
            }
            for service, about in services_in_words()
        ],
        "insurers": [_insurer_json(insurer, on) for insurer in clinic.insurers],
        "fees": [
            {
                "service": fee.service,
                "visit": fee.visit,
                "minutes": fee.minutes,
                "insurer": fee.insurer,
                "cents": fee.cents,
                **_cited_json(fee),
            }
            for fee in without_overridden(in_force(clinic.fees, on))
        ],
        "rules": [
            {"table": rule.table, "whom": rule.whom, "what": rule.what, "value": rule.value, **_cited_json(rule.cited)}
            for rule in rules_on(clinic, on)
        ],
    }


def _insurer_json(insurer: Insurer, on: dt.date) -> dict[str, Any]:
    own, requires = insurer.own_code_on(on), insurer.requires_on(on)
    code = None if own is None else own.code.model_dump() if isinstance(own.code, Codes) else own.code
    return {
        "id": insurer.id,
        "code": insurer.code,
        "insurer": insurer.name,
        "aliases": list(insurer.aliases),
        "public": insurer.public,
        "channel": " or ".join(insurer.channels_on(on)) or None,
        "requires": None if requires is None else list(requires),
        "service_code": code,
        # Of the name alone: what it requires and the rest have their own, under rules.
        "name_source": insurer.source,
        "name_url": insurer.url or None,
    }


def _cited_json(cited: Cited) -> dict[str, Any]:
    return {
        "from": None if cited.start == ALWAYS else cited.start.isoformat(),
        "until": cited.until.isoformat() if cited.until else None,
        "source": cited.source,
        "url": cited.url or None,
        "verified": cited.verified,
        "whose": cited.whose,
    }
