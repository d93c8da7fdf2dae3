"""How the ledger keeps values of the model as JSON, and reads them back."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter, ValidationError

from ims_billing.ledger.soundness import DamageError

if TYPE_CHECKING:
    # What a run and a month are is loaded where one is made: who looks at what is owed needs neither.
    from ims_billing.vocabulary.model import Origin, Payer, Totals

T = TypeVar("T")


# Each is made where it is wanted, as that takes longer than many a look into the ledger.
@cache
def origins() -> TypeAdapter[Origin]:
    """Where a run's rows came from, and what it went by."""
    from ims_billing.vocabulary.model import Origin

    return TypeAdapter(Origin)


@cache
def totals() -> TypeAdapter[Totals]:
    """The control totals of a run."""
    from ims_billing.vocabulary.model import Totals

    return TypeAdapter(Totals)


@cache
def payers() -> TypeAdapter[tuple[Payer, ...]]:
    """How each insurer answers."""
    from ims_billing.vocabulary.model import Payer

    return TypeAdapter(tuple[Payer, ...])


def stored(adapter: TypeAdapter[T], text: str) -> T:
    """The value that stands as JSON on the ledger; raises DamageError where it is none."""
    try:
        return adapter.validate_json(text)
    except ValidationError:
        raise DamageError from None
