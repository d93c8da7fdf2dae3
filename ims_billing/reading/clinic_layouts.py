"""The layouts that a clinic's files are read by: its own, those of practice systems, and the published ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ims_billing.clinic.clinic import Clinic, OwnLayout
from ims_billing.reading.layout import ClinicLayout
from ims_billing.rules.published import published
from ims_billing.rules.systems import SystemLayout, systems
from ims_billing.rules.words import Layout
from ims_billing.vocabulary.cells import word_of
from ims_billing.vocabulary.setup_sheets import MY_LAYOUT
from ims_billing.vocabulary.spelling import heading, plain

# What a clinic adds to a practice system's export by hand, under this product's own heading, where the system says
# nothing of it.
_ADDED = ("fee", "insurer", "policy", "member")


def layouts(clinic: Clinic) -> list[ClinicLayout]:
    """The layouts of sessions and lists: the clinic's own first, then the published ones."""
    rules = {**published().layouts.layout, "sessions": _as_clinic_means(clinic)}
    ignored = frozenset(map(heading, clinic.block.ignore))
    all_of_them = [
        *_extended("sessions", clinic, ignored),
        *_own_of("sessions", clinic),
        *_of_systems("sessions", clinic, ignored),
        *(ClinicLayout(n, layout, clinic.block.dates, {}, ignored) for n, layout in rules.items() if n != "remittance"),
    ]
    return [replace(layout, open_columns=clinic.open_columns, setup=clinic.file) for layout in all_of_them]


def remittance_layouts(clinic: Clinic) -> list[ClinicLayout]:
    """The layouts of remittances; the command decides that a file is one, not its contents."""
    layout = published().layouts.layout["remittance"]
    ignored = frozenset(map(heading, clinic.block.ignore))
    return [
        *_extended("remittance", clinic, ignored),
        *_own_of("remittance", clinic),
        *_of_systems("remittance", clinic, ignored),
        ClinicLayout("remittance", layout, clinic.block.dates, {}, ignored),
    ]


def _as_clinic_means(clinic: Clinic) -> Layout:
    """The published layout of sessions without headings of which the clinic says, for any file, that they are others.

    A file that its own layout does not fit would else be read as if the clinic had said nothing.
    """
    layout = published().layouts.layout["sessions"]
    meant: dict[str, str] = {}
    for entry in clinic.layouts:
        if entry.of == "sessions" and entry.name == MY_LAYOUT:
            meant |= {
                heading(written): name for name, own in _by_field(entry.headings, layout).items() for written in own
            }
    return layout.model_copy(update={"headings": _agreeing(layout, meant)})


def _agreeing(layout: Layout, meant: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """By field, the layout's headings but for those that are `meant` as another field's, as headings are compared."""
    return {
        name: tuple(synonym for synonym in names if meant.get(heading(synonym), name) == name)
        for name, names in layout.headings.items()
    }


def _own_of(published_layout: str, clinic: Clinic) -> Iterator[ClinicLayout]:
    layout = published().layouts.layout[published_layout]
    for entry in clinic.layouts:
        if entry.of == published_layout:
            own = _by_field(entry.headings, layout)
            above = entry.above and _fields(layout)[heading(entry.above)]
            yield ClinicLayout(
                entry.name,
                _own(own, layout, without=above),
                entry.dates or clinic.block.dates,
                entry.status,
                frozenset(map(heading, (*clinic.block.ignore, *entry.ignore))),
                own={name: frozenset(map(heading, written)) for name, written in own.items()},
                header_rows=entry.header_rows,
                above=above,
                sheets=frozenset(map(plain, entry.sheets)),
            )


def _extended(kind: str, clinic: Clinic, ignored: frozenset[str]) -> Iterator[ClinicLayout]:
    """Reports of practice systems with the clinic's own headings beside theirs.

    The clinic's layout bears the system's name, or none: what it says of one heading must not undo what is known of all
    others.
    """
    for entry in clinic.layouts:
        for system in systems():
            if entry.of == system.of == kind and entry.name in (system.id, MY_LAYOUT):
                yield _with_own(_of_system(system, clinic, ignored), entry)


def _with_own(system: ClinicLayout, entry: OwnLayout) -> ClinicLayout:
    whole = published().layouts.layout[entry.of]
    own = _by_field(entry.headings, whole)
    theirs = set(map(heading, entry.headings))
    headings = {
        name: (*own.get(name, ()), *(w for w in system.layout.headings.get(name, ()) if heading(w) not in theirs))
        for name in {**system.layout.headings, **own}
    }
    # What the report has nothing of is met by its day: else a layout that needs more would seem to fit it better.
    needed = (
        group if any(headings.get(name) for name in group.split("|")) else f"{group}|{next(iter(headings))}"
        for group in whole.needed
    )
    return replace(
        system,
        layout=system.layout.model_copy(update={"headings": headings, "needed": tuple(needed)}),
        dates=entry.dates or system.dates,
        status={**system.status, **entry.status},
        ignored=system.ignored | frozenset(map(heading, entry.ignore)),
        own={name: frozenset(map(heading, written)) for name, written in own.items()},
        sheets=frozenset(map(plain, entry.sheets)),
    )


def _of_systems(kind: str, clinic: Clinic, ignored: frozenset[str]) -> Iterator[ClinicLayout]:
    return (_of_system(system, clinic, ignored) for system in systems() if system.of == kind)


def _of_system(system: SystemLayout, clinic: Clinic, ignored: frozenset[str]) -> ClinicLayout:
    """A practice system's report as this clinic reads it: its own headings have a meaning, and few that were added."""
    whole = published().layouts.layout[system.of]
    own = _by_field(system.headings, whole)
    needed = tuple(group for group in whole.needed if any(name in own for name in group.split("|")))
    layout = Layout(title=system.title, needed=needed, headings=own, passed_over=system.passed_over)
    taken = set(map(heading, (*system.headings, *system.passed_over)))
    added = {name: whole.headings[name][:1] for name in _ADDED if name in whole.headings and name not in own}
    added = {name: names for name, names in added.items() if heading(names[0]) not in taken}
    return ClinicLayout(
        system.id,
        # Sessions may have columns that are statuses by their headings, and are known by one for what was billed.
        layout.model_copy(update={"headings": {"status": ("Status",), "billed": ("Billed",), **own, **added}})
        if system.of == "sessions"
        else layout,
        system.dates if clinic.block.dates == "unambiguous" else clinic.block.dates,
        system.status,
        ignored,
        billed=system.billed,
        wanted=frozenset(map(heading, system.wanted)),
        lacks=system.lacks,
        sold=frozenset(map(word_of, system.sold)),
        settled={heading(name): frozenset(map(word_of, words)) for name, words in system.settled.items()},
        payer_numbers=system.payer_numbers,
        patient_invoices=system.patient_invoices,
    )


def _fields(layout: Layout) -> dict[str, str]:
    """The fields of a layout by this product's own heading for each, as headings are compared."""
    return {heading(names[0]): name for name, names in layout.headings.items()}


def _by_field(headings: Mapping[str, str], layout: Layout) -> dict[str, tuple[str, ...]]:
    """By field, the headings that are written for it, in their order."""
    fields, own = _fields(layout), dict[str, tuple[str, ...]]()
    for written, meaning in headings.items():
        name = fields[heading(meaning)]
        own[name] = (*own.get(name, ()), written)
    return own


def _own(own: Mapping[str, tuple[str, ...]], published_layout: Layout, *, without: str = "") -> Layout:
    """The published layout with the clinic's headings first; a heading means what the clinic says."""
    theirs = {heading(written): name for name, headings in own.items() for written in headings}
    return Layout(
        title="the clinic's own",
        needed=tuple(group for group in published_layout.needed if group != without),
        headings={name: (*own.get(name, ()), *others) for name, others in _agreeing(published_layout, theirs).items()},
    )
