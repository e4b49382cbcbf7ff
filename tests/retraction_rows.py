"""Invented rows of a Retraction Watch CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path

COLUMNS = [
    "Record ID", "Title", "Subject", "Institution", "Journal", "Publisher", "Country", "Author", "URLS",
    "ArticleType", "RetractionDate", "RetractionDOI", "RetractionPubMedID", "OriginalPaperDate",
    "OriginalPaperDOI", "OriginalPaperPubMedID", "RetractionNature", "Reason", "Paywalled", "Notes",
]  # fmt: skip


def row(record: int = 1, nature: str = "Retraction", date: str = "1/2/2024 0:00", **values: str) -> list[str]:
    """A row; ``values`` by column, ``doi`` and ``pmid`` for those of the paper."""
    known = {
        "Record ID": str(record),
        "Title": 'A "bold", invented title',
        "Author": "Nógrádi A;Wu L",
        "RetractionDate": date,
        "RetractionDOI": "unavailable",
        "RetractionPubMedID": "0",
        "OriginalPaperDate": "5/6/2015 0:00",
        "OriginalPaperDOI": values.pop("doi", "unavailable"),
        "OriginalPaperPubMedID": values.pop("pmid", "0"),
        "RetractionNature": nature,
        "Reason": "+Duplication of Image;+Unreliable Results;",
        "Paywalled": "No",
    } | values
    return [known.get(name, "") for name in COLUMNS]


def table(*rows: list[str]) -> str:
    """The file's text."""
    out = io.StringIO()
    csv.writer(out).writerows([COLUMNS, *rows])
    return out.getvalue()


def write(path: Path, *rows: list[str], encoding: str = "utf-8-sig") -> Path:
    """Write such a file."""
    path.write_bytes(table(*rows).encode(encoding))
    return path
