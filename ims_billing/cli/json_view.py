"""The objects that `--json` prints of months and payments: sessions by file, sheet, row and id, never by patient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ims_billing import __version__
from ims_billing.vocabulary.frames import NO_SESSION
from ims_billing.vocabulary.spelling import is_id, numbered

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.cli.screen.month_page import Shown
    from ims_billing.commands.aging import Aged
    from ims_billing.commands.reconcile import Reconciliation, Undone
    from ims_billing.month.page import Page
    from ims_billing.month.prepare import Month
    from ims_billing.month.second_insurer import Balances
    from ims_billing.payments.sending import ToSend
    from ims_billing.vocabulary.intake import FileRead
    from ims_billing.vocabulary.model import Totals


# The columns of a finding that scripts see.
_SHOWN = ["session", "kind", "severity", "message", "fix"]


def month_json(shown: Shown, numbers: Mapping[int, str] | None = None) -> dict[str, Any]:
    """The object that `check` and `claim` print; other programs rely on its keys, which `tests/json_shapes.py` holds.

    Sessions are named by file, sheet, row and id, never by patient. `numbers` are the claim numbers by session of a
    run that recorded them; None: nothing was recorded.
    """
    # Here, so that commands without sessions need no pandas.
    from ims_billing.cli.screen.next_steps import next_command

    month, balances = shown.month, shown.balances
    # The files of this month alone: those of other months follow from it.
    written = shown.written[0].files if shown.changed and shown.written else ()
    of_no_session = _findings_json(month).get(NO_SESSION)
    return {
        "version": __version__,
        "month": month.month or _single_month(month),
        "as_of": month.as_of.isoformat(),
        "files": [_session_file_json(file) for file in month.intake.files],
        "totals": _totals_json(month.totals),
        "insurers": [
            {"insurer": insurer, "claims": claims, "cents": cents} for insurer, claims, cents in month.by_insurer()
        ],
        "sessions": _sessions_json(month, numbers),
        **({"findings": of_no_session} if of_no_session else {}),
        **({"second_insurers": _balances_json(balances)} if balances and len(balances.claims) else {}),
        **(
            {"balances_waiting": [each._asdict() for each in balances.waiting]} if balances and balances.waiting else {}
        ),
        "written": [str(path) for path in written],
        **({"taken_out": taken} if (taken := _taken_out_json(shown)) else {}),
        "decisions": [] if shown.decisions is None else _decisions_json(shown.decisions, month),
        "next_command": next_command(shown) or None,
        "result": _result(month),
    }


def _session_file_json(file: FileRead) -> dict[str, Any]:
    """A file of sessions: its rows, and what became of them."""
    from ims_billing.reading.unread import ALL_ATTENDED

    return {
        "file": file.file,
        "layout": file.layout,
        "rows": file.rows,
        "sessions": file.sessions,
        "repeated": file.repeated,
        "tied": file.tied,
        "set_aside": file.set_aside,
        **_unused_json(file),
        **({"note": ALL_ATTENDED} if file.all_attended else {}),
        **_remarks_json(file),
        **({"could_change_a_claim": [c.heading or c.place for c in file.doubtful]} if file.doubtful else {}),
    }


def _unused_json(file: FileRead) -> dict[str, Any]:
    """The columns and rows of a file that were not used, beside the hash that tells which file it was."""
    return {
        "sha256": file.sha256,
        "unread": file.unread_headings,
        "skipped": [{"sheet": aside.sheet, "row": aside.row, "reason": aside.reason} for aside in file.asides],
    }


def _remarks_json(file: FileRead) -> dict[str, Any]:
    return {"remarks": list(file.remarks)} if file.remarks else {}


def _totals_json(totals: Totals) -> dict[str, Any]:
    return {
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
    }


def _findings_json(month: Month) -> dict[int, list[dict[str, str]]]:
    """The findings by session."""
    findings: dict[int, list[dict[str, str]]] = {}
    for session, *cells in month.findings[_SHOWN].itertuples(index=False, name=None):
        findings.setdefault(session, []).append(dict(zip(_SHOWN[1:], cells, strict=True)))
    return findings


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


def _balances_json(balances: Balances) -> list[dict[str, Any]]:
    """The claims to second insurers; without numbers where nothing was recorded."""
    claims = balances.claims
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
    findings = _findings_json(month)
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
                **_unused_json(f),
                **_remarks_json(f),
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
    from ims_billing.payments.aging import BUCKETS, asked_about, by_insurer

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
            for cells in done.frame.assign(ask=asked_about(done.frame))[[*columns, "state", "ask"]].itertuples(
                index=False, name=None
            )
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
