"""What papers are looked up by: journal, authors, types, design, retraction, what they cite, notices.

A facet is a row (kind, value, detail) of one document, written when the document is. Values are keys:
lower case, no accents, no punctuation. Journals are held as their source spells them, mostly as the
abbreviation of NLM's catalogue (ISO 4), so :func:`same_journal` compares a full name with an abbreviated
one by ISO 4's rules: function words drop out, and each other word loses its end, or stays as it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator

from index.abbreviation_table import Connection
from index.designs import designs
from index.records import Document, identifiers, plain_key

Facet = tuple[str, str, str]

#: The tables of facets, and of the papers that documents list.
SCHEMA = """
CREATE TABLE facets(kind TEXT NOT NULL, value TEXT NOT NULL, detail TEXT NOT NULL, document INTEGER NOT NULL);
CREATE INDEX facets_value ON facets(kind, value, detail, document);
CREATE TABLE cites(key INTEGER NOT NULL, document INTEGER NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY(key, document, number)) WITHOUT ROWID;
"""

#: Raised whenever a rule here or in :mod:`index.designs` gives other rows: segments written by another
#: version are filed anew, in memory, when they are first filtered.
VERSION = 2

JOURNAL, AUTHOR, TYPE, DESIGN, STATUS = "journal", "author", "type", "design", "status"
#: A paper that a document names as related: the value is an alias of that paper, the detail the kind of link.
LINK = "link"
#: Kinds of link by which a notice names the paper it is about, and what it makes of that paper.
NOTICES = {
    "retraction-of": "retracted",
    "retractedand-republished-from": "retracted",
    "partial-retraction-of": "concern",
    "expression-of-concern-for": "concern",
    "erratum-for": "correction",
    "correctedand-republished-from": "correction",
}

#: Letters that are one character without an accent to take off.
_LETTERS = str.maketrans({"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ı": "i", "æ": "ae",
                          "Æ": "ae", "œ": "oe", "Œ": "oe", "ð": "d", "þ": "th"})  # fmt: skip
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "2nd", "3rd"})
_NO_WORDS = frozenset(
    """
    an the of in on for and et de la le les des der die das und du d l y e del della di en fur og to
    """.split()  # noqa: SIM905  read as prose
)
#: Words that ISO 4 shortens inside (List of Title Word Abbreviations); all others lose their end.
_CONTRACTIONS = {
    "dtsch": "deutsch",
    "intl": "international",
    "jpn": "japan",
    "mthly": "monthly",
    "natl": "national",
    "qld": "queensland",
    "wkly": "weekly",
}
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[\s-]?){1,4}")


def facets(document: Document) -> Iterator[Facet]:
    """The facets of ``document``, which must have its text's characters, each once."""
    reference = document.reference
    found: dict[Facet, None] = {}
    if reference.journal:
        found[JOURNAL, key(reference.journal), ""] = None
    for author in reference.authors:
        if author.family:
            found[AUTHOR, _family(author.family), " ".join(_given(author.given))] = None
        else:
            found[AUTHOR, key(author.literal), ""] = None
    found |= {(TYPE, kind.casefold(), ""): None for kind in reference.publication_types}
    found |= {(DESIGN, name, ""): None for name in designs(document)}
    if reference.retraction is not None:
        found[STATUS, reference.retraction.kind, ""] = None
    found |= {(LINK, link.target, link.kind): None for link in document.links if link.target}
    yield from found


def key(name: str) -> str:
    """``name`` as facets hold it: ``"Nógrádi-Smith"`` -> ``"nogradi smith"``."""
    return plain_key(name.translate(_LETTERS))


def _family(name: str) -> str:
    words = key(name).split(" ")
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    return " ".join(words)


def _given(name: str) -> list[str]:
    """Given names or initials, one word each: ``"XY"`` and ``"X. Y."`` -> ``["x", "y"]``."""
    if _are_initials(name.strip()):
        return list(key(name).replace(" ", ""))
    return key(name).split(" ") if name.strip() else []


def citations(document: Document) -> Iterator[tuple[int, int]]:
    """The papers that ``document`` lists: a key for each identifier, with the number in the list."""
    for number, reference in enumerate(document.references, 1):
        for name in identifiers(reference):
            yield citation_key(name), number


def citation_key(name: str) -> int:
    """64 bits that stand for an identifier: a library of full texts lists tens of millions."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


# -- authors ---------------------------------------------------------------------------------------


def author_readings(name: str) -> list[tuple[str, list[str]]]:
    """What a user may mean by the name of an author: family name, and given names or initials.

    ``"Wu"``, ``"Wu X"``, ``"Wu, Xin"``, ``"X. Wu"``, ``"Xin Wu"``, ``"van der Berg P"``: where the order is
    not certain, both readings count.
    """
    if "," in name:
        family, given = name.split(",", 1)
        return [(_family(family), _given(given))]
    words = name.split()
    readings = [(_family(name), list[str]())]
    for cut in range(1, len(words)):
        before, after = " ".join(words[:cut]), " ".join(words[cut:])
        if not _are_initials(before):
            readings.append((_family(before), _given(after)))
        if not _are_initials(after):
            readings.append((_family(after), _given(before)))
    return [(family, given) for family, given in readings if family]


def _are_initials(name: str) -> bool:
    return name.isupper() and _INITIALS.fullmatch(name) is not None


def is_author(given: Iterable[str], detail: str) -> bool:
    """Whether ``given`` (names or initials asked for) fit the ``detail`` of an author's facet.

    Each one must be the beginning of the name in its place, or, where only an initial is recorded, begin
    with it; names that follow may be left out, as in PubMed's author search.
    """
    asked, held = list(given), detail.split()
    if len(asked) > len(held):
        # "Wu Xin" is asked for, but the source printed "Wu X"; "Wu Xin Y" may be that one, too.
        asked = asked[: len(held)] if held and all(len(name) == 1 for name in held) else asked
    return len(asked) <= len(held) and all(
        name.startswith(one) or (len(name) == 1 and one.startswith(name))
        for one, name in zip(asked, held, strict=False)
    )


# -- journals --------------------------------------------------------------------------------------


def _title_words(name: str) -> list[str]:
    return [word for word in name.removeprefix("a ").split(" ") if word not in _NO_WORDS]


def _abbreviates(short: list[str], long: list[str]) -> bool:
    if len(short) != len(long):
        return False
    if len(short) == 1:
        return short == long  # ISO 4: a title of one word is not abbreviated
    pairs = zip(short, long, strict=True)
    return all(other.startswith(_CONTRACTIONS.get(one, one)) for one, other in pairs)


def same_journal(asked: str, held: str) -> bool:
    """Whether two keys can name one journal: equal, or one the other's abbreviation (ISO 4)."""
    if asked == held:
        return True
    one, other = _title_words(asked), _title_words(held)
    return bool(one and other) and (_abbreviates(one, other) or _abbreviates(other, one))


def journal_keys(name: str) -> list[str]:
    """The keys of a journal's name, and of what stands before its subtitle or place of publication."""
    main = re.split(r"\s*[:(=]|\s\[", name, maxsplit=1)[0]
    return [one for one in dict.fromkeys((key(name), key(main))) if one]


def add(db: Connection, row: int, document: Document) -> None:
    """File a document, with its text and references, under its facets."""
    found = [(*facet, row) for facet in facets(document)]
    db.executemany("INSERT INTO facets VALUES(?,?,?,?)", found)
    cites = [(key, row, number) for key, number in citations(document)]
    db.executemany("INSERT OR IGNORE INTO cites VALUES(?,?,?)", cites)
