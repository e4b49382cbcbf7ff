"""HTML of the chat page, from answers and documents. Pure functions; every text is escaped, none is changed.

All ranges are cut here, in code points; the page's script never slices a text.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.records import Retraction
from qa.calibration import confidence_word
from qa.notices import CitedNotice, cites, told, word
from qa.records import Answer, Quote, also_in, plural
from qa.terminal import also_searched, searched_for

CONFIDENCE_MEANS = "The probability, from 0 to 1, that this quote answers the question."
UNCALIBRATED_MEANS = (
    "Uncalibrated: these numbers have not been measured for this library's encoder, reader and search; "
    "take the order, not the value, or fit them to your questions with: litquote calibrate"
)

#: Gradio fills these values into a template that gives braces, dollar signs and backticks a meaning.
_TEMPLATE = str.maketrans({"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;", "\\": "&#92;"})


def text(value: str) -> str:
    """``value`` as HTML text or attribute value: reads back as exactly the same characters."""
    return html.escape(value).translate(_TEMPLATE)


@dataclass(frozen=True, slots=True)
class Cite:
    """Where a text cites: ``document_id`` is the held paper's, or "", ``names`` what is cited there."""

    start: int
    end: int
    document_id: str
    names: str


def marked(
    content: str,
    start: int,
    end: int,
    quote: tuple[int, int],
    focus: tuple[int, int],
    cites: Sequence[Cite] = (),
) -> str:
    """``content[start:end]`` with what of it lies in ``quote`` in ``<mark>`` and in ``focus`` in ``<b>``.

    Where it cites a held paper it is a button that shows that one.
    """
    here = [one for one in cites if start <= one.start and one.end <= end]
    places = (*quote, *focus, *(place for one in here for place in (one.start, one.end)))
    cuts = [start, *sorted({place for place in places if start < place < end}), end]
    parts = []
    for first, last in pairwise(cuts):
        piece = text(content[first:last])
        for one in (one for one in here if one.start <= first and last <= one.end):
            piece = _cite(one, piece)
        if focus[0] <= first < last <= focus[1]:
            piece = f"<b>{piece}</b>"
        if quote[0] <= first < last <= quote[1]:
            piece = f"<mark>{piece}</mark>"
        parts.append(piece)
    return "".join(parts)


def _cite(one: Cite, inner: str) -> str:
    if not one.document_id:
        return f'<span class="lq-cite" title="{text(f"Not in this library: {one.names}")}">{inner}</span>'
    return (
        f'<button type="button" class="lq-cite" data-document="{text(one.document_id)}" '
        f'title="{text(one.names)}">{inner}</button>'
    )


def confidence(value: float) -> str:
    """Word and number: ``0.83`` -> ``"likely 0.83"``."""
    word = confidence_word(value)
    if value >= 0.995:
        return f"{word} over 0.99"
    return f"{word} {value:.2f}" if value >= 0.005 else f"{word} under 0.01"


def header(*, documents: int, passages: int, path: str) -> str:
    """The page's head: its name, the library's size and place."""
    size = f"{plural(documents, 'document')}, {plural(passages, 'passage')}"
    return (
        '<header class="lq-head"><h1>litquote</h1>'
        "<p>Ask your papers; the answers are their own words.</p>"
        f'<p class="lq-library"><span>{size}</span> <code>{text(path)}</code></p></header>'
    )


def question(asked: str, body: str) -> str:
    """One turn of the chat."""
    return f'<section class="lq-turn"><h2 class="lq-question">{text(asked)}</h2>{body}</section>'


def pending() -> str:
    """Shown until the answer is there."""
    return '<p class="lq-pending">Reading your library…</p>'


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


def place(quote: Quote) -> str:
    """Where a quote stands, as the value of a ``data-quote`` attribute; read by the panel in Python."""
    return text(
        json.dumps(
            {
                "document": quote.document_id,
                "text": quote.text_sha256,
                "quote": [quote.start, quote.end],
                "focus": list(quote.focus),
            }
        )
    )


def card(quote: Quote, number: int | None, *, calibrated: bool) -> str:
    """A quote with its paper and its place; without a number it is no answer and has no confidence."""
    shift = quote.start
    span = (0, 0)  # the focus alone is marked here
    focus = (quote.focus[0] - shift, quote.focus[1] - shift)
    words = (
        marked(quote.text, 0, len(quote.text), span, focus)
        .replace("<b>", "<mark>")
        .replace("</b>", "</mark>")
    )
    if number is None:
        words, chip, sure = text(quote.text), "show", ""
        label = f"Show this sentence in {quote.citation.label}"
    else:
        chip, label = f"[{number}]", f"Show quote {number} in {quote.citation.label}"
        note = "" if calibrated else " <small>uncalibrated</small>"
        means = CONFIDENCE_MEANS if calibrated else f"{CONFIDENCE_MEANS} {UNCALIBRATED_MEANS}"
        value = text(confidence(quote.confidence))
        sure = f'<span class="lq-confidence" title="{text(means)}">{value}{note}</span>'
    csl = quote.citation.csl
    journal = str(csl.get("container-title", ""))
    paper = f"<strong>{text(quote.citation.label)}</strong> {text(str(csl.get('title', '')))}"
    paper += f" <cite>{text(journal)}</cite>" if journal else ""
    also = f'<p class="lq-also">{text(also_in(quote))}</p>' if quote.also else ""
    if quote.listed_in:
        also += f'<p class="lq-listed">{text("; ".join(map(str, quote.listed_in)))}</p>'
    return (
        f'<article class="lq-card" data-quote="{place(quote)}">{retraction(quote.retraction)}'
        f'{cited(quote.cites)}<div class="lq-said">'
        f'<button type="button" class="lq-chip" aria-label="{text(label)}" '
        f'title="Show in the paper">{chip}</button><blockquote>{words}</blockquote></div>'
        f'<p class="lq-paper">{paper}</p>'
        f'<p class="lq-where"><span>{text(quote.place)}</span>{sure}</p>{also}</article>'
    )


def completed(given: Answer) -> str:
    """What was searched for, where that is not what was asked, or not all."""
    also = also_searched(given.trace.get("expansions", ()))
    words = [line for line in (searched_for(given), also[:1].upper() + also[1:]) if line]
    return f'<p class="lq-completed">{"<br>".join(map(text, words))}</p>' if words else ""


def answer(given: Answer) -> str:
    """Quotes as numbered cards, or a plain "not found" with the nearest sentences folded away."""
    calibrated = bool(given.trace.get("calibrated", True))
    if given.status == "not_found":
        body = f'{completed(given)}<p class="lq-missing">Not found in your library.</p>'
        body += "".join(f'<p class="lq-lead">{text(str(lead))}</p>' for lead in given.leads)
        if given.nearest:
            cards = "".join(card(quote, None, calibrated=calibrated) for quote in given.nearest)
            body += (
                '<details class="lq-nearest"><summary>The nearest sentences, which are not answers</summary>'
                f"{cards}</details>"
            )
        return body
    cards = "".join(card(quote, n, calibrated=calibrated) for n, quote in enumerate(given.quotes, 1))
    means = CONFIDENCE_MEANS if calibrated else f"{CONFIDENCE_MEANS} {UNCALIBRATED_MEANS}"
    return (
        f'{completed(given)}<p class="lq-count">{text(given.summary)}</p>{cards}'
        f'<details class="lq-means"><summary>What the numbers mean</summary><p>{text(means)}</p></details>'
    )


def transcript(turns: Iterable[str], *, empty: bool) -> str:
    """The chat so far; before the first question, what to do."""
    inner = "".join(turns)
    if not inner:
        first = (
            "This library holds no papers yet. Add some under <em>Sources</em>."
            if empty
            else "Write a question below, or take one of the examples."
        )
        promise = "Every answer is quoted word for word, with its place in the paper."
        inner = f'<p class="lq-empty">{first}<br>{promise}</p>'
    label = "Questions and answers"
    return (
        f'<div class="lq-log" role="log" aria-live="polite" aria-label="{label}" tabindex="0">{inner}</div>'
    )


def examples(questions: Sequence[str]) -> str:
    """Questions to start with, as buttons; nothing when there are none."""
    if not questions:
        return ""
    buttons = "".join(f'<button type="button" data-ask="{text(q)}">{text(q)}</button>' for q in questions)
    return f'<nav class="lq-examples" aria-label="Example questions"><span>Try</span>{buttons}</nav>'


def paragraphs(content: str, start: int, end: int) -> list[tuple[int, int]]:
    """The ranges of ``content[start:end]`` between empty lines, in order."""
    found, at = [], start
    for gap in re.compile(r"\n[^\S\n]*\n\s*").finditer(content, start, end):
        found.append((at, gap.start()))
        at = gap.end()
    return [(a, b) for a, b in [*found, (at, end)] if content[a:b].strip()]
