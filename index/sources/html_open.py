"""A web page's bytes as elements, within limits, and how much text each element holds."""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree

from index.errors import SourceError
from index.sources.decoding import decode
from index.sources.xml_stream import Element

__all__ = ["LONGEST", "MOST_TAGS", "Measures", "declared", "parse", "read_bytes", "tokens"]

#: A larger page is no article; elements take about ten times its bytes in memory.
LONGEST = 40_000_000
#: An element takes about a kilobyte while it is read, however short it is written.
MOST_TAGS = 500_000

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
#: What browsers read under these names (WHATWG, Encoding Standard).
_READ_AS = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "windows-1252": "cp1252", "iso-8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030",
    "shift_jis": "cp932", "ks_c_5601-1987": "cp949",
}  # fmt: skip
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
#: XML has no place for these, and none of them is printed.
_PREFIXED = re.compile(r"[A-Za-z]\w*:([A-Za-z]\w*)", re.ASCII)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def read_bytes(path: Path) -> bytes:
    """The bytes of a page. Raises SourceError for one that is too large."""
    with path.open("rb") as stream:
        data = stream.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise SourceError(
            f"the page is larger than {LONGEST // 1_000_000} MB, which no article is; save the"
            " article's text alone"
        )
    return data


def declared(data: bytes) -> str:
    """The characters of a page: by its mark, else as it declares, else as :func:`decode` tells.

    Raises SourceError for binary data.
    """
    if data.startswith(_MARKS) or b"\0" in data[:1024]:
        return decode(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    told = _CHARSET.search(data[:8192]) or _XML.search(data[:1024])
    name = told[1].decode("ascii").lower() if told else ""
    if name and not name.startswith("utf"):
        try:
            text = data.decode(_READ_AS.get(name, name))
        except (LookupError, UnicodeDecodeError):
            return decode(data)
        return text
    return decode(data)


def parse(text: str) -> Element:
    """The root element of a page; nothing is fetched. Raises SourceError for one nested beyond any page."""
    if text.count("<") > MOST_TAGS:
        raise SourceError("the page holds more elements than any article; save the article's text alone")
    parser = etree.HTMLParser(
        remove_comments=True, remove_pis=True, no_network=True, huge_tree=True, encoding="utf-8"
    )
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", _CONTROLS.sub("", text))
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceError("the page holds nothing that can be read; save it again") from error
    if root is None:
        raise SourceError("the page is empty; save it again")
    _clean(root)
    if any("depth" in entry.message for entry in parser.error_log):
        raise SourceError("the page's elements are nested beyond any article; save the article's text alone")
    return root


def _clean(root: Element) -> None:
    """Drop prefixes of tags, and characters that XML has no place for."""
    for one in root.iter(etree.Element):
        prefixed = _PREFIXED.fullmatch(one.tag)  # <m:math>
        if prefixed:
            one.tag = prefixed[1]
        # a character named by its number (&#1;) may be one that XML has no place for
        if one.text and _CONTROLS.search(one.text):
            one.text = _CONTROLS.sub("", one.text)
        if one.tail and _CONTROLS.search(one.tail):
            one.tail = _CONTROLS.sub("", one.tail)
        for name, value in [(str(key), str(told)) for key, told in one.attrib.items()]:
            if _CONTROLS.search(value):
                one.set(name, _CONTROLS.sub("", value))


def tokens(page_element: Element) -> frozenset[str]:
    """The words of an element's class and id: ``class="html-figWrap"`` -> html, fig, wrap."""
    named = f"{page_element.get('class', '')[:500]} {page_element.get('id', '')[:200]}"
    return frozenset(word.lower() for word in _WORDS.findall(named))


class Measures:
    """How many characters each element holds, and how many of them inside links."""

    def __init__(self, root: Element) -> None:
        self.text: dict[Element, int] = {}
        self.linked: dict[Element, int] = {}
        for _, one in etree.iterwalk(root, events=("end",)):
            if not isinstance(one.tag, str) or one.tag in _UNSEEN:
                self.text[one] = self.linked[one] = 0
                continue
            text = _length(one.text)
            linked = 0
            for child in one:
                text += self.text.get(child, 0) + _length(child.tail)
                linked += self.linked.get(child, 0)
            self.text[one] = text
            self.linked[one] = text if one.tag == "a" and one.get("href") else linked

    def density(self, one: Element) -> float:
        """The share of an element's characters that are links."""
        return self.linked.get(one, 0) / max(1, self.text.get(one, 0))


_UNSEEN = frozenset({"script", "style", "noscript", "template", "select", "textarea", "head"})


def _length(text: str | None) -> int:
    return len("".join(text.split())) if text else 0
