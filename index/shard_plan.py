"""Which shards a rebuild of a library is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from index.errors import SourceError
from index.library import Library
from index.paths import Found, measured, uri_of
from index.rebuild import name_of
from index.shard_build import Job, Work, plan_of
from index.shards import Recipe

__all__ = ["SHARDS", "jobs_of", "works_of"]

#: The folder of a library that takes the shards of its rebuild, until it is published.
SHARDS = "shards"
#: A shard holds so many bytes of sources, or so many sources: some minutes of one core.
MOST_BYTES = 8_000_000
MOST_SOURCES = 256


def works_of(library: Library, files: Sequence[Found]) -> list[tuple[Work, int]]:
    """What a rebuild with new ``files`` will read, each with its size in bytes, in that order.

    A source whose file has changed is read from the file, another from the library's copy. It may be
    mistaken: what the shards then lack is read by the rebuild itself.
    """
    found: list[tuple[Work, int]] = []
    held = set()
    for source in library.sources():
        held.add(source.uri)
        if not source.documents and not source.failure:
            continue
        stored = library.path / "inbox" / source.sha256
        with suppress(SourceError):
            path, sha256 = stored, source.sha256
            if source.path is not None:
                with suppress(SourceError):
                    now = measured(source.path)
                    if now[0] and (now != (source.size, source.mtime) or not stored.is_file()):
                        path, sha256 = source.path, ""
            size, _ = measured(path)
            place = len(found)
            found.append((Work(place, source.uri, str(path), name_of(source), False, sha256), size))
    for file in files:
        if (uri := uri_of(file.path)) not in held:
            with suppress(SourceError):
                size, _ = measured(file.path)
                work = Work(len(found), uri, uri, file.path.name, file.named)
                found.append((work, size))
    return found


def jobs_of(works: Sequence[tuple[Work, int]], recipe: Recipe, library: Path) -> list[Job]:
    """The shards of a rebuild; the same sources made alike always stand in the same folders."""
    jobs = []
    made_with = msgspec.json.encode(recipe)
    for group in _groups(works):
        plan = plan_of(group, (), 1)
        name = hashlib.sha256(plan.encode() + made_with).hexdigest()[:16]
        folder = library / SHARDS / name
        jobs.append(
            Job(str(folder.absolute()), group, recipe, plan, originals=False, known=str(library.absolute()))
        )
    return jobs


def _groups(works: Sequence[tuple[Work, int]]) -> Iterator[tuple[Work, ...]]:
    group: list[Work] = []
    total = 0
    for work, size in works:
        if group and (total + size > MOST_BYTES or len(group) == MOST_SOURCES):
            yield tuple(group)
            group, total = [], 0
        group.append(work)
        total += size
    if group:
        yield tuple(group)
