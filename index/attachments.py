"""The files that a record names as its own: where they lie, and whether they are the paper itself.

A reference manager's export names them in many ways: ``files/12/Wu 2024.pdf`` beside the export,
``storage:ABCD1234/Wu 2024.pdf`` in Zotero's data folder, ``internal-pdf://0123456789/Wu.pdf`` in EndNote's
``My Library.Data/PDF``, or the place on the computer it was exported on. A name only ever means a file that
the user added: nothing is looked for on the disk.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

from index.identity import is_beside, same_paper
from index.records import Document, Reference, plain_key

__all__ = ["is_text_of", "key_of", "keys_of_place", "names", "place_of", "record_like"]

#: Extractors of bibliographic records, which are no attachments themselves.
_RECORDS = frozenset({
    "pubmed-xml", "medline", "pubmed-text", "pubmed-csv", "ris", "bibtex", "endnote-xml", "csl-json",
    "zotero-rdf",
})  # fmt: skip

_SCHEME = re.compile(r"(?:storage|attachments|internal-pdf|file):(?://)?", re.IGNORECASE)
_ROOT = re.compile(r"(?:localhost)?/*[A-Za-z]:/|/")

_SUPPLEMENT_NAME = re.compile(
    r"(?:^|[\W_])(?:supp(?:l|lement\w*|orting|info)?|appendi(?:x|ces)|additional[\W_]files?|esm|sup[\W_]?\d+"
    r"|(?:mmc|s)\d{1,2}(?!\d)|si|protocol|erratum|corrigendum|correction)(?=[\W_\d]|$)",
    re.IGNORECASE,
)
_OTHER_TITLE = re.compile(
    r"\W*(?:(?:online|electronic|web) )?(?:supplement\w*|supporting|supp|appendi(?:x|ces)|additional file"
    r"|erratum|corrigendum|correction)\b",
    re.IGNORECASE,
)
_ABOVE_TITLE = re.compile(
    r"\b(?:supplement(?:ary|al)|supporting) (?:information|material|data|methods|appendix|file|text|online)",
    re.IGNORECASE,
)


def record_like(document: Document) -> bool:
    """Whether ``document`` was read from a bibliographic record rather than an article."""
    return document.text.extractor.partition("/")[0] in _RECORDS


def place_of(uri: str, document: Document) -> str:
    """Where a document read from the source ``uri`` stands: in an archive, with the path in there."""
    return f"{uri}/{document.member}" if document.member else uri


def _parts(path: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFC", path.replace("\\", "/")).casefold()
    found: list[str] = []
    for part in plain.split("/"):
        if part == ".." and found:
            found.pop()
        elif part not in {"", "."}:
            found.append(part)
    return tuple(found)


def _written(written: str) -> tuple[str, tuple[str, ...], bool]:
    """The scheme of an attachment's name, the parts of its path, and whether that begins at a root."""
    scheme = _SCHEME.match(written)
    kind = scheme[0].rstrip("/:").casefold() if scheme else ""
    path = written[scheme.end() :] if scheme else written
    path = path.replace("\\", "/")
    if kind == "file" or (kind == "internal-pdf" and "%" in path):
        path = unquote(path)
    return kind, _parts(path), kind == "file" or _ROOT.match(path) is not None


def key_of(written: str) -> str:
    """What an attachment's name and its file's place surely share: the last two parts of the path, or one."""
    return "/".join(_written(written)[1][-2:])


def keys_of_place(place: str) -> tuple[str, ...]:
    """The keys under which a file's place may be named."""
    parts = _parts(place)
    return tuple(dict.fromkeys(("/".join(parts[-2:]), "".join(parts[-1:]))))


def names(written: str, record: str, place: str) -> bool:
    """Whether ``written``, in a record that stands in the file ``record``, means the file at ``place``.

    A relative path counts from the record's folder. A path from a root means that very file, or, since
    the export may have been moved, one in the record's folder whose path there it ends with.
    """
    kind, path, rooted = _written(written)
    there, folder = _parts(place), _parts(record)[:-1]
    inside = there[len(folder) :] if there[: len(folder)] == folder else ()
    if not path:
        return False
    if kind == "storage":
        return there[-3:] == ("storage", *path[-2:]) or (len(path) >= 2 and inside == path)
    if kind == "internal-pdf":
        return _in_endnote(there, path)
    if kind == "attachments":
        return (bool(inside) and inside[-len(path) :] == path) or (
            len(path) > 1 and there[-len(path) :] == path
        )
    if not rooted:
        return _parts("/".join((*folder, written))) == there
    if there == path or (inside and path[-len(inside) :] == inside):
        return True
    if len(path) >= 3 and path[-3] == "storage" and re.fullmatch(r"[a-z0-9]{8}", path[-2]):
        return there[-3:] == path[-3:]
    return len(path) >= 4 and path[-3] == "pdf" and path[-4].endswith(".data") and _in_endnote(there, path)


def _in_endnote(there: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether ``there`` is the file that EndNote keeps under a number and a name."""
    return len(there) > 3 and there[-4].endswith(".data") and there[-3:] == ("pdf", *path[-2:])


def is_text_of(record: Document, attached: Document, written: str) -> bool | None:
    """Whether a file that ``record`` names is the paper itself; None where it is something beside it.

    False: the file names another paper by its identifiers. A record's only file is its paper unless it
    says that it is a supplement or a correction; of several, those whose title or identifier agrees.
    """
    supplement = is_beside(record.reference)
    if is_beside(attached.reference) and not supplement:
        return None
    verdict = same_paper(record.reference, attached.reference)
    if verdict is not None:
        return verdict
    if _ABOVE_TITLE.search(attached.text.content[:80]) and not supplement:
        return None
    agrees = titles_agree(record.reference, attached)
    if not agrees and _OTHER_TITLE.match(attached.reference.title):
        return None
    if agrees:
        return True
    if _SUPPLEMENT_NAME.search(_stem(written)) and not _SUPPLEMENT_NAME.search(record.reference.title):
        return None
    return True if _is_alone(record, written) else None


def titles_agree(reference: Reference, attached: Document) -> bool:
    """Whether the file prints the record's title: as its own, or near its beginning."""
    title = plain_key(reference.title)
    if len(title) < 20:
        return bool(title) and title == plain_key(attached.reference.title)
    own = plain_key(attached.reference.title)
    return title == own or (len(own) >= 20 and (own in title or title in own)) or title in plain_key(
        attached.text.content[:2000]
    )  # fmt: skip


def _is_alone(record: Document, written: str) -> bool:
    """Whether a record names no other file, or no other PDF."""
    files = dict.fromkeys(_written(one)[1] for one in record.attachments)
    pdfs = [path for path in files if path and path[-1].endswith(".pdf")]
    return len(files) == 1 or (pdfs == [_written(written)[1]])


def _stem(written: str) -> str:
    name = written.replace("\\", "/").rpartition("/")[2]
    return name.rpartition(".")[0] or name
