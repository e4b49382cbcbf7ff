"""ZIP and TAR archives of files that any other reader reads.

Each member is read as a file of its own name would be; an archive inside is read like a folder. The
documents' source is the archive, ``Document.member`` their path in it. ZIP: "APPNOTE.TXT - .ZIP File
Format Specification" (PKWARE, 6.3.10); names that are not marked as UTF-8 are often nevertheless.
Images and the like are passed over in the packages of PubMed Central's open access subset.
"""

from __future__ import annotations

import re
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from stat import S_IFMT, S_ISLNK
from typing import BinaryIO, cast

from index.errors import SourceError
from index.records import Document, Failure
from index.sources import archive_members
from index.sources.archive_members import Budget, TooMuch, is_passed_over, read_member, shown
from index.sources.gzipped import head_of, unpacked
from index.sources.packed import first_names

__all__ = ["NAME", "VERSION", "member_of", "read", "read_inside", "reads", "recognises"]

NAME = "archive"
VERSION = "1"

_LOCAL = b"PK\x03\x04"
_END = b"PK\x05\x06"
_END64 = b"PK\x06\x06"
#: The end of the listing stands in the last bytes: a record of 22 bytes with a comment of 65,535 at most.
_TAIL = 22 + 65535 + 20 + 56
#: First members of documents that are ZIP files themselves.
_DOCUMENT = re.compile(
    r"mimetype|\[Content_Types\]\.xml|_rels/\.rels|docProps/\w+\.xml|(?:word|xl|ppt)/[\w./-]+\.(?:xml|rels)"
    r"|META-INF/(?:container\.xml|MANIFEST\.MF)"
)
#: What lies beside an article in a package of PubMed Central.
_BESIDE = re.compile(
    r"\.(?:gif|jpe?g|png|tiff?|bmp|svg|eps|webp|mov|mp4|avi|wmv|mpe?g|mp3|wav|css|js|license|xlsx?|csv|docx?"
    r"|pptx?|zip)$",
    re.IGNORECASE,
)
_LINK = "it is a link to another file; add that file itself"


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` is a ZIP or TAR archive, and no document packed as a ZIP."""
    if head.startswith(_END):
        return True
    if names := first_names(head):
        return _DOCUMENT.fullmatch(names[0]) is None
    return head_of(head)[257:262] == b"ustar"


def reads(reader: object) -> bool:
    """Whether ``reader`` is this one."""
    return getattr(reader, "NAME", "") == NAME


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """The documents of every member of the archive at ``path``; a Failure names its member.

    Raises SourceError for an archive that is damaged as a whole, holds no file, or passes the limits
    (:class:`index.sources.archive_members.Limits`).
    """
    for item in read_inside(path, source=source, budget=Budget(archive_members.LIMITS), depth=1):
        yield Failure(f"{name}: {item.uri}", item.reason) if isinstance(item, Failure) else item


def read_inside(path: Path, *, source: str, budget: Budget, depth: int) -> Iterator[Document | Failure]:
    """As :func:`read`, for an archive in ``depth`` - 1 others; failures name the member alone."""
    with path.open("rb") as stream:
        packed = stream.read(4) in {_LOCAL, _END}
    with tempfile.TemporaryDirectory(prefix="litquote-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder, "member")
        members = _zip_members if packed else _tar_members
        found = False
        for place, (member, digest) in enumerate(members(path, copy, budget), 1):
            found = True
            if isinstance(digest, Failure):
                yield digest
                continue
            yield from read_member(
                copy, source=source, digest=digest, place=place, member=member, budget=budget, depth=depth
            )
        if not found:
            raise SourceError("the archive holds no files; pack it again")


@contextmanager
def member_of(path: Path, member: str) -> Iterator[Path]:
    """The member that ``Document.member`` names, unpacked for as long as the context lasts.

    Raises SourceError where it is missing, damaged or beyond the limits.
    """
    with tempfile.TemporaryDirectory(prefix="litquote-", ignore_cleanup_errors=True) as folder:
        yield _unpacked_copy(path, member, Path(folder), Budget(archive_members.LIMITS))


def _unpacked_copy(path: Path, member: str, folder: Path, budget: Budget) -> Path:
    with path.open("rb") as stream:
        members = _zip_members if stream.read(4) in {_LOCAL, _END} else _tar_members
    copy = folder / f"member-{len(list(folder.iterdir()))}"
    for name, digest in members(path, copy, budget):
        if name == member and not isinstance(digest, Failure):
            return copy
        if member.startswith(f"{name}/") and not isinstance(digest, Failure):
            return _unpacked_copy(copy, member.removeprefix(f"{name}/"), folder, budget)
    raise SourceError(f"{member} is not in the archive any more; add it again")


_Member = tuple[str, str | Failure]


def _zip_members(path: Path, copy: Path, budget: Budget) -> Iterator[_Member]:
    """Each member's name and hash, while it stands at ``copy``; or why it does not."""
    with path.open("rb") as stream:
        _check_listing(stream, path.stat().st_size, budget.limits.listing)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError) as error:
        raise SourceError(f"the ZIP archive is damaged ({_reason(error)}); download it again") from error
    with archive:
        members = [(one, _name(one)) for one in archive.infolist() if not one.is_dir()]
        _check_overlaps([one for one, _ in members])
        package = any(name.lower().endswith(".nxml") for _, name in members)
        for one, name in members:
            if is_passed_over(name) or (package and _BESIDE.search(name)):
                continue
            budget.count_member()
            if S_ISLNK(S_IFMT(one.external_attr >> 16)):
                yield name, Failure(name, _LINK)
            elif one.flag_bits & 0x41:
                yield name, Failure(name, "it is encrypted; unpack it with its password and add the file")
            else:
                yield name, _unpacked_member(archive, one, name, copy, budget)


def _unpacked_member(
    archive: zipfile.ZipFile, one: zipfile.ZipInfo, name: str, copy: Path, budget: Budget
) -> str | Failure:
    try:
        with archive.open(one) as member:
            return budget.unpack(cast(BinaryIO, member), copy, one.compress_size)
    except TooMuch:
        raise
    except SourceError as error:
        return Failure(name, str(error))
    except NotImplementedError:
        return Failure(
            name, "it is packed in a way that is not supported; unpack the archive with its program"
        )
    except OSError as error:
        if error.errno is not None and not isinstance(error, EOFError):
            raise SourceError(
                f"the archive cannot be unpacked ({error.strerror}); make room on the disk"
            ) from error
        return Failure(name, f"it is damaged ({_reason(error)}); download the archive again")
    except Exception as error:  # zlib, bz2 and lzma each have errors of their own
        return Failure(name, f"it is damaged ({_reason(error)}); download the archive again")


def _check_listing(stream: BinaryIO, size: int, most: int) -> None:
    """Refuse a listing longer than ``most`` bytes before zipfile holds it in memory."""
    stream.seek(max(0, size - _TAIL))
    tail = stream.read(_TAIL)
    place = tail.rfind(_END)
    if place < 0 or len(tail) < place + 22:
        raise SourceError("the ZIP archive is damaged (its end is missing); download it again")
    length = int.from_bytes(tail[place + 12 : place + 16], "little")
    long = tail.rfind(_END64)
    if length == 0xFFFFFFFF and long >= 0:
        length = int.from_bytes(tail[long + 40 : long + 48], "little")
    if length > most:
        raise SourceError("the archive lists too many files; unpack it and add the folder")


def _check_overlaps(members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse members that share packed bytes: "A better zip bomb" (Fifield, WOOT 2019) is made of such."""
    places = sorted((one.header_offset, one.header_offset + 30 + one.compress_size) for one in members)
    if any(end > start for (_, end), (start, _) in pairwise(places)):
        raise SourceError("the archive's files overlap, as in one made to fill a disk; do not trust it")


def _name(one: zipfile.ZipInfo) -> str:
    name = one.orig_filename
    if not one.flag_bits & 0x800:
        with suppress(UnicodeEncodeError, UnicodeDecodeError):  # else in cp437, or a page nobody can tell
            name = name.encode("cp437").decode("utf-8")
    return shown(name)


class _Careful:
    """A stream read forward, at most 16 MB at once: a TAR's own headers are read in one piece.

    A step of a few bytes back, as tarfile takes one, must not unpack a gzip file from its beginning.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._place = stream, 0
        self._last = self._pending = b""

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > 16 << 20:
            raise SourceError("the TAR archive is damaged (a header of odd size); download it again")
        data = self._pending[:size]
        self._pending = self._pending[size:]
        if len(data) < size:
            data += self._stream.read(size - len(data))
        self._place += len(data)
        self._last = (self._last + data)[-512:]
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        back = self._place - offset
        if back > len(self._last):
            raise SourceError("the TAR archive is damaged (a header of odd size); download it again")
        if back > 0:
            self._pending = self._last[-back:] + self._pending
            self._last = self._last[:-back]
            self._place = offset
        while self._place < offset and self.read(min(offset - self._place, 1 << 20)):
            continue
        return self._place

    def tell(self) -> int:
        return self._place


def _tar_members(path: Path, copy: Path, budget: Budget) -> Iterator[_Member]:
    """As :func:`_zip_members`. A package of PubMed Central is a folder called by its PMCID."""
    with unpacked(path) as stream:
        try:
            careful = cast(BinaryIO, _Careful(stream))
            with tarfile.open(fileobj=careful, mode="r:", errors="replace") as archive:
                while (one := archive.next()) is not None:
                    name = shown(one.name)
                    if one.isdir() or is_passed_over(name):
                        continue
                    if re.match(r"PMC\d+/", name) and _BESIDE.search(name):
                        continue
                    budget.count_member()
                    member = archive.extractfile(one) if one.isreg() else None
                    if member is None:
                        yield name, Failure(name, _LINK)
                        continue
                    try:
                        digest: str | Failure = budget.unpack(cast(BinaryIO, member), copy, None)
                    except TooMuch:
                        raise
                    except SourceError as error:
                        digest = Failure(name, str(error))
                    yield name, digest
        except (tarfile.TarError, EOFError, zlib.error, ValueError, OverflowError) as error:
            raise SourceError(f"the TAR archive is damaged ({_reason(error)}); download it again") from error


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
