"""Why a paper that a user names is not in a library: removed, only cited, or its name is another."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from index import manifest as manifests
from index.errors import LibraryError
from index.generation import Generation
from index.manifest import Removal
from index.records import Document, Filters, Reference, plain_key, spellings
from index.store import Records
from index.words import content_terms

_MOST = 3
#: How much alike two identifiers, and the words of two titles, must be for one to be meant by the other.
_ALIKE, _SHARED = 0.85, 0.5


@dataclass(frozen=True, slots=True)
class Absence:
    """``removed``: the user's removal, and the day it was published, where a kept generation tells.

    ``cited_by``: ids of documents whose reference list holds the paper; ``near``: ids of documents with a
    similar identifier or title, the most similar first.
    """

    removed: Removal | None = None
    removed_on: str = ""
    cited_by: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


def absence(library: Generation, name: str) -> Absence:
    """What is known of the paper called ``name``, which is no document of ``library``."""
    wanted = set(spellings(name))
    removed = next((r for r in library.manifest.removed if not wanted.isdisjoint((r.id, *r.aliases))), None)
    return Absence(
        removed,
        _removed_on(library, removed) if removed is not None else "",
        tuple(document.id for document in _citing(library, name)),
        tuple(document.id for document in near(library, name)),
    )


def _removed_on(library: Generation, removal: Removal) -> str:
    """The day (ISO, UTC) of the first generation with this removal, if the one before is still kept."""
    before = False
    for generation in manifests.generations(library.path):
        path = manifests.manifest_path(library.path, generation)
        with suppress(LibraryError, OSError):
            manifest = manifests.parse(path.read_bytes(), path)
            held = any(one.id == removal.id for one in manifest.removed)
            if held and before:
                return manifest.created[:10]
            before = not held
    return ""


def _identifier(name: str) -> tuple[str, str]:
    """Kind and value of what looks like an identifier, else two empty strings."""
    plain = name.strip().casefold()
    plain = plain.split("doi.org/", 1)[-1]
    kind, colon, value = plain.partition(":")
    if colon and kind in {"doi", "pmid", "pmcid"}:
        return kind, value.strip()
    if plain.startswith("10.") and "/" in plain:
        return "doi", plain
    if plain.isdecimal():
        return "pmid", plain
    if plain.startswith("pmc") and plain[3:].isdecimal():
        return "pmcid", plain
    return "", ""


def near(library: Generation, name: str) -> list[Document]:
    """The documents whose identifier or title is most like ``name``, at most three."""
    kind, value = _identifier(name)
    if kind:
        names = {
            alias.partition(":")[2].casefold(): alias
            for segment in library.segments.values()
            for alias, row in segment.records.names(kind)
            if row not in segment.deleted
        }
        close = difflib.get_close_matches(value, names, _MOST, _ALIKE)
        return [library.summary(names[one]) for one in close]
    wanted = set(plain_key(name).split())
    rows = library.rows(Filters(sections=("title",)))
    found: dict[str, tuple[float, Document]] = {}
    for hit, _ in library.search_lexical(content_terms(name), 10 * _MOST, rows):
        _, document = library.passage(hit)
        words = set(plain_key(document.title).split())
        shared = len(words & wanted) / max(1, len(words | wanted))
        if shared >= _SHARED:
            found[document.id] = (shared, document)
    return [document for _, document in sorted(found.values(), key=lambda one: -one[0])[:_MOST]]


def _citing(library: Generation, name: str) -> list[Document]:
    """The documents whose reference lists hold the paper called ``name``."""
    kind, value = _identifier(name)
    title = plain_key(name)
    words = sorted((word for word in name.casefold().split() if word.isalnum()), key=len)[-3:]
    if not kind and (len(title) < 20 or not words):
        return []  # too short to tell papers apart

    def rows(records: Records) -> Iterable[int]:
        if kind:
            alias = f"{kind}:{value.upper() if kind == 'pmcid' else value}"
            return sorted({row for row, _ in records.rows_that_cite(alias)})
        return records.rows_citing(words)

    def meant(reference: Reference) -> bool:
        if kind:
            return str(getattr(reference, kind)).casefold() == value
        return plain_key(reference.title) == title or title in plain_key(reference.printed)

    return [
        segment.records.document(row).document
        for segment in library.segments.values()
        for row in rows(segment.records)
        if row not in segment.deleted and any(map(meant, segment.records.cited(row)))
    ]
