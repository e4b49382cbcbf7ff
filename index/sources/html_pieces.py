"""Elements of web pages by what they are to a text: blocks, styles, links of the site, tables of data."""

from __future__ import annotations

import re

from index.sources.html_main import HEADINGS
from index.sources.html_open import Measures
from index.sources.xml_stream import Element

__all__ = [
    "ARTICLE_KIND", "BLOCKS", "PARTS", "SITE_LINE",
    "SITE_LINK", "STYLES", "has_more_than_heading", "is_data", "list_kind",
    "styled",
]  # fmt: skip

BLOCKS = HEADINGS | frozenset({
    "p", "div", "section", "article", "main", "header", "footer", "address", "blockquote", "center",
    "fieldset", "form",
    "figure", "figcaption", "aside", "details", "summary", "hgroup", "ul", "ol", "dl", "dt", "dd",
    "li", "table", "hr",
    "pre", "body", "tr", "td", "th", "caption", "thead", "tbody", "tfoot", "legend", "html", "menu", "dir",
})  # fmt: skip
STYLES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "sub": "sub", "sup": "sup",
    "cite": "italic",
    "var": "italic", "dfn": "italic",
}  # fmt: skip
PARTS = re.compile(r"(?:^|[-_\s])(?:sub)?sec(?:tion)?s?[-_\d]*(?:$|\s)|abstract", re.IGNORECASE)
SITE_LINK = re.compile(
    r"\W*(?:(?:view|open|download|click|show|see|go to|jump to|return to|back to|get|find|expand"
    r"|collapse|enlarge|zoom)\b"
    r".{0,50}|.{0,20}(?:google scholar|powerpoint slide|full[- ]size|larger image|original image"
    r"|in new (?:tab|window)|in context"
    r"|original jpg|high[- ]res image)\b.{0,20}|ppt|png|tiff?|top|pdf|\[?pubmed\]?.{0,12}"
    r"|cross ?ref.{0,12}|medline|web of science.{0,8}|scopus|isi|cas"
    r"|pmc free article|free full text|full text.{0,14}|(?:publisher|(?:biomed"
    r"|pubmed) central) full text|abstract|find it|doi"
    r"|openurl|chemport|webcite|ads|article)\W*",
    re.IGNORECASE,
)
#: A line of a site that is no link.
SITE_LINE = re.compile(
    r"close|sign up to receive .{0,80}|advertisement|loading\.*|click here to (?:display|enlarge) .{0,20}",
    re.IGNORECASE,
)
#: What kind of article this is, printed over its title.
ARTICLE_KIND = re.compile(
    r"(?:(?:original|research|review|focused|mini|full|short|brief|systematic|clinical|open access"
    r"|perspective|methods?|hypothesis|and|theory"
    r"|case|data|technical) ?)*(?:articles?|reviews?|reports?|papers?|communications?|letters?"
    r"|editorial|protocol)",
    re.IGNORECASE,
)


def styled(span: Element) -> str:
    """The style that a span's class or style names, or ``""``."""
    named = f"{span.get('class', '')} {span.get('style', '')}"[:300].lower()
    return "italic" if "italic" in named else "sup" if re.search(r"\bsuper(?:script)?\b", named) else ""


def list_kind(listed: Element) -> str:
    """The ``list-type`` of a list."""
    if listed.tag != "ol":
        return "simple" if re.search(r"list-style(?:-type)?:\s*none", listed.get("style", "")) else "bullet"
    kinds = {"a": "alpha-lower", "A": "alpha-upper", "i": "roman-lower", "I": "roman-upper"}
    return kinds.get(listed.get("type", ""), "order")


def has_more_than_heading(one: Element, measures: Measures) -> bool:
    """Whether an element holds a heading and text under it."""
    heading = next(one.iter(*HEADINGS), None)
    return heading is not None and measures.text.get(one, 0) > measures.text.get(heading, 0) + 20


def is_data(table: Element, measures: Measures) -> bool:
    """Whether a table holds data rather than the layout of the page."""
    if (
        table.get("role", "").lower() in {"presentation", "none"}
        or next(table.iter(*HEADINGS), None) is not None
    ):
        return False
    if any(one is not table for one in table.iter("table")):
        return False
    widest = max((sum(1 for c in row if c.tag in {"td", "th"}) for row in table.iter("tr")), default=0)
    cells = [measures.text.get(one, 0) for one in table.iter("td", "th")]
    return widest > 1 and max(cells, default=0) < 3000 and sum(1 for n in cells if n) > 1
