"""The words beside a practitioner's name: the shape of `people.toml`, which every clinic setup is read by."""

from __future__ import annotations

from ims_billing.rules.values import Strict, Text
from ims_billing.vocabulary.kinds import Profession


class PeopleRules(Strict):
    """Words beside a practitioner's name that are no part of it: `people.toml`."""

    titles: tuple[Text, ...]
    pronouns: tuple[Text, ...]
    credentials: tuple[Text, ...]
    degrees: tuple[Text, ...]
    sites: tuple[Text, ...]
    professions: dict[Profession, tuple[Text, ...]]
