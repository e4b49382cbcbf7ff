"""What a PDF's first page and metadata say of its paper: title, authors, DOI, journal, year.

Only what can be told safely: metadata counts where the first page agrees or where it is a publisher's
(XMP with PRISM fields); a field that is not plain is left empty.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from index.records import Author, Reference, plain_key
from index.sources.outline import is_section_name
from index.sources.pdf_blocks import Block
from index.sources.pdf_lines import Line
from index.sources.pdf_tables import Face
from index.sources.vancouver import find_doi, full_pages
from index.sources.vancouver_authors import is_group, western_name

__all__ = ["Front", "find_title", "front_record", "names_in", "xmp_of"]

_DOI = re.compile(r"(?<![\w.])10\.\d{4,9}/[^\s\"<>{}|^~\[\]`]+", re.IGNORECASE)
_NO_TITLE = re.compile(
    r"\.(?:indd|fm|docx?|tex|dvi|qxd|pdf|ps|rtf)\b"
    r"|^(?:microsoft word|untitled|slide|powerpoint|document|pii)\b"
    r"|\d\.\.\d|^\S{0,40}$|^doi\b",
    re.IGNORECASE,
)
_BANNER = re.compile(
    r"(?:open access|research(?: article)?|review(?: article)?|original (?:article|research|paper)|article"
    r"|study protocol|case report|short (?:report|communication)|letters?|correspondence|editorial|commentary"
    r"|research paper|open|free|full paper|communication|brief report|methodology|database|software"
    r"|provisional|r\s?e\s?s\s?e\s?a\s?r\s?c\s?h.*|a\s?r\s?t\s?i\s?c\s?l\s?e)(?:\s+open(?: access)?)?",
    re.IGNORECASE,
)
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_PAGES = r"(?P<pages>[A-Za-z]{0,2}\d+(?:\s?[-–]\s?[A-Za-z]{0,2}\d+)?)"
_VOLUME = r"(?P<volume>\d{1,4})(?:\s?\((?P<issue>[\w .–-]{1,15})\)|\s?,?\s(?:no\.?|issue)\s?(?P<number>\d+))?"
_JOURNAL = r"(?P<journal>[A-Z][A-Za-z&.’':-]*(?: [A-Za-z&.’':-]+){0,9}?)"
_PLACES = (
    re.compile(
        rf"{_JOURNAL},?\s\(?{_YEAR}\)?[,;]?\s+(?P<volume>\d{{1,4}}):(?P<issue>\d{{1,2}}),\s?{_PAGES}(?![\d.])"
    ),
    re.compile(rf"{_JOURNAL},?\s\(?{_YEAR}\)?[,;]?\s+{_VOLUME}\s?[,:]\s?{_PAGES}(?![\d.])"),
    re.compile(rf"{_JOURNAL}\s?\({_YEAR}\)\s?{_VOLUME}\s?[:,]\s?{_PAGES}"),
    re.compile(rf"{_JOURNAL},?\s\(?{_YEAR}\)?\s?;\s?{_VOLUME}\s?[:,]\s?{_PAGES}"),
    re.compile(rf"{_JOURNAL},?\s{_VOLUME},\s?{_PAGES}\s?\({_YEAR}\)"),
    re.compile(rf"{_JOURNAL}\s{_VOLUME}\s?:\s?{_PAGES}"),
    re.compile(
        rf"{_JOURNAL},?\sVolume\s(?P<volume>\d+)(?:, (?:Issue|Number) (?P<issue>\d+))?.{{0,30}}?{_YEAR}"
    ),
)
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_PUBLISHED = (
    re.compile(
        r"(?:published(?: online)?|publication date|date of publication)\W{0,3}(?:\d{1,2} )?"
        rf"{_MONTH}?[ .,]*(?:\d{{1,2}},? )?{_YEAR}",
        re.IGNORECASE,
    ),
    re.compile(rf"(?:©|\(c\)|copyright)\W{{0,4}}(?:the )?(?:author\(?s?\)?\W*)?{_YEAR}", re.IGNORECASE),
    re.compile(rf"\b{_MONTH}\s(?:\d{{1,2}},?\s)?{_YEAR}\s*\|"),
)
_NAME_WORD = r"(?:[^\W\d_]\.?-?){1,3}\.?|(?:[DdOLl]['’])?[^\W\d_][^\W\d_'’.-]+(?:[-‐–'’][^\W\d_]+)*"
_NAME = re.compile(rf"(?:{_NAME_WORD})(?:\s+(?:{_NAME_WORD})){{1,5}}(?:,? (?:Jr|Sr|II|III)\.?)?")
_PLACE_WORDS = re.compile(
    r"\b(?:universit\w*|institut\w*|department|faculty|school|college|hospital|cent(?:er|re)|laborator\w*|academy"
    r"|clinic|division|research|abstract|street|road|received|accepted|e-?mail|article|journal|sciences?|medicine"
    r"|technology|usa|china|united|germany|france|kingdom|correspond\w*|published|editor|open|access|review)\b",
    re.IGNORECASE,
)
_DEGREES = re.compile(
    r",?\s*\b(?:M\.?D|Ph\.?\s?D|M\.?Sc|B\.?Sc|M\.?P\.?H|R\.?N|FRCP|FACP|MBBS|Dr\.?|DPhil|MA|MS|MBA|DVM|PharmD|FRCS"
    r"|MRCP)\b\.?"
)


@dataclass(frozen=True, slots=True)
class Front:
    """The title's blocks (empty when none was found) and the title as one line."""

    blocks: tuple[Block, ...] = ()
    title: str = ""


#: Behind a given name: the beginning of a family name, though it has a capital.
_PARTICLE = re.compile(r"\s+((?:De\s+La|De\s+Los|Van\s+De[nr]?|Del|Dell[aeo]|Dall[ao]|De|Di|Von))$")


def xmp_of(data: bytes) -> dict[str, str]:
    """The PRISM and Dublin Core fields of the last XMP packet that is a publisher's; empty for none.

    Packets stand in the file as plain XML, so that they are found without reading PDF (ISO 16684-1).
    """
    from lxml import etree

    found: dict[str, str] = {}
    for packet in re.findall(rb"<x:xmpmeta.{0,200000}?</x:xmpmeta>", data, re.DOTALL)[-8:]:
        if b"prism" not in packet:
            continue
        parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        root = etree.fromstring(packet, parser)
        if root is None:
            continue
        fields: dict[str, str] = {}
        for element in root.iter(etree.Element):
            space, _, name = str(element.tag).rpartition("}")
            items = [" ".join(str(text).split()) for text in element.itertext() if str(text).strip()]
            if items and ("prism" in space or name in {"title", "identifier", "creator"}):
                fields.setdefault(name, "\n".join(items))
            for key, value in element.attrib.items():
                space, _, name = str(key).rpartition("}")
                if "prism" in space:
                    fields.setdefault(name, str(value))
        if fields:
            found = fields
    return found


def find_title(blocks: Sequence[Block], metadata: Mapping[str, str], body: Face) -> Front:
    """The title on the first page (or the second, behind a cover)."""
    given = metadata.get("Title", "")
    wanted = Counter(plain_key(given).split()) if given and not _NO_TITLE.search(given) else Counter()
    best: tuple[float, int, int] | None = None
    opening = [block for block in blocks if block.page <= 2]
    for at, block in enumerate(opening):
        if block.kind in {"figure", "table"}:
            continue
        end = at + 1
        while end < len(opening) and _same_face(opening[end - 1], opening[end]):
            end += 1
        text = _joined(opening[at:end])
        words = plain_key(text).split()
        if not 3 <= len(words) <= 60 or _BANNER.fullmatch(text.strip()) or is_section_name(text):
            continue
        agrees = sum((Counter(words) & wanted).values()) / max(len(words), sum(wanted.values()), 1)
        large = block.size / body[0]
        high = block.lines[0].base < 480 if block.page == 1 else block.lines[0].base < 250
        if agrees < 0.7 and (large < 1.12 or not high):
            continue
        score = 3.0 * (agrees >= 0.7) + min(large, 3.0) - 0.4 * (block.page - 1) + min(len(words), 8) / 20
        if best is None or score > best[0] + 0.01:
            best = (score, at, end)
    if best is None:
        return Front(title=given if wanted and len(wanted) >= 3 else "")
    chosen = tuple(opening[best[1] : best[2]])
    return Front(chosen, _joined(chosen))


def _same_face(one: Block, other: Block) -> bool:
    a, b = one.lines[-1], other.lines[0]
    near = 0 < b.base - a.base < 2.2 * a.size
    return one.page == other.page and near and abs(a.size - b.size) < 0.4 and a.font == b.font and a.size > 11


def _joined(blocks: Iterable[Block]) -> str:
    text = " ".join(_bare(line) for block in blocks for line in block.lines)
    text = re.sub(r"(?<=[^\W\d_])[-‐]\s+(?=[a-z])", "-", text)
    return re.sub(r"\s+", " ", text).strip(" *†‡").strip()


def _bare(line: Line) -> str:
    """A line without what is raised in it."""
    return "".join(
        (" " if p.blank and at else "") + ("" if p.script == 1 else p.word.text)
        for at, p in enumerate(line.pieces)
    )


def names_in(lines: Sequence[Line]) -> tuple[tuple[Author, ...], bool]:
    """The people that a line of authors names, and whether all of it was understood."""
    text = " ".join(_marked(line) for line in lines)
    text = re.sub(r"[({\[][^(){}\[\]]*@[^(){}\[\]]*[)}\]]|\S+@\S+", ",", text)
    text = _DEGREES.sub("", text)
    parts = [part.strip(" .*†‡§¶#∗☯✉") for part in re.split(r"[,;•·|\x00]|\band\b|&", text)]
    parts = [
        " ".join(part.split()) for part in parts if re.search(r"[^\W\d_]", part) and len(part.strip()) > 1
    ]
    people: list[Author] = []
    odd = 0
    for part in parts:
        if re.fullmatch(r"[a-z]|\W*[a-z]\W*", part):
            continue
        if _NAME.fullmatch(part) and _is_name(part):
            people.append(_person(part))
        elif is_group(part) and not _PLACE_WORDS.search(part):
            people.append(Author(literal=part))
        else:
            odd += 1
    return tuple(people), odd == 0


def _marked(line: Line) -> str:
    """A line with a break where something is raised: affiliations stand between names."""
    found = []
    for at, piece in enumerate(line.pieces):
        if piece.script == 1:
            found.append("\0")
        else:
            found.append((" " if piece.blank and at else "") + re.sub(r"\d+", "\0", piece.word.text))
    return "".join(found)


def _person(printed: str) -> Author:
    """As ``western_name``; a capital particle goes with the family name: ``Laura Del Coco``.

    A bare "Van" stays with the given name: it is a Vietnamese middle name too.
    """
    person = western_name(printed)
    found = _PARTICLE.search(person.given)
    if not found:
        return person
    return replace(person, family=f"{found[1]} {person.family}", given=person.given[: found.start()])


def _is_name(text: str) -> bool:
    words = text.split()
    capitals = sum(word[:1].isupper() for word in words)
    return (
        capitals >= 2 or (capitals == 1 and len(words) == 2 and words[-1][:1].isupper())
        if not (_PLACE_WORDS.search(text))
        else False
    )


def front_record(
    title: str,
    authors: tuple[tuple[Author, ...], bool],
    metadata: Mapping[str, str],
    xmp: Mapping[str, str],
    near: Sequence[str],
    first_page: str,
) -> Reference:
    """The record of a paper: ``near`` are running heads and small print, ``first_page`` all of its text."""
    doi = _doi(metadata, xmp, near, first_page)
    names, complete = authors
    record = _place([*near[:40], metadata.get("Subject", ""), first_page[:6000]])
    if not names:
        names, complete = _from_metadata(metadata, xmp, first_page)
    year = record.year or _year(xmp, near, first_page)
    pages = record.pages
    if not pages and xmp.get("startingPage"):
        ends = [xmp["startingPage"], xmp.get("endingPage", "")]
        pages = full_pages("-".join(filter(None, dict.fromkeys(ends))))
    return replace(
        record,
        title=title,
        authors=names,
        authors_complete=complete,
        journal=_one(xmp, "publicationName") or record.journal,
        year=year,
        date=str(year) if year else "",
        volume=_one(xmp, "volume") or record.volume,
        issue=_one(xmp, "number") or record.issue,
        pages=pages,
        doi=doi,
        keywords=(),
    )


def _one(fields: Mapping[str, str], name: str) -> str:
    return fields.get(name, "").split("\n")[0]


def _doi(metadata: Mapping[str, str], xmp: Mapping[str, str], near: Sequence[str], first_page: str) -> str:
    told = [xmp.get("doi", ""), xmp.get("identifier", "")]
    told += [metadata.get(name, "") for name in ("Subject", "doi", "WPS-ARTICLEDOI", "Title")]
    for value in told:
        if found := find_doi(value):
            return found
    found_near = [d for text in near if (d := find_doi(text))]
    on_page = [
        find_doi(m.group()) for m in _DOI.finditer(re.split(r"\n(?:References|REFERENCES)\n", first_page)[0])
    ]
    every = [d for d in (*found_near, *on_page) if d]
    if not every:
        return ""
    shortest = min(every, key=len)
    if all(one.lower().startswith(shortest.lower()) for one in every):
        return shortest
    counts = Counter(one.lower() for one in every)
    often, times = counts.most_common(1)[0]
    if times > 1:
        return next(one for one in every if one.lower() == often)
    return every[0] if found_near else every[0] if len(counts) == 1 else ""


def _place(texts: Sequence[str]) -> Reference:
    """Journal, year, volume, issue and pages, from the first text that gives them together."""
    for text in texts:
        for part in text.split("\n"):
            for pattern in _PLACES:
                found = pattern.search(part[:400])
                if not found:
                    continue
                fields = found.groupdict()
                journal = re.sub(r"^.*\bet al\.?,?\s", "", fields["journal"]).strip(" .,")
                before, _, behind = journal.rpartition(". ")
                if len(before.split()) > 3 and len(behind) > 3:
                    journal = behind
                if len(journal) < 4 or re.search(r"\b(?:Figure|Table|Vol|Page|References?)\b", journal):
                    continue
                return Reference(
                    journal=journal,
                    year=int(fields["year"]) if fields.get("year") else None,
                    volume=fields.get("volume") or "",
                    issue=fields.get("issue") or fields.get("number") or "",
                    pages=full_pages(re.sub(r"\s", "", fields.get("pages") or ""))
                    if fields.get("pages")
                    else "",
                )
    return Reference()


def _year(xmp: Mapping[str, str], near: Sequence[str], first_page: str) -> int | None:
    for name in ("coverDate", "publicationDate", "copyrightYear", "coverDisplayDate"):
        if found := re.search(r"\b(?:19|20)\d\d\b", xmp.get(name, "")):
            return int(found.group())
    for pattern in _PUBLISHED:
        for text in (*near, first_page):
            if found := pattern.search(text):
                return int(found["year"])
    return None


def _from_metadata(
    metadata: Mapping[str, str], xmp: Mapping[str, str], first_page: str
) -> tuple[tuple[Author, ...], bool]:
    """The metadata's authors where the first page prints their family names."""
    several = [name for name in xmp.get("creator", "").split("\n") if name]
    listed = several if len(several) > 1 else re.split(r"\s*[,;]\s*|\s+and\s+", metadata.get("Author", ""))
    people = [_person(" ".join(name.split())) for name in listed if _NAME.fullmatch(" ".join(name.split()))]
    page = plain_key(first_page)
    if not people or not all(plain_key(p.family or p.literal) in page for p in people):
        return (), True
    return tuple(people), len(people) > 1
