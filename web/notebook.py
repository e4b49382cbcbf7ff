"""HTML of what the user keeps: conversations, and saved questions with what became of their quotes."""

from __future__ import annotations

from collections.abc import Sequence

from qa.conversations import Conversation, FoundTurn
from qa.living import SavedQuestion
from qa.living_diff import Change, Diff
from qa.records import plural
from web import cards
from web.render import FORM, button, renaming, text


def notebook(
    conversations: Sequence[Conversation],
    saved: Sequence[SavedQuestion],
    *,
    kept: bool,
    forbidden: bool,
    generation: int,
    words: str = "",
    found: Sequence[FoundTurn] = (),
    diffs: Sequence[Diff] = (),
    notices: Sequence[str] = (),
    library: str = "",
) -> str:
    """Saved questions with their ``diffs``, then conversations, or the turns ``found`` for ``words``.

    Unless ``kept``, nothing is written; ``forbidden`` says that the environment wants it so.
    """
    told = "".join(f'<p class="lq-error">{text(one)}</p>' for one in notices)
    listed = _found(found, words) if words.strip() else _conversations(conversations)
    return (
        f'<div class="lq-notebook">{told}<h3>Saved questions</h3>{_saved(saved, generation)}'
        f"{''.join(diff(one, library) for one in diffs)}<h3>Conversations</h3>{_switch(kept, forbidden)}"
        '<div class="lq-form"><label>Search them <input type="text" name="words" '
        f'value="{text(words)}"></label>{button("Search", "select", {}, more=FORM)}</div>{listed}</div>'
    )


def _switch(kept: bool, forbidden: bool) -> str:
    if forbidden:
        return '<p class="lq-note">LITQUOTE_HISTORY is off: nothing is kept.</p>'
    words = (
        "Questions and answers are kept in the library's folder, and nowhere else."
        if kept
        else "Questions and answers are not kept."
    )
    switch = button("Keep none from now on" if kept else "Keep them from now on", "input", {"keep": not kept})
    return f'<p class="lq-note">{words} {switch}</p>'


def _conversations(conversations: Sequence[Conversation]) -> str:
    if not conversations:
        return '<p class="lq-note">None yet.</p>'
    return f"<ul>{''.join(map(_conversation, conversations))}</ul>"


def _conversation(one: Conversation) -> str:
    title, value = text(one.title), {"conversation": one.id}
    return (
        f"<li>{button(title, 'click', value, kind='lq-title')}"
        f"<p>{one.changed[:10]}, {plural(one.count, 'question')}</p>"
        f'<div class="lq-tools">{renaming(one.title, value)}'
        f'<details class="lq-form"><summary aria-label="Delete {title}">Delete…</summary>'
        f"{button(f'Delete {title}', 'delete', value, kind='lq-danger')}</details></div></li>"
    )


def _found(found: Sequence[FoundTurn], words: str) -> str:
    if not found:
        return f'<p class="lq-note" role="status">No question or quote has “{text(words)}”.</p>'
    rows = "".join(map(_found_turn, found))
    return f'<p class="lq-note" role="status">{plural(len(found), "answer")}</p><ul>{rows}</ul>'


def _found_turn(one: FoundTurn) -> str:
    value = {"conversation": one.conversation.id, "turn": one.turn.number}
    return (
        f"<li>{button(text(one.turn.answer.question), 'click', value, kind='lq-title')}"
        f"<p>{one.turn.asked[:10]}, in “{text(one.conversation.title)}”: "
        f"{text(one.turn.answer.summary)}</p></li>"
    )


def _saved(saved: Sequence[SavedQuestion], generation: int) -> str:
    if not saved:
        return (
            '<p class="lq-note">None yet. “Save the question” under an answer keeps it here; after a change '
            "of the library it is asked again, and you see what is new, gone, moved or retracted.</p>"
        )
    due = sum(one.generation != generation for one in saved)
    rows = "".join(_question(one, generation) for one in saved)
    words = f"{due} not asked since the library changed." if due else "All asked since the library changed."
    again = button("Ask them again", "apply", {}, kind="lq-do")
    return f'<p class="lq-note">{words} {again}</p><ul>{rows}</ul>'


def _question(one: SavedQuestion, generation: int) -> str:
    filters = ", ".join(one.filters.active) if one.filters else ""
    state = "due" if one.generation != generation else f"{plural(one.quotes, 'quote')}, asked {one.run[:10]}"
    about = "; ".join(filter(None, (state, f"filters: {filters}" if filters else "")))
    return (
        f"<li><strong>{text(one.question)}</strong><p>{text(about)}</p>"
        f"{button('Forget', 'undo', {'saved': one.id}, name=f'Forget {one.question}')}</li>"
    )


def diff(one: Diff, library: str = "") -> str:
    """What a run of a saved question changed."""
    told = "First asked: " + plural(one.quotes, "quote") if one.first else one.summary
    rows = "".join(_change(change, library) for change in one.changes)
    announced = text(f"{one.question} {told}")
    return (
        f'<section class="lq-diff" data-announce="{announced}"><h4>{text(one.question)}</h4>'
        f"<p>{text(told)}</p><ul>{rows}</ul></section>"
    )


def _change(one: Change, library: str) -> str:
    quote = one.quote
    show = cards.show(quote, library, "double_click") if one.kind != "gone" else ""
    word = "now retracted" if one.kind == "retracted" else one.kind
    why = f" <small>{text(one.why)}</small>" if one.why else ""
    return (
        f'<li class="lq-{one.kind}"><span class="lq-badge">{word}</span> “{text(quote.text)}” '
        f"{text(quote.citation.label)}{why} {show}</li>"
    )
