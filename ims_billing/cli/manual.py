"""The manual's command: `help` lists the topics, `help TOPIC` shows a page."""

from __future__ import annotations

from typing import Annotated

import typer

from ims_billing.cli.app import app
from ims_billing.vocabulary.errors import BillingError, did_you_mean


@app.command("help", short_help="Show the manual.", epilog="Example: ims-billing help deciding")
def show(
    topic: Annotated[str, typer.Argument(metavar="[TOPIC]", help="The page to show; otherwise the topics.")] = "",
) -> None:
    """Show a page of the manual, or list its topics."""
    from ims_billing.cli.screen import manual
    from ims_billing.manual import TOPICS

    named = topic.strip().lower().removesuffix(".md")
    if not named:
        manual.show_topics()
    elif named in TOPICS:
        manual.show_topic(named)
    else:
        suggestion = did_you_mean(named, TOPICS) or "."
        raise BillingError(f"there is no page {topic} in the manual{suggestion} The pages: {', '.join(TOPICS)}")
