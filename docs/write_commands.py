"""Writes ``commands.md``: every command and option, read off the parser, with examples."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from qa.arguments import parser  # noqa: E402
from qa.cli import COMMANDS  # noqa: E402

#: Lines that show a command at work, in the order they could be typed; run by the tests.
EXAMPLES = {
    "add": ["add papers/ 'exports/*.ris'", "add papers/ --retry"],
    "ask": [
        "ask 'Does sleep loss impair heat acclimation?' --years 2015-",
        "ask 'How long do whale songs last?' --export answer.json --export answer.docx --style apa",
    ],
    "chat": ["chat"],
    "search": ["search 'whale songs' -k 5"],
    "why": ["why 'How long do whale songs last?' pmid:31000002"],
    "sources": ["sources"],
    "failures": ["failures --json"],
    "references": ["references --missing --export ids -o missing.txt"],
    "fetch": ["fetch 12345678 10.1000/xyz123 --dry-run"],
    "check": ["check 10.1000/songs"],
    "show": ["show pmid:31000002"],
    "retractions": ["retractions"],
    "remove": ["remove 10.1000/frogs"],
    "rebuild": ["rebuild"],
    "build-shard": ["build-shard 1/2 papers/ --out shards", "build-shard 2/2 papers/ --out shards"],
    "publish": ["publish shards"],
    "libraries": ["libraries create 'Heat and sleep'", "libraries"],
    "compact": ["compact"],
    "export": ["export answer.json --to answer.html --to references.bib"],
    "verify": ["verify", "verify answer.json"],
    "rollback": ["rollback"],
    "table": ["table questions.txt --out evidence.xlsx --all"],
    "saved": ["saved add 'How long do whale songs last?'", "saved run"],
    "log": ["log --prisma methods.md --ris found.ris"],
    "feedback": ["feedback list"],
    "history": ["history --keep 90"],
    "calibrate": ["calibrate --reset"],
    "eval": ["eval my-questions --stage retrieve"],
    "train-reader": ["train-reader sets/bioasq sets/squad --out reader.safetensors --minutes 30"],
    "doctor": ["doctor"],
    "completion": ["completion bash"],
    "serve": ["serve --port 8080 --no-browser"],
    "demo": ["demo"],
    "auth": ["auth list --file names.auth"],
    "mcp": ["mcp --http 8000"],
}
#: Options that every command has, told once.
_COMMON = {"--help", "--library", "--json"}


def reference() -> str:
    """The page."""
    whole = parser(COMMANDS)
    (commands,) = (one for one in whole._actions if isinstance(one, argparse._SubParsersAction))
    blocks = [
        "# Commands",
        "<!-- written by docs/write_commands.py -->",
        "`litquote COMMAND --help` says the same. Exit codes: 0 done, 1 some sources failed or something is "
        "damaged, 2 usage, 3 no library yet.",
        "Every command takes `--library NAME`, a library's title or folder (else `LITQUOTE_LIBRARY`, else "
        "your first), and all that print something for programs take `--json`.",
    ]
    for name, one in commands.choices.items():
        blocks += _command(name, one)
    return "\n\n".join(blocks) + "\n"


def _command(name: str, one: argparse.ArgumentParser) -> Iterator[str]:
    yield f"## {name}"
    said = one.description or ""
    yield f"{said[:1].upper()}{said[1:]}."
    lines = "\n…\n".join(f"$ litquote {line}" for line in EXAMPLES[name])
    yield f"```console\n{lines}\n…\n```"
    rows = [
        f"| {_names(action)} | {_cell(action.help or '')} |"
        for action in one._actions
        if not _COMMON & set(action.option_strings)
    ]
    if rows:
        yield "\n".join(["| argument | what it says |", "| --- | --- |", *rows])


def _names(action: argparse.Action) -> str:
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if not metavar and action.choices:
        metavar = "{" + ",".join(map(str, action.choices)) + "}"
    metavar = metavar or (action.dest.upper() if action.option_strings else action.dest)
    if not action.option_strings:
        return f"`{_cell(metavar)}`"
    takes = "" if action.nargs == 0 else f" {_cell(metavar)}"
    return ", ".join(f"`{name}{takes}`" for name in action.option_strings)


def _cell(text: str) -> str:
    plain = " ".join(text.replace("%%", "%").split())
    return re.sub(r"([|<])", r"\\\1", plain)


def main() -> None:
    """Write the page."""
    (HERE / "commands.md").write_text(reference(), "utf-8")


if __name__ == "__main__":
    main()
