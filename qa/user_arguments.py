"""The arguments of the commands that keep things for the user: table, saved, log, feedback, history."""

from __future__ import annotations

import argparse
from collections.abc import Callable

MakeCommand = Callable[..., argparse.ArgumentParser]


def add_user_commands(
    command: MakeCommand,
    demo: argparse.ArgumentParser,
    filtered: argparse.ArgumentParser,
    reading: argparse.ArgumentParser,
) -> None:
    """Add them; ``command`` makes one of a name, a text and options (``demo``, ``filtered``, ``reading``)."""
    user = argparse.ArgumentParser(add_help=False)
    user.add_argument(
        "--user",
        default="",
        metavar="NAME",
        help="whose, where the app is served with log-in (default: yours)",
    )

    table = command("table", "what every paper says to a list of questions", demo, filtered, reading)
    table.add_argument("questions", metavar="QUESTIONS.txt", help="one question a line (- for here)")
    table.add_argument("--out", "-o", metavar="FILE", help="where to: FILE.xlsx, FILE.csv or FILE.json")
    table.add_argument(
        "--all", action="store_true", help="every relevant passage of each paper, not only the best one"
    )
    table.add_argument(
        "--name",
        metavar="NAME",
        help="whose marks and notes belong to it (default: the name of QUESTIONS.txt)",
    )
    for mark in ("include", "exclude"):
        table.add_argument(
            f"--{mark}", action="append", default=[], metavar="ID", help=f"mark this paper's row: {mark}"
        )

    saved = command(
        "saved", "saved questions, asked again when the library changed", demo, filtered, reading, user
    )
    saved.add_argument("action", choices=("add", "list", "remove", "run"))
    saved.add_argument(
        "what", nargs="*", metavar="WHAT", help="the question to add; numbers to remove or run"
    )
    saved.add_argument(
        "--peek", action="store_true", help="run: only look; the next run compares with the same as this one"
    )

    log = command("log", "the questions asked, with how each was searched and what it found", demo, user)
    log.add_argument("--csv", metavar="FILE", help="write a table (- for here)")
    log.add_argument("--prisma", metavar="FILE", help="write a methods paragraph after PRISMA-S (- for here)")
    log.add_argument("--ris", metavar="FILE", help="write the papers found, as RIS (- for here)")
    log.add_argument(
        "--only", type=int, action="append", default=[], metavar="N", help="only this search (repeatable)"
    )
    log.add_argument("--clear", action="store_true", help="delete the log")

    feedback = command("feedback", "what was said of quotes: answers, or does not answer", demo, user)
    feedback.add_argument("action", choices=("list", "export", "clear"))
    feedback.add_argument("folder", nargs="?", metavar="DIR", help="for export: a set for eval and calibrate")
    feedback.add_argument("--everyone", action="store_true", help="of all users of a served app")

    history = command("history", "conversations of the page: list, search, delete, switch off", demo, user)
    history.add_argument(
        "--search", metavar="WORDS", help="questions and quotes that hold all of these words"
    )
    history.add_argument("--show", type=int, metavar="N", help="a whole conversation")
    history.add_argument("--delete", type=int, action="append", default=[], metavar="N", help="(repeatable)")
    history.add_argument("--clear", action="store_true", help="delete all conversations")
    history.add_argument("--keep", metavar="DAYS", help="delete what is older, now and always; or: forever")
    switch = history.add_mutually_exclusive_group()
    switch.add_argument(
        "--off", action="store_true", help="keep no conversations and no search log from now on"
    )
    switch.add_argument("--on", action="store_true", help="keep them again")
