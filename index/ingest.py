"""From files to documents in a session: what is new, the same, changed, another copy, or unreadable."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from index.errors import SourceError
from index.files import store_by_hash
from index.identity import same_paper
from index.records import Document, Failure, Source
from index.reports import Item, OnProgress, Progress, Report
from index.session import Session
from index.sources import extractor, reader_for

#: Clutter that operating systems and editors leave in folders.
_CLUTTER = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class Found:
    """A file to add; ``named`` tells that the user named it rather than its folder."""

    path: Path
    named: bool


def find(paths: Iterable[str | os.PathLike[str]]) -> tuple[list[Found], list[Failure]]:
    """The files that ``paths`` (files, folders, globs) mean, each once, in order; and what means none.

    Hidden files, the clutter of operating systems and libraries are left out of folders and globs.
    A folder's own ``SOURCES.md`` says where its files come from and is no source.
    """
    found: dict[str, Found] = {}
    failures = []
    for given in paths:
        path = Path(given).expanduser()
        matches = [path] if path.exists() else _glob(path)
        empty = path.is_dir()
        for match in matches:
            for file in _files(match):
                empty = False
                named = file == match and match == path
                uri = uri_of(file)
                if not _is_text(uri):
                    reason = "the file's name cannot be read as text; rename it"
                    failures.append(Failure(uri.encode("utf-8", "backslashreplace").decode(), reason))
                elif uri not in found or named:
                    found[uri] = Found(file, named)
        if not matches:
            failures.append(Failure(str(given), "no such file or folder; check the path"))
        elif empty:
            failures.append(Failure(str(given), "the folder holds no files"))
    return list(found.values()), failures


def _is_text(name: str) -> bool:
    """Whether a file's name is text: on Linux it may be any bytes."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _glob(path: Path) -> list[Path]:
    # The module, since Path.glob refuses absolute patterns.
    found = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207
    return [match for match in found if match.is_dir() or not _is_clutter(match.name)]


def _is_clutter(name: str) -> bool:
    return name.startswith(".") or name.casefold() in _CLUTTER or name == "SOURCES.md"


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        if "CURRENT" in names and {"manifests", "segments"} <= set(folders):
            folders[:] = []
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not _is_clutter(name):
                yield Path(folder, name)


def uri_of(path: Path) -> str:
    """How a file is remembered: its absolute path."""
    return str(path.resolve())


class Ingest:
    """Adds files to a session and keeps the report."""

    def __init__(self, session: Session, *, on_progress: OnProgress | None = None) -> None:
        self.session = session
        self.report = Report()
        self._on_progress = on_progress
        self._inbox = session.root / "inbox"
        self._files = self._total = 0

    def add(self, files: Iterable[Found]) -> None:
        """Add each file; one that fails is reported and never stops the others."""
        files = list(files)
        self._total += len(files)
        for file in files:
            self.add_file(file.path, named=file.named)
            self._files += 1
            self._tell(uri_of(file.path))

    def add_file(self, path: Path, *, named: bool) -> None:
        """Add one file, or report why not."""
        uri = uri_of(path)
        known = self.session.view.source(uri)
        try:
            stat = path.stat()
            size, mtime = stat.st_size, stat.st_mtime_ns
        except OSError as error:
            self._fail(
                uri, f"the file cannot be opened ({error.strerror}); check its permissions", known, 0, 0
            )
            return
        restoring = named and known is not None and self.session.was_removed(known.sha256)
        settled = known is not None and known.sha256 != "" and not known.failure and not restoring
        if settled and known is not None and (known.size, known.mtime) == (size, mtime):
            self._unchanged(uri, known)
            return
        try:
            reader_for(path, path.name)
            sha256, size = store_by_hash(path, self._inbox)
        except SourceError as error:
            self._fail(uri, str(error), known, size, mtime)
            return
        except OSError as error:
            self._fail(
                uri, f"the file cannot be read ({error.strerror}); check its permissions", known, size, mtime
            )
            return
        if settled and known is not None and known.sha256 == sha256:
            self._unchanged(uri, known)
            return
        if (
            known is None
            and not (named and self.session.was_removed(sha256))
            and (twins := self.session.view.holders(sha256))
        ):
            self.session.write_source(replace(twins[0], uri=uri, size=size, mtime=mtime))
            self._unchanged(uri, twins[0])
            return
        self.read(Source(uri, sha256, size, mtime, ""), known, path.name, named=named)

    def read(self, source: Source, known: Source | None, name: str, *, named: bool) -> None:
        """Read a source from its stored copy and place its documents; then drop what it no longer holds."""
        replaces = None
        if known is not None and known.sha256 not in ("", source.sha256):
            others = [s for s in self.session.view.holders(known.sha256) if s.uri != source.uri]
            replaces = None if others else known.sha256
        failures: list[Failure] = []
        ids: list[str] = []
        path = self._inbox / source.sha256
        signature = ""
        try:
            reader = reader_for(path, name)
            signature = extractor(reader)
            items = iter(reader.read(path, source=source.sha256, name=name))
            opening = list(islice(items, 2))
            alone = len(opening) == 1
            for item in chain(opening, items):
                if isinstance(item, Failure):
                    failures.append(item)
                    continue
                document_id = self._place(
                    item, source, known, replaces, earlier=ids, alone=alone, named=named
                )
                ids.append(document_id)
                self._tell(source.uri)
        except SourceError as error:
            failures.append(Failure(source.uri, str(error)))
        except Exception as error:  # a reader's own mistake must not stop the other files
            reason = (
                f"unexpected {type(error).__name__} while reading ({error}); please report this file's kind"
            )
            failures.append(Failure(source.uri, reason))
        self.report.failed.extend(
            failure if failure.uri.startswith(source.uri) else _located(failure, source.uri, name)
            for failure in failures
        )
        if failures and not ids and known is not None and known.documents:
            # Nothing of the new content could be read: what was read before stays.
            source = replace(source, sha256=known.sha256, documents=known.documents)
        else:
            if replaces is not None and known is not None:
                self._detach(set(known.documents) - set(ids), replaces)
            source = replace(source, documents=tuple(dict.fromkeys(i for i in ids if i)))
        read = replace(source, extractor=signature, failure=_summary(failures))
        if read != known or self.session.fresh:
            self.session.write_source(read)

    def _place(
        self,
        document: Document,
        source: Source,
        known: Source | None,
        replaces: str | None,
        *,
        earlier: Collection[str],
        alone: bool,
        named: bool,
    ) -> str:
        """Put one extraction where it belongs; returns the document's id, or ``""`` if it was removed.

        ``earlier`` are the documents this reading of the source gave before: an export may hold one twice.
        """
        session = self.session
        removal = session.removal_of(document)
        if removal is not None:
            if not named:
                self.report.skipped.append(Item(source.uri, removal.id, document.title))
                return ""
            session.unbury(removal)
        mates = session.view.mates(document)
        before = known.documents if known is not None else ()
        if not mates and alone and len(before) == 1 and replaces is not None:
            # The same file with new content is the same document, unless it says otherwise.
            mates = [
                place
                for place in session.view.places(before[0])
                if same_paper(document.reference, session.view.stored(place).document.reference) is not False
            ]
        stored = [session.view.stored(place).document for place in mates]
        parts = [part for place in mates for part in session.view.parts(place)]
        if len(mates) == 1 and any(_same_extraction(part, document) for part in parts):
            kind = "unchanged"
            document_id = stored[0].id
            title = stored[0].title
        else:
            gone = {replaces} if any(s.id in earlier for s in stored) else {replaces, source.sha256}
            kept = [part for part in parts if part.text.source not in gone]
            preferred = before[0] if alone and len(before) == 1 else ""
            document_id = self._choose_id(document, [s.id for s in stored], preferred)
            for place in mates:
                session.delete(place)
            # An earlier title may have been another paper's; ids and identifiers stay good.
            other_ids = [name for s in stored for name in (s.id, *s.aliases) if not name.startswith("title:")]
            written = session.write([*kept, document], document_id, other_ids=other_ids)
            title = written.title
            kind = "added" if not mates else "replaced" if document_id in before else "merged"
        getattr(self.report, kind).append(Item(source.uri, document_id, title))
        return document_id

    def _choose_id(self, document: Document, mates: list[str], preferred: str) -> str:
        """The id a paper already has, in this generation or the one before; else its own."""
        if mates:
            return mates[0]
        known = self.session.view.old_id(document) if self.session.fresh else None
        if known is None and self.session.fresh and preferred and not self.session.view.places(preferred):
            known = preferred
        candidates = [known] if known else []
        candidates += [document.id, *(alias for alias in document.aliases if alias.startswith("file:"))]
        return next(
            c
            for c in candidates
            if not any(self.session.view.stored(p).document.id == c for p in self.session.view.places(c))
        )

    def _detach(self, ids: Iterable[str], sha256: str) -> None:
        """Take what one source said out of documents it no longer holds."""
        for document_id in sorted(ids):
            for place in self.session.view.places(document_id):
                stored = self.session.view.stored(place).document
                parts = [part for part in self.session.view.parts(place) if part.text.source != sha256]
                self.session.delete(place)
                if parts:
                    self.session.write(parts, stored.id, other_ids=stored.aliases)

    def _unchanged(self, uri: str, source: Source) -> None:
        for document_id in source.documents:
            places = self.session.view.places(document_id)
            title = self.session.view.stored(places[0]).document.title if places else ""
            self.report.unchanged.append(Item(uri, document_id, title))

    def _fail(self, uri: str, reason: str, known: Source | None, size: int, mtime: int) -> None:
        self.report.failed.append(Failure(uri, reason))
        held = known if known is not None else Source(uri, "", size, mtime, "")
        failed = replace(held, size=size, mtime=mtime, failure=reason)
        if failed != known:
            self.session.write_source(failed)

    def _tell(self, uri: str) -> None:
        if self._on_progress is not None:
            session = self.session
            self._on_progress(Progress(self._files, self._total, session.documents, session.passages, uri))


def _same_extraction(one: Document, other: Document) -> bool:
    """Whether ``one``, as it is stored, says what ``other``, just read from the same bytes, says."""
    # A stored document has the id the library gave it, which is then no alias of it.
    if one.text.source != other.text.source or not {one.id, *one.aliases}.issuperset(other.aliases):
        return False
    mine, theirs = (replace(d, id="", aliases=(), text=replace(d.text, content="")) for d in (one, other))
    return mine == theirs


def _located(failure: Failure, uri: str, name: str) -> Failure:
    """A record's failure under its file's path: ``name#3 (PMID 1)`` -> ``/path/name#3 (PMID 1)``."""
    place = failure.uri.removeprefix(name)
    return Failure(uri + (place if place.startswith("#") else f" {place}".rstrip()), failure.reason)


def _summary(failures: list[Failure]) -> str:
    if not failures:
        return ""
    more = f" (and {len(failures) - 1} more records)" if len(failures) > 1 else ""
    return f"{failures[0].reason}{more}"
