"""The examples of the documentation: what a page shows to be typed, and what it says comes out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
#: Stands above a block that cannot be run, with the reason; readers don't see it.
_NOT_RUN = re.compile(r"<!-- not run: (.+) -->")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its language, its text, its line, and why it is not run, if so."""

    page: str
    line: int
    language: str
    text: str
    not_run: str = ""


@dataclass(frozen=True)
class Typed:
    """A command as typed, and the lines that are shown to come out (``…`` stands for anything)."""

    words: str
    shown: str


def pages() -> list[Path]:
    """Every page of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    above = ""
    for token in MarkdownIt("commonmark").parse(page.read_text("utf-8")):
        if token.type == "fence":
            reason = _NOT_RUN.search(above)
            line = token.map[0] + 1 if token.map else 0
            name = page.relative_to(ROOT).as_posix()
            yield Block(name, line, token.info.strip(), token.content, reason[1] if reason else "")
        if token.nesting >= 0 and token.type not in {"paragraph_open"}:
            above = token.content if token.type == "html_block" else ""


def typed(block: Block) -> list[Typed]:
    """The commands of a ``console`` block; a line that ends in a backslash goes on."""
    found: list[Typed] = []
    for line in block.text.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            found.append(Typed(line[2:].strip(), ""))
        elif found:
            found[-1] = Typed(found[-1].words, f"{found[-1].shown}{line}\n")
    return found


def agrees(shown: str, out: str) -> bool:
    """Whether ``out`` is what is shown, with anything where ``…`` stands; lines may break elsewhere."""
    pieces = re.split(r"\s*…\s*", " ".join(shown.split()))
    return re.fullmatch(".*".join(map(re.escape, pieces)), " ".join(out.split())) is not None


def told(block: Block) -> Iterator[tuple[str, object]]:
    """The expressions of a ``python`` block with the values that comments tell, where literals."""
    lines = block.text.splitlines()
    for node in ast.parse(block.text).body:
        if isinstance(node, ast.Expr) and node.end_lineno is not None:
            rest = lines[node.end_lineno - 1][node.end_col_offset or 0 :]
            comment = re.match(r"\s*#\s*(.+)", rest)
            yield from ((ast.unparse(node.value), value) for value in literal(comment[1] if comment else ""))


def literal(comment: str) -> Iterator[object]:
    """The value that a comment begins with, behind which there is nothing, or a remark."""
    for end in range(len(comment), 0, -1):
        rest = comment[end:].lstrip()
        if not rest or rest[0] in ":,;(":
            try:
                yield ast.literal_eval(comment[:end].strip())
                return
            except (ValueError, SyntaxError):
                continue
