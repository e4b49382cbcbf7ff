"""The lexical index of the coming generation, and the sweeping of generations gone by."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from index import manifest as manifests
from index.errors import LibraryDamaged, LibraryError
from index.files import sha256_of, sweep, sync
from index.lexical import LexicalWriter, key_of, link_folder
from index.manifest import LexicalEntry, Manifest, manifest_path, parse, segment_folder
from index.store import Records
from index.verify import altered_files
from index.view import View

#: Deleted passages keep counting in BM25's statistics until the lexical index is written anew. That
#: is done whenever the library is small enough not to notice, or the deleted share grows past 5 %.
REWRITE_UP_TO = 2_000
REWRITE_SHARE = 0.05
#: Generations kept beside the current one, for roll-back and for readers still using them.
KEEP_GENERATIONS = 3


class NextLexical:
    """Starts from the published index (or from nothing, when ``fresh``) at the first change."""

    def __init__(self, root: Path, base: Manifest, generation: int, *, fresh: bool) -> None:
        self._parent = root / "lexical"
        self._old = None if fresh else base.lexical
        self._generation = generation
        self._folder = self._parent
        self._open: LexicalWriter | None = None
        self._deletions = self._old.deletions if self._old is not None else 0

    def _free_folder(self) -> Path:
        """A folder for this generation; one left by a process that died is never written to."""
        number = 1
        while (
            folder := self._parent / f"{self._generation:06d}{f'-{number}' if number > 1 else ''}"
        ).exists():
            number += 1
        return folder

    def writer(self) -> LexicalWriter:
        """The index being written."""
        if self._open is None:
            self._folder = self._free_folder()
            if self._old is not None:
                link_folder(self._parent / self._old.folder, self._folder)
            self._open = LexicalWriter(self._folder)
        return self._open

    def delete(self, number: int, row: int, passages: int) -> None:
        """Delete the ``passages`` passages of a document row."""
        self.writer().delete_document(key_of(number, row))
        self._deletions += passages

    def finish(self, view: View, passages: int) -> LexicalEntry:
        """Commit; write anew from ``view`` when too many deletions would skew the statistics."""
        self.writer().finish()
        self._open = None
        skewed = self._deletions and (passages <= REWRITE_UP_TO or self._deletions > REWRITE_SHARE * passages)
        if skewed:
            self._folder = self._free_folder()
            _write_all(view, self._folder)
            self._deletions = 0
        known = {} if self._old is None else self._old.files
        files = {}
        for path in sorted(self._folder.iterdir()):
            if path.name.endswith(".lock"):
                continue
            if path.name in known and not path.name.endswith(".json"):
                files[path.name] = known[path.name]  # linked, and never written to again
            else:
                sync(path)
                files[path.name] = sha256_of(path)
        sync(self._folder)
        return LexicalEntry(self._folder.name, files, self._deletions)

    def abandon(self) -> None:
        """Let go of what was begun."""
        if self._open is not None:
            self._open.abandon()
            self._open = None


def _write_all(view: View, folder: Path) -> None:
    writer = LexicalWriter(folder)
    for number, segment in sorted(view.segments.items()):
        for row, _ in list(segment.records.document_ids()):
            if row in view.deleted[number]:
                continue
            stored = segment.records.document(row)
            content = view.text(stored.document.text.sha256).content
            bodies = [content[passage.start : passage.end] for passage in segment.records.passages_of(row)]
            writer.add_document(number, row, stored.first_passage, bodies, stored.document)
    writer.finish()


def kept_generations(root: Path, current: Manifest) -> list[Manifest]:
    """The current generation and those it came from; one that cannot be read any more is no use."""
    kept = [current]
    while len(kept) <= KEEP_GENERATIONS and (parent := kept[-1].parent) is not None:
        path = manifest_path(root, parent)
        try:
            kept.append(parse(path.read_bytes(), path))
        except (LibraryError, OSError):
            break
    return kept


def sweep_unused(root: Path, current: Manifest) -> None:
    """Remove what neither the current nor the kept earlier generations name."""
    kept = kept_generations(root, current)
    sweep(root / "manifests", {f"{manifest.generation:06d}.json" for manifest in kept})
    sweep(root / "segments", {f"{entry.number:06d}" for manifest in kept for entry in manifest.segments})
    sweep(root / "lexical", {manifest.lexical.folder for manifest in kept if manifest.lexical})
    sweep(root / "retractions", {manifest.retractions.file for manifest in kept if manifest.retractions})


def sweep_inbox(root: Path, current: Manifest) -> None:
    """Remove the stored copies of sources that no kept generation reads documents from.

    Looks at every source, so it is left to ``compact``.
    """
    numbers = {entry.number for manifest in kept_generations(root, current) for entry in manifest.segments}
    needed: set[str] = set()
    for number in numbers:
        records = Records(segment_folder(root, number) / "records.sqlite")
        for _, source in records.sources():
            needed.update((source.sha256, *source.superseded))
        records.close()
    sweep(root / "inbox", needed)


def to_earlier(root: Path) -> Manifest:
    """Publish the newest generation older than the current one that is whole; the caller holds the lock.

    Raises NoLibrary or LibraryError.
    """
    line = manifests.current_line(root)
    name = line.partition(".")[0]
    current = int(name) if name.isdigit() else max(manifests.generations(root), default=0) + 1
    with suppress(LibraryDamaged):
        # After an earlier roll-back the generation before is not the one with the number before.
        current = (manifests.load_current(root).parent or 0) + 1
    for generation in reversed(manifests.generations(root)):
        if generation < current:
            path = manifests.manifest_path(root, generation)
            with suppress(LibraryDamaged):
                manifest = manifests.parse(path.read_bytes(), path)
                if altered_files(root, manifest):
                    continue
                manifests.point_to(root, generation)
                return manifest
    raise LibraryError(
        f"no earlier generation that is whole is kept in {root}; read all sources again: litquote rebuild "
        f"(where that fails, into a new library: litquote add {root / 'inbox'} --library NEW_FOLDER)"
    )
