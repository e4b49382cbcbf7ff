"""Which elements of a page the text points to as references."""

from __future__ import annotations

from index.sources.article_tree import is_references
from index.sources.html_main import HEADINGS, heading_text
from index.sources.html_open import tokens
from index.sources.xml_stream import Element

__all__ = ["reference_ids"]

_ENTRIES = frozenset({"div", "p", "article", "section", "dd", "blockquote"})
_LISTS = frozenset({"references", "reference", "reflist", "bibliography", "citations"})


def reference_ids(main: Element) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """The ids of all that stands behind the heading of the page's reference list, and the tags and
    classes of the elements there that the text points to: its entries."""
    found: set[str] = set()
    shapes: set[tuple[str, str]] = set()
    targets = {one.get("href", "").partition("#")[2] for one in main.iter("a")} - {""}
    inside = False
    level = 9
    for one in main.iter():
        if not isinstance(one.tag, str):
            continue
        if one.tag in HEADINGS:
            if is_references(heading_text(one)):
                inside, level = True, int(one.tag[1])
                continue
            if inside and int(one.tag[1]) <= level:
                inside = False
        if inside:
            names = {name for name in (one.get("id"), one.get("name") if one.tag == "a" else None) if name}
            found |= names
            if names & targets and one.tag in _ENTRIES:
                shapes.add((one.tag, one.get("class", "")))
        elif one.tag in {"ol", "ul"} and tokens(one) & _LISTS:
            found.update(item.get("id", "") for item in one.iter("li"))
    return frozenset(found - {""}), frozenset(shapes)
