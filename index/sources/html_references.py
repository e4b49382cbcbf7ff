"""Which elements of a page the text points to as references."""

from __future__ import annotations

from index.sources.article_tree import is_references
from index.sources.html_main import HEADINGS, heading_text
from index.sources.html_open import tokens
from index.sources.xml_stream import Element

__all__ = ["reference_ids"]

_LISTS = frozenset({"references", "reference", "reflist", "bibliography", "citations"})


def reference_ids(root: Element, main: Element) -> frozenset[str]:
    """The ids of the entries of the page's reference list: of all that stands behind its heading."""
    found: set[str] = set()
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
            found.update(name for name in (one.get("id"), one.get("name") if one.tag == "a" else None) if name)
        elif one.tag in {"ol", "ul"} and tokens(one) & _LISTS:
            found.update(item.get("id", "") for item in one.iter("li"))
    return frozenset(found - {""})
