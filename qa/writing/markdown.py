"""Answers as Markdown (CommonMark): rendered, a quote reads character by character as it stands in the paper.

What readers of Markdown add to CommonMark is escaped too: formulas, footnotes, and the typographer's
quotation marks, dashes and dots.
"""

from __future__ import annotations

import re

from qa.bibliography import Entry, Run
from qa.writing.characters import held
from qa.writing.sheet import Sheet, ShownAnswer, ShownQuote

_SIGNS = re.compile(
    r"""[\\`*_{}\[\]<>|~$&^@"'#]|--+|\.\.+|==+|\+\++|\+(?=-)|\?\?+|!!+|,,+"""
    r"""|:(?=[\w+-]+:)|\((?=(?:c|r|p|tm)\))""",
    re.IGNORECASE,
)
#: What would make a list, a heading or a definition of a line; a number does so by the sign behind it.
_START = re.compile(r"(\d+)(?=[.)])|(?=[-+=:%])")
#: Spaces that Markdown drops, or breaks a line at.
_SPACES = re.compile(r"(?<=\s) | $|^ |[^\S ]")
#: Stand-ins for a quote's and an entry's look; ``held`` leaves no text any of them.
_BOLD, _ITALIC, _LINK, _LINKED = "\ufdd0\ufdd1\ufdd2\ufdd3"


def markdown(sheet: Sheet) -> bytes:
    """The sheet as a Markdown file in UTF-8."""
    blocks = [f"# {escaped(sheet.title)}"]
    for answer in sheet.answers:
        blocks += _answer(answer)
    if sheet.confidence:
        blocks.append(f"*{escaped(sheet.confidence)}*")
    if sheet.entries:
        blocks.append("## References")
        blocks += [_entry(entry) for entry in sheet.entries]
    blocks.append("## Provenance")
    blocks.append("\n".join(f"- {escaped(name)}: {escaped(value)}" for name, value in sheet.provenance))
    blocks.append(escaped(sheet.check))
    return ("\n\n".join(blocks) + "\n").encode()


def escaped(text: str) -> str:
    """``text`` on one line, so that Markdown shows just it."""
    return _escaped(held(text))


def _escaped(text: str, address: str = "") -> str:
    """The same for a text with stand-ins for its look; ``address`` is where its link leads."""
    plain = _SIGNS.sub(lambda found: "".join(f"\\{sign}" for sign in found[0]), text)
    plain = _START.sub(r"\1\\", plain, count=1) if _START.match(plain) else plain
    plain = _SPACES.sub(lambda found: f"&#{ord(found[0])};", plain)
    looks = {_BOLD: "**", _ITALIC: "*", _LINK: "[", _LINKED: f"](<{address}>)"}
    return "".join(looks.get(sign, sign) for sign in plain)


def _answer(answer: ShownAnswer) -> list[str]:
    facts = "\n".join(f"- {escaped(name)}: {escaped(value)}" for name, value in answer.facts)
    blocks = [f"## {escaped(answer.question)}", facts, f"**{escaped(answer.summary)}**"]
    blocks += [escaped(lead) for lead in answer.leads]
    for quote in answer.quotes:
        blocks += [f"> {_words(quote)}", _source(quote)]
    return blocks


def _words(quote: ShownQuote) -> str:
    """The quote, its focus bold where Markdown's rules for ``**`` allow it there."""
    pieces = [held(piece) for piece in (quote.before, quote.focus, quote.after)]
    part = quote.focus and (quote.before or quote.after)
    if part and _can_be_bold(quote) and "".join(pieces) == held(quote.text):
        return _escaped(f"{pieces[0]}{_BOLD}{pieces[1]}{_BOLD}{pieces[2]}")
    return escaped(quote.text)


def _can_be_bold(quote: ShownQuote) -> bool:
    """Whether the borders of the focus are surely left- and right-flanking (CommonMark 6.2).

    Readers differ in what they take for punctuation: a letter or digit inside, or a plain border outside,
    will do for all of them.
    """

    def flanks(inner: str, outside: str) -> bool:
        plain = not outside or outside == " " or (outside.isascii() and outside.isprintable())
        return inner.isalnum() or (not inner.isspace() and plain and not outside.isalnum())

    return flanks(quote.focus[0], quote.before[-1:]) and flanks(quote.focus[-1], quote.after[:1])


def _source(quote: ShownQuote) -> str:
    where = " · ".join(escaped(line) for line in quote.lines)
    warned = "".join(f"**{escaped(line)}** · " for line in quote.warnings)
    return f"{quote.number}\\. {warned}{escaped(quote.cited)} · {where}"


def _entry(entry: Entry) -> str:
    address = next((run.link for run in entry.runs if run.link), "")
    whole = _escaped("".join(map(_run, entry.runs)), address)
    return f"{escaped(entry.mark)} {whole}" if entry.numbered else whole


def _run(run: Run) -> str:
    """A run between the stand-ins for its look."""
    text = held(run.text)
    look = _ITALIC if run.italic else _BOLD if run.bold else ""
    if look and text[:1].isalnum() and text[-1:].isalnum():
        text = f"{look}{text}{look}"
    return f"{_LINK}{text}{_LINKED}" if run.link else text
