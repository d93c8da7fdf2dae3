"""The words, names and headings of a clinic's own: what means two things, or nothing, is a fault of the setup."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ims_billing.clinic.clinic import OwnLayout, OwnWords
from ims_billing.clinic.faults import Faults
from ims_billing.rules.published import published
from ims_billing.vocabulary.errors import did_you_mean
from ims_billing.vocabulary.spelling import heading, plain

_LISTS = {"sessions": "a list of sessions", "remittance": "a remittance"}


def twice(meanings: Mapping[str, str], key: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """The texts that are one to the program, by their keys, as an earlier text of another meaning; with that one."""
    first: dict[str, str] = {}
    for written, meaning in meanings.items():
        earlier = first.setdefault(key(written), written)
        if meanings[earlier] != meaning:
            yield written, earlier


def one_name(written: str) -> str:
    """A service's name, whatever its case, accents and blanks; signs may tell two names apart."""
    return " ".join(plain(written).split())


def _one_word(written: str) -> str:
    """A word of a cell as words are compared: "no show" and "No-Show" are one, and a tick is one by itself."""
    # Here, as most setups have no words of their own, and what reads cells takes time to load.
    from ims_billing.vocabulary.cells import word_of

    return word_of(written) or written


def check_words(faults: Faults, words: OwnWords, layouts: Sequence[tuple[int, OwnLayout]]) -> None:
    """Adds a fault for each cell word that stands there in two spellings, with two meanings."""
    of_cells: list[tuple[str, int | None, str, Mapping[str, str]]] = [
        ("words", None, column, getattr(words, column)) for column in OwnWords.model_fields
    ]
    of_cells += [("layout", number, "status", layout.status) for number, layout in layouts]
    for table, number, column, meanings in of_cells:
        for written, earlier in twice(meanings, _one_word):
            what = f"{earlier!r} and {written!r} are one word, with two meanings: leave one"
            faults.add(table, number, f"{column}.{written}", what)


def check_layouts(faults: Faults, numbered: Sequence[tuple[int, OwnLayout]], ignore: Sequence[str]) -> None:
    """Adds a fault for each heading of the clinic's own layouts that means nothing, or two things.

    `ignore` are the headings that are ignored in every file.
    """
    if not numbered:
        return
    rules = published().layouts.layout
    ours = {of: [names[0] for names in rules[of].headings.values()] for of in _LISTS}
    for number, layout in numbered:
        if layout.name in rules:
            what = f"the program has a layout {layout.name} of its own: give this one another name"
            faults.add("layout", number, "name", what, layout.name)
        ignored = set(map(heading, (*ignore, *layout.ignore)))
        for written, earlier in twice(layout.headings, heading):
            what = f"{earlier!r} and {written!r} are one heading, with two meanings: leave one"
            faults.add("layout", number, f"headings.{written}", what, layout.name)
        for written, meaning in layout.headings.items():
            if heading(written) in ignored:
                what = f"{written!r} has a meaning here, and is to be ignored too: leave one"
                faults.add("layout", number, f"headings.{written}", what, layout.name)
            of = [kind for kind, names in ours.items() if heading(meaning) in map(heading, names)]
            if layout.of in of:
                continue
            what = f"found {meaning!r}, which is no heading"
            if of:
                what += f" of {_LISTS[layout.of]}, but of {_LISTS[of[0]]}; {faults.places.wording.own_layout}"
            else:
                what += did_you_mean(meaning, ours[layout.of])
            faults.add("layout", number, f"headings.{written}", what, layout.name)
