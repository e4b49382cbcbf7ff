"""Evidence tables as CSV and XLSX. Quotes come back from both exactly as they stand in the paper.

A spreadsheet takes a CSV cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula. Such a cell is
written behind an apostrophe, which :func:`unguarded` takes off again; a text that begins with apostrophes
before such a sign gets one more, so that no two texts are written alike. In XLSX a text is marked as text and
needs none; characters that XML cannot hold are written as the format has it (``_x000B_``, ECMA-376 part 1,
22.9.2.19), which Excel undoes by itself, and :func:`unescaped` elsewhere.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote as quoted

from index.errors import UsageError
from qa.calibration import confidence_word
from qa.notices import sentence
from qa.records import Quote
from qa.table import EvidenceTable, Row

_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
#: Characters of a cell, Excel's limit.
LONGEST = 32_767

_ABOUT = ("Document", "Paper", "Title", "Journal", "Year", "DOI", "PMID", "Retraction", "Mark", "Note")
_PLACES = (
    "Document", "Paper", "Question", "Number", "Quote", "Confidence", "In words", "Section", "Page", "Start",
    "End", "Text SHA-256", "Mark",
)  # fmt: skip


def guarded(text: str) -> str:
    """``text`` as no spreadsheet takes it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text that :func:`guarded` was given."""
    return cell[1:] if _GUARDED.match(cell) else cell


def escaped(text: str) -> str:
    """``text`` without the characters that XLSX cannot hold."""
    return _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def unescaped(cell: str) -> str:
    """The text that :func:`escaped` was given, from a program that leaves ``_xHHHH_`` as it is."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), cell)


def _wide(table: EvidenceTable) -> Iterator[list[Any]]:
    """The table as it is looked at: three columns for each question."""
    heads = (f"{n}. {one}" for n, one in enumerate(table.questions, 1))
    asked = [name for head in heads for name in (head, "confidence", "place")]
    yield [*_ABOUT, *asked]
    for row in table.rows:
        cells: list[Any] = []
        for cell in row.cells:
            best = cell.best
            cells += ["", "", ""] if best is None else [best.text, round(best.confidence, 4), best.place]
        yield [*_paper(row), *cells]


def _paper(row: Row) -> list[Any]:
    against = sentence(row.retraction) if row.retraction is not None else ""
    label = row.citation.label
    return [
        row.document_id, label, row.title, row.journal, row.year or "", row.doi, row.pmid, against, row.mark,
        row.note,
    ]  # fmt: skip


def _long(table: EvidenceTable) -> Iterator[list[Any]]:
    """Every relevant passage on a line of its own."""
    yield list(_PLACES)
    for number, question in enumerate(table.questions):
        for row in table.rows:
            for n, quote in enumerate(row.cells[number].quotes, 1):
                yield [row.document_id, row.citation.label, question, n, *_place(quote), row.mark]


def _place(quote: Quote) -> list[Any]:
    sure, page = round(quote.confidence, 4), quote.page or ""
    place = [quote.section, page, quote.start, quote.end, quote.text_sha256]
    return [quote.text, sure, confidence_word(quote.confidence), *place]


def write_csv(table: EvidenceTable, stream: TextIO, *, every: bool = False) -> None:
    """A row for each paper; with ``every`` a row for each relevant passage instead. Open with newline=""."""
    writer = csv.writer(stream)
    for row in _long(table) if every else _wide(table):
        writer.writerow([guarded(one) if isinstance(one, str) else one for one in row])


def write_xlsx(table: EvidenceTable, path: Path) -> None:
    """Three sheets: the table, every relevant passage, and how the table was made."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    sheets: Sequence[tuple[str, Iterator[list[Any]]]] = (
        ("Evidence", _wide(table)),
        ("Passages", _long(table)),
        ("About", _about(table)),
    )
    wrap, bold = Alignment(wrap_text=True, vertical="top"), Font(bold=True)
    book.remove(book.active)
    for name, lines in sheets:
        sheet = book.create_sheet(name)
        for number, line in enumerate(lines, 1):
            for column, value in enumerate(line, 1):
                if value == "":
                    continue
                cell = sheet.cell(number, column)
                if isinstance(value, str):
                    held = escaped(value)
                    cell.value = held if len(held) <= LONGEST else f"[{len(value)} characters, see the paper]"
                    cell.data_type = "s"  # never a formula, whatever it begins with
                    cell.quotePrefix = bool(_FORMULA.match(value))
                    cell.alignment = wrap
                else:
                    cell.value = value
                    cell.alignment = Alignment(vertical="top")
                if number == 1:
                    cell.font = bold
        sheet.freeze_panes = {"Evidence": "C2", "Passages": "A2"}.get(name)
        for column, title in enumerate(next(sheet.iter_rows(1, 1, values_only=True), ()), 1):
            width = {"Title": 40, "Quote": 80, "Question": 40, "confidence": 11}.get(str(title))
            long = str(title)[:1].isdigit() or (name == "About" and column == 2)
            letter = sheet.cell(1, column).column_letter
            sheet.column_dimensions[letter].width = width or (60 if long else 16)
    _link(book["Evidence"], table)
    book.save(path)


def _link(sheet: Any, table: EvidenceTable) -> None:
    """DOIs and PMIDs lead to their papers."""
    columns = {"DOI": _ABOUT.index("DOI") + 1, "PMID": _ABOUT.index("PMID") + 1}
    for number, row in enumerate(table.rows, 2):
        for name, identifier, place in (
            ("DOI", row.doi, "https://doi.org/"),
            ("PMID", row.pmid, "https://pubmed.ncbi.nlm.nih.gov/"),
        ):
            if identifier:
                cell = sheet.cell(number, columns[name])
                cell.hyperlink = f"{place}{quoted(identifier, safe='/:;()._-')}"
                cell.style = "Hyperlink"


def _about(table: EvidenceTable) -> Iterator[list[Any]]:
    """What a methods section needs."""
    yield ["Made", table.made]
    yield ["Library", f"generation {table.library.get('generation', '')}, {table.library.get('encoder', '')}"]
    yield ["Papers", len(table.rows)]
    yield [
        "Confidence",
        "measured" if table.calibrated else "uncalibrated: only the order counts",
    ]
    yield ["Filters", ", ".join(f"{name}: {value}" for name, value in table.filters.items()) or "none"]
    for name, value in table.passages.items():
        yield [f"Passages {name.replace('_', ' ')}", value]
    for number, question in enumerate(table.questions, 1):
        yield [f"Question {number}", question]


def write(table: EvidenceTable, path: Path, *, every: bool = False) -> list[Path]:
    """Write ``path`` by its ending; returns what was written. Raises UsageError for another ending.

    With ``every`` a CSV file gets a second one beside it, ``NAME-passages.csv``; XLSX always holds both.
    """
    kind = path.suffix.casefold()
    if kind not in WRITERS:
        raise UsageError(f"{path.name}: write a table as {', '.join(WRITERS)}, by its ending")
    try:
        return WRITERS[kind](table, path, every)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror})") from error


def _csv_files(table: EvidenceTable, path: Path, every: bool) -> list[Path]:
    written = [path, path.with_name(f"{path.stem}-passages{path.suffix}")][: 1 + every]
    for number, file in enumerate(written):
        # Spreadsheets take UTF-8 for what it is only behind its mark.
        with file.open("w", encoding="utf-8-sig", newline="") as stream:
            write_csv(table, stream, every=bool(number))
    return written


def _xlsx_file(table: EvidenceTable, path: Path, every: bool) -> list[Path]:
    write_xlsx(table, path)
    return [path]


def _json_file(table: EvidenceTable, path: Path, every: bool) -> list[Path]:
    import json

    path.write_text(json.dumps(table.to_dict(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    return [path]


#: How a table is written, by the ending of its file.
WRITERS: Mapping[str, Callable[[EvidenceTable, Path, bool], list[Path]]] = {
    ".csv": _csv_files,
    ".xlsx": _xlsx_file,
    ".json": _json_file,
}
