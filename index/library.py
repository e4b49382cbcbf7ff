"""A library on disk: open it, add, remove, rebuild, compact, roll back.

Readers keep the generation they opened; one writer at a time makes the next one. The work of a
write is in :mod:`index.session`, of reading files in :mod:`index.ingest`, of checking in
:mod:`index.verify`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from index import manifest as manifests
from index.encoders import Encoder, load_encoder
from index.erasing import clear_erased
from index.errors import LibraryMismatch, NoLibrary, UsageError
from index.generation import Generation
from index.held import foreign
from index.ingest import Ingest
from index.locking import write_lock
from index.manifest import EncoderInfo, Manifest, Removal, Settings, litquote_version
from index.paths import find
from index.places import default_path, expanded
from index.prepared import Prepared
from index.publishing import sweep_inbox, to_earlier
from index.rebuild import reread
from index.records import Failure, Fetched
from index.reports import Item, OnProgress, Report
from index.retraction_import import ImportReport, import_table, publish_entry
from index.session import Session
from index.verify import Problem, verify


class Library(Generation):
    """The published generation of a library; its writing methods move it to the next."""

    def __init__(self, path: Path, manifest: Manifest, *, encoder: Encoder | None = None) -> None:
        super().__init__(path, manifest)
        self._encoder = encoder
        self._line = ""  # of CURRENT, when it was last read

    # -- opening -------------------------------------------------------------------------------

    @classmethod
    def open(cls, path: str | os.PathLike[str] | None = None, *, encoder: Encoder | None = None) -> Library:
        """Open the published generation. Raises NoLibrary, LibraryDamaged or LibraryMismatch."""
        root = expanded(path) if path is not None else default_path()
        with manifests.damage_named(root):
            return manifests.steadily(root, lambda: cls(root, manifests.load_current(root), encoder=encoder))

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        encoder: Encoder | None = None,
        settings: Settings | None = None,
        reader: str | None = None,
    ) -> Library:
        """Open the library at ``path``, making an empty one there first if there is none.

        ``reader`` is the name the new one keeps of what reads its passages (:func:`qa.reader.load_reader`).
        Raises UsageError when the folder holds something else.
        """
        root = default_path() if path is None else expanded(path)
        with suppress(NoLibrary):
            return cls.open(root, encoder=encoder)
        if root.is_file() or foreign(root):
            raise UsageError(f"{root} holds other files; name an empty or a new folder for the library")
        encoder = encoder if encoder is not None else load_encoder()
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"the folder {root} cannot be made ({error.strerror}); name another with --library"
            ) from error
        with write_lock(root):
            with suppress(NoLibrary):
                return cls.open(root, encoder=encoder)
            clear_erased(root)
            manifest = Manifest(
                max(manifests.generations(root), default=0),
                None,
                "",
                litquote_version(),
                EncoderInfo.of(encoder),
                settings or Settings(),
                reader=reader or "default",
            )
            library = cls(root, manifest, encoder=encoder)
            session = Session(root, manifest, [], encoder)
            session.changed = True
            library._adopt(session.publish())
            return library

    def _adopt(self, manifest: Manifest) -> None:
        with self.lock:
            if manifest == self.manifest:
                return
            before, opened = self.manifest, self._opened
            self._open(manifest)
            if before.encoder.fingerprint != manifest.encoder.fingerprint:
                self._encoder = None  # of the generation before
            opened.retire()

    def refresh(self, *, searching: bool = False) -> bool:
        """Move to the newest generation if another process published one; tells whether it did.

        With ``searching`` all that a search reads is opened, so that it lasts whatever is published and swept
        meanwhile. Raises NoLibrary when the library was erased, LibraryDamaged or LibraryMismatch.
        """
        with self.lock, manifests.damage_named(self.path):
            before = self.manifest
            manifests.steadily(self.path, partial(self._move, searching))
            return self.manifest is not before

    def _move(self, searching: bool) -> None:
        if (line := manifests.current_line(self.path)) != self._line:
            self._adopt(manifests.load_current(self.path))
            self._line = line
        if searching:
            self.open_all()

    @property
    def encoder(self) -> Encoder:
        """The encoder the vectors were made with. Raises LibraryMismatch when it is another one now."""
        made = self.manifest.encoder
        with self.lock:
            encoder = self._encoder = self._encoder or load_encoder(made.name, made_in=made.precision)
        if encoder.fingerprint != made.fingerprint:
            name = encoder.name
            raise LibraryMismatch(
                f"the library at {self.path} was made with the encoder {made.name} ({made.fingerprint[:8]}), "
                f"not with {name} ({encoder.fingerprint[:8]}); change it: litquote rebuild --encoder {name}"
            )
        return encoder

    # -- writing -------------------------------------------------------------------------------

    @contextmanager
    def _write(
        self,
        *,
        fresh: bool = False,
        encoder: Encoder | None = None,
        settings: Settings | None = None,
        reader: str | None = None,
        prepared: Prepared | None = None,
    ) -> Iterator[Session]:
        """A session on the newest generation, published at the end, or abandoned whole at an error.

        Others read meanwhile. A ``fresh`` one may have another encoder (default: the one the library names).
        """
        with write_lock(self.path):
            self.refresh()
            if not fresh:
                encoder = self.encoder
            elif encoder is None:
                held, name = self._encoder, self.manifest.encoder.name
                encoder = held if held is not None and held.name == name else load_encoder(name)
            now, made = self.manifest, EncoderInfo.of(encoder) if fresh else self.manifest.encoder
            base = replace(now, encoder=made, settings=settings or now.settings, reader=reader or now.reader)
            with self._opened.kept():
                segments = list(self.segments.values())
                session = Session(self.path, base, segments, encoder, prepared, fresh=fresh)
                session.changed = base.reader != now.reader
                try:
                    yield session
                    published = session.publish()
                except BaseException:
                    session.abandon()
                    raise
            with self.lock:
                self._adopt(published)
                self._encoder = encoder

    def add(
        self,
        paths: Iterable[str | os.PathLike[str]],
        *,
        reader: str | None = None,
        retry: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Report:
        """Add files, folders and globs; what is unchanged is left alone, what fails is reported.

        ``reader`` replaces the library's (:func:`qa.reader.load_reader`). A file that failed and has not
        changed is read again when it is named itself, when ``retry`` is set, and by a newer reader.
        A document removed earlier comes back only when its file is named itself, not through its folder.
        """
        started = time.perf_counter()
        files, failures = find([paths] if isinstance(paths, str | os.PathLike) else paths)
        with self._write(reader=reader) as session:
            ingest = Ingest(session, retry=retry, on_progress=on_progress)
            ingest.add(files)
        return self._report(ingest.report, failures, started)

    def publish(self, prepared: Prepared, *, on_progress: OnProgress | None = None) -> Report:
        """Add the sources of finished shards as :meth:`add` does. Raises UsageError where one is missing."""
        started = time.perf_counter()
        files, failures = prepared.files()
        with self._write(prepared=prepared) as session:
            (ingest := Ingest(session, on_progress=on_progress)).add(files)
        return self._report(ingest.report, failures, started)

    def put(
        self, records: Sequence[Fetched], *, named: bool = True, on_progress: OnProgress | None = None
    ) -> Report:
        """Add records that were fetched (:mod:`index.remote`); each is a source of its own, kept as it came.

        A record of the same name replaces the earlier one. One that was removed comes back only if ``named``.
        """
        started = time.perf_counter()
        with self._write() as session:
            ingest = Ingest(session, on_progress=on_progress)
            ingest.add_fetched(records, named=named)
        return self._report(ingest.report, (), started)

    def _report(self, report: Report, failures: Sequence[Failure], started: float) -> Report:
        report.failed[:0] = failures
        report.seconds = time.perf_counter() - started
        report.generation = self.manifest.generation
        return report

    def remove(self, names: Iterable[str]) -> list[Item]:
        """Remove documents; neither a rebuild nor their folder brings them back.

        Raises UsageError for a name that is no document.
        Their texts stay until :meth:`compact`, so that earlier quotes can still be checked.
        """
        names = [names] if isinstance(names, str) else list(names)
        with self._write() as session:
            ids = dict.fromkeys(self.resolve(name) for name in names)
            gone = []
            for document_id in ids:
                for place in session.view.places(document_id):
                    stored = session.view.stored(place).document
                    session.delete(place)
                    session.bury(Removal(stored.id, (stored.id, *stored.aliases)))
                    gone.append(Item("", stored.id, stored.title))
            for source in self.sources(ids.keys()):
                left = tuple(name for name in source.documents if name not in ids)
                session.write_source(replace(source, documents=left))
        return gone

    def rebuild(
        self,
        paths: Iterable[str | os.PathLike[str]] = (),
        *,
        encoder: Encoder | None = None,
        settings: Settings | None = None,
        reader: str | None = None,
        prepared: Prepared | None = None,
        anew: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Report:
        """Read every source anew and write the library from nothing; known vectors are used again.

        Where that would change nothing (:func:`index.unchanged.as_rebuilt`) it is left, unless ``anew``.

        A source whose file has changed is read from the file, others from the stored copy, so that
        nothing is lost when files have moved. Removed documents stay removed, document ids and texts
        that may have been quoted are kept. ``paths`` are added as well. ``encoder``, ``settings``
        and ``reader`` replace those of the library. What is ``prepared`` is not read and encoded again.
        """
        started = time.perf_counter()
        files, failures = find([paths] if isinstance(paths, str | os.PathLike) else paths)
        if not (anew or files or failures or prepared):
            from index.unchanged import as_rebuilt

            if (report := as_rebuilt(self, encoder, settings, reader)) is not None:
                return self._report(report, (), started)
        with self._write(
            fresh=True, encoder=encoder, settings=settings, reader=reader, prepared=prepared
        ) as session:
            ingest = Ingest(session, on_progress=on_progress)
            reread(session, ingest, self.sources())
            ingest.add(files)
        return self._report(ingest.report, failures, started)

    def compact(self) -> Manifest:
        """Write all segments into one, without the texts of removed documents.

        Stored copies of files whose documents were all removed go as soon as no kept generation
        names them: until then ``rollback`` still finds everything.
        """
        with self._write() as session:
            removed = {name for removal in session.removed for name in (removal.id, *removal.aliases)}
            removed -= {name for document in self.documents() for name in (document.id, *document.aliases)}
            for source in self.sources():
                if source.sha256 and not source.documents and not source.failure:
                    session.write_source(replace(source, sha256=""))
            session.merge(sorted(session.view.segments), drop_texts_of=frozenset(removed))
            session.changed = True
        with write_lock(self.path):
            sweep_inbox(self.path, manifests.load_current(self.path))  # somebody may have added meanwhile
        return self.manifest

    def import_retractions(self, path: str | os.PathLike[str]) -> ImportReport:
        """Mark documents and references by a Retraction Watch CSV, in place of one imported before.

        Raises UsageError when ``path`` is no such table. No passage is written anew.
        """
        with write_lock(self.path), self.lock:
            self.refresh()
            report, manifest = import_table(self.path, self.manifest, Path(path).expanduser())
            self._adopt(manifest)
        return report

    def forget_retractions(self) -> bool:
        """Leave the imported table out of the next generation; tells whether there was one."""
        with write_lock(self.path), self.lock:
            self.refresh()
            if held := self.manifest.retractions is not None:
                self._adopt(publish_entry(self.path, self.manifest, None))
        return held

    def rollback(self) -> Manifest:
        """Publish the generation before the current one again. Raises LibraryError when none is kept."""
        return rollback(self.path, self)

    def verify(self) -> list[Problem]:
        """Check every file and every promise of the published generation."""
        return verify(self.path)


def rollback(root: Path, library: Library | None = None) -> Manifest:
    """Publish the newest generation older than the current one that is whole.

    Works on a library too damaged to open. Raises NoLibrary or LibraryError.
    """
    manifests.current_line(root)  # where there is no library, nothing is made
    with write_lock(root):
        manifest = to_earlier(root)
        if library is not None:
            library._adopt(manifest)
    return manifest


__all__ = ["Library", "default_path", "rollback"]
