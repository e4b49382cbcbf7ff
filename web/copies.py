"""An answer to be pasted elsewhere: each quote with its citation and its place."""

from __future__ import annotations

from qa.notices import cites, sentence
from qa.records import Answer, Quote
from qa.writing.markdown import escaped


def as_text(answer: Answer) -> str:
    """The question, what was searched for, and the answer as ``str(answer)`` prints it."""
    searched = answer.completed_question
    head = (
        [answer.question] if searched == answer.question else [answer.question, f"Searched for: {searched}"]
    )
    return "\n".join([*head, "", str(answer)])


def as_markdown(answer: Answer) -> str:
    """The same as CommonMark: a quotation each, whose characters read back as they stand in the paper."""
    blocks = [f"**{escaped(answer.question)}**"]
    if answer.completed_question != answer.question:
        blocks.append(f"*Searched for: {escaped(answer.completed_question)}*")
    blocks.append(escaped(answer.summary))
    blocks += [escaped(str(lead)) for lead in answer.leads]
    blocks += [_quotation(n, quote) for n, quote in enumerate(answer.quotes, 1)]
    return "\n\n".join(blocks)


def _quotation(number: int, quote: Quote) -> str:
    lines = [f"{number}\\. “{escaped(quote.text)}”", f"— {escaped(quote.cited_as)} — {escaped(quote.place)}"]
    if quote.retraction:
        lines.append(f"**{escaped(sentence(quote.retraction))}**")
    if quote.cites:
        lines.append(f"**{escaped(cites(quote.cites))}**")
    return "\n>\n".join(f"> {line}" for line in lines)
