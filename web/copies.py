"""An answer to be pasted elsewhere: each quote with its citation and its place."""

from __future__ import annotations

import re

from qa.notices import cites, sentence
from qa.records import Answer, Quote

#: What Markdown would take for markup (CommonMark 0.31), and line breaks, which would end a quotation.
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&$^=:\"'@/])")


def as_text(answer: Answer) -> str:
    """The question, what was searched for, and the answer as ``str(answer)`` prints it."""
    searched = answer.completed_question
    head = (
        [answer.question] if searched == answer.question else [answer.question, f"Searched for: {searched}"]
    )
    return "\n".join([*head, "", str(answer)])


def as_markdown(answer: Answer) -> str:
    """The same as CommonMark: a quotation each, whose characters read back as they stand in the paper."""
    blocks = [f"**{_plain(answer.question)}**"]
    if answer.completed_question != answer.question:
        blocks.append(f"*Searched for: {_plain(answer.completed_question)}*")
    blocks.append(_plain(answer.summary))
    blocks += [_plain(str(lead)) for lead in answer.leads]
    blocks += [_quotation(n, quote) for n, quote in enumerate(answer.quotes, 1)]
    return "\n\n".join(blocks)


def _quotation(number: int, quote: Quote) -> str:
    lines = [f"{number}\\. “{_plain(quote.text)}”", f"— {_plain(quote.cited_as)} — {_plain(quote.place)}"]
    if quote.retraction:
        lines.append(f"**{_plain(sentence(quote.retraction))}**")
    if quote.cites:
        lines.append(f"**{_plain(cites(quote.cites))}**")
    return "\n>\n".join(f"> {line}" for line in lines)


def _plain(value: str) -> str:
    return _MARKUP.sub(r"\\\1", re.sub(r"\s*\n\s*", " ", value))
