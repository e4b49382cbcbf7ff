"""What archives have in common: names that are safe, limits, and the reading of one member.

A member is copied to a temporary file whose name is ours, so that no name in an archive can lead
anywhere; sizes are counted while unpacking, since headers may lie.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from index.errors import SourceError
from index.paths import is_clutter
from index.records import Document, Failure

__all__ = ["LIMITS", "Budget", "Limits", "at_member", "is_passed_over", "read_member", "shown"]

_BLOCK = 1 << 20


#: Categories of Unicode that no name shows: controls, line and paragraph ends.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may hold: members, bytes unpacked in each and in all, and the bytes that list them.

    A member may unpack to ``times`` its packed size, and to ``free`` bytes in any case. ``depth`` is how
    many archives may lie inside each other.
    """

    members: int = 100_000
    each: int = 2 << 30
    all: int = 64 << 30
    listing: int = 32 << 20
    times: int = 200
    free: int = 64 << 20
    depth: int = 3


LIMITS = Limits()


@dataclass(slots=True)
class Budget:
    """What of the limits is used, over an archive and those inside it."""

    limits: Limits
    members: int = 0
    bytes: int = 0

    def count_member(self) -> None:
        """One more member. Raises SourceError beyond the limit."""
        self.members += 1
        if self.members > self.limits.members:
            raise SourceError(
                f"the archive holds more than {self.limits.members:,} files; unpack it and add the folder"
            )

    def unpack(self, member: BinaryIO, target: Path, packed: int | None) -> str:
        """Copy ``member`` to ``target``; its SHA-256. ``packed`` is its packed size.

        Raises SourceError where the member, or with it the archive, passes the limits.
        """
        limits = self.limits
        most = limits.each if packed is None else min(limits.each, max(limits.free, limits.times * packed))
        digest, size = hashlib.sha256(), 0
        with target.open("wb") as copy:
            while block := member.read(_BLOCK):
                size += len(block)
                self.bytes += len(block)
                if size > most:
                    raise SourceError(
                        f"it unpacks to more than {most / 1e6:,.0f} MB; if you trust it, unpack the archive"
                        " and add the folder"
                    )
                if self.bytes > limits.all:
                    raise TooMuch(
                        f"the archive unpacks to more than {limits.all / 1e9:,.0f} GB; if you trust it,"
                        " unpack it and add the folder"
                    )
                digest.update(block)
                copy.write(block)
        return digest.hexdigest()


class TooMuch(SourceError):
    """The archive as a whole passes the limits: nothing more of it is unpacked."""


def shown(name: str) -> str:
    """A member's name as a relative path with slashes: no drive, no root, no dots, nothing unprintable.

    It is shown and remembered, and never opened.
    """
    plain = re.sub(r"^[A-Za-z]:", "", name.replace("\\", "/"))
    plain = plain.encode("utf-8", "backslashreplace").decode()
    printable = "".join("_" if unicodedata.category(char) in _UNPRINTABLE else char for char in plain)
    return "/".join(part for part in printable.split("/") if part not in {"", ".", ".."})[:1000] or "unnamed"


def is_passed_over(member: str) -> bool:
    """Whether a member is clutter of an operating system, or hidden, as in folders."""
    *folders, name = member.split("/")
    return is_clutter(name) or any(part == "__MACOSX" or part.startswith(".") for part in folders)


def at_member(document: Document, *, source: str, digest: str, place: int, member: str) -> Document:
    """``document``, read from a member as if it were a file, as one of its archive.

    Its name by place gets the member's ``place`` in the archive. The name it would have as a file of its
    own (``digest`` is the member's hash) is kept too: the same file may lie beside the archive.
    """
    own = f"file:{source[:16]}-"
    renamed = {
        alias: f"{own}{place}-{alias.removeprefix(own)}"
        for alias in (document.id, *document.aliases)
        if alias.startswith(own)
    }
    alone = [f"file:{digest[:16]}-{a.removeprefix(own)}" for a in document.aliases if a in renamed]
    if document.member:
        alone = [alias for alias in document.aliases if alias.startswith("file:") and alias not in renamed]
    kept = [a for a in document.aliases if not a.startswith("file:")]
    return replace(
        document,
        id=renamed.get(document.id, document.id),
        aliases=(*kept, *(renamed[a] for a in document.aliases if a in renamed), *alone),
        member=f"{member}/{document.member}" if document.member else member,
    )


def read_member(
    path: Path, *, source: str, digest: str, place: int, member: str, budget: Budget, depth: int
) -> Iterator[Document | Failure]:
    """What the member copied to ``path`` holds. Nothing but TooMuch is raised: a failure names the member."""
    from index.sources import mistake, reader_for
    from index.sources.zip_archive import read_inside, reads

    try:
        reader = reader_for(path, member)
        if reads(reader):
            if depth >= budget.limits.depth:
                raise SourceError(
                    "it is an archive in an archive in an archive; unpack it and add the files inside"
                )
            items = read_inside(path, source=source, budget=budget, depth=depth + 1)
        else:
            items = reader.read(path, source=source, name=member.rpartition("/")[2])
        for item in items:
            if isinstance(item, Failure):
                # a reader names the file and the record; an archive in here names its own member
                rest = item.uri.removeprefix(member.rpartition("/")[2])
                joint = "/" if reads(reader) else "" if rest.startswith("#") else " " if rest else ""
                yield Failure(f"{member}{joint}{rest}", item.reason)
            else:
                yield at_member(item, source=source, digest=digest, place=place, member=member)
    except TooMuch:
        raise
    except SourceError as error:
        yield Failure(member, str(error))
    except Exception as error:
        yield Failure(member, mistake(error))
