"""What each insurer is asked for: a public payer one of its own amounts, or nothing; a private plan the whole fee."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_billing.clinic.toml_file import without_file
from ims_billing.month.claims import prices
from ims_billing.rules.values import Fee
from tests.practice import kinds, month_of, outcomes, row

DAY = dt.date(2026, 10, 5)
PUBLISHED_ONLY = without_file()
PUBLIC = [insurer.id for insurer in PUBLISHED_ONLY.insurers if insurer.public]
VISITS, MINUTES = ("initial", "subsequent", ""), (30, 45, None)


def fee(amount: int, **narrower: object) -> Fee:
    period = {"from": dt.date(2026, 1, 1)}
    return Fee.model_validate({"service": "ims", "amount": amount, **period, **narrower})


def listed(fees: list[Fee], **session: object) -> int | None:
    """The cents that the list asks for one session; None where no fee is certain."""
    cells = {"service": "ims", "visit": "", "minutes": None, "insurer_id": "worksafebc", **session}
    frame = pd.DataFrame({**{key: [cell] for key, cell in cells.items()}, "service_date": [pd.Timestamp(DAY)]})
    priced = prices(frame.astype({"minutes": "Int64"}), replace(PUBLISHED_ONLY, fees=tuple(fees)))
    cents = priced["listed_cents"].iloc[0]
    return None if pd.isna(cents) else int(cents)


def own(amount: int, **narrower: object) -> Fee:
    return fee(amount, insurer="worksafebc", **narrower)


@pytest.mark.parametrize(
    ("case", "fees", "session", "cents"),
    [
        ("no visit", [own(90, visit="initial"), own(80, visit="subsequent")], {}, None),
        ("the visit", [own(90, visit="initial"), own(80, visit="subsequent")], {"visit": "initial"}, 9000),
        ("only the other visit is listed", [own(90, visit="initial")], {"visit": "subsequent"}, None),
        ("no visit, and the first one pays more", [own(90, visit="initial"), own(80)], {}, None),
        ("the later visit, and the first one pays more", [own(90, visit="initial"), own(80)],
         {"visit": "subsequent"}, 8000),
        ("no minutes", [own(70, minutes=30), own(90, minutes=45)], {"visit": "initial"}, None),
        ("other minutes", [own(70, minutes=30), own(90, minutes=45)], {"minutes": 60}, None),
        ("the minutes", [own(70, minutes=30), own(90, minutes=45)], {"minutes": 45}, 9000),
        ("minutes that only the other visit asks for", [own(70, visit="initial", minutes=30), own(80)],
         {"visit": "subsequent"}, 8000),
        ("one amount whatever it was", [own(80)], {}, 8000),
        ("amounts of another service only", [fee(75, service="physiotherapy", insurer="worksafebc")], {}, None),
        ("amounts of another day only", [own(80, **{"from": dt.date(2026, 11, 1)})], {}, 14000),
        ("an amount of the clinic's that has run out", [own(80, until=dt.date(2026, 9, 30))], {}, None),
        ("a published amount that has run out",
         [own(80, until=dt.date(2026, 9, 30), source="A guide", published=True)], {}, 14000),
        ("no amounts of its own", [], {}, 14000),
        ("a private plan", [own(90, visit="initial")], {"insurer_id": "sun-life"}, 14000),
        ("a private plan with a fee by visit", [fee(90, visit="initial", insurer="sun-life")],
         {"insurer_id": "sun-life"}, 14000),
    ],
)  # fmt: skip
def test_what_the_list_asks_of_an_insurer(
    case: str, fees: list[Fee], session: dict[str, object], cents: int | None
) -> None:
    assert listed([fee(140), *fees], **session) == cents, case


ENTRIES = st.tuples(st.sampled_from(VISITS), st.sampled_from(MINUTES))


@settings(max_examples=60)
@given(st.sampled_from(PUBLIC), st.lists(ENTRIES, min_size=1, max_size=5, unique=True))
def test_a_public_payer_with_amounts_of_its_own_is_asked_for_one_of_them_or_nothing(
    payer: str, entries: list[tuple[str, int | None]]
) -> None:
    amounts = {
        (visit or None, minutes): fee(50 + number, visit=visit or None, minutes=minutes, insurer=payer)
        for number, (visit, minutes) in enumerate(entries)
    }
    # The clinic's private fees fit everything, and must never be asked for.
    private = [
        fee(500 + number, visit=visit or None, minutes=minutes)
        for number, (visit, minutes) in enumerate(product(VISITS, MINUTES))
    ]
    for visit, minutes in product(VISITS, MINUTES):
        cents = listed([*amounts.values(), *private], visit=visit, minutes=minutes, insurer_id=payer)
        fitting = {
            amount.cents
            for (for_visit, for_minutes), amount in amounts.items()
            if for_visit in (None, visit) and for_minutes in (None, minutes)
        }
        assert cents is None or cents in fitting
        stated = (visit or None, minutes)
        if visit and minutes and stated in amounts:
            assert cents == amounts[stated].cents, "what is stated in full is never held"


@pytest.mark.parametrize("severity", ["", "warn", "off"])
def test_nothing_is_claimed_at_the_private_fee_where_the_payers_own_amounts_depend_on_the_visit(
    tmp_path: Path, severity: str
) -> None:
    by_visit = "".join(
        f'[[fee]]\nservice = "ims"\ninsurer = "WorkSafeBC"\nvisit = "{visit}"\namount = {amount}\nfrom = 2026-01-01\n'
        for visit, amount in (("initial", "90.00"), ("subsequent", "80.00"))
    )
    changed = f'[severity]\nno-fee-in-force = "{severity}"\n' if severity else ""
    accident = {"Insurer": "WorkSafeBC", "Payer File Number": "C1", "Accident Date": dt.date(2026, 9, 20)}
    rows = [row(**accident), row(**accident, Patient="Kim Other", Visit="initial")]
    month = month_of(tmp_path, rows, more=by_visit + changed)
    assert outcomes(month) == ["held", "claimed"]
    assert kinds(month) == ["no-fee-in-force"]
    assert month.claims["amount_cents"].tolist() == [9000]
