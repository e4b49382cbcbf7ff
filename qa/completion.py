"""``litquote completion SHELL``: what a shell needs to complete commands, options and file names."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

SHELLS = ("bash", "zsh", "fish", "powershell")
#: Words in the usage that mean a file or a folder.
_FILES = {"PATH", "FILE", "SET", "FOLDER", "OLD.json", "QUESTIONS.jsonl", "ANSWER.json"}


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """The script of ``shell`` that completes the commands of ``parser``."""
    import shtab

    for action in _actions(parser):
        if action.metavar == "DIR" or action.dest == "library":  # a title, too, which no shell knows
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    return shtab.complete(parser, shell)


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                yield from _actions(sub)


def completion(make_parser: Callable[[], argparse.ArgumentParser]) -> Callable[[argparse.Namespace], int]:
    """The command, which writes the script for the parser that ``make_parser`` makes."""

    def write(arguments: argparse.Namespace) -> int:
        sys.stdout.write(script(make_parser(), arguments.shell).rstrip("\n") + "\n")
        return 0

    return write
