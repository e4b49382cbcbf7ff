"""HTML of a PDF's page with the lines of a quotation marked on it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from index.page_images import Line, PageView
from web.render import button, text


def figure(view: PageView, name: str, spot: Mapping[str, Any]) -> str:
    """The page as a picture, its lines boxed; ``spot`` is the click that shows this place again."""
    data = base64.b64encode(view.data).decode("ascii")
    what = "with the quote marked" if view.quote or view.focus else "without the quote"
    boxes = _boxes(view.quote, "lq-box") + _boxes(view.focus, "lq-box lq-box-focus")
    label = f"Page {view.number} of {view.pages}"
    alt = text(f"{label} of {name}, {what}")
    return (
        f'<figure class="lq-page"><div class="lq-sheet"><img src="data:image/webp;base64,{data}" '
        f'width="{view.width}" height="{view.height}" alt="{alt}">{boxes}</div>'
        f"<figcaption>{_turn(view, -1, 'Previous page', spot)}<span>{label}</span>"
        f"{_turn(view, 1, 'Next page', spot)}</figcaption></figure>"
    )


def _turn(view: PageView, by: int, words: str, spot: Mapping[str, Any]) -> str:
    to = view.number + by
    off = "" if 1 <= to <= view.pages else "disabled"
    return button(words, "click", {**spot, "page": to}, more=off)


def _boxes(lines: Sequence[Line], kind: str) -> str:
    return "".join(
        f'<div class="{kind}" style="left:{100 * one.x:.3f}%;top:{100 * one.y:.3f}%;'
        f'width:{100 * one.width:.3f}%;height:{100 * one.height:.3f}%"></div>'
        for one in lines
    )
