"""From the bytes of a text file to its characters, without guessing where the bytes tell."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from charset_normalizer import from_bytes

from index.errors import SourceError

__all__ = ["BINARY", "STRAY", "decode", "decode_head", "is_binary", "likeliest", "wide_encoding"]

#: Longest first: the mark of UTF-32 begins with that of UTF-16.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

#: Bytes that text does not hold: C0 controls but tab, line feed, vertical tab, form feed, carriage
#: return, end of file (Ctrl-Z of DOS) and escape; and delete.
_CONTROLS = bytes({*range(32), 127} - {9, 10, 11, 12, 13, 26, 27})

#: Encodings that charset-normalizer may choose from: those that papers and web pages were saved in.
_CANDIDATES = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r",
    "mac_roman", "cp437", "cp850", "iso8859_2", "iso8859_15", "cp932", "euc_jp", "gb18030", "big5", "euc_kr",
]  # fmt: skip

#: Languages whose letters Windows-1252 lacks: text in them is not it, however well it decodes.
_NOT_WESTERN = frozenset(
    {"Polish", "Czech", "Slovak", "Hungarian", "Romanian", "Croatian", "Slovene", "Turkish", "Lithuanian"}
)

_SAMPLE = 65536
#: The name of an error handler for UTF-8: a stray byte is read as Windows-1252.
STRAY = "litquote-stray"
BINARY = "the file holds binary data, not text; save the article as text, HTML or PubMed XML and add that"


def decode(data: bytes) -> str:
    """The characters of ``data``.

    In order: a byte order mark (which is dropped); UTF-16 without one, told by where its zero bytes
    stand; strict UTF-8; UTF-8 with a few stray bytes, each read as Windows-1252; else the encoding
    that charset-normalizer finds likeliest, with Windows-1252 where it is as likely. Never a
    replacement character that the file does not hold. ``\\r\\n`` and ``\\r`` become ``\\n``; every
    other character stays as it is. Time is linear in the length.

    Raises SourceError for binary data (a zero byte, or more than one control character in a
    hundred) and for bytes that are broken under the encoding their mark names.
    """
    text = _decoded(data)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


@lru_cache(maxsize=2)  # every reader in turn asks for the same head
def decode_head(head: bytes) -> str:
    """The characters of a file's beginning, which may be cut inside a character; as ``decode``."""
    if b"\0" in head:
        return decode(head[: len(head) & ~3])
    for cut in range(1, min(4, len(head))):
        if head[-cut] >= 0xC0:  # the first byte of a character that may go on behind the end
            try:
                head[-cut:].decode("utf-8")
            except UnicodeDecodeError:
                return decode(head[:-cut])
            break
    return decode(head)


def _decoded(data: bytes) -> str:
    data = data.removeprefix(codecs.BOM_UTF8)
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding)
    if b"\0" in data:
        return _utf16(data)
    if is_binary(data):
        raise SourceError(BINARY)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _nearly_utf8(data) or _guessed(data, error.start)


def is_binary(data: bytes) -> bool:
    """Whether more than one in a hundred of the first bytes is a control that text does not hold."""
    sample = data[:_SAMPLE]
    return len(sample) - len(sample.translate(None, _CONTROLS)) > len(sample) / 100


def wide_encoding(head: bytes) -> tuple[str, int]:
    """The encoding of a file that is UTF-16 or UTF-32, and the length of its mark; ``("", 0)`` for others.

    Raises SourceError for zero bytes that are neither.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    if b"\0" not in head:
        return "", 0
    _utf16(head[: len(head) & ~3])
    even, odd = head[::2].count(0), head[1::2].count(0)
    return ("utf-16-le" if even < odd else "utf-16-be"), 0


def _strict(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if error.end >= len(data) - 3:  # the last character is cut
            text = data[: error.start].decode(encoding, "ignore")
        else:
            raise SourceError(
                f"the file says that it is {encoding.upper()} but byte {error.start} does not fit;"
                " save it again as UTF-8"
            ) from error
    if "\0" in text:
        raise SourceError(BINARY)
    return text


def _utf16(data: bytes) -> str:
    """Text in UTF-16 without a mark. Raises SourceError when ``data`` is not that."""
    sample = data[:_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    encoding = "utf-16-le" if even * 20 <= odd else "utf-16-be" if odd * 20 <= even else ""
    if not encoding:
        raise SourceError(BINARY)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(BINARY) from error
    shown = text[:_SAMPLE]
    printable = sum(char.isprintable() or char.isspace() for char in shown)
    if "\0" in text or printable < 0.98 * len(shown):
        raise SourceError(BINARY)
    return text


def _stray(error: UnicodeError) -> tuple[str, int]:
    """Decode one byte that is not UTF-8 as Windows-1252, or Latin-1 where that has no character."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    byte = error.object[error.start : error.start + 1]
    try:
        return byte.decode("cp1252"), error.start + 1
    except UnicodeDecodeError:
        return byte.decode("latin-1"), error.start + 1


codecs.register_error(STRAY, _stray)


def _nearly_utf8(data: bytes) -> str:
    """UTF-8 with few bytes that are not, as pasted pages have, or ``""`` when it is not that."""
    ignored = data.decode("utf-8", "ignore")
    whole = sum(1 for _ in re.finditer(r"[^\x00-\x7f]", ignored))
    bad = len(data) - len(ignored.encode("utf-8"))
    return data.decode("utf-8", STRAY) if bad * 10 <= whole else ""


def _guessed(data: bytes, first_bad: int) -> str:
    """``data`` in the likeliest of the candidate encodings; ``first_bad`` is a byte that is not UTF-8."""
    start = max(data.rfind(b"\n", 0, first_bad), first_bad - _SAMPLE // 4, 0)
    for encoding in likeliest(data[start : start + _SAMPLE]):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    text = data.decode("latin-1")
    if sum("\x80" <= char <= "\x9f" for char in text[:_SAMPLE]) > len(text[:_SAMPLE]) / 100:
        raise SourceError(BINARY)
    return text


def likeliest(sample: bytes) -> list[str]:
    """The encodings that ``sample``, which is not UTF-8, may be in, the likeliest first."""
    found = list(from_bytes(sample, cp_isolation=_CANDIDATES, language_threshold=0.05))
    western = [
        "cp1252"
        for match in found
        if match.chaos <= found[0].chaos
        and "cp1252" in match.could_be_from_charset
        and match.language not in _NOT_WESTERN
    ]
    return [*western, *(match.encoding for match in found), "cp1252"]
