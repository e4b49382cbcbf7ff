"""Read every source of a library anew, so that nothing is lost when files have moved or gone bad."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from index.errors import SourceError
from index.files import sha256_of, store_by_hash
from index.ingest import Ingest
from index.paths import measured
from index.records import Failure, Source
from index.session import Session


def reread(session: Session, ingest: Ingest, sources: Sequence[Source]) -> None:
    """Fill a fresh session from ``sources``, in the order they were first read.

    A source whose file has changed is read from the file, the others from their stored copy. The
    texts of the old generation stay, since they may have been quoted.
    """
    import index.sources.pdf as pdf

    copies = [
        (session.root / "inbox" / source.sha256, source.path.name)
        for source in sources
        if source.sha256 and source.path is not None and not session.prepared
    ]
    with pdf.reading_ahead(copies):
        _reread(session, ingest, sources)
    for segment in session.view.before:
        for document_id, text in segment.records.texts():
            session.keep_text(document_id, text)
    session.changed = True


def _reread(session: Session, ingest: Ingest, sources: Sequence[Source]) -> None:
    for source in sources:
        if not source.documents and not source.failure:
            session.write_source(source)  # all its documents were removed
            continue
        now = _newest(session, source)
        if now is not None:
            ingest.read(now, source, name_of(now), named=False)
        elif source.sha256:
            ingest.lost(source, "the stored copy is missing or damaged, and so is the file; add it again")
        else:
            ingest.report.failed.append(Failure(source.uri, source.failure))
            session.write_source(source)
        _carry_over(session, source, now.sha256 if now is not None else "")


def name_of(source: Source) -> str:
    """The name that a source's reader is told: of its file, else what the source is called."""
    return source.path.name if source.path is not None else source.uri


def _newest(session: Session, source: Source) -> Source | None:
    """The source as its file is now, if it changed; else as it is stored, mended from the file if need be."""
    inbox = session.root / "inbox"
    stored = inbox / source.sha256
    intact = bool(source.sha256) and stored.is_file() and sha256_of(stored) == source.sha256
    path = source.path
    if path is None:
        return source if intact else None
    with suppress(OSError, SourceError):
        size, mtime = measured(path)
        moved = (size, mtime) != (source.size, source.mtime) or bool(source.failure)
        if size and (moved or not intact):
            sha256, size = store_by_hash(path, inbox)
            if sha256 != source.sha256:
                return Source(source.uri, sha256, size, mtime, "", names=source.names)
            return source
    return source if intact else None


def _carry_over(session: Session, before: Source, just_read: str) -> None:
    """Keep what a source said that could not be read again from the content ``just_read`` (its hash)."""
    written = session.view.source(before.uri)
    if written is None or not written.failure:
        return
    hashes = {before.sha256, *before.superseded} - {""}
    for document_id in before.documents:
        for segment, row in session.view.old(document_id):
            parts = [part for part in segment.records.parts(row) if part.text.source in hashes]
            places = session.view.places(document_id) or (session.view.mates(parts[0]) if parts else [])
            there = [part for place in places for part in session.view.parts(place)]
            read = {part.text.source for part in there}
            missing = [part for part in parts if part.text.source not in read]
            if not missing or just_read in read - hashes:
                continue
            name = session.view.stored(places[0]).document.id if places else document_id
            for place in places:
                session.delete(place)
            session.write([*there, *missing], name)
