"""Read a file that may be packed with gzip as if it were not, within limits."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from index.errors import SourceError

__all__ = ["head_of", "unpacked"]

_MAGIC = b"\x1f\x8b"

#: XML packs to about a tenth; what unpacks to this many times its size was made to fill a disk.
_MOST_TIMES = 200
#: Smaller files may be as repetitive as they like.
_FREE = 64 << 20

_HEAD = 1 << 16


def head_of(head: bytes) -> bytes:
    """The beginning of what ``head``, a file's beginning, packs; ``head`` itself where it is not gzip."""
    if not head.startswith(_MAGIC):
        return head
    try:
        return zlib.decompressobj(wbits=31).decompress(head, _HEAD)
    except zlib.error:
        return head


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """The file at ``path`` opened for reading, unpacked on the way where it is gzip.

    Reading raises SourceError for a damaged gzip file, and for one that unpacks to more than 64 MB
    and 200 times its size.
    """
    with path.open("rb") as stream:
        packed = stream.read(2) == _MAGIC
        stream.seek(0)
        if not packed:
            yield stream
            return
        with _Limited(fileobj=stream) as content:
            content.most = max(_FREE, _MOST_TIMES * path.stat().st_size)
            yield cast(BinaryIO, content)


class _Limited(gzip.GzipFile):
    most = _FREE

    def read(self, size: int | None = -1) -> bytes:
        try:
            data = super().read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            reason = " ".join(str(error).split())
            raise SourceError(f"the gzip file is damaged ({reason}); download it again") from error
        if self.tell() > self.most:
            raise SourceError(
                f"the gzip file unpacks to more than {self.most >> 20} MB, {_MOST_TIMES} times its size;"
                " if you trust it, unpack it and add the file inside"
            )
        return data
