"""Rules and answers to why, as the terminal shows them: each with its source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from ims_billing.cli.screen.terminal import out
from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.rules_in_words import Rule, not_stated, rules_on
from ims_billing.rules.published import services_in_words

if TYPE_CHECKING:
    from ims_billing.month.why import Fact, Page


def show_pages(pages: Sequence[Page]) -> None:
    """Answers to why: each with its parts and facts, and the web pages that its sources name at its end."""
    console = out()
    for number, page in enumerate(pages):
        console.print(Text(f"{'' if number == 0 else chr(10)}{page.title}", style="bold"))
        cited: list[str] = []
        for part in page.parts:
            console.print(Text(f"\n{part.heading}", style="bold"))
            table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
            table.add_column(width=28, style="dim", overflow="fold")
            table.add_column(overflow="fold")
            for fact in part.facts:
                table.add_row(Text(f"  {fact.what}"), Text(_numbered(fact, cited)))
            console.print(table)
        if cited:
            console.print(Text("\nPages of the sources", style="bold"))
        for place, url in enumerate(cited, start=1):
            console.print(Text(f"{place:>4}  {url}"), soft_wrap=True)


def _numbered(fact: Fact, cited: list[str]) -> str:
    """The fact with its source, and the number of the source's page, which is added to those cited."""
    if not fact.source:
        return fact.words
    if fact.url and fact.url not in cited:
        cited.append(fact.url)
    page = f" [{cited.index(fact.url) + 1}]" if fact.url else ""
    return f"{fact.words}\nSource: {fact.source}{page}{'' if fact.verified else ' (not verified)'}"


def _grouped(rules: list[Rule]) -> list[Rule]:
    """The rules; the insurers that take claims by one channel, by one source, stand together."""
    kept, together = [], dict[tuple[str, str, str], list[Rule]]()
    for rule in rules:
        if rule.table == "insurer" and rule.what == "takes claims by" and rule.cited.published:
            together.setdefault((rule.value, rule.cited.cited(), rule.cited.lasting()), []).append(rule)
        else:
            kept.append(rule)
    first = [replace(group[0], whom=", ".join(rule.whom for rule in group)) for group in together.values()]
    place = next((n for n, rule in enumerate(kept) if rule.table == "insurer"), len(kept))
    return [*kept[:place], *first, *kept[place:]]


def show_rules(clinic: Clinic, on: dt.date) -> None:
    """The services, codes, insurers, fees and limits in force on a day, each with its source."""
    console = out()
    whose = f"with {clinic.file}" if clinic.file else "as published, without a clinic file"
    console.print(Text(f"Rules in force on {on}, {whose}", style="bold"))
    table = Table("Service", "Billed", "Service code", "Description", box=box.SIMPLE_HEAD, pad_edge=False)
    for service, about in services_in_words():
        billed = service in clinic.block.bill
        code = (clinic.service_code.code, clinic.service_code.description) if billed else ("", "")
        table.add_row(Text.assemble(service, (f"  {about}", "dim")), "yes" if billed else "no", *code)
    console.print(table)
    rules = rules_on(clinic, on)
    sources = list(dict.fromkeys(rule.cited.cited() for rule in rules if rule.cited.published))
    named = [i.name for i in clinic.insurers if not any(r.table == "insurer" and r.whom == i.name for r in rules)]
    rules = _grouped(rules)
    for title, tables in (
        ("Fees", ("fee",)),
        ("Limits and windows", ("limit", "submission window", "channel", "order of payers", "registration number")),
        ("Insurers", ("insurer",)),
    ):
        listed = [rule for rule in rules if rule.table in tables]
        if not listed:
            continue
        console.print(Text(title, style="bold"))
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("Whose claims", max_width=22)
        table.add_column("Rule", max_width=34)
        table.add_column("In force", max_width=16)
        table.add_column("Source", justify="right")
        before = ""
        for rule in listed:
            source = str(sources.index(rule.cited.cited()) + 1) if rule.cited.published else rule.cited.source
            cited = Text(source) if rule.cited.verified else Text(f"{source}, not verified", "yellow")
            words = rule.value if rule.what.startswith("note ") else f"{rule.what}: {rule.value}".removesuffix(": yes")
            shown = Text(rule.whom, "bold") if rule.whom != before else ""
            table.add_row(shown, Text(words), rule.cited.lasting(), cited)
            before = rule.whom
        console.print(table)
    missing = not_stated(clinic, on)
    if missing or named:
        console.print(Text("Yours to state in clinic.toml", style="bold"))
    if missing:
        console.print(
            f"  What they pay for a visit, not published for that day ([[fee]]): {', '.join(missing)}.",
            markup=False,
        )
    if named:
        sentence = f"  Known by name only on that day (requires, channel under [[insurer]]): {', '.join(named)}."
        console.print(sentence, markup=False)
    console.print(Text("\nSources", style="bold"))
    for number, source in enumerate(sources, start=1):
        console.print(Text(f"{number:>3}  {source}"), soft_wrap=True)
    console.print(Text("\nChange or add any of it in clinic.toml: what stands there goes before what is published."))
