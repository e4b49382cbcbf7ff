"""Shards as the ordinary ingest uses them: what was read is not read again, what was encoded not encoded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from index.encoders import Encoder, Vectors
from index.errors import LibraryMismatch, UsageError
from index.manifest import Settings
from index.paths import Found, Held
from index.records import Document, Failure
from index.shards import MANIFEST, Entry, Recipe, Shard, readers_digest

__all__ = ["Prepared", "shard_folders"]


class Prepared:
    """Finished shards, opened together; ``computed`` counts the strings that none of them holds.

    Raises ShardDamaged for one that is not whole.
    """

    def __init__(self, folders: Iterable[Path], *, check: bool = True) -> None:
        self.shards: list[Shard] = []
        self.found = self.computed = 0
        self._entries: dict[tuple[str, str], tuple[Shard, Entry]] = {}
        try:
            for folder in folders:
                self.shards.append(Shard(folder, check=check))
        except BaseException:
            self.close()
            raise
        for shard in self.shards:
            for entry in shard.manifest.entries:
                if entry.offset >= 0:
                    self._entries.setdefault((entry.sha256, entry.name), (shard, entry))

    def __enter__(self) -> Prepared:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        for shard in self.shards:
            shard.close()

    def read(self, sha256: str, name: str) -> Iterator[Document | Failure] | None:
        """What the reader gave for these bytes under this name, or None where no shard holds it.

        Raises SourceError, at the end, where the reader did.
        """
        held = self._entries.get((sha256, name))
        return None if held is None else held[0].items(held[1])

    def fill(self, vectors: Vectors, names: Sequence[bytes]) -> set[int]:
        """Write the vectors of the strings with these names into ``vectors`` (n, dimension).

        Returns the rows that were found.
        """
        halves = np.frombuffer(b"".join(names), dtype=">u8").reshape(-1, 2).astype(np.uint64)
        missing = np.arange(len(names))
        for shard in self.shards:
            if not len(missing):
                break
            rows = shard.rows(halves[missing])
            hit = rows >= 0
            if hit.any():
                vectors[missing[hit]] = shard.vectors(rows[hit])
                missing = missing[~hit]
        self.found += len(names) - len(missing)
        self.computed += len(missing)
        return set(range(len(names))) - set(missing.tolist())

    @property
    def recipe(self) -> Recipe:
        """What the shards were made with. Raises LibraryMismatch where they were not made alike."""
        first = self.shards[0]
        for shard in self.shards:
            if shard.manifest.recipe != first.manifest.recipe:
                raise LibraryMismatch(
                    f"the shards {first.folder} and {shard.folder} were made with another encoder, other "
                    "settings or another litquote; build one of them again with the same command"
                )
        return first.manifest.recipe

    def check_fits(self, encoder: Encoder, settings: Settings) -> None:
        """Raises LibraryMismatch where the shards are of no use with this encoder and these settings."""
        made = self.recipe
        if made.readers != readers_digest():
            raise LibraryMismatch(
                f"the shard {self.shards[0].folder} was read by another version of litquote's readers; "
                "build it again with this litquote, or publish with the one that built it"
            )
        if (made.encoder.fingerprint, made.settings) != (
            encoder.fingerprint,
            replace(settings, index="auto"),
        ):
            raise LibraryMismatch(
                f"the shard {self.shards[0].folder} was made with the encoder {made.encoder.name} "
                f"({made.encoder.fingerprint[:8]}) and passages of {made.settings.max_tokens} tokens, the "
                f"library with {encoder.name} ({encoder.fingerprint[:8]}) and {settings.max_tokens}; "
                "build it again, with --library to take those of the library"
            )
        if made.encoder.precision != encoder.precision:
            raise LibraryMismatch(
                f"the shard {self.shards[0].folder} was computed in {made.encoder.precision}, this machine "
                f"computes in {encoder.precision}; publish on a machine like those that built it, "
                "or build it with --precision f32"
            )

    def files(self) -> tuple[list[Found], list[Failure]]:
        """The sources of all shards in the order of the whole list, and what of that list named no file.

        Raises UsageError where shards of a list are missing.
        """
        plans: dict[str, dict[int, Shard]] = {}
        for shard in self.shards:
            if not shard.manifest.originals:
                raise UsageError(
                    f"the shard {shard.folder} belongs to a rebuild and holds no copies of its sources; "
                    "run that rebuild again"
                )
            plans.setdefault(shard.manifest.plan, {}).setdefault(shard.manifest.number, shard)
        found: list[Found] = []
        failures: dict[Failure, None] = {}
        for plan in plans.values():
            held = [(entry, shard) for shard in plan.values() for entry in shard.manifest.entries]
            of = next(iter(plan.values())).manifest.of
            if missing := [f"{number}/{of}" for number in range(1, of + 1) if number not in plan]:
                some = ", ".join(missing[:10]) + (" …" if len(missing) > 10 else "")
                raise UsageError(
                    f"of the {of} shards of {next(iter(plan.values())).folder.parent} the finished ones lack "
                    f"{some}; build them, with the same sources: litquote build-shard {missing[0]} SOURCES…"
                )
            for entry, shard in sorted(held, key=lambda pair: pair[0].place):
                copy = Held(shard.original(entry), entry.sha256, entry.size, entry.mtime, entry.failure)
                found.append(Found(Path(entry.uri), entry.named, copy))
            for shard in plan.values():
                failures.update(dict.fromkeys(shard.manifest.failures))
        return found, list(failures)


def shard_folders(given: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The finished shards in these folders, each a shard or the folder of several, in the order of names.

    Raises UsageError for a folder without one.
    """
    found: dict[Path, None] = {}
    for name in given:
        folder = Path(name).expanduser()
        inside = [folder] if (folder / MANIFEST).is_file() else sorted(_finished_in(folder))
        if not inside:
            raise UsageError(
                f"{folder} holds no finished shard; build one: litquote build-shard 1/1 SOURCES… --out DIR"
            )
        found.update(dict.fromkeys(inside))
    return list(found)


def _finished_in(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        for path in folder.iterdir():
            if ".part-" not in path.name and (path / MANIFEST).is_file():
                yield path
