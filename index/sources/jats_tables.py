"""Tables as lines of text: one row a paragraph, cells parted by ``|``."""

from __future__ import annotations

from collections.abc import Iterator

from index.sources.jats_cited import Cited
from index.sources.jats_inline import Inline
from index.sources.jats_writer import Run
from index.sources.xml_stream import Element

__all__ = ["rows"]

_BETWEEN = " | "
_PARTS = ("thead", "tbody", "tfoot")
_CELLS = frozenset({"td", "th", "entry"})

#: No printed table has a cell over more rows or columns.
_MOST = 500


def rows(table: Element, cited: Cited, notes: list[Element]) -> Iterator[Run]:
    """The rows of a ``table`` (XHTML or CALS), head first, as printed from left to right.

    Where a cell above reaches down into a row its place is left empty, so that the others keep
    their column. Notes inside cells are laid into ``notes``. Rows without words are left out.
    """
    reaching: dict[int, int] = {}  # column: how many more rows a cell above fills it
    for row in _rows(table):
        told: list[Run] = []
        column = 0
        for cell in row:
            if cell.tag not in _CELLS:
                continue
            while reaching.get(column, 0):
                reaching[column] -= 1
                told.append(Run(""))
                column += 1
            writer = Inline(cited, cell=True)
            writer.children(cell)
            notes.extend(writer.notes)
            told.append(_trimmed(writer.run()))
            down = _count(cell.get("rowspan") or str(1 + _count(cell.get("morerows"), least=0)))
            for _ in range(_count(cell.get("colspan"))):
                reaching[column] = down - 1
                column += 1
        for later in [at for at in reaching if at >= column and reaching[at]]:
            reaching[later] -= 1
        if any(cell.text for cell in told):
            yield _joined(told)


def _rows(table: Element) -> list[Element]:
    # HTML 4 puts the foot before the body
    groups = [table, *table.findall("tgroup")]
    parts = [part for group in groups for name in _PARTS for part in group.findall(name)]
    loose = [row for row in table if row.tag in {"tr", "row"}]
    return loose + [row for part in parts for row in part if row.tag in {"tr", "row"}]


def _count(printed: str | None, *, least: int = 1) -> int:
    text = (printed or "").strip()
    return min(max(int(text), least), _MOST) if text.isdecimal() and len(text) < 6 else least


def _trimmed(run: Run) -> Run:
    """A cell without the blanks that indent it."""
    lead = len(run.text) - len(run.text.lstrip())
    return Run(run.text.strip(), tuple(one for one in run.shifted(-lead) if one.start >= 0))


def _joined(cells: list[Run]) -> Run:
    text = ""
    citations = []
    for place, cell in enumerate(cells):
        if place:
            text += _BETWEEN
        citations += cell.shifted(len(text))
        text += cell.text
    whole = Run(text, tuple(citations))
    return _trimmed(whole) if text[:1].isspace() or text[-1:].isspace() else whole
