"""What kind of evidence a paper is: how it was made, and whether its whole text is at hand."""

from __future__ import annotations

from dataclasses import replace

from index.designs import DESIGNS, designs
from index.records import Document, Text

__all__ = ["abstract_only", "is_whole", "kinds"]

#: Extractors whose text is the whole paper.
_FULL_TEXT = frozenset({"jats", "pdf", "html", "docx", "epub"})
#: Sections that a paper has before and behind its body.
_FRONT = frozenset(
    {"title", "heading", "abstract", "keywords", "affiliations", "references", "licence", "disclosure",
     "funding", "registration"}
)  # fmt: skip
#: Broader designs, which go without saying beside a narrower one.
_BROADER = {narrow: broad for broad, narrower in DESIGNS.items() for narrow in narrower}


def kinds(document: Document, text: Text) -> tuple[str, ...]:
    """The study designs of ``document`` (:data:`index.designs.DESIGNS`), the narrowest of a kind only.

    ``text`` is its text with the characters, which a summary lacks.
    """
    found = designs(replace(document, text=replace(document.text, content=text.content)))
    broader = {_BROADER[one] for one in found if one in _BROADER}
    return tuple(one for one in found if one not in broader)


def is_whole(document: Document) -> bool:
    """Whether the document's text is the paper's, not only its abstract."""
    return document.text.extractor.partition("/")[0] in _FULL_TEXT


def abstract_only(document: Document) -> bool:
    """Whether only the abstract is at hand: what a record gives, or JATS without a body.

    Of a plain text nobody can tell.
    """
    name = document.text.extractor.partition("/")[0]
    if name == "jats":
        return all(section.label in _FRONT for section in document.sections)
    return name not in _FULL_TEXT and name != "text"
