"""HTML of taking answers away as files: what is offered, and the file itself for the page's script."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Mapping, Sequence

from qa.bibliography import STYLES
from qa.records import Answer
from web.render import FORM, button, text

#: What each file is called on the page, by its ending.
FILES: Mapping[str, str] = {
    ".docx": "Word", ".html": "HTML", ".md": "Markdown", ".txt": "Text", ".json": "Sealed answer",
}  # fmt: skip
#: The papers that answer, for other programs.
REFERENCES: Mapping[str, str] = {".bib": "BibTeX", ".ris": "RIS", ".csl.json": "CSL-JSON"}

_STEM = 60
_numbers = itertools.count(1)


def stem(question: str) -> str:
    """A file's name for what ``question`` was answered: ``"litquote-is-there-a-cure"``, on every system."""
    words = re.sub(r"(?:\W|_)+", "-", question.casefold())[:_STEM].strip("-")
    return f"litquote-{words or 'answer'}"


def handed(name: str, data: bytes) -> str:
    """HTML that the page's script turns into a download, once: each has a number of its own."""
    content = base64.b64encode(data).decode("ascii")
    return (
        f'<span hidden data-download="{text(name)}" data-content="{content}" '
        f'data-number="{next(_numbers)}"></span>'
    )


def form(turn: int, answers: Sequence[Answer]) -> str:
    """What may be taken away of turn ``turn`` (0: of the conversation), folded.

    References are offered where there is a quote.
    """
    kinds = [("", FILES)]
    if any(answer.quotes for answer in answers):
        kinds.append(("References alone ", REFERENCES))
    rows = "".join(
        f"<p>{label}"
        + "".join(
            button(name, "expand", {"turn": turn, "ending": ending}, name=f"Export as {name}", more=FORM)
            for ending, name in offered.items()
        )
        + "</p>"
        for label, offered in kinds
    )
    options = "".join(f'<option value="{key}">{text(style.name)}</option>' for key, style in STYLES.items())
    words = "Export…" if turn else "Export the conversation…"
    return (
        f'<details class="lq-form lq-export" data-key="export-{turn}"><summary>{words}</summary>'
        f'<label>References as in <select name="style">{options}</select></label>{rows}</details>'
    )
