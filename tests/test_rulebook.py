"""Fees in force on a day, and the published rules themselves."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from ims_billing.rulebook import Fee, PublishedInsurer, clashing_fees, fee_in_force, published


def fee(amount: str, start: str = "2026-01-01", **more: Any) -> Fee:
    return Fee.model_validate({"service": "ims", "amount": Decimal(amount), "from": start, **more})


FEES = [
    fee("90", "2025-04-01", until="2026-03-31"),
    fee("95", "2026-04-01"),
    fee("120", visit="initial"),
    fee("110", minutes=45),
    fee("151", insurer="icbc", visit="initial"),
    fee("100", insurer="icbc", until="2026-06-30"),
    fee("130", visit="initial", minutes=45),
]


@pytest.mark.parametrize(
    ("case", "on", "visit", "minutes", "insurer", "amount"),
    [
        ("the day before the first fee there is none", "2025-03-31", "", None, None, None),
        ("on the first day it is in force", "2025-04-01", "", None, None, "90"),
        ("on its last day it still is", "2026-03-31", "", None, None, "90"),
        ("the day after, the next one is", "2026-04-01", "", None, None, "95"),
        ("a visit goes before none", "2026-05-01", "initial", None, None, "120"),
        ("minutes go before none", "2026-05-01", "", 45, None, "110"),
        ("a visit and its minutes go before the visit", "2026-05-01", "initial", 45, None, "130"),
        ("other minutes fall back to the visit", "2026-05-01", "initial", 30, None, "120"),
        ("an insurer goes before a visit", "2026-05-01", "subsequent", 45, "icbc", "100"),
        ("an insurer with the visit goes first", "2026-05-01", "initial", 45, "icbc", "151"),
        ("the insurer's fee on its last day", "2026-06-30", "subsequent", None, "icbc", "100"),
        ("the day after, the clinic's own", "2026-07-01", "subsequent", None, "icbc", "95"),
        ("another insurer has the clinic's own", "2026-05-01", "subsequent", None, "sun-life", "95"),
    ],
)
def test_the_most_specific_fee_of_the_day_stands(
    case: str, on: str, visit: str, minutes: int | None, insurer: str | None, amount: str | None
) -> None:
    day = dt.date.fromisoformat(on)
    found = fee_in_force(FEES, service="ims", visit=visit, minutes=minutes, insurer=insurer, on=day)
    assert (None if found is None else str(found.amount)) == amount, case


def test_no_fee_serves_another_service() -> None:
    day = dt.date(2026, 5, 1)
    assert fee_in_force(FEES, service="physiotherapy", visit="", minutes=None, insurer=None, on=day) is None


def test_fees_clash_only_where_they_are_equally_specific_and_share_a_day() -> None:
    assert clashing_fees(FEES) == []
    assert clashing_fees([fee("90", until="2026-03-31"), fee("95", "2026-03-31")]) == [(0, 1)]
    assert clashing_fees([fee("90", until="2026-03-31"), fee("95", "2026-04-01")]) == []
    assert clashing_fees([fee("90"), fee("95", visit="initial"), fee("99")]) == [(0, 2)]


def test_every_published_fee_and_insurer_names_its_source() -> None:
    rules = published()
    cited: list[Fee | PublishedInsurer] = [*rules.fees.fee, *rules.insurers.insurer]
    for rule in cited:
        assert rule.source not in ("", "clinic file")
        assert rule.url.startswith("https://") or not rule.verified


@pytest.mark.parametrize(
    ("on", "cents"), [("2025-12-31", None), ("2026-01-01", 2300), ("2026-10-31", 2300)], ids=["before", "on", "after"]
)
def test_msp_pays_23_dollars_a_visit_from_the_first_day_that_is_known(on: str, cents: int | None) -> None:
    fees = [f for f in published().fees.fee if f.insurer == "MSP"]
    for service in ("ims", "physiotherapy"):
        found = fee_in_force(fees, service=service, visit="", minutes=None, insurer="MSP", on=dt.date.fromisoformat(on))
        assert (found.cents if found else None) == cents


def test_fixed_ids_and_short_codes_never_change() -> None:
    fixed = {i.id: i.code for i in published().insurers.insurer}
    assert fixed == {
        "pacific-blue-cross": "PABC", "sun-life": "SUNL", "manulife": "MANU", "canada-life": "CANL",
        "green-shield": "GRSH", "desjardins": "DESJ", "medavie-blue-cross": "MEDA", "alberta-blue-cross": "ALBC",
        "equitable": "EQUI", "empire-life": "EMPI", "ia": "IAFG", "beneva": "BENE", "johnston": "JOHN",
        "claimsecure": "CLSE", "chambers-plan": "CHAM", "gms": "GMSI", "co-operators": "COOP",
        "msp": "MSPB", "icbc": "ICBC", "worksafebc": "WSBC", "veterans-affairs": "VACC",
    }  # fmt: skip


def test_nothing_that_goes_to_an_insurer_by_the_published_rules_says_acupuncture() -> None:
    for insurer in published().insurers.insurer:
        assert "acup" not in str(insurer.service_code).casefold()
