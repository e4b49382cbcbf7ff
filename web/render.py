"""HTML of the page's common parts. Pure functions; every text is escaped, none is changed.

All ranges are cut here, in code points; the page's script never slices a text. What a click does is told
by :func:`act`: the name of a Gradio event and the value that the page's Python gets with it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from index.records import Retraction
from qa.notices import CitedNotice, cites, told, word
from qa.records import plural

#: Gradio fills these values into a template that gives braces, dollar signs and backticks a meaning.
_TEMPLATE = str.maketrans({"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;", "\\": "&#92;"})

PROMISE = (
    '<p class="lq-note">litquote quotes what papers say. It is no medical advice, and a quote is no '
    "substitute for reading the paper.</p>"
)
FORMATS = (
    '<p class="lq-note">PDF, saved web pages, PubMed (XML, nbib, text, CSV), JATS, RIS, BibTeX, EndNote, '
    "Zotero, Europe PMC, Crossref, Word, EPUB, text, and ZIP or tar archives of these.</p>"
)


def text(value: str) -> str:
    """``value`` as HTML text or attribute value: reads back as exactly the same characters."""
    return html.escape(value).translate(_TEMPLATE)


def act(event: str, value: Mapping[str, Any]) -> str:
    """The attributes of an element that reports ``event`` with ``value`` to Python when it is clicked."""
    return f'data-event="{event}" data-value="{text(json.dumps(value))}"'


def button(
    words: str,
    event: str,
    value: Mapping[str, Any],
    *,
    kind: str = "lq-plain",
    name: str = "",
    more: str = "",
) -> str:
    """A button that says ``words`` (HTML) and reports ``event`` with ``value``.

    ``kind`` is its class, ``name`` what it is called where the words alone don't tell, ``more`` are further
    attributes.
    """
    label = f'aria-label="{text(name)}"' if name else ""
    attributes = " ".join(filter(None, (act(event, value), label, more)))
    return f'<button type="button" class="{kind}" {attributes}>{words}</button>'


def pressed(state: bool) -> str:
    """The attribute of a button that stays pressed."""
    return f'aria-pressed="{str(state).lower()}"'


def renaming(title: str, value: Mapping[str, Any], key: str = "") -> str:
    """A form, folded, for another title; with a ``key`` it stays unfolded when it is drawn again."""
    kept = f' data-key="{text(key)}"' if key else ""
    return (
        f'<details class="lq-form"{kept}><summary>Rename…</summary><label>New title '
        f'<input type="text" name="title" maxlength="120" value="{text(title)}"></label>'
        f"{button('Rename', 'edit', value, kind='lq-do', more=FORM)}</details>"
    )


#: The attribute of a button that reports what is written and ticked around it.
FORM = 'data-form=".lq-form"'


def spot(
    library: str, document: str, sha256: str, quote: Sequence[int], focus: Sequence[int]
) -> dict[str, Any]:
    """The value of a click that shows a place: positions in the text ``sha256`` of a paper.

    ``library`` is the key of the one it is in.
    """
    return {
        "library": library, "document": document, "text": sha256, "quote": list(quote), "focus": list(focus),
    }  # fmt: skip


def wanted(library: str, document: str, *numbers: int) -> dict[str, Any]:
    """The value of a click that fetches ``numbers`` of a paper's reference list."""
    return {"library": library, "references_of": document, "numbers": list(numbers)}


@dataclass(frozen=True, slots=True)
class Layer:
    """What a range of a text is wrapped in: the tags before and behind it."""

    start: int
    end: int
    opening: str
    closing: str


@dataclass(frozen=True, slots=True)
class Markup:
    """What is drawn over a text: ``layers``, the innermost first, and elements without text ``at`` places."""

    layers: Sequence[Layer] = ()
    at: Mapping[int, str] = field(default_factory=dict)


def marked(content: str, start: int, end: int, markup: Markup) -> str:
    """``content[start:end]`` with its ``markup``; a layer that others cut is drawn in pieces."""
    layers = [one for one in markup.layers if one.start < end and start < one.end]
    places = {place for one in layers for place in (one.start, one.end)} | markup.at.keys()
    cuts = [start, *sorted(place for place in places if start < place < end), end]
    parts = []
    for first, last in pairwise(cuts):
        piece = text(content[first:last])
        for one in layers:
            if one.start <= first and last <= one.end:
                piece = f"{one.opening}{piece}{one.closing}"
        parts += [piece, markup.at.get(last, "")]
    return "".join(parts)


def paragraphs(content: str, start: int, end: int) -> list[tuple[int, int]]:
    """The ranges of ``content[start:end]`` between empty lines, in order."""
    found, at = [], start
    for gap in re.compile(r"\n[^\S\n]*\n\s*").finditer(content, start, end):
        found.append((at, gap.start()))
        at = gap.end()
    return [(a, b) for a, b in [*found, (at, end)] if content[a:b].strip()]


def header(*, documents: int, passages: int, path: str, title: str = "", demo: bool = False) -> str:
    """The page's head: its name, the library's name, size and place."""
    size = f"{plural(documents, 'document')}, {plural(passages, 'passage')}"
    name = f'<strong class="lq-name">{text(title)}</strong> ' if title else ""
    badge = '<span class="lq-badge">demo</span> ' if demo else ""
    return (
        '<header class="lq-head"><h1>litquote</h1>'
        "<p>Ask your papers; the answers are their own words.</p>"
        f'<p class="lq-library">{name}{badge}<span>{size}</span> <code>{text(path)}</code></p></header>'
    )


def error(sentence: str) -> str:
    """What went wrong, in its own sentence."""
    return f'<p class="lq-error" role="alert">{text(sentence)}</p>'


def retraction(notice: Retraction | None) -> str:
    """A warning on a retracted paper, or nothing."""
    if notice is None:
        return ""
    date = f" {notice.date}" if notice.date else ""
    more = f": {told(notice)}" if told(notice) else ""
    mild = " lq-correction" if notice.kind == "correction" else ""
    return f'<p class="lq-retraction{mild}"><strong>{text(word(notice))}</strong>{text(date + more)}</p>'


def cited(notices: Sequence[CitedNotice]) -> str:
    """A warning that a quote cites retracted papers, or nothing."""
    words = cites(notices)
    return f'<p class="lq-retraction">{text(words[:1].upper() + words[1:])}</p>' if words else ""


def transcript(turns: Iterable[str], *, empty: bool, examples: str = "", at: int = 0, more: str = "") -> str:
    """The chat so far, to be shown at turn ``at`` (0: the last); before the first question, what to do.

    ``more`` is what may be done with all of it.
    """
    inner = "".join(turns)
    if inner:
        anew = button("New conversation", "clear", {}, kind="lq-plain")
        inner += f'<div class="lq-tools">{anew}{more}</div>'
    else:
        first = (
            "This library holds no papers yet. Add some under <em>Library</em>."
            if empty
            else "Write a question below, or take one of the examples."
        )
        promise = "Every answer is quoted word for word, with its place in the paper."
        inner = f'<p class="lq-empty">{first}<br>{promise}</p>{examples}'
    label = "Questions and answers"
    place = f' data-at="lq-turn-{at}"' if at else ""
    return f'<div class="lq-log" role="region" aria-label="{label}" tabindex="0"{place}>{inner}</div>'


def examples(questions: Sequence[str]) -> str:
    """Questions to start with, as buttons; nothing when there are none."""
    if not questions:
        return ""
    buttons = "".join(
        f'<button type="button" {act("submit", {"question": q})}>{text(q)}</button>' for q in questions
    )
    return f'<nav class="lq-examples" aria-label="Example questions"><span>Try</span>{buttons}</nav>'
