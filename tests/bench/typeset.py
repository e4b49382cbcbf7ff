"""Papers typeset with Chromium from ``tests/data/typeset_paper.json``, whose text is our own.

Layouts: one, two and three columns; running heads, page numbers, line numbers; footnotes, a table, a
figure with lettering; ligatures, justified lines and words broken at line ends with hyphens.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAPER: dict[str, Any] = json.loads((ROOT / "tests/data/typeset_paper.json").read_text("utf-8"))

#: Name of the layout: columns, font, size in points, whether lines are numbered, whether justified.
LAYOUTS: dict[str, tuple[int, str, float, bool, bool]] = {
    "two-columns-serif": (2, "DejaVu Serif", 8.5, False, True),
    "two-columns-sans": (2, "Liberation Sans", 9, False, True),
    "one-column-preprint": (1, "Liberation Serif", 11.5, True, False),
    "three-columns": (3, "Liberation Serif", 9, False, True),
}

_VOWELS = "aeiouy"


def chromium() -> str | None:
    """Chromium's program, where it is installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def paragraphs() -> list[str]:
    """The body text that a reader should find."""
    return [PAPER["abstract"], *(text for _, part in PAPER["sections"] for text in part)]


def papers(folder: Path) -> list[tuple[Path, list[str]]]:
    """Each layout as a PDF in ``folder`` with the paragraphs of its body."""
    return [(typeset(name, folder), paragraphs()) for name in LAYOUTS]


def _soft(text: str) -> str:
    """``text`` with soft hyphens in its long words, between a vowel and a consonant before a vowel."""

    def broken(word: re.Match[str]) -> str:
        letters = word.group()
        places = [
            at
            for at in range(3, len(letters) - 3)
            if letters[at - 1] in _VOWELS and letters[at] not in _VOWELS and letters[at + 1] in _VOWELS
        ]
        return "".join(("\u00ad" if at in places else "") + letter for at, letter in enumerate(letters))

    return re.sub(r"[a-z]{7,}", broken, text)


def _table() -> str:
    rows = ("".join(f"<td>{cell}</td>" for cell in row) for row in PAPER["table"])
    table = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<div class=float><div class=cap>{PAPER['table_caption']}</div><table>{table}</table></div>"


def _figure() -> str:
    bars = "".join(
        f"<rect x={20 + 18 * n} y={20 + 6 * n} width=12 height={70 - 6 * n} fill='#678'/>"
        f"<text x={22 + 18 * n} y=100 font-size=7>{n + 1}</text>"
        for n in range(8)
    )
    frame = "<rect x=5 y=5 width=170 height=88 fill=none stroke=black />"
    label = "<text x=30 y=14 font-size=7>kWh per tonne</text>"
    drawing = f"<svg width=180 height=110>{frame}{bars}{label}</svg>"
    return f"<div class=float>{drawing}<div class=cap>{PAPER['caption']}</div></div>"


def _blocks() -> list[str]:
    """The body as pieces of HTML: headings, paragraphs, a table and a figure after their mention."""
    found = []
    for heading, part in PAPER["sections"]:
        found.append(f"<h2>{heading}</h2>")
        for text in part:
            found.append(f"<p>{_soft(html.escape(text))}</p>")
            if "Table 1 gives" in text:
                found.append(_table())
            if "As Figure 1 shows" in text:
                found.append(_figure())
    found.append("<h2>References</h2>")
    found += [f"<p class=ref>{n}. {html.escape(text)}</p>" for n, text in enumerate(PAPER["references"], 1)]
    return found


_SCRIPT = (ROOT / "tests/data/typeset.js").read_text("utf-8")
_STYLE = (ROOT / "tests/data/typeset.css").read_text("utf-8")


def typeset(name: str, folder: Path) -> Path:
    """Print one layout. Raises RuntimeError when Chromium does not."""
    columns, font, size, numbered, justified = LAYOUTS[name]
    front = (
        f"<h1>{html.escape(PAPER['title'])}</h1><div class=authors>{PAPER['authors']}</div>"
        f"<div class=abstract><h2>Abstract</h2><p>{_soft(html.escape(PAPER['abstract']))}</p>"
        f"<p><b>Keywords:</b> {PAPER['keywords']}</p></div>"
    )
    style = (
        _STYLE.replace("FONT", font)
        .replace("SIZE", str(size))
        .replace("LEADING", "22px" if numbered else "1.28")
    )
    style = style.replace("ALIGN", "text-align: justify" if justified else "text-align: left")
    style = style.replace("LAST", "justify" if justified else "left")
    script = _SCRIPT.replace("BLOCKS", json.dumps(_blocks())).replace("NOTES", json.dumps(PAPER["footnotes"]))
    script = script.replace("COLUMNS", str(columns)).replace("NUMBERED", str(numbered).lower())
    script = script.replace("RUNNING", PAPER["running"]).replace("FRONT", json.dumps(front))
    page = folder / f"{name}.html"
    page.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>untitled</title><style>{style}</style>"
        f"<body><script>{script}</script></body></html>",
        "utf-8",
    )
    made = folder / f"{name}.pdf"
    program = chromium()
    assert program is not None
    command = [
        program,
        "--headless",
        "--disable-gpu",
        "--no-sandbox",
        "--no-pdf-header-footer",
        f"--user-data-dir={folder / 'chromium'}",
    ]
    done = subprocess.run(
        [*command, f"--print-to-pdf={made}", page.as_uri()], capture_output=True, timeout=120, check=False
    )
    if not made.exists():
        raise RuntimeError(done.stderr.decode("utf-8", "replace")[-500:])
    return made
