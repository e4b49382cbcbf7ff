"""What a change to a library did, file by file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from index.records import Failure


@dataclass(frozen=True, slots=True)
class Item:
    """One document touched by a source."""

    uri: str
    document_id: str
    title: str


@dataclass(slots=True)
class Report:
    """What was added, merged with a paper held already, replaced, unchanged, skipped, or failed.

    Skipped are documents that were removed earlier; apart are files that are another paper than the record
    they are attached to, with the reason.
    """

    added: list[Item] = field(default_factory=list)
    merged: list[Item] = field(default_factory=list)
    replaced: list[Item] = field(default_factory=list)
    unchanged: list[Item] = field(default_factory=list)
    skipped: list[Item] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    apart: list[Failure] = field(default_factory=list)
    seconds: float = 0.0
    generation: int = 0

    @property
    def rate(self) -> float:
        """Documents read and written a second."""
        touched = len(self.added) + len(self.merged) + len(self.replaced)
        return touched / self.seconds if self.seconds else 0.0

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        kinds = ("added", "merged", "replaced", "unchanged", "skipped")
        return {
            **{
                kind: [
                    {"uri": item.uri, "document_id": item.document_id, "title": item.title}
                    for item in getattr(self, kind)
                ]
                for kind in kinds
            },
            "failed": [{"uri": failure.uri, "reason": failure.reason} for failure in self.failed],
            "apart": [{"uri": one.uri, "reason": one.reason} for one in self.apart],
            "seconds": round(self.seconds, 3),
            "documents_per_second": round(self.rate, 2),
            "generation": self.generation,
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: files (of how many), documents and passages so far, and the file at hand."""

    files: int
    total_files: int
    documents: int
    passages: int
    uri: str


OnProgress = Callable[[Progress], None]


def located(failure: Failure, uri: str, name: str) -> Failure:
    """A record's failure under its file's path: ``name#3 (PMID 1)`` -> ``/path/name#3 (PMID 1)``."""
    place = failure.uri.removeprefix(name)
    return Failure(uri + (place if place.startswith(("#", ": ")) else f" {place}".rstrip()), failure.reason)


def summary(failures: list[Failure]) -> str:
    """The first reason, and how many more there are; "" where there is none."""
    if not failures:
        return ""
    more = f" (and {len(failures) - 1} more records)" if len(failures) > 1 else ""
    return f"{failures[0].reason}{more}"
