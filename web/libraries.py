"""HTML of the user's libraries: where they lie, how large they are, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence

from index.held import Held
from qa.records import in_bytes, plural
from web.render import FORM, button, renaming, text


def table(found: Sequence[Held], *, here: str, first: str, can_change: bool = True) -> str:
    """The libraries; the page looks at the one in the folder ``here`` and was opened on ``first``."""
    if not can_change:
        return '<p class="lq-note">This page shows one library.</p>'
    items = "".join(_item(one, here=here, first=first) for one in found)
    return (
        f'<div class="lq-libraries"><ul>{items}</ul><div class="lq-form lq-create">'
        '<label>A new library called <input type="text" name="title" maxlength="120"></label>'
        f"{button('Create', 'submit', {}, kind='lq-do', more=FORM)}</div></div>"
    )


def _item(one: Held, *, here: str, first: str) -> str:
    key, title = str(one.path), text(one.title)
    now = key == here
    size = f"{plural(one.documents, 'document')}, {in_bytes(one.bytes)}"
    parts = (
        ", ".join(
            f"{name} {in_bytes(size)}"
            for name, size in (
                ("texts", one.sizes.texts),
                ("index", one.sizes.index),
                ("originals", one.sizes.originals),
            )
            if size
        )
        if one.sizes
        else ""
    )
    size += f" ({parts})" if parts else ""
    badge = '<span class="lq-badge">open</span>' if now else ""
    kind = '<span class="lq-badge">demo</span>' if one.kind == "demo" else ""
    problem = f'<p class="lq-error">{text(one.problem)}</p>' if one.problem else ""
    value = {"library": key}
    enter = button("Open", "click", value, name=f"Open {one.title}")
    erasing = (
        f'<details class="lq-form"><summary aria-label="Erase {title}">Erase…</summary>'
        f"<p>{plural(one.documents, 'document')} at <code>{text(key)}</code> are deleted for good.</p>"
        f"{button(f'Erase {title}', 'delete', value, kind='lq-danger')}</details>"
    )
    tools = ("" if now else enter) + renaming(one.title, value, key=f"rename {key}")
    tools += "" if key == first else erasing
    return (
        f"<li><h3>{title} {kind} {badge}</h3><p>{size}</p><p><code>{text(key)}</code></p>{problem}"
        f'<div class="lq-tools">{tools}</div></li>'
    )
