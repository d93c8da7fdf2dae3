"""Fees in force on a day, and the published rules themselves."""

from __future__ import annotations

import datetime as dt
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ims_billing.clinic.rules_in_words import Rule, rules_on
from ims_billing.clinic.toml_file import without_file
from ims_billing.rules.other_reports import OtherReport
from ims_billing.rules.published import InsurerRules, PublishedInsurer, Rulebook, published
from ims_billing.rules.systems import SystemLayout
from ims_billing.rules.values import CLINIC_FILE, Codes, Fee, clashing_fees, fee_in_force
from ims_billing.rules.words import Layout, ServiceRules


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
    in_force_then = fee_in_force(FEES, service="ims", visit=visit, minutes=minutes, insurer=insurer, on=day)
    assert (None if in_force_then is None else str(in_force_then.amount)) == amount, case


def test_what_the_clinic_states_of_an_insurer_goes_before_what_is_published_of_it() -> None:
    published_one = fee("151", insurer="icbc", visit="initial", published=True)
    day = dt.date(2026, 5, 1)
    own = fee("100", insurer="icbc")
    for fees, amount in (([published_one, fee("95")], "151"), ([published_one, fee("95"), own], "100")):
        nearest = fee_in_force(fees, service="ims", visit="initial", minutes=None, insurer="icbc", on=day)
        assert nearest is not None
        assert str(nearest.amount) == amount


def test_no_fee_serves_another_service() -> None:
    day = dt.date(2026, 5, 1)
    assert fee_in_force(FEES, service="physiotherapy", visit="", minutes=None, insurer=None, on=day) is None


def test_fees_clash_only_where_they_are_equally_specific_and_share_a_day() -> None:
    assert clashing_fees(FEES) == []
    assert clashing_fees([fee("90", until="2026-03-31"), fee("95", "2026-03-31")]) == [(0, 1)]
    assert clashing_fees([fee("90", until="2026-03-31"), fee("95", "2026-04-01")]) == []
    assert clashing_fees([fee("90"), fee("95", visit="initial"), fee("99")]) == [(0, 2)]


CASES = tomllib.loads((Path(__file__).parent / "data" / "rule_cases.toml").read_text(encoding="utf-8"))["case"]
NONE = "none"


def name_of(rule: Rule) -> str:
    """A name that no other rule of the day has: ``fee, ICBC: IMS, initial``."""
    return f"{rule.table}, {rule.whom}: {rule.what}"


def rules_by_name(day: dt.date) -> dict[str, str]:
    """What every published rule says on a day, by its name."""
    rules = rules_on(without_file(), day)
    values = {name_of(rule): rule.value for rule in rules}
    assert len(values) == len(rules), "two rules of a day have one name"
    return values


@pytest.mark.parametrize("case", CASES, ids=[case["says"] for case in CASES])
def test_each_published_rule_says_what_its_case_says(case: dict[str, Any]) -> None:
    values = {day: rules_by_name(dt.date.fromisoformat(day)).get(case["rule"], NONE) for day in case["on"]}
    assert values == case["on"]


def test_every_published_rule_has_a_case_for_the_day_before_the_first_and_the_last() -> None:
    """Add what is missing to tests/data/rule_cases.toml."""
    one = dt.timedelta(days=1)
    missing = set()
    for rule in published_rules():
        needed = {rule.cited.start - one, rule.cited.start, rule.cited.start + one}
        needed |= {rule.cited.until, rule.cited.until + one} if rule.cited.until else set()
        shown = {day for case in CASES if case["rule"] == name_of(rule) for day in case["on"]}
        missing |= {f"{name_of(rule)} on {day}" for day in needed if str(day) not in shown}
    assert not missing, "\n".join(["these have no case:", *sorted(missing)])


def published_rules() -> list[Rule]:
    """Every published rule of any day."""
    days = sorted({value.start for value in published().values.cited()})
    return list(dict.fromkeys(rule for day in days for rule in rules_on(without_file(), day)))


def test_every_published_value_is_shown_by_rules() -> None:
    starts = {(v.source, v.url, v.start) for v in published().values.cited()}
    assert {(r.cited.source, r.cited.url, r.cited.start) for r in published_rules()} == starts


@pytest.mark.parametrize(
    ("case", "change"),
    [
        ("no source", {"source": ""}),
        ("the clinic setup is no source", {"source": CLINIC_FILE}),
        ("verified without a page", {"url": ""}),
        ("no first day", {"from": None}),
        ("it ends before it begins", {"until": "2024-12-31"}),
        ("a key that nobody knows", {"surce": "x"}),
        ("not said whether it is verified", {"verified": None}),
        ("an insurer that is not listed", {"insurer": "MSPP"}),
    ],
)
def test_a_rule_without_its_source_or_its_days_is_refused(case: str, change: dict[str, Any]) -> None:
    good = {
        "service": "ims", "insurer": "MSP", "amount": Decimal(1), "from": "2025-01-01", "source": "somebody",
        "url": "https://example.org", "verified": True, "published": True,
    }  # fmt: skip
    rest = {name: getattr(published().values, name) for name in Rulebook.model_fields}
    assert Rulebook.model_validate({**rest, "fees": {"fee": [good]}}).fees.fee[0].amount == 1
    twice = [{**good, "until": "2025-06-30"}, {**good, "from": "2025-06-30"}]
    with pytest.raises(ValidationError, match="two are in force on one day"):
        Rulebook.model_validate({**rest, "fees": {"fee": twice}})
    bad = {key: value for key, value in {**good, **change}.items() if value is not None}
    with pytest.raises(ValidationError):
        Rulebook.model_validate({**rest, "fees": {"fee": [bad]}})


def test_two_values_of_an_insurer_on_one_day_are_refused() -> None:
    cited = {"source": "somebody", "url": "https://example.org", "verified": True}
    entry = {"id": "x", "code": "XXXX", "name": "X", **cited}
    first = {"fields": ["policy"], "from": "2025-01-01", "until": "2025-06-30", **cited}
    for start, right in (("2025-07-01", True), ("2025-06-30", False)):
        both = {**entry, "requires": [first, {"fields": [], "from": start, **cited}]}
        if right:
            assert len(PublishedInsurer.model_validate(both).requires) == 2
        else:
            with pytest.raises(ValidationError, match="two values are in force on 2025-06-30"):
                PublishedInsurer.model_validate(both)


def test_names_and_headings_that_stand_for_two_things_are_refused() -> None:
    cited = {"source": "somebody", "url": "https://example.org", "verified": True}
    entries = [{"id": name, "code": name.upper() * 4, "name": "A Plan", **cited} for name in ("x", "y")]
    with pytest.raises(ValidationError, match="'aplan' stands for x and y"):
        InsurerRules.model_validate({"self_pay": {"names": ["cash"]}, "insurer": entries})
    with pytest.raises(ValidationError, match="heading 'Day' stands for date and start"):
        Layout.model_validate({"title": "x", "needed": ["date"], "headings": {"date": ["Day"], "start": ["Day"]}})
    services = published().services.model_dump(by_alias=True)
    group = {**next(each for each in services["group"] if each["effect"] != "neutral"), "cases": []}
    with pytest.raises(ValidationError, match=f"the group '{group['id']}' lacks cases"):
        ServiceRules.model_validate({**services, "group": [group]})


def test_codes_by_visit_are_shown_as_two_and_an_amount_is_exact() -> None:
    assert str(Codes(initial="A1", subsequent="A2")) == "A1 / A2"
    with pytest.raises(ValidationError, match=r"write the amount as a number such as 95\.00"):
        Fee.model_validate({"service": "ims", "amount": 95.0, "from": "2026-01-01"})


def test_fixed_ids_and_short_codes_never_change() -> None:
    fixed = {i.id: i.code for i in published().insurers.insurer}
    assert fixed == {
        "pacific-blue-cross": "PABC", "sun-life": "SUNL", "manulife": "MANU", "canada-life": "CANL",
        "green-shield": "GRSH", "desjardins": "DESJ", "medavie-blue-cross": "MEDA", "alberta-blue-cross": "ALBC",
        "equitable": "EQUI", "empire-life": "EMPI", "ia": "IAFG", "beneva": "BENE", "johnston": "JOHN",
        "claimsecure": "CLSE", "chambers-plan": "CHAM", "gms": "GMSI", "co-operators": "COOP",
        "johnson": "JOHI", "maximum-benefit": "MAXB", "first-canadian": "FICA", "grouphealth": "GRHE",
        "groupsource": "GRSO", "coughlin": "COUG", "cowan": "COWA", "d-a-townley": "DATO", "bpa": "BPAG",
        "manion": "MANI", "people-corporation": "PEOP", "rwam": "RWAM", "simply-benefits": "SIMP",
        "telus-adjudicare": "TADJ", "uv-insurance": "UVIN", "canadian-construction-workers-union": "CCWU",
        "union-benefits": "UNBE",
        "msp": "MSPB", "icbc": "ICBC", "worksafebc": "WSBC", "veterans-affairs": "VACC",
    }  # fmt: skip


def test_nothing_that_goes_to_an_insurer_by_the_published_rules_says_acupuncture() -> None:
    for insurer in published().insurers.insurer:
        for own in insurer.service_code:
            assert "acup" not in str(own.code).casefold()


def test_a_report_that_nothing_marks_and_a_heading_that_stands_for_none_of_ours_are_refused() -> None:
    with pytest.raises(ValueError, match="two headings or a word are needed"):
        OtherReport(title="A report", headings=("One",), use="another")
    assert OtherReport(title="A report", headings=("One", "Two"), use="another").words == ()
    assert OtherReport(title="A report", words=("ledger",), use="another").headings == ()
    cells: dict[str, Any] = {"id": "x", "title": "x", "source": "x", "confidence": "C", "wanted": ("a", "b", "c")}
    with pytest.raises(ValueError, match="'Who' stands for 'Whoever', which is no heading"):
        SystemLayout(**cells, headings={"Who": "Whoever"})
