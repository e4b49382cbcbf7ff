"""Answers as one HTML page: no script, nothing from elsewhere, ready to be printed."""

from __future__ import annotations

from html import escape

from qa.bibliography import Entry
from qa.writing.characters import held
from qa.writing.sheet import Sheet, ShownAnswer, ShownQuote

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.55 Georgia, "Times New Roman", serif; max-width: 46rem; margin: 2rem auto; }
body { padding: 0 1rem; }
h1, h2 { font-family: system-ui, sans-serif; line-height: 1.25; }
blockquote { margin: 1.2rem 0 .3rem; padding: .1rem 1rem; border-inline-start: 4px solid #7a8; }
blockquote p { margin: .4rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
mark { background: #fdec9e; color: #1a1a1a; }
.source, .facts, footer { font: .85rem/1.5 system-ui, sans-serif; }
.source { margin: 0 0 1.2rem; }
.warning { color: #b00020; font-weight: bold; }
.facts dt, footer dt { font-weight: bold; float: left; clear: left; margin-inline-end: .5rem; }
.facts dd, footer dd { margin: 0 0 .1rem; overflow-wrap: anywhere; }
.references p { padding-inline-start: 2rem; text-indent: -2rem; overflow-wrap: anywhere; }
footer { margin-top: 2.5rem; border-top: 1px solid #999; }
@media (prefers-color-scheme: dark) { .warning { color: #ff8a95; } }
@media print {
  body { max-width: none; margin: 0; font-size: 11pt; }
  blockquote, .source, .references p { break-inside: avoid; }
  h2 { break-after: avoid; }
  mark { background: none; font-weight: bold; }
}
"""


def html(sheet: Sheet) -> bytes:
    """The sheet as an HTML page in UTF-8."""
    body = [f"<h1>{_text(sheet.title)}</h1>"]
    for answer in sheet.answers:
        body += _answer(answer)
    if sheet.confidence:
        body.append(f'<p class="source">{_text(sheet.confidence)}</p>')
    if sheet.entries:
        body.append('<section class="references">\n<h2>References</h2>')
        body += [_entry(entry) for entry in sheet.entries]
        body.append("</section>")
    body.append("<footer>\n<h2>Provenance</h2>")
    body += [_list(sheet.provenance), f"<p>{_text(sheet.check)}</p>", "</footer>"]
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(sheet.answers[0].question)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
    )
    return (head + "\n".join(body) + "\n</body>\n</html>\n").encode()


def _text(value: str) -> str:
    return escape(held(value), quote=True)


def _list(pairs: tuple[tuple[str, str], ...]) -> str:
    rows = "\n".join(f'<dt>{_text(name)}:</dt> <dd dir="auto">{_text(value)}</dd>' for name, value in pairs)
    return f"<dl>\n{rows}\n</dl>"


def _answer(answer: ShownAnswer) -> list[str]:
    blocks = [
        f'<section>\n<h2 dir="auto">{_text(answer.question)}</h2>',
        f'<div class="facts">{_list(answer.facts)}</div>',
        f"<p><strong>{_text(answer.summary)}</strong></p>",
    ]
    blocks += [f'<p dir="auto">{_text(lead)}</p>' for lead in answer.leads]
    for quote in answer.quotes:
        blocks += [_words(quote), _source(quote)]
    return [*blocks, "</section>"]


def _words(quote: ShownQuote) -> str:
    focus = f"<mark>{_text(quote.focus)}</mark>" if quote.focus else ""
    words = f"{_text(quote.before)}{focus}{_text(quote.after)}"
    return f'<blockquote><p dir="auto">{words}</p></blockquote>'


def _source(quote: ShownQuote) -> str:
    warned = "".join(f'<span class="warning">{_text(line)}</span> · ' for line in quote.warnings)
    cited = f'<a href="#r{quote.anchor}">{_text(quote.cited)}</a>'
    where = " · ".join(map(_text, quote.lines))
    return f'<p class="source" dir="auto">{quote.number}. {warned}{cited} · {where}</p>'


def _entry(entry: Entry) -> str:
    text = ""
    for run in entry.runs:
        piece = _text(run.text)
        piece = f"<i>{piece}</i>" if run.italic else piece
        piece = f"<b>{piece}</b>" if run.bold else piece
        text += f'<a href="{_text(run.link)}">{piece}</a>' if run.link else piece
    number = f"{_text(entry.mark)} " if entry.numbered else ""
    return f'<p id="r{entry.number}" dir="auto">{number}{text}</p>'
