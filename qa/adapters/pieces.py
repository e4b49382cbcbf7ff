"""What every framework is given: a text verbatim, and where it stands."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from index.errors import UsageError
from index.records import Retraction
from qa.assistant import Assistant
from qa.notices import sentence
from qa.service import Service

#: Whole passages, best first, whether they answer or not; or the quotes that answer, none where nothing does.
Mode = Literal["passages", "quotes"]
MODES = ("passages", "quotes")


@dataclass(frozen=True, slots=True)
class Piece:
    """A text of a paper, its score (higher is better; of a quote the confidence) and what is known of it.

    ``id`` is document and position. ``metadata`` holds plain values only: ``kind`` (passage or
    quote), ``document_id``, ``text_sha256``, ``start`` and ``end`` (code points of the text of that name),
    ``section``, ``page`` (None where there are none), ``citation``, ``title``, ``doi``, ``pmid``,
    ``retraction`` (None, or a sentence), ``score``; of a quote also ``confidence``, ``calibrated``,
    ``focus_start`` and ``focus_end``.
    """

    id: str
    text: str
    score: float
    metadata: Mapping[str, Any]


class Pieces:
    """Finds pieces in one library."""

    def __init__(self, assistant: Assistant, mode: str) -> None:
        if mode not in MODES:
            raise UsageError(f"there is no mode {mode!r}; choose one of {', '.join(MODES)}")
        self._service, self._mode = Service(assistant), mode

    @classmethod
    def open(cls, path: str | os.PathLike[str] | None, mode: str, reader: str | None = None) -> Pieces:
        """Of the library at ``path`` (default: the user's). Raises NoLibrary and other LibraryErrors."""
        return cls(Assistant.open(path, reader=reader), mode)

    def found(self, question: str, k: int, filters: Mapping[str, Any] | None = None) -> list[Piece]:
        """The best ``k`` pieces for ``question``, best first; ``filters`` as of the command line.

        Raises UsageError and LibraryError.
        """
        if self._mode == "passages":
            hits = self._service.search(question, k, filters)["hits"]
            return [_piece(hit, "passage", hit["score"], {}) for hit in hits]
        answer = self._service.ask(question, filters)
        return [
            _piece(
                quote,
                "quote",
                quote["confidence"],
                {
                    "confidence": quote["confidence"],
                    "calibrated": answer["calibrated"],
                    "focus_start": quote["focus"]["start"],
                    "focus_end": quote["focus"]["end"],
                },
            )
            for quote in answer["quotes"][:k]
        ]


def _piece(found: Mapping[str, Any], kind: str, score: float, more: Mapping[str, Any]) -> Piece:
    csl = found["citation"]["csl"]
    metadata = {
        "kind": kind,
        **{name: found[name] for name in ("document_id", "text_sha256", "start", "end", "section", "page")},
        "citation": found["citation"]["text"],
        "title": csl.get("title", ""),
        "doi": csl.get("DOI"),
        "pmid": csl.get("PMID"),
        "retraction": sentence(Retraction(**found["retraction"])) if found["retraction"] else None,
        "score": score,
        **more,
    }
    place = f"{found['document_id']}:{found['start']}-{found['end']}"
    return Piece(place, found["text"], score, metadata)
