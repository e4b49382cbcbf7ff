"""Normalised labels of the parts of a JATS article."""

from __future__ import annotations

import re

from index.sources.build import label_for
from index.sources.xml_stream import XML_LANG, Element

__all__ = ["abstract_heading", "abstract_label", "note_label", "section_label"]

#: Headings of a paper's end that ``label_for`` does not know, by how they begin (without numbering).
_ENDS: tuple[tuple[str, str], ...] = (
    (
        r"(?:authors?['’]?s?['’]?|author) (?:contributions?|roles?)|contributors|credit\b|contributions? of",
        "contributions",
    ),
    (
        r"(?:additional|supporting|supplement(?:al|ary)?) (?:information|data|files?|materials?)"
        r"|multimedia appendix|electronic supplement",
        "supplementary",
    ),
    (
        r"(?:data|code|software)(?: and \w+)? (?:availability|accessibility|sharing|deposition)"
        r"|availability of data",
        "data",
    ),
    (r"ethic\w*|patient consent|consent (?:for|to)|informed consent|institutional review", "ethics"),
    (r"publisher['’]s note|pre-publication history|disclaimer|provenance|peer review", "notes"),
    (r"glossary|list of abbreviations|abbreviations?|nomenclature", "abbreviations"),
    (r"footnotes?|endnotes?", "footnote"),
)

#: ``sec-type`` values and our labels (JATS tag library, attribute @sec-type, and what publishers use).
_TYPES = {
    "intro": "background",
    "introduction": "background",
    "background": "background",
    "objective": "background",
    "methods": "methods",
    "materials": "methods",
    "materials|methods": "methods",
    "methods|materials": "methods",
    "subjects": "methods",
    "cases": "results",
    "results": "results",
    "results|discussion": "results",
    "discussion": "discussion",
    "discussion|conclusions": "discussion",
    "conclusions": "conclusions",
    "conclusion": "conclusions",
    "supplementary-material": "supplementary",
    "data-availability": "data",
    "coi-statement": "disclosure",
    "funding-information": "funding",
    "funding-statement": "funding",
    "ethics-statement": "ethics",
    "author-contributions": "contributions",
}

#: What ``fn-type`` and ``notes-type`` values are about.
_NOTES = {
    "conflict": "disclosure",
    "coi-statement": "disclosure",
    "interest": "disclosure",
    "financial-disclosure": "funding",
    "supported-by": "funding",
    "funding-information": "funding",
    "con": "contributions",
    "participating-researchers": "contributions",
    "author-contribution": "contributions",
    "author-contributions": "contributions",
    "abbr": "abbreviations",
    "data-availability": "data",
    "ethics-statement": "ethics",
}

#: A part that keeps its own label wherever it stands; others take that of the part they are in.
_OWN = frozenset({
    "disclosure", "funding", "acknowledgements", "registration", "abbreviations", "contributions", "data",
    "ethics", "supplementary", "notes", "references", "keywords", "footnote",
})  # fmt: skip

#: A heading of more words says what was found rather than which part this is.
_LONGEST = 7

#: What stands before a heading's own words: numbers of parts.
_NUMBERING = re.compile(r"^[\s\d.:()\[\]]*(?:[IVX]+[.:)\]]\s*)?(?=[A-Za-z])")


def _known(heading: str, default: str = "body") -> str:
    plain = _NUMBERING.sub("", heading, count=1).casefold()
    for pattern, label in _ENDS:
        if re.match(rf"(?:{pattern})\b", plain):
            return label
    if len(plain.split()) > _LONGEST:
        return default
    label = label_for(heading, default)
    return default if label in {"figure", "table", "references", "keywords"} else label


def section_label(section: Element, heading: str, above: str) -> str:
    """The label of a ``sec`` with this heading inside a part labelled ``above`` (``"body"``: none).

    The heading is believed first, then ``sec-type``. Inside a labelled part a heading only counts
    where it goes on from there (conclusions in a discussion) or names a matter of its own (funding):
    "Patients" under "Results" is about results.
    """
    label = _known(heading)
    if label == "body":
        label = _TYPES.get(section.get("sec-type", "").lower().strip(), "body")
    if above in {"body", ""} or label in _OWN:
        return label
    if label == "conclusions" and above in {"results", "discussion"}:
        return label
    return above


#: What a note without type and heading says of itself (lower case).
_SAID = (
    (
        re.compile(
            r"\bauthors? (?:\w+ ){0,4}(?:declare|report|state|disclose|have|has)\w*\b[^.]{0,60}"
            r"(?:conflict|competing|interest)|\bno (?:conflicts?|competing)\b"
        ),
        "disclosure",
    ),
    (
        re.compile(
            r"^\W*(?:this|the (?:present )?)\s?(?:work|study|research|project|trial)?[^.]{0,60}"
            r"(?:supported|funded|financed|sponsored)\b|^\W*(?:supported|funded) by\b"
        ),
        "funding",
    ),
    (
        re.compile(r"^\W*(?:we|i|the authors?) (?:\w+ ){0,4}(?:thank|acknowledge|are (?:\w+ )?grateful)"),
        "acknowledgements",
    ),
)


def note_label(note: Element, heading: str, words: str) -> str:
    """The label of a footnote, of notes or of another part of a paper's end, by heading, type, words."""
    label = _known(heading) if heading else "body"
    if label in _OWN:
        return label
    if told := _NOTES.get((note.get("fn-type") or note.get("notes-type") or "").lower()):
        return told
    opening = re.split(r"[:.]", words[:80], maxsplit=1)[0]
    label = _known(opening) if opening != words[:80] else "body"
    if label in _OWN:
        return label
    said = words[:400].casefold()
    return next((label for pattern, label in _SAID if pattern.search(said)), "notes")


#: ``abstract-type`` values (PMC tagging guidelines, "Abstracts") and headings.
_ABSTRACTS = {
    "graphical": "Graphical abstract",
    "key-points": "Key points",
    "highlights": "Highlights",
    "teaser": "Teaser",
    "toc": "Abstract (table of contents)",
    "short": "Short abstract",
    "precis": "Précis",
    "summary": "Summary",
    "author-summary": "Author summary",
    "synopsis": "Synopsis",
    "editor": "Editor's abstract",
    "editors-summary": "Editors' summary",
    "executive-summary": "Executive summary",
    "plain-language-summary": "Plain language summary",
    "lay-summary": "Lay summary",
    "executive": "Executive summary",
    "web-summary": "Web summary",
    "video": "Video abstract",
    "objective": "Objective",
}


def abstract_heading(abstract: Element) -> str:
    """A heading for an abstract without one: ``"Plain language summary"``, ``"Abstract (fr)"``."""
    kind = abstract.get("abstract-type", "").strip().lower()
    named = _ABSTRACTS.get(kind) or (kind.replace("-", " ").capitalize() if kind else "Abstract")
    language = abstract.get(XML_LANG, "")
    return f"{named} ({language.lower()})" if abstract.tag == "trans-abstract" and language else named


def abstract_label(heading: str) -> str:
    """The label of a part of a structured abstract."""
    label = label_for(heading, default="abstract")
    return "abstract" if label in {"figure", "table", "references"} else label
