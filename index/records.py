"""The records litquote is made of: what was read, where it stands, who wrote it.

Positions are Unicode code points in an immutable :class:`Text` named by the SHA-256 of its
UTF-8 bytes. Ranges are half open: ``text.content[start:end]``. Standard library only.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

#: Labels whose words may be found, but are never quoted as an answer.
NOT_ANSWERS = frozenset({"title", "heading", "references", "keywords", "affiliations"})

#: Labels that stand in the text for its reader only and are not cut into passages.
NOT_SEARCHED = frozenset({"heading", "keywords", "affiliations", "licence"})


@dataclass(frozen=True, slots=True)
class Text:
    """What one version of one extractor read from one source; never changed afterwards.

    ``sha256`` names ``content`` (hex digest of its UTF-8 bytes); ``source`` is the SHA-256 of the
    bytes it was read from; ``extractor`` is ``"name/version"``.
    """

    sha256: str
    content: str
    source: str
    extractor: str

    @classmethod
    def of(cls, content: str, *, source: str, extractor: str) -> Text:
        """Name ``content`` by its hash. Raises ``UnicodeEncodeError`` for lone surrogates."""
        digest = hashlib.sha256(content.encode("utf-8")).hexdigest()
        return cls(digest, content, source, extractor)


@dataclass(frozen=True, slots=True)
class Section:
    """A run of text under one heading; ``label`` is normalised, ``heading`` as printed.

    The heading's own words are a section of their own with the label ``"heading"``.
    """

    start: int
    end: int
    label: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Characters printed on page ``number`` (counted from 1).

    A page may have several ranges: a caption on it stands behind the paragraph that goes around it.
    """

    start: int
    end: int
    number: int


@dataclass(frozen=True, slots=True)
class InTextCitation:
    """A place that cites: ``reference_numbers`` are places in the reference list, from 1."""

    start: int
    end: int
    reference_numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Author:
    """A person (``family``, ``given``) or, with ``literal``, a group or a name left whole."""

    family: str = ""
    given: str = ""
    literal: str = ""

    @property
    def name(self) -> str:
        """Family name and initials as Vancouver style prints them: ``"Nógrádi A"``."""
        if self.literal:
            return self.literal
        initials = (
            "".join(word[0] for word in re.split(r"[\s.\-]+", self.given) if word)
            if not self.given.isupper()
            else re.sub(r"[\s.\-]", "", self.given)
        )
        return f"{self.family} {initials}".strip()


@dataclass(frozen=True, slots=True)
class Retraction:
    """A notice against a paper: ``kind`` is ``"retracted"``, ``"concern"`` or ``"correction"``.

    ``date`` is ISO (possibly only a year) or empty, ``notice`` names the notice (a PMID, a DOI,
    or a citation as printed), ``origin`` says where litquote read it.
    """

    kind: str
    date: str = ""
    notice: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """The bibliographic record of one paper.

    ``authors_complete`` is false when the source printed "et al.": such a list must never be
    exported as if it were whole. ``date`` is ISO as far as known (``"2024-05-09"``, ``"2024"``).
    ``pages`` is a full range (``"2977-2990"``) or an article number. ``number`` is the place in
    the citing paper's list, from 1; ``printed`` the entry as it stood there.
    """

    title: str = ""
    authors: tuple[Author, ...] = ()
    authors_complete: bool = True
    journal: str = ""
    year: int | None = None
    date: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    publisher: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    url: str = ""
    language: str = ""
    publication_types: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    trials: tuple[str, ...] = ()
    retraction: Retraction | None = None
    number: int | None = None
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A related paper that is another paper: ``kind`` such as ``"erratum"``, ``"comment"``."""

    kind: str
    target: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One paper: its text, the parts of the text, its record, and the papers it cites.

    ``id`` is given once by the library and never changes; ``aliases`` resolve to it.
    ``notes`` are things the reader wants the user to know ("5 references as listed on the saved
    page"). ``boxes`` tells where on its pages the text is printed (:func:`index.boxes.boxes`).
    ``attachments`` are the files that a record names as its own, as written there
    (:mod:`index.attachments`). ``member`` is the path inside the archive the text was read from.
    """

    id: str
    text: Text
    title: str
    reference: Reference
    sections: tuple[Section, ...] = ()
    aliases: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    pages: tuple[Page, ...] = ()
    citations: tuple[InTextCitation, ...] = ()
    links: tuple[Link, ...] = ()
    notes: tuple[str, ...] = ()
    boxes: bytes = b""
    attachments: tuple[str, ...] = ()
    member: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A source, or one record inside it, that could not be read, and the reason."""

    uri: str
    reason: str


#: A damaged export of a million records must not fill the library with reasons.
MOST_FAILURES = 1000


@dataclass(frozen=True, slots=True)
class Source:
    """One file or identifier ever added. ``failure`` is the reason it could not be read, or ``""``.

    ``uri`` is the path of a file, or the identifier of a record that was fetched (``"pmid:22196762"``);
    ``names`` are aliases of its one document that its content does not tell.
    ``mtime`` is in nanoseconds; ``documents`` are document ids. ``superseded`` are the hashes of
    earlier contents that documents are still held from, because the newer one could not be read whole.
    ``failures`` are what went wrong in reading its content, record by record (at most MOST_FAILURES).
    """

    uri: str
    sha256: str
    size: int
    mtime: int
    extractor: str
    documents: tuple[str, ...] = ()
    failure: str = ""
    superseded: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def path(self) -> Path | None:
        """The file's path; None for what is no file."""
        path = Path(self.uri)
        return path if path.is_absolute() else None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A record that came from a service: what it is called there, a name for its file, its bytes.

    ``names`` are aliases that led to it and that it does not tell itself (the title that a list printed).
    """

    uri: str
    filename: str
    content: bytes
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences inside one section; its text is a slice, its id the position."""

    document_id: str
    text_sha256: str
    start: int
    end: int
    section: str

    @property
    def id(self) -> str:
        """Stable over rebuilds: document and position."""
        return f"{self.document_id}:{self.start}-{self.end}"


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found; ``score``: higher is better; ``parts``: what each stage contributed."""

    passage: Passage
    text: str
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)


def plain_key(text: str) -> str:
    """``text`` reduced to what two spellings of one title share: letters and digits, no accents."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(re.findall(r"[^\W_]+", "".join(c for c in decomposed if not unicodedata.combining(c))))


def identifiers(reference: Reference) -> tuple[str, ...]:
    """The aliases that ``reference`` gives its paper, the surest first.

    ``doi:``, ``pmid:`` and ``pmcid:`` name one paper. ``title:`` (title, year and first author
    together) only joins records whose other identifiers do not disagree.
    """
    found = []
    if reference.pmid:
        found.append(f"pmid:{reference.pmid}")
    if reference.doi:
        found.append(f"doi:{reference.doi.casefold()}")
    if reference.pmcid:
        found.append(f"pmcid:{reference.pmcid.upper()}")
    title = plain_key(reference.title)
    if len(title) >= 20 and reference.year and reference.authors:
        first = reference.authors[0]
        author = plain_key(first.family or first.literal.split(" ")[-1])
        key = hashlib.sha256(f"{title}|{reference.year}|{author}".encode()).hexdigest()[:24]
        found.append(f"title:{key}")
    return tuple(found)


def spellings(name: str) -> list[str]:
    """The ids and aliases that ``name`` may stand for: as it is, or a DOI, PMID or PMCID without its kind."""
    plain = name.strip()
    found = [plain, plain.casefold(), f"doi:{plain.casefold()}", f"pmid:{plain}", f"pmcid:{plain.upper()}"]
    if "doi.org/" in plain:
        found.append("doi:" + plain.split("doi.org/", 1)[1].casefold())
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search may return; an empty field does not restrict.

    ``years`` is a closed range (either end may be None); ``documents`` are ids or aliases;
    ``sections`` are normalised labels; ``publication_types`` as PubMed spells them, any case;
    ``journals`` full or abbreviated names; ``authors`` family names, with or without initials;
    ``designs`` words of :data:`index.designs.DESIGNS`; ``retracted`` true for retracted papers only, false
    for all others (an expression of concern is no retraction), imported lists counted. Of several values
    one must fit; a single one may stand without a tuple.
    A document without a year is left out by a year range.
    """

    years: tuple[int | None, int | None] = (None, None)
    documents: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    publication_types: tuple[str, ...] = ()
    journals: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    designs: tuple[str, ...] = ()
    retracted: bool | None = None

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, str | list):
                object.__setattr__(self, one.name, (value,) if isinstance(value, str) else tuple(value))

    @property
    def active(self) -> tuple[str, ...]:
        """The names of the fields that restrict."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) not in ((), (None, None), None))

    def __bool__(self) -> bool:
        return bool(self.active)
