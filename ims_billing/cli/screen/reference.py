"""Rules and answers to why, as the terminal shows them: each with its source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from ims_billing.cli.screen.layout import LINES, WIDEST, Heading, table, wrapped
from ims_billing.cli.screen.terminal import show, width
from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.rules_in_words import Rule, not_stated, rules_on
from ims_billing.rules.published import services_in_words
from ims_billing.rules.values import Channel, Cited, Condition, Note
from ims_billing.vocabulary.kinds import SERVICE_WORDS
from ims_billing.vocabulary.spelling import counted

if TYPE_CHECKING:
    from ims_billing.month.page import Fact, Page

# Fees and limits that are tried until the page is a screen.
_ROOM = ((8, 7), (8, 6), (8, 5), (7, 5), (7, 4), (6, 4), (5, 3), (3, 2))
_SECTIONS = (
    ("FEES", ("fee",)),
    ("LIMITS AND WINDOWS", ("limit", "submission window", "channel", "order of payers", "registration number")),
    ("INSURERS", ("insurer",)),
)
# What one screen leaves to --all.
_REST = ("channel", "order of payers", "registration number", "insurer")
# The left column of a page of why.
_LABELS = 28


def show_pages(pages: Sequence[Page]) -> None:
    """Answers to why: each with its parts and facts, and the web pages that its sources name at its end."""
    wide = width()
    lines: list[Text] = []
    for number, page in enumerate(pages):
        lines += [*([Text()] if number else []), *wrapped(page.title, wide, style="bold")]
        cited: list[str] = []
        for part in page.parts:
            lines += [Text(), *wrapped(part.heading, wide, style="bold")]
            for fact in part.facts:
                lines += _fact(fact.what, _numbered(fact, cited), wide)
        if cited:
            lines += [Text(), Text("Pages of the sources", "bold")]
            lines += [Text(f"{place:>4}  {url}") for place, url in enumerate(cited, start=1)]
    show(lines)


def _fact(what: str, words: str, wide: int) -> list[Text]:
    """A fact beside its label, or below it where the screen is narrow."""
    if wide < 2 * _LABELS:
        below = [line for each in words.splitlines() for line in wrapped(each, wide, first="    ", rest="    ")]
        return [*wrapped(what, wide, first="  ", rest="  ", style="dim"), *below]
    left = [line.plain for line in wrapped(what, _LABELS, first="  ", rest="  ")]
    right = [line.plain for each in words.splitlines() or [""] for line in wrapped(each, wide - _LABELS - 2)]
    lines = []
    for at in range(max(len(left), len(right))):
        label = left[at] if at < len(left) else ""
        line = Text(f"{label:<{_LABELS}}  ", "dim").append(right[at] if at < len(right) else "", "not dim")
        lines.append(line)
    return lines


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
        if isinstance(rule.cited, Channel) and rule.cited.published:
            together.setdefault((rule.value, rule.cited.cited(), rule.cited.lasting()), []).append(rule)
        else:
            kept.append(rule)
    first = [group[0]._replace(whom=", ".join(rule.whom for rule in group)) for group in together.values()]
    place = next((n for n, rule in enumerate(kept) if rule.table == "insurer"), len(kept))
    return [*kept[:place], *first, *kept[place:]]


def show_rules(clinic: Clinic, on: dt.date, *, everything: bool = False) -> None:
    """The services, fees and limits in force on a day, each with its source; with `everything` all rules."""
    wide = width()
    if everything:
        show(_rules_page(clinic, on, wide, room=None))
        return
    for room in _ROOM:
        lines = _rules_page(clinic, on, wide, room=room)
        if len(lines) <= -(-LINES * WIDEST // wide):
            break
    show(lines)


def _rules_page(clinic: Clinic, on: dt.date, wide: int, *, room: tuple[int, int] | None) -> list[Text]:
    """The page with at most so many fees and so many limits; None: every rule, with the pages of the sources."""
    everything = room is None
    whose = f"with {clinic.file}" if clinic.file else "as published, without a clinic setup"
    lines = [*wrapped(f"Rules in force on {on}, {whose}", wide, style="bold"), *_services(clinic, wide)]
    every = rules_on(clinic, on)
    named = [i.name for i in clinic.insurers if not any(r.table == "insurer" and r.whom == i.name for r in every)]
    rules = _grouped(every)
    chosen = rules if everything else [rule for rule in rules if rule.table not in _REST]
    shown: dict[str, list[Rule]] = {}
    for title, tables in _SECTIONS:
        of_section = [rule for rule in chosen if rule.table in tables]
        shown[title] = of_section if room is None else of_section[: room[0 if title == "FEES" else 1]]
    listed = [rule for part in shown.values() for rule in part]
    sources = {rule.cited.cited(): rule.cited for rule in listed if rule.cited.published}
    for title, part in shown.items():
        if part:
            lines += [Text(), Text(title, "bold"), *_rules(part, list(sources), wide)]
    left = len(rules) - len(listed)
    if left:
        sentence = (
            f"and {counted(left, 'more rule')} (what insurers require, how they take claims, who pays first): add --all"
        )
        lines += wrapped(sentence, wide, rest="  ")
    lines += _not_stated(clinic, on, named if everything else [], wide)
    lines += [Text(), Text("SOURCES (their web pages: --all)" if not everything else "SOURCES", "bold")]
    for number, cited in enumerate(sources.values(), start=1):
        lines += _source(number, cited, wide, everything=everything)
    setup = clinic.file or "the clinic setup"
    return [*lines, *wrapped(f"Add or change any rule in {setup}: it goes before what is published.", wide)]


def _source(number: int, cited: Cited, wide: int, *, everything: bool) -> list[Text]:
    verified = "" if cited.verified else " (not verified)"
    lines = wrapped(f"{cited.source}{verified}", wide, first=f"{number:>3}  ", rest="     ")
    # A web page is never cut: it is there to be copied.
    return [*lines, *([Text(f"     {cited.url}")] if everything and cited.url else [])]


def _services(clinic: Clinic, wide: int) -> list[Text]:
    services = services_in_words()
    code = clinic.service_code
    billed = [
        f"{SERVICE_WORDS.get(service, service)} ({about})"
        for service, about in services
        if service in clinic.block.bill
    ]
    others = [service for service, _ in services if service not in (*clinic.block.bill, "other", "unrecognised")]
    sentence = f"Billed as {code.code}, {code.description}: {'; '.join(billed)}"
    return [
        *wrapped(sentence, wide, rest="  "),
        *wrapped(f"Not billed: {', '.join(others)}, other services", wide, rest="  "),
    ]


def _rules(rules: Sequence[Rule], sources: list[str], wide: int) -> list[Text]:
    rows, before = [], ""
    for rule in rules:
        source = str(sources.index(rule.cited.cited()) + 1) if rule.cited.published else rule.cited.source
        cited = source if rule.cited.verified else f"{source}, not verified"
        # A note and a condition are sentences of their own.
        whole: dict[type[Cited], str] = {Note: rule.value, Condition: rule.what}
        words = whole.get(type(rule.cited), f"{rule.what}: {rule.value}")
        rows.append((rule.whom if rule.whom != before else "", words, rule.cited.lasting(), cited))
        before = rule.whom
    headings = (
        Heading("Whose claims", wraps=True), Heading("Rule", wraps=True), Heading("In force", wraps=True),
        Heading("Source", right=True),
    )  # fmt: skip
    if not _fits(rows, wide):
        # A row that stands for itself names its insurer.
        rows = [(rule.whom, *row[1:]) for rule, row in zip(rules, rows, strict=True)]
    return table(headings, rows, wide)


def _fits(rows: Sequence[Sequence[str]], wide: int) -> bool:
    words = [max((len(word) for row in rows for word in row[n].split()), default=0) for n in range(3)]
    return sum(max(12, size) for size in words) + max(len(row[3]) for row in rows) + 6 <= wide


def _not_stated(clinic: Clinic, on: dt.date, named: Sequence[str], wide: int) -> list[Text]:
    missing = not_stated(clinic, on)
    lines = []
    if missing:
        sentence = f"What they pay for a visit, not published for that day: {', '.join(missing)}."
        lines += wrapped(sentence, wide, first="  ", rest="  ")
    if named:
        sentence = f"What they require, and by which channel they take claims: {', '.join(named)}."
        lines += wrapped(sentence, wide, first="  ", rest="  ")
    return [Text(), Text("YOURS TO STATE in the clinic setup", "bold"), *lines] if lines else []
