"""The chat on the command line: questions line by line, each with the conversation behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from index.records import Filters
from qa.assistant import Assistant
from qa.records import Answer

#: Any of these ends the chat, like the end of input.
LAST_WORDS = frozenset({"exit", "quit"})


def converse(
    assistant: Assistant, lines: TextIO, *, filters: Filters | None = None, complete: bool = True
) -> Iterator[Answer]:
    """An answer to each line of ``lines`` that is not empty, follow-up questions completed or not.

    A terminal is prompted through :func:`input`, so that its lines can be edited.
    """
    history: list[Answer] = []
    for question in _typed() if lines.isatty() else lines:
        if question.strip().casefold() in LAST_WORDS:
            return
        if question.strip():
            answer = assistant.ask(question.strip(), filters, history=history, complete=complete)
            history = [answer]
            yield answer


def _typed() -> Iterator[str]:
    while True:
        try:
            yield input("? ")
        except EOFError:
            return
