"""The lines of a text file, decoded as they come: memory does not grow with the file.

Files of records are put together out of several exports, so each line is decoded for itself where
the file is not UTF-8 throughout.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import AnyStr, BinaryIO

from index.errors import SourceError
from index.sources.decoding import BINARY, is_binary, likeliest, wide_encoding

__all__ = ["characters", "lines"]

_BLOCK = 1 << 20

#: A longer line is no field of a record.
_LONGEST = 16 << 20

_TOO_LONG = "a line is longer than 16 million bytes, which no record has; export the records again"


def lines(path: Path) -> Iterator[str]:
    """The lines of the file at ``path``, without their ends (``\\n``, ``\\r\\n`` or ``\\r``).

    UTF-16 and UTF-32 by their mark or their zero bytes; else UTF-8 where a line is that, and for
    the lines that are not the encoding that charset-normalizer finds likeliest for them. Byte order
    marks are dropped, also those between files that were joined. Raises SourceError for binary
    data, also when it comes late, and for a line of more than 16 million bytes.
    """
    with path.open("rb") as stream:
        head = stream.read(65536)
        encoding, mark = wide_encoding(head)
        if not encoding and is_binary(head):
            raise SourceError(BINARY)
        stream.seek(mark)
        texts = _wide(stream, encoding) if encoding else _narrow(stream)
        for text in texts:
            if "\ufeff" in text:
                text = text.replace("\ufeff", "")
            if "\r" in text:
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            yield from text.removesuffix("\n").split("\n")


def characters(path: Path) -> Iterator[str]:
    """The characters of the file at ``path`` in blocks, whatever its lines; line ends as they are.

    UTF-16, UTF-32, or UTF-8 in which a stray byte is read as Windows-1252. Raises SourceError for
    binary data.
    """
    with path.open("rb") as stream:
        head = stream.read(65536)
        encoding, mark = wide_encoding(head)
        if not encoding and is_binary(head):
            raise SourceError(BINARY)
        stream.seek(mark)
        handling = "strict" if encoding else "litquote-stray"
        decoder = codecs.getincrementaldecoder(encoding or "utf-8")(handling)
        while True:
            block = stream.read(_BLOCK)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                raise _misfit(encoding) from error
            if "\0" in text:
                raise SourceError(BINARY)
            if text:
                yield text.replace("\ufeff", "")
            if not block:
                return


def _misfit(encoding: str) -> SourceError:
    return SourceError(f"the file is {encoding.upper()} but some bytes do not fit; save it again as UTF-8")


def _wide(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Runs of whole lines of UTF-16 or UTF-32."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    rest = ""
    while True:
        block = stream.read(_BLOCK)
        try:
            text = rest + decoder.decode(block)
        except UnicodeDecodeError as error:
            raise _misfit(encoding) from error
        if "\0" in text:
            raise SourceError(BINARY)
        if not block:
            if text:
                yield text
            return
        cut = _last_end(text, "\n", "\r")
        if cut:
            yield text[:cut]
        rest = text[cut:]
        if len(rest) > _LONGEST:
            raise SourceError(_TOO_LONG)


def _narrow(stream: BinaryIO) -> Iterator[str]:
    """Runs of whole lines in UTF-8 or an encoding of one byte or a few to the character."""
    rest = b""
    guesses: list[str] = []
    while True:
        block = stream.read(_BLOCK)
        if b"\0" in block:
            raise SourceError(BINARY)
        data = rest + block
        cut = _last_end(data, b"\n", b"\r") if block else len(data)
        rest = data[cut:]
        if len(rest) > _LONGEST:
            raise SourceError(_TOO_LONG)
        if cut:
            yield _decoded(data[:cut], guesses)
        if not block:
            return


def _last_end(data: AnyStr, feed: AnyStr, carriage: AnyStr) -> int:
    """Where the last whole line of ``data`` ends; a carriage return at the very end may have half come."""
    return max(data.rfind(feed), data.rfind(carriage, 0, len(data) - 1)) + 1


def _decoded(data: bytes, guesses: list[str]) -> str:
    """Whole lines as text; ``guesses`` keeps the encodings found likeliest when they were first needed."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    split = data.splitlines(keepends=True)
    if not guesses:
        guesses += likeliest(b"".join(line for line in split if _not_utf8(line))[:65536])
    return "".join(_line(line, guesses) for line in split)


def _not_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _line(line: bytes, guesses: list[str]) -> str:
    for encoding in ("utf-8", *guesses):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")
