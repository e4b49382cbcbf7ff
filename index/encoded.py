"""What is encoded of a document: each of its passages behind the paper's title, under a name of 16 bytes."""

from __future__ import annotations

import hashlib

from index.chunks import passages
from index.encoders import Encoder
from index.manifest import Settings
from index.records import Document, Passage

__all__ = ["encoded_name", "to_encode"]


def encoded_name(string: str) -> bytes:
    """The 16-byte name of a string that is encoded: equal strings have one vector."""
    return hashlib.blake2b(string.encode(), digest_size=16).digest()


def to_encode(document: Document, encoder: Encoder, settings: Settings) -> tuple[list[Passage], list[str]]:
    """The passages of ``document``, which has its text's characters, and the string encoded for each."""
    found = passages(document, encoder=encoder, max_tokens=settings.max_tokens)
    head = _head(document.title, encoder, settings)
    content = document.text.content
    return found, [
        content[passage.start : passage.end]
        if passage.section == "title"
        else head + content[passage.start : passage.end]
        for passage in found
    ]


def _head(title: str, encoder: Encoder, settings: Settings) -> str:
    """What stands before each passage of a paper when it is encoded: its title, as far as there is room.

    A passage alone often does not name what it is about.
    """
    limit = min(settings.max_tokens, encoder.window)
    room = encoder.window - limit - 1  # one for the full stop
    if not settings.titled or room < 1:
        return ""
    spans = encoder.token_spans(title)
    said = (title if len(spans) <= room else title[: spans[room - 1][1]]).strip()
    if not said:
        return ""
    return f"{said} " if said[-1] in ".?!" else f"{said}. "
