"""A sealed answer read back: the records that renderers and checks work on (docs/exports.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from index.errors import UsageError
from index.records import Reference
from qa.records import Answer, Lead, Quote
from qa.user_store import text

#: What a sealed document calls itself, and the version of its form.
KIND = "litquote answers"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class SealedQuote:
    """A quote with its SHA-256 and the characters of its text ``before`` and ``after`` it."""

    quote: Quote
    sha256: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SealedAnswer:
    """An answer, the time it was asked at (ISO) and its filters (``limits``), by field."""

    answer: Answer
    asked_at: str
    limits: Mapping[str, Any]
    quotes: tuple[SealedQuote, ...]
    nearest: tuple[SealedQuote, ...]

    @property
    def calibrated(self) -> bool:
        """Whether confidence was measured for this encoder and reader."""
        return bool(self.answer.library.get("calibrated"))


@dataclass(frozen=True, slots=True)
class Paper:
    """A quoted paper: its bibliographic record and the identifiers it is known by."""

    document_id: str
    label: str
    record: Reference
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A quoted text: how long (code points), by which reader, from a file of which SHA-256 and names.

    None where the library no longer held the text when the answer was sealed.
    """

    sha256: str
    length: int | None
    reader: str | None
    source_sha256: str | None
    source_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed document. ``made`` and ``library`` as they stand there; papers and texts by their names."""

    answers: tuple[SealedAnswer, ...]
    papers: Mapping[str, Paper]
    texts: Mapping[str, Source]
    made: Mapping[str, str]
    library: Mapping[str, Any]
    seal: str


def sound(value: Any) -> Any:
    """``value`` without half characters (bytes on the command line), which no file in UTF-8 holds."""
    if isinstance(value, dict):
        return {name: sound(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [sound(one) for one in value]
    return text(value) if isinstance(value, str) else value


def unseal(document: Mapping[str, Any]) -> Sealed:
    """The records of a document as :func:`qa.sealing.seal` makes it. Raises UsageError for another form."""
    try:
        document = sound(dict(document))
        if not document["answers"]:
            raise ValueError("it holds no answer")
        papers = [msgspec.convert(one, Paper) for one in document["papers"]]
        texts = [msgspec.convert(one, Source) for one in document["texts"]]
        return Sealed(
            tuple(_answer(one) for one in document["answers"]),
            {one.document_id: one for one in papers},
            {one.sha256: one for one in texts},
            msgspec.convert(document["made"], dict[str, str]),
            msgspec.convert(document["library"], dict[str, Any]),
            msgspec.convert(document["seal"], str),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # msgspec's are ValueErrors
        raise not_ours(error) from error


def not_ours(error: Exception) -> UsageError:
    """What is said of a document of another form."""
    return UsageError(f"the sealed answer is not as litquote writes it ({error}); export it anew")


def _answer(plain: Mapping[str, Any]) -> SealedAnswer:
    quotes, nearest = ([_quote(one) for one in plain[name]] for name in ("quotes", "nearest"))
    answer = Answer(
        question=msgspec.convert(plain["question"], str),
        completed_question=msgspec.convert(plain["completed_question"], str),
        status=msgspec.convert(plain["status"], str),
        quotes=tuple(one.quote for one in quotes),
        nearest=tuple(one.quote for one in nearest),
        library=dict(plain["library"]),
        trace={
            "filters": plain.get("filters", {}),
            "expansions": plain.get("expansions", []),
            "completion": {"documents": plain.get("papers_quoted_before", [])},
            "calibrated": plain["library"].get("calibrated", False),
        },
        leads=tuple(_lead(one) for one in plain.get("leads", ())),
    )
    at = msgspec.convert(plain["asked_at"], str)
    return SealedAnswer(answer, at, dict(plain["limits"]), tuple(quotes), tuple(nearest))


def _quote(plain: Mapping[str, Any]) -> SealedQuote:
    focus = plain["focus"]
    quote = msgspec.convert({**plain, "focus": (focus["start"], focus["end"])}, Quote)
    if not 0 <= quote.start <= quote.focus[0] <= quote.focus[1] <= quote.end or quote.start == quote.end:
        raise ValueError(f"{quote.document_id}:{quote.start}-{quote.end} is no place of a quote")
    if not 0 <= quote.confidence <= 1:
        raise ValueError(f"{quote.confidence} is no confidence")
    held = msgspec.convert([plain["sha256"], plain["before"], plain["after"]], tuple[str, str, str])
    return SealedQuote(quote, *held)


def _lead(plain: Mapping[str, Any]) -> Lead:
    record = Reference(title=plain["title"], doi=plain["doi"] or "", pmid=plain["pmid"] or "")
    return Lead(plain["document_id"], plain["number"], plain["label"], record)
