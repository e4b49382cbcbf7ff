"""Answers sealed for later: one JSON document with all that is needed to check each quote against its source.

The form is described in docs/exports.md. :func:`seal` makes it, :func:`unseal` reads it, :func:`intact` tells
whether a file is as it was sealed. A seal is no signature: who changes a document can seal it anew. What
protects a quote is the comparison with its source (:mod:`qa.verifying`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PureWindowsPath
from typing import Any

import msgspec

from index.errors import LibraryDamaged, LibraryError, UsageError
from index.library import Library
from index.manifest import litquote_version
from index.records import Author, Reference
from qa.records import Answer, Quote
from qa.sealed import KIND, SCHEMA, sound
from qa.user_store import now

#: Characters shown before and after a quote: enough to tell its place from another of the same words.
CONTEXT = 120

_A_PATH = re.compile(r"[\\/]|[A-Za-z]:[\\/]")


def seal(
    answers: Answer | Sequence[Answer],
    library: Library,
    *,
    asked_at: str | Sequence[str] | None = None,
    file_names: bool = True,
) -> dict[str, Any]:
    """``answers`` (one, or a conversation) as a sealed document.

    ``asked_at`` is the time they were asked at, or that of each (ISO; default: now). Without ``file_names``
    it is not said what the files were called that the texts were read from. Raises UsageError for no answer,
    and for a quote that is not what stands at its place: such a one is never sealed. A quote whose
    text the library no longer holds is sealed without what only the text can tell.
    """
    asked = [answers] if isinstance(answers, Answer) else list(answers)
    made = now()
    times = [asked_at or made] * len(asked) if asked_at is None or isinstance(asked_at, str) else asked_at
    if not asked or len(asked) != len(times):
        raise UsageError(f"{len(asked)} answers and {len(times)} times cannot be sealed; give each its own")
    with library.lock:
        quoted = [quote for answer in asked for quote in (*answer.quotes, *answer.nearest)]
        texts = _texts(library, quoted)
        contents = {name: found.content for name, found in texts.items()}
        manifest = library.manifest
        document: dict[str, Any] = {
            "kind": KIND,
            "schema": SCHEMA,
            "made": {"at": made, "litquote": litquote_version()},
            "library": {
                "generation": manifest.generation,
                "encoder": manifest.encoder.name,
                "encoder_fingerprint": manifest.encoder.fingerprint,
                "reader": manifest.reader,
            },
            "answers": [_answer(one, at, contents) for one, at in zip(asked, times, strict=True)],
            "papers": [_paper(library, name, quoted) for name in _once(one.document_id for one in quoted)],
            "texts": [
                _source(library, name, texts, file_names) for name in _once(one.text_sha256 for one in quoted)
            ],
        }
    whole: dict[str, Any] = sound(document)
    return whole | {"seal": seal_of(whole)}


def seal_of(document: Mapping[str, Any]) -> str:
    """``"sha256:…"`` over everything in ``document`` but its seal, in the canonical form of RFC 8785.

    (Numbers are whole, or have few decimals: Python writes such a float as that form asks.)
    """
    rest = {name: value for name, value in document.items() if name != "seal"}
    plain = json.dumps(_whole(rest), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(plain.encode('utf-8', 'surrogatepass')).hexdigest()}"


def intact(document: Mapping[str, Any]) -> bool:
    """Whether ``document`` is as it was sealed."""
    return document.get("seal") == seal_of(document)


def to_json(document: Mapping[str, Any]) -> str:
    """The document as it is written to a file."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def load(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises UsageError when it cannot be read, or holds something else."""
    try:
        found = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); name a sealed answer") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON ({error}); name a sealed answer") from error
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise UsageError(
            f"{path} is no sealed answer; make one with: litquote ask QUESTION --export answer.json"
        )
    if found.get("schema") != SCHEMA:
        raise UsageError(f"{path} was written by a newer litquote; upgrade with: pip install -U litquote")
    return found


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _whole(value: Any) -> Any:
    """``value`` with 1.0 as 1, the way other languages write it."""
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _texts(library: Library, quoted: Iterable[Quote]) -> dict[str, Any]:
    """The texts quoted, by name, without those that are gone. Raises UsageError for a quote that differs."""
    found: dict[str, Any] = {}
    for quote in quoted:
        if quote.text_sha256 not in found:
            try:
                found[quote.text_sha256] = library.text(quote.text_sha256)
            except LibraryDamaged:
                raise
            except LibraryError:  # compacted away since the answer was given
                continue
        if found[quote.text_sha256].content[quote.start : quote.end] != quote.text:
            raise UsageError(
                f"the quote {quote.document_id}:{quote.start}-{quote.end} is not what stands there; ask again"
            )
    return found


def _answer(answer: Answer, at: str, contents: Mapping[str, str]) -> dict[str, Any]:
    trace = answer.trace
    prints = trace.get("fingerprints", {})
    completion = trace.get("completion", {})
    return {
        **answer.to_dict(),
        "asked_at": at,
        "limits": dict(trace.get("limits", {})),
        "papers_quoted_before": list(completion.get("documents", ())),
        "quotes": [_quote(one, contents) for one in answer.quotes],
        "nearest": [_quote(one, contents) for one in answer.nearest],
        "library": {
            **answer.library,
            "encoder_fingerprint": prints.get("encoder"),
            "reader": trace.get("reader"),
            "reader_fingerprint": prints.get("reader"),
            "calibrated": bool(trace.get("calibrated")),
        },
    }


def _quote(quote: Quote, contents: Mapping[str, str]) -> dict[str, Any]:
    content = contents.get(quote.text_sha256, "")
    plain = quote.to_dict()
    return {
        **plain,
        "sha256": hashlib.sha256(quote.text.encode()).hexdigest(),
        "before": content[max(0, quote.start - CONTEXT) : quote.start],
        "after": content[quote.end : quote.end + CONTEXT],
        "heading": quote.heading,
        "place": quote.place,
        "score": round(float(quote.score), 4),
        "citation": {**plain["citation"], "label": quote.citation.label},
    }


def _paper(library: Library, name: str, quoted: Iterable[Quote]) -> dict[str, Any]:
    """The bibliographic record of a paper, as the library has it now."""
    quote = next(one for one in quoted if one.document_id == name)
    try:
        found = library.summary(name)
    except UsageError:  # removed since the answer was given
        record, names = _cited(quote), tuple[str, ...]()
    else:
        record, names = found.reference, found.aliases
        title, notice = record.title or found.title, record.retraction or quote.retraction
        record = replace(record, title=title, retraction=notice)
    return {
        "document_id": name,
        "label": quote.citation.label,
        "aliases": [one for one in names if one.startswith(("doi:", "pmid:", "pmcid:"))],
        "record": msgspec.to_builtins(record),
    }


def _cited(quote: Quote) -> Reference:
    """The record as far as the quote's own citation tells."""
    item = quote.citation.csl
    parts = item.get("issued", {}).get("date-parts", [[]])[0]
    names = [one for one in item.get("author", ()) if one != {"literal": "et al."}]
    return Reference(
        title=item.get("title", ""),
        authors=tuple(Author(**one) for one in names),
        authors_complete=quote.citation.authors_complete,
        journal=item.get("container-title", ""),
        year=parts[0] if parts else None,
        volume=item.get("volume", ""),
        issue=item.get("issue", ""),
        pages=item.get("page", ""),
        publisher=item.get("publisher", ""),
        doi=item.get("DOI", ""),
        pmid=item.get("PMID", ""),
        pmcid=item.get("PMCID", ""),
        url=item.get("URL", ""),
        retraction=quote.retraction,
    )


def _source(library: Library, name: str, texts: Mapping[str, Any], file_names: bool) -> dict[str, Any]:
    """What the text called ``name`` was read from: the file's SHA-256 and name (no folder: it is private)."""
    if name not in texts:
        return {"sha256": name, "length": None, "reader": None, "source_sha256": None, "source_names": []}
    found = texts[name]
    segments = library.segments.values() if file_names else ()
    uris = {uri for segment in segments for uri in segment.records.uris_of_hash(found.source)}
    return {
        "sha256": name,
        "length": len(found.content),
        "reader": found.extractor,
        "source_sha256": found.source,
        "source_names": sorted(PureWindowsPath(one).name if _A_PATH.match(one) else one for one in uris),
    }
