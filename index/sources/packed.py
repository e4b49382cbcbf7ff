"""The members of a ZIP that is one document (DOCX, EPUB), read by name within limits.

Nothing is ever written to a member's name, so names with ``..`` lead nowhere. What is unpacked is
counted as it comes, whatever the directory claims of its size.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lxml import etree

from index.errors import SourceError
from index.sources.xml_stream import Element

__all__ = ["Packed", "first_names", "opened", "parse_xml"]

#: Of the directory, of one member, and of all that one file may unpack to; text alone is read.
_DIRECTORY = 16_000_000
LARGEST_MEMBER = 60_000_000
_ALL = 150_000_000
#: An element takes some hundred bytes of memory, however short it is written.
_TAGS = 3_000_000

_DAMAGED = "the {kind} is damaged ({reason}); save or download it again"
_CHUNK = 1 << 16


class Packed:
    """An open ZIP."""

    def __init__(self, archive: zipfile.ZipFile, kind: str) -> None:
        self._archive = archive
        self._left = _ALL
        self.kind = kind
        self.names = frozenset(archive.namelist())

    def read(self, name: str, *, most: int = LARGEST_MEMBER) -> bytes:
        """A member's bytes. Raises SourceError where it is missing, locked, damaged or beyond the limits."""
        try:
            info = self._archive.getinfo(name)
        except KeyError as error:
            raise SourceError(_DAMAGED.format(kind=self.kind, reason=f"{name[:80]} is missing")) from error
        if info.flag_bits & 1:
            raise SourceError(
                f"the {self.kind} is locked with a password; unlock it, save it again and add that"
            )
        try:
            with self._archive.open(info) as stream:
                found = bytearray()
                while chunk := stream.read(_CHUNK):
                    found += chunk
                    self._left -= len(chunk)
                    if len(found) > most or self._left < 0:
                        raise SourceError(
                            f"the {self.kind} unpacks to more than any article has; save its text alone"
                            " and add that"
                        )
        except (OSError, EOFError) as error:
            raise SourceError(_DAMAGED.format(kind=self.kind, reason="it is cut short")) from error
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, RuntimeError) as error:
            raise SourceError(_DAMAGED.format(kind=self.kind, reason=str(error)[:100])) from error
        return bytes(found)

    def xml(self, name: str) -> Element:
        """A member's root element, tags without namespaces. Raises SourceError as :meth:`read`."""
        return parse_xml(self.read(name), f"{self.kind} is damaged: {name}")


@contextmanager
def opened(path: Path, kind: str) -> Iterator[Packed]:
    """The ZIP at ``path``, which is a ``kind`` ("Word document"). Raises SourceError for a damaged one."""
    _check_directory(path, kind)
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, EOFError) as error:
        raise SourceError(_DAMAGED.format(kind=kind, reason="it is cut short")) from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise SourceError(_DAMAGED.format(kind=kind, reason=str(error)[:100])) from error
    with archive:
        yield Packed(archive, kind)


def first_names(head: bytes) -> list[str]:
    """The names in the local headers within a ZIP's first bytes, ``[]`` where it is no ZIP."""
    found = []
    at = 0 if head.startswith(b"PK\x03\x04") else -1
    while at >= 0 and at + 30 <= len(head):
        length, extra = (int.from_bytes(head[at + n : at + n + 2], "little") for n in (26, 28))
        packed = int.from_bytes(head[at + 18 : at + 22], "little")
        found.append(head[at + 30 : at + 30 + length].decode("utf-8", "replace"))
        # behind what it packs, which may be a ZIP itself; where its size stands behind it, the next header
        told = not head[at + 6] & 8
        behind = at + 30 + length + extra + (packed if told else 0)
        at = head.find(b"PK\x03\x04", behind)
        if told and at != behind:
            break
    return found


def parse_xml(data: bytes, what: str) -> Element:
    """The root of ``data``, tags and attributes without namespaces.

    No entity is expanded and nothing is fetched. Raises SourceError, which names ``what``, for XML that
    is not well formed or that declares entities.
    """
    if data.count(b"<") > _TAGS:
        raise SourceError(
            f"the {what} holds more elements than any article has; save its text alone and add that"
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = " ".join(str(error).split(", line ")[0].split())[:120]
        raise SourceError(f"the {what} is not well formed ({reason}); save or download it again") from error
    subset = root.getroottree().docinfo.internalDTD
    if subset is not None and next(subset.iterentities(), None) is not None:  # type: ignore[union-attr]
        raise SourceError(f"the {what} declares entities of its own, which is unsafe to read; save it again")
    for one in root.iter(etree.Element):
        if "}" in one.tag:
            one.tag = str(one.tag).rpartition("}")[2]
        for name in [key for key in map(str, one.attrib) if "}" in key]:
            value = one.attrib.pop(name)
            if one.get(name.rpartition("}")[2]) is None:
                one.set(name.rpartition("}")[2], value)
    return root


def _check_directory(path: Path, kind: str) -> None:
    """Refuse a ZIP whose directory alone would fill the memory."""
    with path.open("rb") as stream:
        stream.seek(0, 2)
        size = stream.tell()
        stream.seek(max(0, size - 65_557))
        tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + 22 > len(tail):
        raise SourceError(_DAMAGED.format(kind=kind, reason="its end is missing"))
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    if length > _DIRECTORY:
        raise SourceError(
            f"the {kind} holds more parts than any article has; save its text alone and add that"
        )
