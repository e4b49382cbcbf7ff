"""Answers as plain text, a quote on lines of its own as it stands in the paper."""

from __future__ import annotations

from qa.writing.sheet import Sheet, ShownAnswer


def plain_text(sheet: Sheet) -> bytes:
    """The sheet as a text file in UTF-8."""
    blocks = [sheet.title]
    for answer in sheet.answers:
        blocks += _answer(answer)
    if sheet.confidence:
        blocks.append(sheet.confidence)
    if sheet.entries:
        blocks.append("REFERENCES")
        numbered = (f"{e.mark} {e.text}" if e.numbered else e.text for e in sheet.entries)
        blocks.append("\n".join(numbered))
    blocks.append("PROVENANCE")
    blocks.append("\n".join(f"{name}: {value}" for name, value in sheet.provenance))
    blocks.append(sheet.check)
    return ("\n\n".join(blocks) + "\n").encode("utf-8", "replace")


def _answer(answer: ShownAnswer) -> list[str]:
    blocks = [
        f"QUESTION: {answer.question}",
        "\n".join(f"{name}: {value}" for name, value in answer.facts),
        answer.summary,
        *answer.leads,
    ]
    for one in answer.quotes:
        lines = [f"“{one.text}”", f"   {one.number}. {one.cited}"]
        lines += [f"   !! {line}" for line in one.warnings]
        lines += [f"   {line}" for line in one.lines]
        blocks.append("\n".join(lines))
    return blocks
