"""The progress and questions of long work, and what stands for nobody."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Progress callback: the step that starts, and the fraction of it done (0 to 1) if known."""

    def __call__(self, step: str, done: float | None = None, /) -> None:
        """Shows the step."""


def no_progress(_step: str, _done: float | None = None, /) -> None:
    """Progress that nobody is shown."""


def nobody_to_ask(_name: str, _again: bool) -> str | None:
    """No password: there is nobody at a terminal."""
    return None
