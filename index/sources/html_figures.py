"""Figures and tables with their captions, as web pages mark them."""

from __future__ import annotations

import re

from index.sources.article_entries import cut_beginning, element
from index.sources.html_main import HEADINGS, heading_text
from index.sources.html_open import Measures, tokens
from index.sources.xml_stream import Element, all_text

__all__ = ["close_figure", "is_figure", "label_in"]

_LABEL = re.compile(
    r"\s*((?:(?:supplement(?:al|ary)|additional|author response|extended data"
    r"|appendix) )?(?:fig(?:ure|\.)?|table|scheme|box|image|chart|plate|video|map|abbildung|tabelle)"
    r"\s*(?:[A-Z]{0,2}\d{1,3}(?:[.-]\d{1,2})?[A-Za-z]?|[IVX]{1,5})(?:\s?[—–-]\s?(?:figure supplement"
    r"|source data) \d+)?)"
    r"(?=\s*[.:|—–]|\s+[A-Z“\"(]|\s*$)\s*[.:|—–]?\s*",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"(?:click|tap|press) (?:here|on) .{0,60}|download (?:figure|table|image).{0,40}", re.IGNORECASE
)
_LONGEST = 12_000


def is_figure(one: Element, measures: Measures) -> bool:
    """Whether an element holds a figure or a table with its caption."""
    if one.tag == "figure" or (one.tag in {"div", "section", "aside"} and _is_headed(one)):
        return True
    named = tokens(one)
    if one.tag not in {"div", "section", "aside", "p"} or named & {
        "group",
        "list",
        "figs",
        "figures",
        "tables",
        "desc",
    } - ({"desc"} if named & {"figure", "fig"} else set()):
        return False
    wraps = "table" in named and named & {"wrap", "container", "wrapper", "box"}
    if not (
        named & {"fig", "figure", "figdesc"}
        or wraps
        or ({"wrap", "tablewrap"} <= named | {"wrap"} and "tablewrap" in named)
    ):
        return False
    if measures.text.get(one, 0) > _LONGEST and next(one.iter("table"), None) is None:
        return False
    return next(one.iter(*HEADINGS - {"h5", "h6"}), None) is None


def _is_headed(one: Element) -> bool:
    """Whether the heading of an element is nothing but a figure's name: ``<h3>Table 1.</h3>``."""
    heads = [child for child in one if child.tag in HEADINGS]
    return len(heads) == 1 and _LABEL.fullmatch(heading_text(heads[0])) is not None


def label_in(paragraph: Element) -> Element | None:
    """The figure whose caption a paragraph is, where it begins with the figure's name in bold; else None."""
    first = paragraph[0] if len(paragraph) else None
    if (paragraph.text or "").strip() or first is None or first.tag != "bold":
        return None
    text = " ".join(all_text(paragraph).split())
    found = _LABEL.match(text)
    if not found or len(text) < found.end() + 3 or _LABEL.match(" ".join(all_text(first).split())) is None:
        return None
    figure = element("fig")
    caption = element("caption")
    figure.append(caption)
    caption.append(paragraph)
    return close_figure(figure, None)[0]


def close_figure(figure: Element, here: Element | None) -> list[Element]:
    """A finished figure: its name as label, a table where it holds one; nothing where it has no words.

    ``here`` is the part it stands in: a line with only the figure's name before it is taken out.
    """
    caption = figure.find("caption")
    paragraphs = list(caption) if caption is not None else []
    first = next((one for one in paragraphs if all_text(one).strip()), None)
    table = figure.find("table")
    for one in paragraphs:
        if _NOTICE.fullmatch(" ".join(all_text(one).split())) and one.getparent() is caption:
            caption.remove(one)  # type: ignore[union-attr]  # it holds paragraphs
    if first is None and table is None:
        return [one for one in figure if one.tag == "table-wrap"]
    name = _cut_label(first) if first is not None else ""
    if table is not None or name.lower().startswith(("table", "tabelle")):
        figure.tag = "table-wrap"
    if name:
        label = element("label", name)
        figure.insert(0, label)
    if here is not None and name and len(here):
        before = here[-1]
        if (
            before.tag == "p"
            and " ".join(all_text(before).split()).casefold().rstrip(" .:") == name.casefold()
        ):
            here.remove(before)
    return [figure]


def _cut_label(paragraph: Element) -> str:
    """Cut the figure's name off a caption's beginning; ``""`` where it has none."""
    found = _LABEL.match(" ".join(all_text(paragraph).split()))
    if not found:
        return ""
    name = found[1].strip()
    cut_beginning(paragraph, found[0])
    return name
