"""The commands over ``user.sqlite``: saved, log, feedback, history."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from index.errors import UsageError
from index.library import Library
from qa import exports, prisma, terminal
from qa.arguments import filters, library_path, print_json
from qa.conversations import Conversations, FoundTurn, Turn
from qa.feedback import Feedback
from qa.living import Diff, SavedQuestions
from qa.progress import complain, loaded_assistant
from qa.records import Answer, plural
from qa.search_log import LoggedSearch, SearchLog
from qa.table_files import guarded
from qa.user_store import UserStore


def note(library: Library, answer: Answer, arguments: argparse.Namespace, via: str) -> None:
    """Put an answer of the command line into the search log, unless that is off."""
    store = UserStore.of(library)
    SearchLog(store).add(library, answer, filters(arguments), via=via)
    tell(store)


def tell(store: UserStore) -> None:
    """Say on standard error what the store has to say."""
    for line in store.notices():
        complain(UsageError(line), 0)


def remind(path: Path) -> None:
    """Say on standard error how many saved questions were not asked since the library changed."""
    with Library.open(path) as library:
        due = SavedQuestions(UserStore.of(library)).due(library)
    if due:
        print(
            f"{plural(len(due), 'saved question')} not asked since the library changed: litquote saved run",
            file=sys.stderr,
        )


def _store(arguments: argparse.Namespace) -> UserStore:
    with Library.open(library_path(arguments)) as library:
        return UserStore.of(library)


def _write(name: str, content: str, *, mark: bool = False) -> None:
    if name == "-":
        sys.stdout.write(content)
        return
    try:
        path = Path(name).expanduser()
        path.write_text(content, "utf-8-sig" if mark else "utf-8", newline="")
    except OSError as error:
        raise UsageError(f"{name} cannot be written ({error.strerror})") from error


# -- saved -----------------------------------------------------------------------------------------


def saved(arguments: argparse.Namespace) -> int:
    """``litquote saved``."""
    with Library.open(library_path(arguments)) as library:
        questions = SavedQuestions(UserStore.of(library), arguments.user)
        if arguments.action == "list":
            return _listed(arguments, library, questions)
        if arguments.action == "remove":
            numbers = _numbers(arguments.what)
            if not numbers:
                raise UsageError("say which: litquote saved remove N")
            for number in numbers:
                questions.remove(number)
            print_json({"removed": numbers}) if arguments.json else print(f"removed {len(numbers)}")
            return 0
        assistant = loaded_assistant(arguments, library)
        if arguments.action == "add":
            ids = [questions.add(" ".join(arguments.what), filters(arguments))]
        else:
            ids = _numbers(arguments.what)
        found = questions.run(assistant, ids, accept=not arguments.peek)
        tell(questions.store)
    if arguments.json:
        print_json([one.to_dict() for one in found])
    else:
        print("\n\n".join(map(diff, found)) or "No question is saved; add one with: litquote saved add “…”")
    return 0


def _numbers(words: Sequence[str]) -> list[int]:
    if strange := [word for word in words if not word.isdecimal()]:
        raise UsageError(f"{strange[0]!r} is no number of a saved question; see: litquote saved list")
    return [int(word) for word in words]


def _listed(arguments: argparse.Namespace, library: Library, questions: SavedQuestions) -> int:
    held, generation = questions.list(), library.manifest.generation
    if arguments.json:
        print_json([one.to_dict() | {"due": one.generation != generation} for one in held])
    elif not held:
        print("No question is saved; add one with: litquote saved add “…”")
    else:
        rows = [
            (
                str(one.id),
                str(one.quotes),
                one.run[:10] or "never",
                "due" if one.generation != generation else "",
                one.question,
            )
            for one in held
        ]
        print(terminal.table(rows, ("NUMBER", "QUOTES", "RUN", "", "QUESTION")))
    return 0


def diff(found: Diff) -> str:
    """A diff for people."""
    head = f"{found.saved}. {found.question}\n    "
    if found.first:
        return f"{head}{plural(found.quotes, 'quote')} from now on compared with"
    blocks = [f"{head}{found.summary} (generation {found.before} to {found.generation})"]
    marks = {"new": "+", "gone": "-", "moved": ">", "retracted": "!!"}
    for change in found.changes:
        why = f": {change.why}" if change.why else ""
        one = change.quote
        line = f"{marks[change.kind]} {change.kind}{why} “{one.text}” {one.citation.label}, {one.place}"
        blocks.append(terminal.indented(line))
    return "\n".join(blocks)


# -- log -------------------------------------------------------------------------------------------

_COLUMNS = (
    "id", "at", "via", "question", "completed", "also searched", "limits", "generation", "passages",
    "documents", "status", "quotes", "papers", "encoder", "reader", "litquote",
)  # fmt: skip


def log(arguments: argparse.Namespace) -> int:
    """``litquote log``."""
    with Library.open(library_path(arguments)) as library:
        store = UserStore.of(library)
        kept = SearchLog(store, arguments.user)
        if arguments.clear:
            count = kept.clear()
            print_json({"cleared": count}) if arguments.json else print(
                f"deleted {plural(count, 'search', 'searches')}"
            )
            return 0
        found = kept.list(arguments.only)
        if arguments.prisma:
            _write(arguments.prisma, prisma.paragraph(found))
        if arguments.ris:
            references, gone = prisma.records(library, found)
            _write(arguments.ris, exports.ris(references))
            if gone:
                complain(UsageError(f"no longer in the library, and left out: {', '.join(gone)}"), 0)
        if arguments.csv:
            _write(arguments.csv, _csv(found), mark=True)
    if arguments.json:
        print_json([one.to_dict() for one in found])
    elif not (arguments.prisma or arguments.ris or arguments.csv):
        print(_log_lines(store, found, arguments.user))
    return 0


def _csv(found: Sequence[LoggedSearch]) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(_COLUMNS)
    for one in found:
        forms = "; ".join(f"{form.get('to')} ({form.get('from')})" for form in one.expansions)
        row = (
            one.id, one.at, one.via, one.question, one.completed, forms, prisma.limits(one), one.generation,
            one.passages, one.documents, one.status, one.quotes, " ".join(one.papers), one.encoder,
            one.reader, one.litquote,
        )  # fmt: skip
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    return stream.getvalue()


def _log_lines(store: UserStore, found: Sequence[LoggedSearch], user: str) -> str:
    if not found:
        off = "" if store.is_on(user) else " It is switched off: litquote history --on"
        return f"The log is empty.{off}"
    rows = [
        (
            str(one.id),
            one.at[:16].replace("T", " "),
            one.via,
            str(one.quotes),
            str(len(one.papers)),
            one.completed,
        )
        for one in found
    ]
    return terminal.table(rows, ("NUMBER", "WHEN (UTC)", "BY", "QUOTES", "PAPERS", "SEARCHED"))


# -- feedback --------------------------------------------------------------------------------------


def feedback(arguments: argparse.Namespace) -> int:
    """``litquote feedback``."""
    with Library.open(library_path(arguments)) as library:
        kept = Feedback(UserStore.of(library), arguments.user)
        if arguments.action == "clear":
            count = kept.clear()
            print_json({"cleared": count}) if arguments.json else print(f"deleted {plural(count, 'verdict')}")
            return 0
        if arguments.action == "list":
            found = kept.list(everyone=arguments.everyone)
            if arguments.json:
                print_json([one.to_dict() for one in found])
            else:
                words = {True: "answers", False: "does not answer"}
                rows = [(words[one.answers], f"{one.question} “{one.quote}”") for one in found]
                print(
                    terminal.table(rows, ("VERDICT", "QUESTION AND QUOTE")) if rows else "No verdict is kept."
                )
            return 0
        if not arguments.folder:
            raise UsageError("say where to: litquote feedback export DIR")
        done = kept.export(library, Path(arguments.folder).expanduser(), everyone=arguments.everyone)
    if arguments.json:
        left = [{"question": question, "reason": reason} for question, reason in done.left_out]
        counts = {"answerable": done.answerable, "unanswerable": done.unanswerable}
        print_json({"path": str(done.path), **counts, "left_out": left})
        return 0
    questions = plural(done.answerable + done.unanswerable, "question")
    print(f"wrote {done.path}: {questions}, {done.unanswerable} of them without an answer")
    for question, reason in done.left_out:
        print(terminal.indented(f"left out of “{question}”: {reason}"))
    print(f"measure with: litquote eval {done.path.parent}; fit with: litquote calibrate {done.path}")
    return 0


# -- history ---------------------------------------------------------------------------------------


def history(arguments: argparse.Namespace) -> int:
    """``litquote history``."""
    store = _store(arguments)
    talk = Conversations(store, arguments.user)
    if arguments.on or arguments.off:
        store.switch(arguments.on, arguments.user)
    if arguments.keep:
        if arguments.keep != "forever" and not arguments.keep.isdecimal():
            raise UsageError(f"--keep {arguments.keep}: give a number of days, or: forever")
        store.retain(None if arguments.keep == "forever" else int(arguments.keep), arguments.user)
    for number in arguments.delete:
        talk.delete(number)
    if arguments.clear:
        talk.clear()
    if arguments.show is not None:
        _show(arguments, talk.load(arguments.show))
    elif arguments.search is not None:
        _found(arguments, talk.search(arguments.search))
    else:
        _conversations(arguments, store, talk)
    tell(store)
    return 0


def _show(arguments: argparse.Namespace, turns: Sequence[Turn]) -> None:
    if arguments.json:
        print_json([{"number": t.number, "asked": t.asked, "answer": t.answer.to_dict()} for t in turns])
    else:
        print("\n\n".join(f"? {t.answer.question}\n\n{terminal.answer(t.answer)}" for t in turns))


def _found(arguments: argparse.Namespace, found: Sequence[FoundTurn]) -> None:
    if arguments.json:
        print_json(
            [
                one.conversation.to_dict() | {"turn": one.turn.number, "question": one.turn.answer.question}
                for one in found
            ]
        )
        return
    rows = [(str(one.conversation.id), one.turn.asked[:10], one.turn.answer.question) for one in found]
    print(terminal.table(rows, ("NUMBER", "ASKED", "QUESTION")) if rows else "Nothing found.")


def _conversations(arguments: argparse.Namespace, store: UserStore, talk: Conversations) -> None:
    held, days, on = talk.list(), store.retention(arguments.user), store.is_on(arguments.user)
    if arguments.json:
        print_json({"on": on, "keep_days": days, "conversations": [one.to_dict() for one in held]})
        return
    kept = f"kept for {plural(days, 'day')}" if days else "kept until deleted"
    print(f"Conversations and the search log are {kept if on else 'switched off'}.")
    if held:
        rows = [(str(one.id), one.changed[:10], str(one.count), one.title) for one in held]
        print(terminal.table(rows, ("NUMBER", "CHANGED", "QUESTIONS", "TITLE")))
