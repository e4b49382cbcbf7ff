"""Read records out of XML one at a time, safely; and the plain text of an element.

Nothing is fetched and nothing is expanded: no DTD is loaded, no network or other file is touched,
XInclude is not followed, and a document that declares entities of its own is refused (exports of
literature databases declare none, while "billion laughs" and external entities need them).
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator
from typing import BinaryIO

from lxml import etree

from index.errors import SourceError

__all__ = ["XML_LANG", "BrokenXML", "Element", "all_text", "plain", "records"]

Element = etree._Element

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class BrokenXML(SourceError):
    """The XML is not well formed from some place on; what stood before it was read."""


#: White space that holds a line break comes from indentation.
_INDENT = re.compile(r"[ \t]*[\r\n][ \t\r\n]*")

_LEADING = re.compile(rb"[ \t\r\n]*")

#: MathML's second spelling of a formula for programs (TeX, content markup).
_UNREAD = frozenset({"annotation", "annotation-xml"})


def records(stream: BinaryIO, names: Collection[str], *, anywhere: bool = False) -> Iterator[Element]:
    """The elements called ``names`` that are the root or its children, each when it is complete.

    ``anywhere``: at any depth, outermost only, and whatever their namespace. An element is cleared
    when the next is asked for, with everything before it: memory does not grow with the number of
    records. White space before the XML declaration is passed over.

    Raises SourceError when the document declares entities, and BrokenXML, with the line, where it
    stops being XML: all complete elements before that were yielded.
    """
    start = len(_LEADING.match(stream.read(4096))[0])  # type: ignore[index]  # it matches everywhere
    stream.seek(start)
    events = etree.iterparse(
        stream,
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,  # its limits (10 MB in one text, 256 levels) hold for one record, not for the file
        remove_comments=True,
        remove_pis=True,
    )
    last: list[tuple[str, Element]] = []

    def watched() -> Iterator[tuple[str, Element]]:
        for item in events:
            last[:] = [item]
            yield item

    try:
        yield from (_outermost if anywhere else _complete)(watched(), names)
    except etree.XMLSyntaxError as error:
        told = [entry for entry in events.error_log if entry.line > 0]
        closed = bool(last) and last[0][0] == "end" and last[0][1].getparent() is None
        if closed and told and told[-1].domain == etree.ErrorDomains.NAMESPACE:
            return  # a prefix that nobody declared: everything was read nevertheless
        line, reason = (told[-1].line, told[-1].message) if told else (error.lineno or 0, error.msg or "")
        raise BrokenXML(f"line {line}: {' '.join(reason.split(', line ')[0].split())}") from error


def _complete(events: Iterator[tuple[str, Element]], names: Collection[str]) -> Iterator[Element]:
    depth = 0
    single = False
    for event, element in events:
        if event == "start":
            if depth == 0:
                _refuse_entities(element)
                single = element.tag in names
            depth += 1
            continue
        depth -= 1
        if depth == 1 and not single:
            if element.tag in names:
                yield element
            _forget(element)
        elif depth == 0 and single:
            yield element


def _outermost(events: Iterator[tuple[str, Element]], names: Collection[str]) -> Iterator[Element]:
    first = True
    inside: Element | None = None
    for event, element in events:
        if event == "start":
            if first:
                _refuse_entities(element)
            first = False
            if inside is None and element.tag.rpartition("}")[2] in names:
                inside = element
        elif element is inside:
            inside = None
            yield element
            _forget(element)
        elif inside is None:
            _forget(element)


def _refuse_entities(root: Element) -> None:
    subset = root.getroottree().docinfo.internalDTD
    if subset is None:
        return
    if next(subset.iterentities(), None) is not None:  # type: ignore[attr-defined]  # the stubs lack it
        raise SourceError(
            "the XML declares entities of its own, which is unsafe to read; download it again from its source"
        )


def _forget(element: Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def plain(element: Element | None) -> str:
    """The text of ``element`` and all inside it, tags dropped; ``""`` for None.

    A run of white space that holds a line break becomes one space; white space at both ends goes;
    every other character stays exactly as it is. Entities that no DTD was loaded for are read as
    HTML's where they are those (``&alpha;``), else left as written.
    """
    if element is None:
        return ""
    parts: list[str] = []
    _collect(element, parts)
    return _INDENT.sub(" ", "".join(parts)).strip()


def all_text(element: Element) -> str:
    """Every character in ``element``, white space as it is."""
    return "".join(map(str, element.itertext()))


def _collect(element: Element, parts: list[str]) -> None:
    parts.append(element.text or "")
    for child in element:
        if isinstance(child, etree._Entity):
            parts.append(html.unescape(child.text or ""))
        elif isinstance(child.tag, str) and child.tag.rpartition("}")[2] not in _UNREAD:
            _collect(child, parts)
        parts.append(child.tail or "")
