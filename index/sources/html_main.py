"""Which part of a web page is its article, and which elements inside it are the site's own.

trafilatura (Apache-2.0) was weighed for this: on these pages it drops the tables, most captions and the
reference list with the places that point into it, and joins what it keeps without their positions. An
article says itself where it stands (the headings that name its parts), so that is asked first.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from lxml import etree

from index.sources.article_tree import is_references
from index.sources.html_open import Measures, tokens
from index.sources.outline import is_section_name
from index.sources.xml_stream import Element, all_text

__all__ = ["HEADINGS", "SKIPPED", "heading_text", "is_furniture", "main_part"]

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

#: Never printed as text.
SKIPPED = frozenset({
    "script", "style", "noscript", "template", "canvas", "iframe", "object", "select", "option",
    "textarea", "input",
    "button", "nav", "audio", "video", "head", "dialog", "datalist", "svg", "map", "applet", "embed",
})  # fmt: skip

_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "search", "dialog", "menu", "menubar", "alert", "toolbar"}
)

#: Words of classes and ids that name the site's parts rather than the article's.
_SITE = frozenset({
    "nav", "navbar", "navigation", "menu", "breadcrumb", "breadcrumbs", "share", "sharing", "social",
    "cookie", "cookies",
    "consent", "sidebar", "related", "recommended", "recommendations", "advert", "advertisement",
    "ads", "promo",
    "toolbar", "login", "signin", "popup", "popover", "modal", "tooltip", "metrics", "altmetric",
    "pagination", "pager",
    "skip", "disqus", "comments", "download", "downloads", "widget", "subscribe", "newsletter", "toc",
    "jumplinks", "crossmark",
    "lightbox", "slider", "dropdown", "footer", "similar", "citedby", "topnav", "feedback", "tabs",
    "dialog",
})  # fmt: skip
_UNSEEN = frozenset({"sronly", "visuallyhidden"})
_SITE_HEADING = re.compile(
    r"(?:related|similar|recommended|popular|more|most|other|trending|latest) (?:\w+ ){0,2}"
    r"(?:articles?|content|posts?|stories|papers?|read|reading|links|news|publications?|searches)"
    r"|people also looked at|share(?: (?:this|on|article))?.{0,20}|cited by.{0,20}"
    r"|you may also like.{0,20}|metrics|comments?"
    r"|leave a (?:comment|reply)|table of contents|contents|download(?: \w+)?|navigation|search|menu"
    r"|subscribe.{0,40}"
    r"|article (?:tools|metrics|menu|information|info)|follow us.{0,20}|newsletter|actions"
    r"|page navigation|in this article"
    r"|on this page|associated data|save citation.{0,30}|permalink|resources|cite|add to collections",
    re.IGNORECASE,
)


def heading_text(heading: Element) -> str:
    """The words of a heading, which are few."""
    return " ".join(all_text(heading)[:1000].split())


def is_furniture(one: Element, measures: Measures, whole: int) -> bool:
    """Whether ``one`` is the site's and no part of the article; ``whole`` is the main part's length.

    What holds much prose is never taken for the site's, whatever it is called.
    """
    if one.tag in SKIPPED or one.get("role", "").lower() in _ROLES or one.get("hidden") is not None:
        return True
    if one.get("aria-hidden", "").lower() == "true" and one.tag != "table":
        return measures.text.get(one, 0) < 200
    if one.tag in {"html", "body", "article", "main"} or one.tag in HEADINGS:
        return False
    length, density = measures.text.get(one, 0), measures.density(one)
    small = length < max(0.3 * whole, 400)
    if one.tag == "footer" or (one.tag == "aside" and density > 0.3):
        return small
    named = tokens(one)
    if re.search(r"sr-only|visually-?hidden|screen-reader", one.get("class", ""), re.IGNORECASE):
        return length < 200
    prose = length > 400 and density < 0.25
    if named & _SITE and not prose and small and "references" not in named:
        return True
    if one.tag in {"div", "section", "aside", "ul", "ol"} and small and density > 0.4:
        opening = next((child for child in one.iter(*HEADINGS)), None)
        if opening is not None and _SITE_HEADING.fullmatch(heading_text(opening)):
            return True
        if one.tag in {"ul", "ol"} and density > 0.85 and length > 20 and _is_menu(one):
            return True
    return False


def _is_menu(listed: Element) -> bool:
    """Whether a list is nothing but links: a menu or a table of contents."""
    items = listed.findall("li")
    return (
        len(items) > 2
        and all(next(item.iter("a"), None) is not None for item in items)
        and all(len(all_text(item)) < 150 for item in items)
    )


def main_part(root: Element, measures: Measures) -> tuple[Element, int]:
    """The element that holds the article, and how many headings of it name a part of a paper.

    The smallest that holds all those headings where there are three or more; else the page's own
    ``article`` or ``main`` with the most text; else the one whose paragraphs are densest.
    """
    body = next(root.iter("body"), root)
    whole = measures.text.get(body, 0)
    seen = _outside_site(body, measures, whole)
    named = [one for one in body.iter(*HEADINGS) if one in seen and _names_part(one)][:200]
    if len({heading_text(one).casefold() for one in named}) >= 3:
        return _with_abstract(_holder_of(named, body), body, measures, seen), len(named)
    best, most = None, 0
    for one in body.iter("article", "main", "div", "section"):
        marked = (
            one.tag in {"article", "main"}
            or one.get("role") == "main"
            or one.get("itemprop") == "articleBody"
        )
        prose = measures.text[one] - measures.linked[one]
        if marked and prose > most and one in seen:
            best, most = one, prose
    if best is not None and most > 0.35 * (whole - measures.linked.get(body, 0)):
        return best, len(named)
    dense = _densest(body, measures, seen)
    return (dense if dense is not None else best if best is not None else body), len(named)


def _with_abstract(main: Element, body: Element, measures: Measures, seen: Collection[Element]) -> Element:
    """``main``, or what holds it and an abstract that stands apart from it under no heading."""
    if any("abstract" in heading_text(one).lower() for one in main.iter(*HEADINGS)):
        return main
    inside = set(main.iterancestors())
    whole = measures.text.get(body, 0)
    for one in body.iter("div", "section", "p"):
        if "abstract" not in tokens(one) or one in inside or not 200 < measures.text[one] < 0.3 * whole:
            continue
        if main in set(one.iterancestors()):
            return main
        if one in seen:
            return _holder_of([one, main], body)
    return main


def _names_part(heading: Element) -> bool:
    text = heading_text(heading)
    return len(text) < 60 and (is_section_name(text) or is_references(text))


def _outside_site(body: Element, measures: Measures, whole: int) -> set[Element]:
    """The elements that stand in no part of the site."""
    seen: set[Element] = set()
    walk = etree.iterwalk(body, events=("start",))
    for _, one in walk:
        if is_furniture(one, measures, whole):
            walk.skip_subtree()
        else:
            seen.add(one)
    return seen


def _holder_of(elements: list[Element], body: Element) -> Element:
    """The smallest element that holds all of ``elements``."""
    counts: dict[Element, int] = {}
    for one in elements:
        for up in one.iterancestors():
            counts[up] = counts.get(up, 0) + 1
            if up is body:
                break
    return next((up for up in elements[0].iterancestors() if counts.get(up) == len(elements)), body)


def _densest(body: Element, measures: Measures, seen: Collection[Element]) -> Element | None:
    """The element that holds most paragraphs directly, or one around it that holds many more."""
    scores: dict[Element, float] = {}
    for one in body.iter("p", "pre", "blockquote", "li", "td", "dd"):
        prose = measures.text[one] - measures.linked[one]
        if prose < 20 or one not in seen:
            continue
        up, share = one.getparent(), 1.0
        for _ in range(4):
            if up is None:
                break
            scores[up] = scores.get(up, 0.0) + prose * share
            up, share = up.getparent(), share * 0.7
    if not scores:
        return None
    best = max(scores, key=lambda one: scores[one])
    while (up := best.getparent()) is not None and up.tag not in {"html", "body"}:
        prose = measures.text[best] - measures.linked[best]
        if measures.text[up] - measures.linked[up] < 1.2 * prose or measures.density(up) > 0.4:
            break
        best = up
    return body if best.tag in {"html", "body"} else best
