"""The manual on the screen: the list of topics, and a page by Rich's Markdown, with commands that stay whole."""

from __future__ import annotations

import re
from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Heading, Markdown, MarkdownElement
from rich.text import Text

from ims_billing.cli.screen.layout import wrapped
from ims_billing.cli.screen.terminal import out, show, width
from ims_billing.manual import TOPICS, page


class _Heading(Heading):
    """A heading at the left, in bold."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        self.text.stylize("bold")
        yield self.text


class _Page(Markdown):
    """A page of the manual."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Heading,
    }


def show_topics() -> None:
    """The topics of the manual, each with what it answers."""
    wide = width()
    lines = [*wrapped("The manual. Show a page with: ims-billing help TOPIC", wide, style="bold"), Text()]
    for topic, about in TOPICS.items():
        lines += wrapped(about, wide, first=f"  {topic:<13}", rest=" " * 15)
    show([*lines, Text(), *wrapped("The options of a command: ims-billing COMMAND --help", wide)])


def show_topic(topic: str) -> None:
    """A page of the manual; its commands stay whole, so that they can be copied."""
    console = out()
    options = console.options.update(width=width())
    lines: list[Text] = []
    # Every second part is a block of commands.
    for number, part in enumerate(re.split(r"```\w*\n(.*?)```", page(topic), flags=re.DOTALL)):
        if number % 2:
            lines += [Text(), *(Text(f"    {line}", "bold") for line in part.splitlines()), Text()]
        else:
            rendered = console.render_lines(_Page(part), options, pad=False)
            lines += [Text.assemble(*((one.text, one.style or "") for one in line)) for line in rendered]
    show(lines)
