"""The object that `rules --json` prints: services, insurers, fees and rules in force on a day, with sources."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ims_billing import __version__
from ims_billing.clinic.clinic import Clinic, Insurer
from ims_billing.clinic.rules_in_words import rules_on
from ims_billing.rules.published import services_in_words
from ims_billing.rules.values import ALWAYS, Cited, Codes, in_force, without_overridden


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
