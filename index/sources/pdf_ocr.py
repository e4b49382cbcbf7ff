"""The text of scanned pages, recognised by Tesseract where it is installed (Apache 2.0, not shipped).

Tesseract is run as a program, once for each page, and tells words with their boxes as TSV
(``tesseract IMAGE stdout tsv``), which then go the way of all words.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from index.errors import SourceError
from index.sources.pdf_chars import Opened
from index.sources.pdf_page import PageContent, Word

__all__ = ["recognised"]

_MISSING = "the PDF is a scan, and Tesseract is not installed; install it (tesseract-ocr) or leave out --ocr"

#: Words that Tesseract is less sure of than this (of 100) are left out: mostly dirt and pictures.
_LEAST_SURE = 30.0
_PAGE_SECONDS = 120


def recognised(opened: Opened, page: PageContent, languages: str) -> PageContent:
    """``page`` with the words that Tesseract sees on it. Raises SourceError without Tesseract."""
    program = os.environ.get("TESSERACT") or shutil.which("tesseract")
    if not program:
        raise SourceError(_MISSING)
    with tempfile.TemporaryDirectory(prefix="litquote-") as folder:
        image = Path(folder) / "page.png"
        pixels, _ = opened.image(page.number, image)
        command = [program, str(image), "stdout", "-l", languages, "tsv"]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=_PAGE_SECONDS, stdin=subprocess.DEVNULL, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise SourceError(
                f"recognising page {page.number} takes longer than {_PAGE_SECONDS} s; add the article as text"
            ) from error
        except OSError as error:
            raise SourceError(
                f"Tesseract cannot be run ({error.strerror}); check its installation"
            ) from error
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SourceError(f"Tesseract fails ({told[0] if told else done.returncode}); check its languages")
    found = replace(page, words=[], drawings=[], rules=[])
    found.words = _words(done.stdout.decode("utf-8", "replace"), page.width / max(pixels, 1))
    return found


def _words(table: str, scale: float) -> list[Word]:
    """The words of Tesseract's TSV; ``scale`` is points for a pixel."""
    found: list[Word] = []
    lines: dict[tuple[str, ...], tuple[float, float]] = {}
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        try:
            left, top = float(row["left"]) * scale, float(row["top"]) * scale
            width, height = float(row["width"]) * scale, float(row["height"]) * scale
            sure, level = float(row["conf"]), row["level"]
            line = (row["block_num"], row["par_num"], row["line_num"])
        except (KeyError, TypeError, ValueError):
            continue
        if level == "4":
            lines[line] = (top + 0.78 * height, min(max(0.85 * height, 5.0), 40.0))
        text = (row["text"] or "").strip()
        if level != "5" or not text or sure < _LEAST_SURE:
            continue
        base, size = lines.get(line, (top + height, height))
        found.append(Word(text, left, left + width, base, size, "recognised", False, False, True, len(found)))
    return found
