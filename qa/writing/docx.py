"""Answers as a Word document: quotes in the style Quote, what answers in bold, DOIs as links."""

from __future__ import annotations

import io
import unicodedata
from datetime import UTC, datetime
from typing import Any

from qa.bibliography import Entry
from qa.writing.characters import held
from qa.writing.sheet import Sheet, ShownAnswer, ShownQuote

#: The same answer gives the same bytes.
_NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def docx(sheet: Sheet) -> bytes:
    """The sheet as a DOCX file."""
    from docx import Document

    made = Document()
    about = made.core_properties
    about.title, about.author, about.comments = held(sheet.answers[0].question)[:255], "", ""
    about.created = about.modified = _NO_DAY
    made.add_heading(held(sheet.title), 1)
    for answer in sheet.answers:
        _answer(made, answer)
    if sheet.confidence:
        made.add_paragraph().add_run(sheet.confidence).italic = True
    if sheet.entries:
        made.add_heading("References", 2)
        for entry in sheet.entries:
            _entry(made, entry)
    made.add_heading("Provenance", 2)
    for name, value in sheet.provenance:
        _fact(made, name, value)
    made.add_paragraph(sheet.check)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def _fact(made: Any, name: str, value: str) -> None:
    paragraph = made.add_paragraph(style="List Bullet")
    paragraph.add_run(f"{held(name)}: ").bold = True
    paragraph.add_run(held(value))


def _answer(made: Any, answer: ShownAnswer) -> None:
    made.add_heading(held(answer.question), 2)
    for name, value in answer.facts:
        _fact(made, name, value)
    made.add_paragraph().add_run(held(answer.summary)).bold = True
    for lead in answer.leads:
        made.add_paragraph(held(lead))
    for quote in answer.quotes:
        _quote(made, quote)


def _quote(made: Any, quote: ShownQuote) -> None:
    paragraph = made.add_paragraph(style="Quote")
    paragraph.paragraph_format.keep_with_next = True
    # Escaped as a whole: what is escaped may lie on both sides of a border.
    whole, before, after = held(quote.text), held(quote.before), held(quote.after)
    focus = whole[len(before) : len(whole) - len(after)]
    if before + held(quote.focus) + after != whole:
        before, focus, after = whole, "", ""
    for text, bold in ((before, False), (focus, True), (after, False)):
        if text:
            run = paragraph.add_run(text)
            run.bold = bold or None
            if _right_to_left(quote.text):
                run.font.rtl = True
    if _right_to_left(quote.text):
        _mark_right_to_left(paragraph)
    source = made.add_paragraph(f"{quote.number}. ")
    for warning in quote.warnings:
        source.add_run(f"{held(warning)} · ").bold = True
    source.add_run(held(f"{quote.cited} · {' · '.join(quote.lines)}"))


def _right_to_left(text: str) -> bool:
    """Whether the first letter that has a direction runs to the left."""
    strong = (unicodedata.bidirectional(sign) for sign in text)
    return next((kind for kind in strong if kind in {"L", "R", "AL"}), "L") != "L"


def _mark_right_to_left(paragraph: Any) -> None:
    from docx.oxml import OxmlElement

    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(
        OxmlElement("w:bidi"), "w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _entry(made: Any, entry: Entry) -> None:
    from docx.shared import Cm

    paragraph = made.add_paragraph(f"{held(entry.mark)} " if entry.numbered else "")
    paragraph.paragraph_format.left_indent = Cm(1)
    paragraph.paragraph_format.first_line_indent = Cm(-1)
    for one in entry.runs:
        run = paragraph.add_run(held(one.text))
        run.italic, run.bold = one.italic or None, one.bold or None
        if one.link:
            _link(paragraph, run, one.link)


def _link(paragraph: Any, run: Any, address: str) -> None:
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run.font.underline = True
    link.append(run._r)
    paragraph._p.append(link)
