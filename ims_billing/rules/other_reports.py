"""The headings and words that mark files without sessions."""

from __future__ import annotations

from pydantic import model_validator

from ims_billing.rules.values import Strict, Text


class PaymentWords(Strict):
    """Words of headings that only lists of payments have; those of `paid` beside one of `amounts`."""

    words: tuple[Text, ...]
    paid: tuple[Text, ...]
    amounts: tuple[Text, ...]
    claimed: tuple[Text, ...]


class OtherReport(Strict):
    """A file that holds no sessions: the headings that it is known by, or words in them, and what to use instead.

    own: whether it is this program's own
    """

    title: Text
    own: bool = False
    headings: tuple[Text, ...] = ()
    words: tuple[Text, ...] = ()
    use: Text

    @model_validator(mode="after")
    def _has_a_mark(self) -> OtherReport:
        if len(self.headings) < 2 and not self.words:
            raise ValueError(f"{self.title}: two headings or a word are needed")
        return self
