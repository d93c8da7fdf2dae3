"""The layouts that a clinic's files are read by: its own, those of practice systems, and the published ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.layout import ClinicLayout
from ims_billing.rules.published import published
from ims_billing.rules.systems import SystemLayout, systems
from ims_billing.rules.words import Layout
from ims_billing.vocabulary.spelling import heading, plain


def layouts(clinic: Clinic) -> list[ClinicLayout]:
    """The layouts of sessions and lists: the clinic's own first, then the published ones."""
    rules = published().layouts.layout
    ignored = frozenset(map(heading, clinic.block.ignore))
    return [
        *_own_of("sessions", clinic),
        *_of_systems("sessions", clinic, ignored),
        *(ClinicLayout(n, layout, clinic.block.dates, {}, ignored) for n, layout in rules.items() if n != "remittance"),
    ]


def remittance_layouts(clinic: Clinic) -> list[ClinicLayout]:
    """The layouts of remittances; the command decides that a file is one, not its contents."""
    layout = published().layouts.layout["remittance"]
    ignored = frozenset(map(heading, clinic.block.ignore))
    return [
        *_own_of("remittance", clinic),
        *_of_systems("remittance", clinic, ignored),
        ClinicLayout("remittance", layout, clinic.block.dates, {}, ignored),
    ]


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


def _of_systems(kind: str, clinic: Clinic, ignored: frozenset[str]) -> Iterator[ClinicLayout]:
    return (_of_system(system, clinic, ignored) for system in systems() if system.of == kind)


def _of_system(system: SystemLayout, clinic: Clinic, ignored: frozenset[str]) -> ClinicLayout:
    """A practice system's report as this clinic reads it: only its own headings have a meaning."""
    whole = published().layouts.layout[system.of]
    own = _by_field(system.headings, whole)
    needed = tuple(group for group in whole.needed if any(name in own for name in group.split("|")))
    layout = Layout(title=system.title, needed=needed, headings=own, passed_over=system.passed_over)
    return ClinicLayout(
        system.id,
        # Sessions may have columns that are statuses by their headings, and are known by one for what was billed.
        layout.model_copy(update={"headings": {"status": ("Status",), "billed": ("Billed",), **own}})
        if system.of == "sessions"
        else layout,
        system.dates if clinic.block.dates == "unambiguous" else clinic.block.dates,
        system.status,
        ignored,
        billed=system.billed,
        wanted=frozenset(map(heading, system.wanted)),
        lacks=system.lacks,
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
        headings={
            name: (
                *own.get(name, ()),
                *(synonym for synonym in names if theirs.get(heading(synonym), name) == name),
            )
            for name, names in published_layout.headings.items()
        },
    )
