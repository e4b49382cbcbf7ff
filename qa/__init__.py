"""From a question to quotations. Knows nothing of the web page.

The public names are imported when they are first used: a part of this package (the reader's training) then
runs where the libraries of the others are not installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.errors import LitquoteError, NoLibrary
    from index.records import Filters, Hit, Passage
    from qa.assistant import Assistant
    from qa.records import Answer, Citation, Quote
    from qa.retrieve import Retriever
    from qa.sealing import seal
    from qa.verifying import verify
    from qa.writing import render

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Filters",
    "Hit",
    "LitquoteError",
    "NoLibrary",
    "Passage",
    "Quote",
    "Retriever",
    "render",
    "seal",
    "verify",
]

_HOMES = {
    "index.errors": ("LitquoteError", "NoLibrary"),
    "index.records": ("Filters", "Hit", "Passage"),
    "qa.assistant": ("Assistant",),
    "qa.records": ("Answer", "Citation", "Quote"),
    "qa.retrieve": ("Retriever",),
    "qa.sealing": ("seal",),
    "qa.verifying": ("verify",),
    "qa.writing": ("render",),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
