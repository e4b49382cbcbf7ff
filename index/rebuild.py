"""Read every source of a library anew, so that nothing is lost when files have moved or gone bad."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from index.files import store_by_hash
from index.ingest import Ingest
from index.records import Failure, Source
from index.session import Session


def reread(session: Session, ingest: Ingest, sources: Sequence[Source]) -> None:
    """Fill a fresh session from ``sources``, in the order they were first read.

    A source whose file has changed is read from the file, the others from their stored copy. The
    texts of the old generation stay, since they may have been quoted.
    """
    for source in sources:
        if not source.documents and not source.failure:
            session.write_source(source)  # all its documents were removed
            continue
        now = _newest(session, source)
        if now.sha256:
            _read_or_keep(session, ingest, now, source)
        else:
            ingest.report.failed.append(Failure(source.uri, source.failure))
            session.write_source(source)
    for segment in session.view.old:
        for document_id, text in segment.records.texts():
            session.keep_text(document_id, text)
    session.changed = True


def _newest(session: Session, source: Source) -> Source:
    """The source as its file is now, if that can still be read; else as it was added."""
    path = Path(source.uri)
    with suppress(OSError):
        stat = path.stat()
        if (stat.st_size, stat.st_mtime_ns) != (source.size, source.mtime) or source.failure:
            sha256, size = store_by_hash(path, session.root / "inbox")
            if size:
                return Source(source.uri, sha256, size, stat.st_mtime_ns, "")
    return source


def _read_or_keep(session: Session, ingest: Ingest, now: Source, before: Source) -> None:
    """Read a source; documents of it that can no longer be read are carried over as they were."""
    ingest.read(now, before, Path(now.uri).name, named=False)
    written = session.view.source(now.uri)
    if written is None or not written.failure:
        return
    for segment in session.view.old:
        for document_id in before.documents:
            for row in segment.records.rows_of_id(document_id):
                if row not in segment.deleted and not session.view.places(document_id):
                    session.copy(segment, row)
