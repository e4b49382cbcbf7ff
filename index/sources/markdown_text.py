"""The blocks of a Markdown text: headings, paragraphs, tables, captions, each by position.

Block structure follows CommonMark 0.31 with tables, through markdown-it-py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

from markdown_it import MarkdownIt
from markdown_it.token import Token

from index.sources.outline import Block

__all__ = ["blocks", "is_markdown", "plain_title"]

_SUFFIXES = frozenset({".md", ".markdown", ".mkd", ".mdown", ".rmd", ".qmd"})
_ATX = re.compile(r"(?:\A|\n[ \t]*\n)#{1,6}[ \t]+\S")
_ATTRIBUTES = re.compile(r"\s*\{[^{}\n]*\}\s*$")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FIGURE = re.compile(r"^[ \t]*!\[", re.MULTILINE)
_AFTER_FIGURE = re.compile(r"[ \t]*(?:\{[^{}]*\})?[ \t]*(?:\n|\Z)")

#: Longer than any caption: where a bracket is left open, looking for its end stops here.
_CAPTION = 20000

#: More lines are no article: the parser needs 2 kB for each. Such a file is read as plain text.
_LINES = 200_000

#: So many pictures in one paragraph that are none, and no more are looked for: time stays linear.
_OPEN = 20


def is_markdown(text: str, suffix: str) -> bool:
    """Whether ``text`` is Markdown: by its suffix, or by two headings with ``#`` in its beginning.

    A text of more than 200,000 lines is not: parsing it would fill memory.
    """
    marked = suffix in _SUFFIXES or len(_ATX.findall(text[:65536])) >= 2
    return marked and text.count("\n") <= _LINES


def plain_title(heading: str) -> str:
    """A heading's words without Markdown: ``"The *E. coli* [map](x)"`` -> ``"The E. coli map"``."""
    tokens = MarkdownIt("commonmark").parseInline(heading)
    children = tokens[0].children or [] if tokens else []
    return " ".join(
        "".join(
            " " if child.type in {"softbreak", "hardbreak"} else child.content
            for child in children
            if child.type in {"text", "code_inline", "softbreak", "hardbreak", "text_special"}
        ).split()
    )


def blocks(text: str, start: int) -> Iterator[Block]:
    """The blocks of ``text`` from position ``start``, the beginning of a line, in order.

    Left out: code, HTML, comments, rules, definitions of links, attributes behind a heading, and of a
    picture that stands alone everything but its caption. Paragraphs in lists and quotations are text.
    """
    body = text[start:]
    lines = list(accumulate((len(line) + 1 for line in body.split("\n")), initial=start))
    tokens = MarkdownIt("commonmark", {"maxNesting": 100}).enable("table").disable("inline").parse(body)
    done = start
    for place, token in enumerate(tokens):
        if token.map is None:
            continue
        first, last = max(lines[token.map[0]], done), min(lines[token.map[1]], len(text))
        if first >= last:
            continue
        if token.type == "heading_open" and token.level == 0:
            yield _heading(text, first, last, tokens[place + 1], level=int(token.tag[1:]))
        elif token.type == "paragraph_open":
            found, done = _paragraph(text, first, last)
            yield from found
        elif token.type == "table_open":
            yield Block(first, last, "table")


def _heading(text: str, first: int, last: int, inline: Token, *, level: int) -> Block:
    words = _ATTRIBUTES.sub("", inline.content)
    start = text.find(words, first, last) if words else -1
    if start < 0:  # over several lines, indented
        start, words = first, text[first:last].rstrip().rpartition("\n")[0]
    return Block(start, start + len(words), "heading", level)


def _paragraph(text: str, start: int, end: int) -> tuple[list[Block], int]:
    """The blocks of a paragraph, and where they end: a picture may reach over a comment behind it.

    Comments are left out; of a picture alone on its lines, all but the caption.
    """
    found: list[Block] = []
    position, failed = start, 0
    while failed < _OPEN and (picture := _FIGURE.search(text, position, end)):
        position = picture.end()
        closed = _picture_end(text, position)
        if closed is None:
            failed += 1
            continue
        caption_end, position = closed
        found += _without_comments(text, start, picture.start(), "text")
        found += _without_comments(text, picture.end(), caption_end, "figure")
        start = position
    return [*found, *_without_comments(text, start, end, "text")], max(start, end)


def _picture_end(text: str, start: int) -> tuple[int, int] | None:
    """Where the caption that begins at ``start`` ends, and its picture's last line; None if it is none."""
    caption_end = _closing(text, start, "[]")
    if caption_end < 0 or not text.startswith("(", caption_end + 1):
        return None
    target_end = _closing(text, caption_end + 2, "()")
    after = _AFTER_FIGURE.match(text, target_end + 1) if target_end >= 0 else None
    return (caption_end, after.end()) if after else None


def _without_comments(text: str, start: int, end: int, kind: str) -> Iterator[Block]:
    for comment in _COMMENT.finditer(text, start, max(start, end)):
        yield Block(start, comment.start(), kind)
        start = comment.end()
    yield Block(start, max(start, end), kind)


def _closing(text: str, start: int, pair: str) -> int:
    """Where the bracket opened just before ``start`` closes in its paragraph, or -1."""
    depth = 1
    searched = text[start : start + _CAPTION].partition("\n\n")[0]
    for found in re.finditer(r"\\.|[" + re.escape(pair) + "]", searched, re.DOTALL):
        depth += {pair[0]: 1, pair[1]: -1}.get(found[0], 0)
        if depth == 0:
            return start + found.start()
    return -1
