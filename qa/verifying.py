"""Whether the quotes of a sealed answer still stand where it says, byte for byte.

The text that was quoted is immutable and named by its SHA-256: where it is still held, its slice decides.
Where it is not, the original file is read again (the library's own copy, or one that is named); where that is
not left either, the words are looked for in the text that the library holds of the paper now.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from index.errors import LibraryDamaged, LibraryError, LitquoteError, SourceError, UsageError
from index.files import sha256_of
from index.library import Library
from index.records import Document, Text
from index.sources import extractor, mistake, reader_for
from qa.records import Quote
from qa.sealed import Sealed, SealedQuote, unseal

VERIFIED = "verified"
CHANGED = "source changed since"
MISSING = "text missing"
ALTERED = "quote altered"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a quote: ``number`` of answer ``answer``, both from 1.

    ``kind`` is ``"quote"``, or ``"nearest"`` where nothing was found. ``state`` is VERIFIED; CHANGED (the
    text quoted is gone, the paper has another one: the words now stand at ``found``, or nowhere); MISSING
    (neither is there); or ALTERED (the text is there and says something else: the export was changed).
    ``note`` says against what it was checked, in a sentence.
    """

    answer: int
    number: int
    kind: str
    state: str
    note: str
    document_id: str
    label: str
    start: int
    end: int
    found: tuple[int, int] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form; ``found`` only where the words stand elsewhere now."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        found = plain.pop("found")
        return plain | ({"found": {"start": found[0], "end": found[1]}} if found else {})


def verify(
    document: Mapping[str, Any],
    library: Library | None,
    *,
    files: Iterable[str | os.PathLike[str]] = (),
) -> list[Verdict]:
    """A verdict on each quote of a sealed ``document`` (:func:`qa.sealing.seal`), in its order.

    ``files`` are originals to check against where the library holds the text no more. Whether the document
    itself is as it was sealed, :func:`qa.sealing.intact` tells. Raises UsageError for what is no sealed
    document and for a file of ``files`` that is not there, LibraryDamaged for a text in the library that is
    not what its name says.
    """
    sealed = unseal(document)
    look = _Look(sealed, library, [Path(one).expanduser() for one in files])
    verdicts = []
    with library.lock if library is not None else nullcontext():
        for number, asked in enumerate(sealed.answers, 1):
            for kind, quotes in (("quote", asked.quotes), ("nearest", asked.nearest)):
                for place, one in enumerate(quotes, 1):
                    found = look.verdict(one)
                    verdicts.append(replace(found, answer=number, number=place, kind=kind))
    return verdicts


class _Look:
    """Where the quotes of one document are looked for; every text is read and hashed once."""

    def __init__(self, sealed: Sealed, library: Library | None, files: Sequence[Path]) -> None:
        self._sealed = sealed
        self._library = library
        self._kept: dict[str, Text | None] = {}
        self._copies: dict[str, list[Text]] = {}
        self._unread: list[str] = []
        self._files = [(path, sha256_of(path), self._read(path)) for path in map(_readable, files)]

    def _read(self, path: Path) -> list[Text]:
        try:
            return _texts(path, path.name)
        except SourceError as error:  # the library may hold what it is named for
            self._unread.append(f"{path.name} cannot be read ({error})")
            return []

    def verdict(self, one: SealedQuote) -> Verdict:
        quote = one.quote
        made = partial(
            Verdict, 0, 0, "", document_id=quote.document_id, label=quote.citation.label,
            start=quote.start, end=quote.end,
        )  # fmt: skip
        for text, where in self._same(quote.text_sha256):
            if text.content[quote.start : quote.end] == quote.text:
                if (owner := self._of_another(quote)) is not None:
                    return made(ALTERED, f"its words stand {where}, but in the text of {owner}")
                return made(VERIFIED, where + self._since(quote))
            return made(ALTERED, f"at its place {where} stands something else")
        if hashlib.sha256(quote.text.encode()).hexdigest() != one.sha256:
            return made(ALTERED, "its words are not those that were sealed")
        return self._elsewhere(one, made)

    def _same(self, sha256: str) -> Iterator[tuple[Text, str]]:
        """The text of this name, from the library, else from an original read again."""
        if (kept := self._text(sha256)) is not None:
            yield kept, "in the library"
            return
        for path, _, texts in self._files:
            yield from ((one, f"in {path.name}, read again") for one in texts if one.sha256 == sha256)
        for one in self._copy(sha256):
            if one.sha256 == sha256:
                yield one, "in the library's copy of the original file, read again"

    def _elsewhere(self, one: SealedQuote, made: partial[Verdict]) -> Verdict:
        """The verdict where the text itself is gone: the exact words decide, and where they stand."""
        original = self._sealed.texts.get(one.quote.text_sha256)
        source = original.source_sha256 if original is not None else None
        near = [(text, f"in {path.name}", digest) for path, digest, texts in self._files for text in texts]
        if source is not None:
            copies = self._copy(one.quote.text_sha256)
            near += [(text, "in the library's copy of the original file", source) for text in copies]
        found = [
            (text, where, digest, at) for text, where, digest in near if (at := place(one, text.content))
        ]
        for text, where, digest, at in found:
            if digest == source:
                note = f"{where} (the same file by its SHA-256, read by {text.extractor} now)"
                return made(VERIFIED, note, found=at)
        now = self._now(one.quote)
        if now is not None and (at := place(one, now.text.content)):
            return made(CHANGED, "the same words stand in the text that the library has now", found=at)
        for _, where, _, at in found:
            return made(CHANGED, f"the same words stand {where}, which is another file", found=at)
        if now is not None:
            return made(CHANGED, "the words do not stand in the text that the library has of this paper now")
        return made(MISSING, self._nowhere())

    def _nowhere(self) -> str:
        """What to say, and to do, where neither the text nor the words are found."""
        if self._unread:
            return f"not in the library; {'; '.join(self._unread)}"
        if self._files:
            return "neither in the library nor, in these words, in the files named"
        return "the library holds neither the text nor the paper; name the file: --file FILE"

    def _of_another(self, quote: Quote) -> str | None:
        """The paper whose text was quoted, where that is not the one that the quote names."""
        if self._library is None:
            return None
        owners = self._library.papers_of_text(quote.text_sha256)
        now = self._now(quote)
        named = {quote.document_id} if now is None else {quote.document_id, now.id}
        if not owners or (now is not None and now.text.sha256 == quote.text_sha256):
            return None
        known = {found.id for owner in owners for found in self._library.called(owner)}
        return None if named & (set(owners) | known) else owners[0]

    def _since(self, quote: Quote) -> str:
        """What became of the paper since, where the text that was quoted is kept."""
        if self._library is None:
            return ""
        now = self._now(quote)
        if now is None:
            return "; the paper has been removed since"
        if now.text.sha256 != quote.text_sha256:
            return "; the paper has another text now, the one quoted is kept"
        return ""

    def _text(self, sha256: str) -> Text | None:
        if sha256 not in self._kept:
            self._kept[sha256] = None
            if self._library is not None:
                try:
                    self._kept[sha256] = text = self._library.text(sha256)
                except LibraryDamaged:
                    raise
                except LibraryError:
                    return None
                if hashlib.sha256(text.content.encode()).hexdigest() != sha256:
                    raise LibraryDamaged(
                        f"the text {sha256[:12]} is damaged; find out more with: litquote verify"
                    )
        return self._kept[sha256]

    def _copy(self, sha256: str) -> list[Text]:
        """What is read now from the library's copy of the file that the text ``sha256`` was read from."""
        found = self._sealed.texts.get(sha256)
        if self._library is None or found is None or found.source_sha256 is None:
            return []
        source = found.source_sha256
        if source not in self._copies:
            path = self._library.path / "inbox" / source
            whole = len(source) == 64 and source.isalnum() and path.is_file() and sha256_of(path) == source
            name = found.source_names[0] if found.source_names else source
            try:
                self._copies[source] = _texts(path, name) if whole else []
            except SourceError:  # of a kind that no reader reads any more
                self._copies[source] = []
        return self._copies[source]

    def _now(self, quote: Quote) -> Document | None:
        """The quoted paper as the library has it now, by its id or by an identifier."""
        if self._library is None:
            return None
        paper = self._sealed.papers.get(quote.document_id)
        for name in (quote.document_id, *(paper.aliases if paper is not None else ())):
            if found := self._library.called(name):
                return self._library.document(found[0].id)
        return None


def place(one: SealedQuote, content: str) -> tuple[int, int] | None:
    """Where the exact characters of a quote stand in ``content``; of several places that of its context.

    The context decides by the characters that agree next to the quote, before and after it.
    """
    best: tuple[int, int] | None = None
    most, at = -1, content.find(one.quote.text) if one.quote.text else -1
    while at >= 0:
        end = at + len(one.quote.text)
        before = _alike(one.before[::-1], content[max(0, at - len(one.before)) : at][::-1])
        alike = before + _alike(one.after, content[end : end + len(one.after)])
        if alike > most:
            best, most = (at, end), alike
        at = content.find(one.quote.text, at + 1)
    return best


def _alike(one: str, other: str) -> int:
    """How many characters agree from the first on."""
    return next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _readable(path: Path) -> Path:
    if not path.is_file():
        raise UsageError(f"{path} is no file; name the original that was quoted")
    return path


def _texts(path: Path, name: str) -> list[Text]:
    """The texts that litquote reads from a file now. Raises SourceError when it cannot be read."""
    reader = reader_for(path, name)
    digest = sha256_of(path)
    try:
        found = [one.text for one in reader.read(path, source=digest, name=name) if isinstance(one, Document)]
    except LitquoteError:
        raise
    except Exception as error:
        raise SourceError(f"{path}: {mistake(error)}") from error
    return [replace(one, extractor=one.extractor or extractor(reader)) for one in found]
