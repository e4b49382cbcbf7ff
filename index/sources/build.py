"""Compose a document's text out of blocks, keeping each block's position."""

from __future__ import annotations

import re

from index.records import Document, Failure, Link, Reference, Section, Text, identifiers

__all__ = ["Failure", "TextBuilder", "label_for", "make_document"]

#: Normalised labels by what a heading starts with or contains, tried in order.
_LABELS: tuple[tuple[str, str], ...] = (
    (
        r"((declarations?|statements?) of )?(conflicts? of|competing)( financial)? interests?"
        r"|declarations? of interests?|(financial )?disclosures?",
        "disclosure",
    ),
    (r"funding|grant support|financial support|acknowledge?ments? of funding", "funding"),
    (r"acknowledge?ments?", "acknowledgements"),
    (r"results? and discussion|results?|findings?|main outcomes? and results?", "results"),
    (r"conclusions?|interpretation|summary and conclusions?|implications?|significance", "conclusions"),
    (r"discussion|comments?", "discussion"),
    (
        r"(materials?|patients?|subjects?|participants?) and methods?|methods?|methodology|study design"
        r"|design|settings?|participants?|patients?|interventions?|(main |primary |secondary )*outcomes?"
        r"|measurements?|data sources?"
        r"|study selection|data extraction|search strategy|experimental",
        "methods",
    ),
    (
        r"backgrounds?|introduction|context|rationale|aims?|objectives?|purpose|importance|hypothesis",
        "background",
    ),
    (r"trial registration|registration|clinicaltrials|systematic review registration", "registration"),
    (r"abbreviations?", "abbreviations"),
    (r"keywords?|key words?", "keywords"),
    (r"fig(ure|\.)? ?\d*", "figure"),
    (r"tables?( \d*)?", "table"),
    (r"references|bibliography|literature cited", "references"),
    (r"limitations?", "discussion"),
    (r"abstract|summary", "abstract"),
)


#: "2.", "[3]", "IV." before a heading; a capital I alone may begin "Introduction".
_NUMBERING = re.compile(r"^[\s\d.:()\[\]]*(?:[IVX]+[.:)\]]\s*)?(?=[A-Za-z])")


def label_for(heading: str, default: str = "body") -> str:
    """The normalised label of a printed heading: ``"2. Materials and Methods"`` -> ``"methods"``."""
    plain = _NUMBERING.sub("", heading, count=1).strip().casefold() or heading.casefold()
    for pattern, label in _LABELS:
        if re.match(rf"(?:{pattern})\b", plain):
            return label
    return default


class TextBuilder:
    """Collects blocks; blocks are kept exactly and parted by an empty line."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self.sections: list[Section] = []

    def add(self, label: str, text: str, heading: str = "") -> None:
        """Append ``text`` as a section. Nothing is added for empty text."""
        if not text.strip():
            return
        if self._parts:
            self._parts.append("\n\n")
            self._length += 2
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        self.sections.append(Section(start, self._length, label, heading))

    def heading(self, text: str) -> None:
        """Append a heading's own words."""
        self.add("heading", text, text)

    @property
    def content(self) -> str:
        """The text so far."""
        return "".join(self._parts)


def make_document(
    builder: TextBuilder,
    *,
    source: str,
    extractor: str,
    ordinal: int,
    reference: Reference,
    references: tuple[Reference, ...] = (),
    links: tuple[Link, ...] = (),
    notes: tuple[str, ...] = (),
) -> Document:
    """A document out of a finished builder; ``ordinal`` is its place in the source, from 1.

    Its provisional id is its surest identifier, else the source's hash and its place there; the
    library keeps the id a paper was first given.
    """
    text = Text.of(builder.content, source=source, extractor=extractor)
    names = identifiers(reference)
    own = f"file:{source[:16]}-{ordinal}"
    sure = [name for name in names if not name.startswith("title:")]
    return Document(
        id=sure[0] if sure else own,
        text=text,
        title=reference.title,
        reference=reference,
        sections=tuple(builder.sections),
        aliases=(*names, own),
        references=references,
        links=links,
        notes=notes,
    )
