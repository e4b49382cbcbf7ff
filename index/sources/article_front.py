"""What stands around the parts of a paper without being one: abstracts without headings, keywords, dates.

Each function takes it out of the body of an article tree.
"""

from __future__ import annotations

import re

from index.sources.article_entries import cut_beginning, element
from index.sources.jats_inline import words
from index.sources.jats_labels import note_label
from index.sources.xml_stream import Element, all_text

__all__ = [
    "cut", "each_figure_once", "front_lines", "is_front_line", "keywords", "licence",
    "part_run_ins", "run_in_abstract",
    "title_of_part", "unheaded_abstract",
]  # fmt: skip

_COPYRIGHT = re.compile(r"\s*(?:copyright\s*:?\s*)?(?:©|\(c\) ?(?:19|20)\d\d|copyright:)", re.IGNORECASE)
_FRONT = re.compile(
    r"\s*\*?(?:citation|academic editor|editor|edited by|reviewed by|received|accepted|published"
    r"|correspondence)\s*:",
    re.IGNORECASE,
)
_RUN_IN = re.compile(r"[^\W\d_][\w’' -]{2,60}[:.]?")
_KEYWORDS = re.compile(r"\W*(?:key ?words?|index terms|subject areas?)\s*[:.—–-]?\s*", re.IGNORECASE)


def is_front_line(text: str) -> bool:
    """Whether a line names itself as what stands before or behind a paper: ``Edited by: ...``."""
    return any(pattern.match(text) for pattern in (_FRONT, _KEYWORDS, _COPYRIGHT))


def title_of_part(section: Element) -> str:
    """The heading of a part."""
    return words(section.find("title"))


def cut(section: Element) -> None:
    """Take an element out of what holds it."""
    parent = section.getparent()
    if parent is not None:
        parent.remove(section)


def _listed(text: str) -> list[str]:
    parts = re.split(r"\s*[;•·|]\s*", text) if re.search(r"[;•·|]", text) else re.split(r",\s+", text)
    return [part.strip(" .,;") for part in parts if part.strip(" .,;")]


def each_figure_once(body: Element) -> None:
    """Drop a figure that stands twice, as a small and as an enlarged one; the fuller stays."""
    known: dict[str, Element] = {}
    for one in list(body.iter("fig", "table-wrap")):
        name = words(one.find("label")).casefold()
        caption = one.find("caption")
        told = "".join(all_text(caption).split()) if caption is not None else ""
        other = known.get(name)
        before = other.find("caption") if other is not None else None
        if not name or other is None or before is None:
            known[name] = one
            continue
        earlier = "".join(all_text(before).split())
        if not (told.startswith(earlier) or earlier.startswith(told)):
            continue
        fuller = one if len(all_text(one)) > len(all_text(other)) else other
        cut(other if fuller is one else one)
        known[name] = fuller


def part_run_ins(body: Element) -> None:
    """Make a part of a paragraph between parts that begins with its own name in bold: ``Funding: ...``."""
    for block in [one for one in body if one.tag == "p" and len(one) and one[0].tag == "bold"]:
        name = " ".join(all_text(block[0]).split())
        told = note_label(element("fn"), name, "") if _RUN_IN.fullmatch(name) else "notes"
        if (
            (block.text or "").strip()
            or told in {"notes", "footnote"}
            or not (name.endswith((":", ".")) or (block[0].tail or "").lstrip().startswith(":"))
        ):
            continue
        part = element("notes")
        part.append(element("title", name.rstrip(" :.")))
        body.replace(block, part)
        rest = (block[0].tail or "").lstrip(" :.")
        block.remove(block[0])
        block.text = rest
        part.append(block)


def front_lines(body: Element, *, told: bool = False) -> list[str]:
    """Take the short lines before the first heading; ``told``: only those that name themselves."""
    if body.find("sec") is None:
        return []
    found = []
    for block in list(body):
        if block.tag == "sec" and not told:
            break
        text = " ".join(all_text(block).split())
        short = (len(text.split()) <= 60 and not told) or _FRONT.match(text)
        if block.tag in {"p", "list"} and short and not _KEYWORDS.match(text):
            found.append(text)
            body.remove(block)
    return found


def run_in_abstract(body: Element) -> Element | None:
    """Take the paragraph near the beginning that opens with ``Abstract:`` as the abstract."""
    for block in [one for one in body if one.tag == "p"][:12]:
        text = all_text(block)
        found = re.match(r"\s*(abstract|summary)\s*[:.—–]\s*", text[:40], re.IGNORECASE)
        if found and len(text) > found.end():
            cut_beginning(block, found[0])
            abstract = element("abstract")
            abstract.append(element("title", found[1]))
            abstract.append(block)
            return abstract
    return None


def unheaded_abstract(body: Element) -> Element | None:
    """Take the long paragraphs before the first heading as the abstract where the paper names none."""
    if body.find("sec") is None:
        return None
    abstract = element("abstract")
    for block in list(body):
        if block.tag == "sec":
            break
        if block.tag == "p" and len(all_text(block).split()) > 60:
            abstract.append(block)
    return abstract if len(abstract) else None


def licence(body: Element) -> str:
    """Take the paragraph that tells copyright and licence out of the body."""
    found = []
    for block in [one for one in body.iter("p") if _COPYRIGHT.match(all_text(one))]:
        parent = block.getparent()
        if parent is not None and parent.tag in {"body", "sec"} and len(all_text(block)) < 1200:
            found.append(" ".join(all_text(block).split()))
            parent.remove(block)
    return "\n".join(found)


def keywords(body: Element) -> list[str]:
    """Take the paragraphs and parts out of the body that list keywords."""
    found_words: list[str] = []
    for block in list(body.iter("p")):
        text = " ".join(all_text(block).split())
        match = _KEYWORDS.match(text)
        parent = block.getparent()
        behind = block.getnext()
        if (
            match
            and match.end() == len(text)
            and parent is not None
            and behind is not None
            and behind.tag == "p"
        ):
            found_words += _listed(" ".join(all_text(behind).split()))
            parent.remove(behind)
            parent.remove(block)
            continue
        if not match or parent is None or match.end() == len(text) or len(text) > 400:
            continue
        if text[: match.end()].rstrip()[-1:] in ":.—–-" and parent.tag in {"body", "sec"}:
            found_words += _listed(text[match.end() :])
            parent.remove(block)
    for section in list(body.iter("sec")):
        if _KEYWORDS.fullmatch(title_of_part(section)):
            items = [" ".join(all_text(one).split()) for one in section.findall("p")]
            if sum(map(len, items)) < 600:
                items += [" ".join(all_text(one).split()) for one in section.iter("list-item")]
                found_words += [word for item in items for word in _listed(item)]
                cut(section)
    return found_words
