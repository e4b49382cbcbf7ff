"""Check a published generation: every file's hash, every position, every count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from index.dense import load_vectors
from index.errors import LibraryDamaged, LibraryError
from index.files import sha256_of
from index.lexical import LexicalIndex
from index.manifest import Manifest, SegmentEntry, current_line, load_current, segment_folder
from index.segments import Segment

#: How often a generation that was swept meanwhile is followed by a newer one.
_LOOKS = 5
#: Threads that read stored copies, and how many copies each takes at a time.
_READERS, _COPIES = 8, 64


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was published."""

    path: str
    what: str


def verify(root: Path) -> list[Problem]:
    """Everything wrong with the published generation at ``root``; an empty list when nothing is.

    Raises NoLibrary. Costs one reading of every file. When a writer publishes meanwhile and files of the
    generation go, the newest is looked through.
    """
    problems: list[Problem] = []
    for _ in range(_LOOKS):
        line = _line(root)
        try:
            problems = _look_through(root)
        except (LibraryDamaged, OSError, ValueError):
            if _line(root) == line:
                raise
            continue
        if not problems or _line(root) == line:
            break  # else a writer has published, and swept what was looked at
    return problems


def _line(root: Path) -> str:
    try:
        return current_line(root)
    except LibraryDamaged:
        return ""


def _look_through(root: Path) -> list[Problem]:
    try:
        manifest = load_current(root)
    except LibraryError as error:
        if not (root / "CURRENT").exists():
            raise
        return [Problem("CURRENT", str(error))]
    problems = altered_files(root, manifest)
    if problems:
        return problems  # positions inside an altered file prove nothing
    live = 0
    for entry in manifest.segments:
        segment = Segment(segment_folder(root, entry.number), entry.number, entry.deleted)
        try:
            problems += _segment(segment, entry)
            named = ((source.sha256, *source.superseded) for _, source in segment.records.sources())
            problems += altered_copies(root, chain.from_iterable(named))
            live += len(segment.dense) if segment.live_rows is None else len(segment.live_rows)
        finally:
            segment.close()
    if manifest.lexical is not None:
        lexical = LexicalIndex(root / "lexical" / manifest.lexical.folder)
        indexed = len(lexical)
        lexical.close()
        if indexed != live:
            where = f"lexical/{manifest.lexical.folder}"
            problems.append(Problem(where, f"holds {indexed} passages, the segments {live}"))
    return problems


def altered_files(root: Path, manifest: Manifest) -> list[Problem]:
    """The files of a generation that are missing or not as they were published."""
    wanted = {
        segment_folder(root, entry.number) / name: digest
        for entry in manifest.segments
        for name, digest in entry.files.items()
    }
    if manifest.lexical is not None:
        folder = root / "lexical" / manifest.lexical.folder
        wanted |= {folder / name: digest for name, digest in manifest.lexical.files.items()}
    if manifest.retractions is not None:
        wanted[root / "retractions" / manifest.retractions.file] = manifest.retractions.sha256
    problems = []
    for path, digest in wanted.items():
        where = path.relative_to(root).as_posix()
        if not path.is_file():
            problems.append(Problem(where, "is missing"))
        elif sha256_of(path) != digest:
            problems.append(Problem(where, "is not as it was published (its SHA-256 differs)"))
    return problems


def altered_copies(root: Path, digests: Iterable[str]) -> list[Problem]:
    """The stored copies of sources, by their SHA-256, that are missing or not what was added."""
    names = sorted(set(digests) - {""})
    with ThreadPoolExecutor(_READERS) as pool:  # small files far apart: a disk serves several at a time
        found = pool.map(
            lambda start: [_altered(root, name) for name in names[start : start + _COPIES]],
            range(0, len(names), _COPIES),
        )
        return [problem for some in found for problem in some if problem is not None]


def _altered(root: Path, digest: str) -> Problem | None:
    path = root / "inbox" / digest
    if not path.is_file():
        return Problem(f"inbox/{digest}", "is missing: a rebuild will need the original file")
    if sha256_of(path) != digest:
        return Problem(f"inbox/{digest}", "is not the file that was added (its SHA-256 differs)")
    return None


def _segment(segment: Segment, entry: SegmentEntry) -> list[Problem]:
    where = f"segments/{entry.number:06d}"
    problems = []
    records = segment.records
    vectors = load_vectors(segment.folder)
    counts = {
        "records": records.count("passages"),
        "vectors": len(vectors),
        "dense index": segment.dense.indexed(),
    }
    problems += [
        Problem(where, f"{name} hold {count} passages, the manifest says {entry.passages}")
        for name, count in counts.items()
        if count != entry.passages
    ]
    for start in range(0, len(vectors), 65536):
        lengths = np.linalg.norm(vectors[start : start + 65536], axis=1)
        if not np.allclose(lengths, 1.0, atol=1e-2):
            problems.append(Problem(f"{where}/vectors.npy", "holds vectors that are not of unit length"))
            break
    if wrong := segment.abbreviations.miscounted():
        problems.append(Problem(f"{where}/records.sqlite", f"{wrong} abbreviations are counted wrong"))
    for name in records.text_names():
        text = records.text(name)
        if text is None or hashlib.sha256(text.content.encode()).hexdigest() != name:
            problems.append(Problem(f"{where}/records.sqlite", f"text {name[:12]} does not match its name"))
    for row, document_id in list(records.document_ids()):
        document = records.document(row).document
        text = records.text(document.text.sha256)
        if text is None:
            problems.append(Problem(f"{where}/records.sqlite", f"the text of {document_id} is missing"))
            continue
        for passage in records.passages_of(row):
            inside = any(s.start <= passage.start < passage.end <= s.end for s in document.sections)
            if not inside or passage.end > len(text.content):
                place = f"{document_id}:{passage.start}-{passage.end}"
                problems.append(
                    Problem(f"{where}/records.sqlite", f"passage {place} lies outside its section")
                )
    return problems
