"""``litquote libraries``: which there are, where they lie, how large they are; create, rename, erase them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from index.errors import UsageError
from index.shelf import Erased, Held, Shelf
from qa.arguments import print_json
from qa.progress import complain
from qa.records import in_bytes, plural
from qa.terminal import indented

_FORMS = {
    "list": (),
    "create": ("TITLE",),
    "rename": ("NAME", "TITLE"),
    "erase": ("NAME",),
    "attach": ("PATH",),
    "detach": ("NAME",),
}
_KINDS = {
    "default": "used where no --library is named",
    "own": "",
    "attached": "lies elsewhere",
    "demo": "the demo, apart from your own",
}


def libraries(arguments: argparse.Namespace) -> int:
    """The command: ``list`` (default) or one of the actions. Raises UsageError."""
    form, names = _FORMS[arguments.action], arguments.names
    if len(names) != len(form):
        words = " ".join(("libraries", arguments.action, *form))
        raise UsageError(f"write: litquote {words} (titles of several words in quotation marks)")
    shelf = Shelf()
    unfinished = [one for one in shelf.finish_erasing() if one.pending]
    value, shown = _ACTIONS[arguments.action](shelf, names, arguments.yes)
    if arguments.json:
        print_json(value)
    else:
        print(shown)
    for one in unfinished:
        complain(UsageError(_pending(one)), 0)
    return 0


def _list(shelf: Shelf, _: Sequence[str], __: bool) -> tuple[Any, str]:
    found = shelf.list()
    problem = shelf.problem
    blocks = [entry(one) for one in found]
    if problem:
        blocks.append(indented(problem, ""))
    value = {"libraries": [one.to_dict() for one in found], "problem": problem or None}
    return value, "\n\n".join(blocks)


def entry(held: Held) -> str:
    """A library for people: its title, what it holds, where it lies."""
    notes = [note for note in (_KINDS[held.kind],) if note]
    lines = [held.title + (f" ({'; '.join(notes)})" if notes else "")]
    lines.append(f"    {_holds(held)}")
    lines.append(f"    {held.path}")
    if held.problem:
        lines.append(indented(f"!! {held.problem}"))
    return "\n".join(lines)


def _holds(held: Held) -> str:
    if not held.generation:
        empty = "made when it is first used" if held.kind == "demo" else "nothing was added yet"
        return "unreadable" if held.problem else empty
    counts = f"{plural(held.documents, 'paper')}, {plural(held.passages, 'passage')}"
    sizes = held.sizes
    if sizes is None:
        return f"{counts}; changed {held.changed[:10]}"
    parts = (
        f"index {in_bytes(sizes.index)}, texts {in_bytes(sizes.texts)}, originals {in_bytes(sizes.originals)}"
    )
    return f"{counts}; {in_bytes(sizes.all)} ({parts}); changed {held.changed[:10]}"


def _create(shelf: Shelf, names: Sequence[str], _: bool) -> tuple[Any, str]:
    made = shelf.create(names[0])
    shown = (
        f"made “{made.title}” at {made.path}; add papers with: litquote add PATH --library {_quoted(made)}"
    )
    return made.to_dict(), shown


def _rename(shelf: Shelf, names: Sequence[str], _: bool) -> tuple[Any, str]:
    before = shelf.find(names[0])
    now = shelf.rename(before.path, names[1])
    return now.to_dict(), f"“{before.title}” is called “{now.title}” from now on"


def _erase(shelf: Shelf, names: Sequence[str], yes: bool) -> tuple[Any, str]:
    held = shelf.find(names[0], sizes=True)
    told = f"“{held.title}”: {plural(held.documents, 'paper')}, {in_bytes(held.bytes)}, at {held.path}"
    if not yes:
        raise UsageError(f"this would erase {told}; nothing was erased; to do it, add --yes")
    done = shelf.erase(held.path, confirm=held.title)
    shown = [f"erased {told}"]
    if done.left:
        most = 5
        more = f" and {len(done.left) - most:,} more" if len(done.left) > most else ""
        shown.append(f"left what litquote did not write: {', '.join(done.left[:most])}{more}")
    if done.pending:
        shown.append(_pending(done))
    value = {"erased": held.to_dict(), "left": list(done.left), "pending": list(done.pending)}
    return value, "\n".join(shown)


def _pending(done: Erased) -> str:
    count = plural(len(done.pending), "file")
    return (
        f"{count} of the erased library at {done.path} cannot go yet: close what has them open, and the next "
        "start of litquote removes them"
    )


def _attach(shelf: Shelf, names: Sequence[str], _: bool) -> tuple[Any, str]:
    held = shelf.attach(names[0])
    return held.to_dict(), f"“{held.title}” at {held.path} is listed from now on"


def _detach(shelf: Shelf, names: Sequence[str], _: bool) -> tuple[Any, str]:
    path = shelf.detach(names[0])
    return {"detached": str(path)}, f"{path} is not listed any more; nothing in it has changed"


def _quoted(held: Held) -> str:
    return f'"{held.title}"' if " " in held.title else held.title


_ACTIONS: Mapping[str, Callable[[Shelf, Sequence[str], bool], tuple[Any, str]]] = {
    "list": _list,
    "create": _create,
    "rename": _rename,
    "erase": _erase,
    "attach": _attach,
    "detach": _detach,
}
