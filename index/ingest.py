"""From files to documents in a session: what is new, the same, changed, another copy, or unreadable."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, count, islice

from index.errors import ShardDamaged, SourceError
from index.files import store_by_hash, store_bytes, sync
from index.identity import same_paper
from index.joining import Joins
from index.paths import Found, measured, unreadable, uri_of
from index.records import MOST_FAILURES, Document, Failure, Fetched, Source
from index.reports import Item, OnProgress, Progress, Report, located, summary
from index.session import Session
from index.sources import Reader, extractor, mistake, reader_for


class Ingest:
    """Adds files to a session and keeps the report."""

    def __init__(
        self, session: Session, *, retry: bool = False, on_progress: OnProgress | None = None
    ) -> None:
        """``retry``: what failed before is read again although neither it nor its reader has changed."""
        self.session = session
        self._retry = retry
        self.report = Report()
        self._joins = Joins(session, self.report, lambda document: self._choose_id(document, [], ""))
        self._on_progress = on_progress
        self._inbox = session.root / "inbox"
        self._files = self._total = 0

    def add(self, files: Iterable[Found]) -> None:
        """Add each file; one that fails is reported and never stops the others."""
        import index.sources.pdf as pdf

        files = list(files)
        self._total += len(files)
        fresh = [
            (file.path, file.path.name)
            for file in files
            if not self.session.prepared and self.session.view.source(uri_of(file.path)) is None
        ]
        with pdf.reading_ahead(fresh):
            for file in files:
                self.add_file(file)
                self._files += 1
                self._tell(uri_of(file.path))

    def add_file(self, file: Found) -> None:
        """Add one file, or report why not."""
        path, named, held = file.path, file.named, file.held
        uri = uri_of(path)
        known = self.session.view.source(uri)
        try:
            size, mtime = (held.size, held.mtime) if held is not None else measured(path)
        except SourceError as error:
            self._fail(uri, str(error), known, 0, 0)
            return
        emptied = known is not None and not known.documents and not known.failure
        restoring = named and known is not None and (emptied or self.session.was_removed(known.sha256))
        settled = known is not None and known.sha256 != "" and not known.failure and not restoring
        if settled and known is not None and (known.size, known.mtime) == (size, mtime):
            self._unchanged(uri, known)
            return
        try:
            if held is not None and held.failure:
                raise SourceError(held.failure)
            bytes_at = held.copy if held is not None else path
            reader = reader_for(bytes_at, path.name)
            if not (named or self._retry) and known is not None and _same_failure(known, reader, size, mtime):
                self._unchanged(uri, known)
                self.report.failed += known.failures
                return
            sha256, size = store_by_hash(bytes_at, self._inbox)
        except SourceError as error:
            self._fail(uri, str(error), known, size, mtime)
            return
        except OSError as error:
            self._fail(uri, unreadable(error), known, size, mtime)
            return
        if held is not None and sha256 != held.sha256:
            raise ShardDamaged(f"{held.copy} has been altered; build its shard again with the same command")
        if settled and known is not None and known.sha256 == sha256:
            self._unchanged(uri, known)
            return
        if (
            known is None
            and not (named and self.session.was_removed(sha256))
            and (twins := self.session.view.holders(sha256))
            and not self._joins.concerns(replace(twins[0], uri=uri))
        ):
            self.session.write_source(replace(twins[0], uri=uri, size=size, mtime=mtime))
            self._unchanged(uri, twins[0])
            return
        self.read(Source(uri, sha256, size, mtime, ""), known, path.name, named=named)

    def add_fetched(self, records: Sequence[Fetched], *, named: bool) -> None:
        """Add records that were fetched; ``named``: the user named them, so they come back if removed."""
        self._total += len(records)
        for record in records:
            known = self.session.view.source(record.uri)
            sha256 = store_bytes(record.content, self._inbox)
            names = tuple(dict.fromkeys((*(known.names if known is not None else ()), *record.names)))
            source = Source(record.uri, sha256, len(record.content), 0, "", names=names)
            held = known is not None and known.documents and not known.failure
            if known is not None and held and (known.sha256, known.names) == (sha256, names):
                self._unchanged(record.uri, known)
            else:
                self.read(source, known, record.filename, named=named)
            self._files += 1
            self._tell(record.uri)
        sync(self._inbox)

    def read(self, source: Source, known: Source | None, name: str, *, named: bool) -> None:
        """Read a source from its stored copy and place its documents; then drop what it no longer holds.

        When it cannot be read whole nothing is dropped: what was held from earlier contents stays.
        """
        replaces = self._replaced(source, known)
        failures: list[Failure] = []
        ids: list[str] = []
        reader = self._reader(source, name, failures)
        if reader is not None:
            source = replace(source, extractor=extractor(reader))
        items = self._items(reader, source, name, failures)
        opening = list(islice(items, 2))
        for extraction in chain(opening, items):
            document = self._joins.linked(extraction, source, alone=len(opening) == 1)
            if source.names and len(opening) == 1:
                aliases = dict.fromkeys((*document.aliases, *source.names))
                document = replace(document, aliases=tuple(aliases))
            document_id = self._place(
                document, source, known, replaces, earlier=ids, alone=len(opening) == 1, named=named
            )
            ids.append(document_id)
            self._joins.placed(source, document, document_id, alone=len(opening) == 1)
            self._tell(source.uri)
        failures = [
            failure if failure.uri.startswith(source.uri) else located(failure, source.uri, name)
            for failure in failures
        ]
        self.report.failed += failures
        held = known.documents if known is not None else ()
        if not failures:
            self._detach(set(held) - set(ids), replaces)
            held = ()
        elif known is not None and held and not ids:
            # Nothing of the new content was read: what is held is the earlier one, as it was read then.
            source = replace(
                source, sha256=known.sha256, extractor=known.extractor, superseded=known.superseded
            )
        else:
            source = replace(source, superseded=tuple(sorted(replaces)))
        documents = tuple(dict.fromkeys(i for i in (*held, *ids) if i))
        row = replace(
            source,
            documents=documents,
            failure=summary(failures),
            failures=tuple(failures[:MOST_FAILURES]),
        )
        if row != known or self.session.fresh:
            self.session.write_source(row)

    def _replaced(self, source: Source, known: Source | None) -> frozenset[str]:
        """The earlier contents of a source that this one replaces, unless another file still holds them."""
        if known is None:
            return frozenset()
        earlier = {known.sha256, *known.superseded} - {"", source.sha256}
        return frozenset(
            sha256
            for sha256 in earlier
            if not any(
                s.uri != source.uri and (s.path is None or s.path.exists())
                for s in self.session.view.holders(sha256)
            )
        )

    def _reader(self, source: Source, name: str, failures: list[Failure]) -> Reader | None:
        """The reader for a stored copy; that there is none is a failure of this file."""
        try:
            return reader_for(self._inbox / source.sha256, name)
        except SourceError as error:
            failures.append(Failure(source.uri, str(error)))
        except OSError as error:
            failures.append(
                Failure(source.uri, f"the stored copy cannot be read ({error}); add the file again")
            )
        return None

    def _items(
        self, reader: Reader | None, source: Source, name: str, failures: list[Failure]
    ) -> Iterator[Document]:
        """What a reader gives; its own mistakes become failures of this file and stop no other."""
        if reader is None:
            return
        try:
            prepared = self.session.prepared
            ready = prepared.read(source.sha256, name) if prepared is not None else None
            at = self._inbox / source.sha256
            for item in ready if ready is not None else reader.read(at, source=source.sha256, name=name):
                if isinstance(item, Failure):
                    failures.append(item)
                else:
                    yield item
        except SourceError as error:
            failures.append(Failure(source.uri, str(error)))
        except ShardDamaged:
            raise
        except Exception as error:
            failures.append(Failure(source.uri, mistake(error)))

    def lost(self, source: Source, reason: str) -> None:
        """Report that a source can be read from nowhere any more; its documents stay listed under it."""
        self.report.failed.append(Failure(source.uri, reason))
        self.session.write_source(replace(source, failure=reason, failures=()))

    def _place(
        self,
        document: Document,
        source: Source,
        known: Source | None,
        replaces: frozenset[str],
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
        before = known.documents if known is not None else ()
        nameless = same_paper(document.reference, document.reference) is None
        emptied = known is not None and known.sha256 != "" and not before and not known.failure
        if emptied and alone and nameless and not named:
            # All this file gave was removed; what it gives now has no name to tell that it is another paper.
            self.report.skipped.append(Item(source.uri, document.id, document.title))
            return ""
        mates = session.view.mates(document)
        mates = sorted([*mates, *self._joins.mates(document, source, mates, alone=alone)])
        if not mates and alone and len(before) == 1 and replaces:
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
            again = any(s.id in earlier for s in stored)
            gone = replaces if again else replaces | {source.sha256}
            kept = [part for part in parts if part.text.source not in gone]
            lost = [part for part in parts if part.text.source in gone]
            strays = self._joins.strays(document, lost, kept)
            kept = [part for part in kept if part not in strays]
            preferred = before[0] if alone and len(before) == 1 else ""
            document_id = self._choose_id(document, [s.id for s in stored], preferred)
            for place in mates:
                session.delete(place)
            # An earlier title or earlier bytes may have been another paper's; ids and identifiers stay good.
            other_ids = [s.id for s in stored]
            other_ids += [n for s in stored for n in s.aliases if not n.startswith(("title:", "file:"))]
            written = session.write([*kept, document], document_id, other_ids=other_ids)
            for stray in strays:
                self._joins.free(stray, document_id)
            title = written.title
            kind = "added" if not mates else "replaced" if document_id in before else "merged"
        getattr(self.report, kind).append(Item(source.uri, document_id, title))
        return document_id

    def _choose_id(self, document: Document, mates: list[str], preferred: str) -> str:
        """The id a paper already has, in this generation or the one before; else its own."""
        view = self.session.view
        if mates:
            # a rebuild may bring together what an earlier source of the same paper could not
            return next((name for name in mates if self.session.fresh and view.old(name)), mates[0])
        candidates = []
        if self.session.fresh:
            if (known := view.old_id(document)) is not None:
                candidates.append(known)
            for segment, row in view.old(preferred):
                other = segment.records.document(row).document
                if same_paper(document.reference, other.reference) is not False:
                    candidates.append(preferred)
        own = next((alias for alias in document.aliases if alias.startswith("file:")), document.id)
        candidates += [document.id, own]
        numbered = (f"{own}-{number}" for number in count(2))
        return next(name for name in chain(candidates, numbered) if not view.places(name))

    def _detach(self, ids: Iterable[str], hashes: Collection[str]) -> None:
        """Take what some contents of a source said out of documents it no longer holds."""
        for document_id in sorted(ids):
            for place in self.session.view.places(document_id):
                stored = self.session.view.stored(place).document
                parts = self.session.view.parts(place)
                kept = [part for part in parts if part.text.source not in hashes]
                if len(kept) == len(parts):
                    continue
                self.session.delete(place)
                if kept:
                    self.session.write(kept, stored.id, other_ids=stored.aliases)

    def _unchanged(self, uri: str, source: Source) -> None:
        for document_id in source.documents:
            places = self.session.view.places(document_id)
            title = self.session.view.stored(places[0]).document.title if places else ""
            self.report.unchanged.append(Item(uri, document_id, title))

    def _fail(self, uri: str, reason: str, known: Source | None, size: int, mtime: int) -> None:
        self.report.failed.append(Failure(uri, reason))
        held = known if known is not None else Source(uri, "", size, mtime, "")
        failed = replace(held, size=size, mtime=mtime, failure=reason, failures=())
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


def _same_failure(known: Source, reader: Reader, size: int, mtime: int) -> bool:
    """Whether reading a file again would fail as before: neither the file nor its reader has changed."""
    unchanged = (known.size, known.mtime, known.extractor) == (size, mtime, extractor(reader))
    return unchanged and bool(known.failures)
