"""One write to a library: documents in, a new generation out.

Nothing a reader sees changes before :meth:`Session.publish`; a process that dies before leaves
folders that no manifest names, which the next session sweeps (after using their vectors again).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from index.ahead import Ahead
from index.encoded import encoded_name, to_encode
from index.encoders import Encoder
from index.errors import LibraryDamaged, UsageError
from index.files import sync
from index.identity import known_by, same_paper, unite
from index.manifest import (
    INDEX_KINDS,
    Manifest,
    Removal,
    SegmentEntry,
    generations,
    publish,
    segment_folder,
    successor,
)
from index.prepared import Prepared
from index.publishing import NextLexical, sweep_unused
from index.records import Document, Source, Text
from index.segments import Segment, SegmentWriter, made_by, sealed
from index.view import Place, View

#: Passages in one segment of a long build: what a broken build can lose (about three minutes).
ROLL_AT = 20_000
#: More segments than this are merged, the smallest of about one size first (as Lucene's tiers).
MAX_SEGMENTS = 8
MERGE_AT_ONCE = 10
SIZE_STEP = 10
_BATCH = 512


class Session:
    """A write in progress; ``fresh`` starts from nothing but keeps the old ids, vectors and texts.

    ``prepared`` holds what was read and encoded before (:mod:`index.prepared`); one that does not fit
    raises LibraryMismatch.
    """

    def __init__(
        self,
        root: Path,
        base: Manifest,
        segments: Sequence[Segment],
        encoder: Encoder,
        prepared: Prepared | None = None,
        *,
        fresh: bool = False,
        roll_at: int = ROLL_AT,
    ) -> None:
        if prepared is not None:
            prepared.check_fits(encoder, base.settings)
        if base.settings.index not in INDEX_KINDS:
            raise UsageError(
                f"there is no kind of index {base.settings.index!r}; choose one of {', '.join(INDEX_KINDS)}"
            )
        for name in ("segments", "lexical", "inbox"):
            (root / name).mkdir(exist_ok=True)
        self.root, self.base, self.encoder, self.fresh = root, base, encoder, fresh
        self.prepared = prepared
        self.view = View(segments, fresh=fresh)
        self._removed: dict[str, Removal] = {}
        self._removed_by: dict[str, list[Removal]] = {}
        self._removed_files: Counter[str] = Counter()
        for removal in base.removed:
            self.bury(removal)
        self.changed = False
        self.documents = self.passages = 0
        self._entries: dict[int, SegmentEntry] = {} if fresh else {e.number: e for e in base.segments}
        self._sequence = base.sequence
        self._roll_at = roll_at
        self._waiting: list[tuple[bytes, str]] = []
        self._ahead = Ahead(encoder)
        self._leftovers = self._find_leftovers()
        self._reusable = [s for s in (*segments, *self._leftovers) if made_by(s.folder, encoder)]
        self._generation = max(generations(root), default=0) + 1
        self._lexical = NextLexical(root, base, self._generation, fresh=fresh)

    def _find_leftovers(self) -> list[Segment]:
        """Finished segments of a broken build: their vectors need not be computed again."""
        named = {entry.number for entry in self.base.segments}
        found = []
        for folder in sorted((self.root / "segments").glob("[0-9]*")):
            if folder.name.isdigit() and int(folder.name) not in named and sealed(folder) is not None:
                try:
                    found.append(Segment(folder, int(folder.name)))
                except (OSError, ValueError, LibraryDamaged):
                    continue
        return found

    def bury(self, removal: Removal) -> None:
        """Remember that the user removed a document."""
        self._removed[removal.id] = removal
        for alias in removal.aliases:
            self._removed_by.setdefault(alias, []).append(removal)
        self._removed_files.update(_hashes(removal))

    def unbury(self, removal: Removal) -> None:
        """Forget a removal: the document may come back."""
        del self._removed[removal.id]
        for alias in removal.aliases:
            self._removed_by[alias].remove(removal)
        self._removed_files.subtract(_hashes(removal))

    @property
    def removed(self) -> tuple[Removal, ...]:
        """Every document the user removed."""
        return tuple(self._removed.values())

    def removal_of(self, document: Document) -> Removal | None:
        """The tombstone that covers ``document``, if the user removed it."""
        for alias in dict.fromkeys((document.id, *document.aliases)):
            for removal in self._removed_by.get(alias, ()):
                if same_paper(document.reference, known_by(removal.aliases)) is not False:
                    return removal
        return None

    def was_removed(self, sha256: str) -> bool:
        """Whether a document read from the source with this hash was removed."""
        return self._removed_files[sha256[:16]] > 0

    # -- writing -------------------------------------------------------------------------------

    def _target(self) -> SegmentWriter:
        if self.view.writer is None:
            folders = (path.name.split(".")[0] for path in (self.root / "segments").glob("[0-9]*"))
            number = max((int(name) for name in folders if name.isdigit()), default=0) + 1
            folder = segment_folder(self.root, number)
            self.view.writer = SegmentWriter(folder, number, dimension=self.encoder.dimension)
        return self.view.writer

    def write(
        self, parts: Sequence[Document], document_id: str, *, other_ids: Sequence[str] = ()
    ) -> Document:
        """Write the document that ``parts`` make; passages are cut here, vectors follow in batches."""
        document = unite(parts, document_id, other_ids)
        if not document.text.content:
            document = replace(document, text=self._whole(document.text))
        content = document.text.content
        found, encoded = to_encode(document, self.encoder, self.base.settings)
        strings = [content[passage.start : passage.end] for passage in found]
        names = [encoded_name(string) for string in encoded]
        target = self._target()
        first = target.records.passage_count
        row = target.records.add(document, parts, found, names)
        self._lexical.writer().add_document(target.number, row, first, strings, document)
        self._waiting.extend(zip(names, encoded, strict=True))
        self.changed = True
        self.documents += 1
        self.passages += len(found)
        if len(self._waiting) >= _BATCH:
            self._hand_over()
            if target.records.passage_count >= self._roll_at:
                self._roll()
        return document

    def _whole(self, text: Text) -> Text:
        """``text`` with its characters; they are kept once, but two sources may have said the same."""
        return replace(text, content=self.view.text(text.sha256).content)

    def _encode(self) -> None:
        """Append the vectors of all passages written so far."""
        self._hand_over()
        self._append(every=True)

    def _hand_over(self) -> None:
        """Have the passages written since encoded: known vectors come from disk, the others are computed."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        vectors = np.empty((len(waiting), self.encoder.dimension), dtype=np.float32)
        ready = self.prepared.fill(vectors, [name for name, _ in waiting]) if self.prepared else set()
        missing = []
        for i, (name, _) in enumerate(waiting):
            if i in ready:
                continue
            known = next(
                (v for segment in self._reusable if (v := segment.vector_of_encoded(name)) is not None), None
            )
            if known is None:
                missing.append(i)
            else:
                vectors[i] = known
        self._ahead.put(vectors, missing, [waiting[i][1] for i in missing])
        self._append(every=False)

    def _append(self, *, every: bool) -> None:
        for vectors in self._ahead.take(every=every):
            self._target().add_vectors(vectors)

    def _roll(self) -> None:
        """Finish the segment at hand; from now on it can be read, and survives a broken build."""
        self._encode()
        writer, self.view.writer = self.view.writer, None
        if writer is None:
            return
        entry = writer.finish(
            fingerprint=self.encoder.fingerprint,
            precision=self.encoder.precision,
            index=self.base.settings.index,
        )
        self._entries[entry.number] = entry
        self.view.segments[entry.number] = Segment(writer.folder, entry.number)
        self.view.deleted[entry.number] = set(entry.deleted)

    def delete(self, place: Place) -> None:
        """Make the document at ``place`` invisible; its texts stay, since they may have been quoted."""
        number, row = place
        self._lexical.delete(number, row, self.view.stored(place).passages)
        self.view.gone(number).add(row)
        self.changed = True

    def write_source(self, source: Source) -> None:
        """Write the row of a source; a newer row of the same uri replaces an older one."""
        self._sequence += 1
        self._target().records.add_source(self._sequence, source)
        self.changed = True

    def keep_text(self, document_id: str, text: Text) -> None:
        """Keep a text of an earlier generation."""
        self._target().records.add_text(document_id, text)

    def copy(self, segment: Segment, row: int) -> None:
        """Write a document of a published segment again, with the passages and vectors it has."""
        self._encode()
        target = self._target()
        stored = segment.records.document(row)
        text = self._whole(stored.document.text)
        document = replace(stored.document, references=segment.records.cited(row), text=text)
        rows = segment.records.passages_of(row)
        first = target.records.passage_count
        passages = [passage.of(document) for passage in rows]
        new_row = target.records.add(
            document, segment.records.parts(row), passages, [passage.encoded for passage in rows]
        )
        target.add_vectors(
            segment.dense.vectors[stored.first_passage : stored.first_passage + stored.passages]
        )
        strings = [text.content[passage.start : passage.end] for passage in passages]
        self._lexical.writer().add_document(target.number, new_row, first, strings, document)
        self.changed = True

    def merge(self, numbers: Iterable[int], *, drop_texts_of: frozenset[str] = frozenset()) -> None:
        """Write the live documents of some segments into one, and let the segments go."""
        for number in numbers:
            segment = self.view.segments[number]
            for row, _ in list(segment.records.document_ids()):
                if self.view.alive(number, row):
                    self.copy(segment, row)
                    self._lexical.delete(number, row, segment.records.document(row).passages)
            for document_id, text in segment.records.texts():
                if document_id not in drop_texts_of:
                    self.keep_text(document_id, text)
            for sequence, source in segment.records.sources():
                if self.view.newest(source.uri) == sequence:
                    self._target().records.add_source(sequence, source)
            self.changed = True
            del self.view.segments[number], self._entries[number], self.view.deleted[number]

    # -- the end -------------------------------------------------------------------------------

    def publish(self) -> Manifest:
        """Write everything to disk and make it the current generation; without a change, do nothing."""
        if not self.changed:
            self.abandon()
            return self.base
        self._roll()
        while len(self.view.segments) > MAX_SEGMENTS:
            self.merge(_alike(list(self._entries.values())))
            self._roll()
        entries = tuple(
            replace(entry, deleted=tuple(sorted(self.view.deleted[number])))
            for number, entry in sorted(self._entries.items())
        )
        lexical = self._lexical.finish(self.view, sum(entry.passages for entry in entries))
        sync(self.root / "segments")
        manifest = successor(
            self.base,
            self._generation,
            segments=entries,
            lexical=lexical,
            removed=self.removed,
            sequence=self._sequence,
        )
        publish(self.root, manifest)
        self._close()
        sweep_unused(self.root, manifest)
        return manifest

    def abandon(self) -> None:
        """Leave the library as it was; what was written is swept by the next session."""
        self._ahead.close()
        if self.view.writer is not None:
            self.view.writer.abandon()
            self.view.writer = None
        self._lexical.abandon()
        self._close()

    def _close(self) -> None:
        """Close the segments this session opened itself."""
        self._ahead.close()
        borrowed = {id(segment) for segment in self.view.before}
        for segment in (*self._leftovers, *self.view.segments.values()):
            if id(segment) not in borrowed:
                segment.close()
        self._leftovers = []


def _hashes(removal: Removal) -> set[str]:
    """The beginnings of the hashes of the files a removed document was read from."""
    return {alias[5:21] for alias in removal.aliases if alias.startswith("file:")}


def _alike(entries: Sequence[SegmentEntry]) -> list[int]:
    """The smallest segments of about one size, to merge: so that a small one never drags large ones along."""
    ordered = sorted(entries, key=lambda entry: (entry.passages, entry.number))
    for start in range(len(ordered) - 1):
        run = [ordered[start]]
        for entry in ordered[start + 1 :]:
            if len(run) == MERGE_AT_ONCE or entry.passages > SIZE_STEP * max(run[0].passages, 1000):
                break
            run.append(entry)
        if len(run) > 1:
            return sorted(entry.number for entry in run)
    return sorted(entry.number for entry in ordered[:2])
