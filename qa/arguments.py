"""The arguments of the ``litquote`` command."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from index.designs import DESIGNS
from index.manifest import INDEX_KINDS, litquote_version
from index.places import DEMO, data_folder, default_path, library_place
from index.records import Filters
from qa.cluster_arguments import add_cluster_commands
from qa.completion import SHELLS
from qa.filtering import NAMES, filters_of
from qa.progress import announce
from qa.serve_options import add_auth_arguments, add_mcp_arguments, add_serve_arguments
from qa.train_options import add_arguments as add_training
from qa.user_arguments import add_user_commands

Command = Callable[[argparse.Namespace], int]

_ENDINGS = ".md, .html, .docx, .txt, .json (sealed), .bib, .ris or .csl.json"


def filters(arguments: argparse.Namespace) -> Filters:
    """What ``--years``, ``--journal``, ``--author`` and the other filters ask for. Raises UsageError."""
    return filters_of({name: getattr(arguments, name) for name in NAMES})


def library_path(arguments: argparse.Namespace) -> Path:
    """Where the library that a command is about lies; the demo is made first. Raises UsageError."""
    path, demo = _named(arguments), data_folder() / DEMO
    if path == demo and not (demo / "CURRENT").exists():
        from qa.demo import demo_library

        announce()
        demo_library().close()
    return path


def is_demo(arguments: argparse.Namespace) -> bool:
    """Whether a command is about the demo library: by ``--demo``, or by its name. Raises UsageError."""
    return _named(arguments) == data_folder() / DEMO


def _named(arguments: argparse.Namespace) -> Path:
    if getattr(arguments, "demo", False):
        return data_folder() / DEMO
    named = getattr(arguments, "library", None)
    return library_place(named) if named else default_path()


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """Print ``value`` as JSON."""
    # Characters the terminal cannot show are escaped, never replaced: it is data.
    plain = (sys.stdout.encoding or "").casefold().replace("-", "") != "utf8"
    print(json.dumps(value, ensure_ascii=plain, indent=indent))


def _filtered() -> argparse.ArgumentParser:
    """The options of every command that searches."""
    sub = argparse.ArgumentParser(add_help=False)
    group = sub.add_argument_group("filters", "repeated, an option admits any of its values")
    group.add_argument(
        "--years",
        "--year",
        metavar="FROM-TO",
        help="only papers of these years: 2015-2020, 2015-, -2020, 2018",
    )
    for name, metavar, text in (
        ("journal", "NAME", "only papers in this journal, its name in full or abbreviated"),
        ("author", "NAME", "only papers by this author: Wu, 'Wu X' or 'Wu, Xin'"),
        ("type", "TYPE", "only papers of this publication type of PubMed, e.g. Review"),
        ("design", "DESIGN", f"only papers of this study design: {', '.join(DESIGNS)}"),
        ("section", "LABEL", "only passages of such sections, e.g. results"),
        ("document", "ID", "only this paper"),
    ):
        group.add_argument(f"--{name}", action="append", default=[], metavar=metavar, help=text)
    group.add_argument("--retracted", choices=("only", "no"), help="only retracted papers, or none of them")
    return sub


def parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """The parser; each command's name sets ``command`` to the function of that name in ``commands``."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--library",
        metavar="NAME",
        help="the library's title or its folder (default: LITQUOTE_LIBRARY, else the user's first)",
    )
    common.add_argument("--json", action="store_true", help="print JSON")
    demo = argparse.ArgumentParser(add_help=False)
    demo.add_argument("--demo", action="store_true", help="use the demo library")
    filtered = _filtered()
    reading = argparse.ArgumentParser(add_help=False)
    reading.add_argument(
        "--reader",
        metavar="NAME",
        help="what reads the passages, this time: default, none, a file that train-reader wrote, or an "
        "extractive QA model or CrossEncoder by folder or name (add and rebuild keep one for the library)",
    )

    whole = argparse.ArgumentParser(
        prog="litquote",
        description="Ask your papers: verbatim quotations with their place in the source, offline.",
    )
    whole.add_argument("--version", action="version", version=f"litquote {litquote_version()}")
    subparsers = whole.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, text: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        sub = subparsers.add_parser(name, help=text, description=text, parents=[common, *parents])
        sub.set_defaults(command=commands[name], name_of_command=name)
        return sub

    add = command("add", "add files, folders or globs to the library (made if there is none)")
    add.add_argument("paths", nargs="*", metavar="PATH", help="may be left out beside --reader")
    add.add_argument(
        "--encoder", metavar="NAME", help="for a new library: a sentence-transformers model or path"
    )
    add.add_argument("--reader", metavar="NAME", help="what reads the passages from now on: see ask --reader")
    add.add_argument("--ocr", action="store_true", help="recognise scanned PDFs with Tesseract, if installed")
    add.add_argument(
        "--ocr-language", default="eng", metavar="LANG", help="Tesseract's names joined by + (default eng)"
    )
    add.add_argument(
        "--retry", action="store_true", help="read what failed before again, though it is unchanged"
    )
    add.add_argument(
        "--watch", action="store_true", help="follow the folders: add what comes into them, until Ctrl+C"
    )
    ask = command("ask", "quotations that answer a question", demo, filtered, reading)
    ask.add_argument("question", nargs="+", metavar="QUESTION")
    ask.add_argument(
        "--export",
        action="append",
        default=[],
        metavar="FILE",
        help=f"write the answer, its ending says how: {_ENDINGS} (repeatable)",
    )
    _styled(ask)
    chat = command(
        "chat", "questions and follow-up questions, one a line; ends with exit", demo, filtered, reading
    )
    chat.add_argument(
        "--no-complete", action="store_true", help="search follow-up questions as they are typed"
    )
    search = command("search", "passages for a question, best first", demo, filtered)
    search.add_argument("question", nargs="+", metavar="QUESTION")
    search.add_argument("-k", type=int, default=10, help="how many (default 10)")
    why = command(
        "why", "why a paper is not among the quotes: its place at each stage", demo, filtered, reading
    )
    why.add_argument("question", metavar="QUESTION", help="in quotation marks")
    why.add_argument("id", metavar="ID", help="id, DOI, PMID, PMCID or title of the paper")
    command("sources", "the library's place, its documents, and the sources that failed", demo)
    command("failures", "the files, and records in files, that still cannot be read, with the reasons")
    references = command("references", "the papers that documents cite: held, missing or retracted", demo)
    references.add_argument("id", nargs="?", metavar="ID", help="of the citing document (default: all)")
    references.add_argument("--missing", action="store_true", help="only those that the library lacks")
    references.add_argument(
        "--export", choices=("ids", "ris", "bibtex", "csl"), help="write the missing ones as a list"
    )
    references.add_argument("-o", "--output", metavar="FILE", help="where to (default: here)")
    fetch = command("fetch", "records from PubMed, Europe PMC and Crossref: asks the network", demo)
    fetch.add_argument("ids", nargs="*", metavar="ID", help="PMID, DOI or PMCID")
    fetch.add_argument("--references-of", metavar="ID", help="the missing papers that this document cites")
    fetch.add_argument(
        "--number",
        type=int,
        action="append",
        default=[],
        metavar="N",
        help="this one of them (repeatable)",
    )
    fetch.add_argument("--query", metavar="QUERY", help="what PubMed finds for a query, as in its search box")
    fetch.add_argument("--most", type=int, default=1000, metavar="N", help="of a query (default 1000)")
    fetch.add_argument("--full-text", action="store_true", help="open-access full texts, too")
    fetch.add_argument("--refresh", action="store_true", help="what is held, too: it may be retracted by now")
    fetch.add_argument("--contact", default="", metavar="ADDRESS", help="your e-mail for the services")
    fetch.add_argument("--dry-run", action="store_true", help="only say what would be asked of whom")
    check = command("check", "for each sentence that cites held papers, what these say that is closest", demo)
    check.add_argument("id", metavar="ID", help="of the citing document")
    check.add_argument("--sentence", type=int, metavar="N", help="only the Nth sentence that cites")
    check.add_argument("-k", type=int, default=3, help="sentences of each cited paper (default 3)")
    check.add_argument("--csv", metavar="FILE", help="write a table (- for here)")
    show = command("show", "a document: text by sections, and the papers it cites", demo)
    show.add_argument("id", metavar="ID", help="id, DOI, PMID or PMCID")
    retractions = command("retractions", "papers and references that are retracted; import a list of them")
    retractions.add_argument("action", nargs="?", choices=("list", "import", "forget"), default="list")
    retractions.add_argument("file", nargs="?", metavar="FILE", help="for import: a Retraction Watch CSV")
    remove = command("remove", "remove documents; a rebuild does not bring them back")
    remove.add_argument("ids", nargs="+", metavar="ID")
    rebuild = command("rebuild", "read all sources anew; unchanged passages keep their vectors")
    rebuild.add_argument("paths", nargs="*", metavar="PATH", help="new sources to add as well")
    rebuild.add_argument(
        "--encoder", metavar="NAME", help="change to another sentence-transformers model or path"
    )
    rebuild.add_argument(
        "--reader", metavar="NAME", help="what reads the passages from now on: see ask --reader"
    )
    rebuild.add_argument(
        "--index",
        choices=INDEX_KINDS,
        help="how the vectors are indexed from now on (auto: by their number); they are not computed again",
    )
    rebuild.add_argument(
        "--anew", action="store_true", help="also where nothing has changed, which else is left as it is"
    )
    add_cluster_commands(command, rebuild)
    libraries = command(
        "libraries", "the user's libraries, where they lie and how large they are; make, rename, erase them"
    )
    libraries.add_argument(
        "action",
        nargs="?",
        choices=("list", "create", "rename", "erase", "attach", "detach"),
        default="list",
        help="create TITLE; rename NAME TITLE; erase NAME --yes: all that it holds; attach PATH: remember a "
        "library that lies elsewhere; detach NAME: forget it, and leave it where it is",
    )
    libraries.add_argument("names", nargs="*", metavar="NAME", help="a title, a name or a path")
    libraries.add_argument("--yes", action="store_true", help="erase, rather than say what would be lost")
    command("compact", "merge all segments; drop the texts of removed documents")
    export = command("export", "a sealed answer (of ask --export answer.json) in other formats")
    export.add_argument("answer", metavar="ANSWER.json")
    export.add_argument(
        "--to", action="append", required=True, metavar="FILE", help=f"{_ENDINGS} (repeatable)"
    )
    _styled(export)
    verify = command("verify", "check the library; or each quote of sealed answers against its source", demo)
    verify.add_argument(
        "answers", nargs="*", metavar="ANSWER.json", help="sealed answers (default: the library itself)"
    )
    verify.add_argument(
        "--file",
        action="append",
        default=[],
        metavar="FILE",
        help="an original to check against where the library holds the text no more (repeatable)",
    )
    command("rollback", "publish the generation before the current one")
    add_user_commands(command, demo, filtered, reading)
    calibrate = command(
        "calibrate", "fit confidence and the bar to your own labelled questions", demo, reading
    )
    calibrate.add_argument("questions", nargs="?", metavar="QUESTIONS.jsonl", help="see docs/calibration.md")
    calibrate.add_argument(
        "--outsiders",
        action="append",
        default=[],
        metavar="SET",
        help="its questions have no answer in this library (repeatable)",
    )
    calibrate.add_argument(
        "--weights", action="store_true", help="weigh the parts of a score anew, too (300 questions at least)"
    )
    calibrate.add_argument("--dry-run", action="store_true", help="show the figures, write nothing")
    calibrate.add_argument("--reset", action="store_true", help="go back to what comes with litquote")
    calibrate.add_argument("--seed", type=int, default=0, help="of the three parts (default 0)")
    _evaluation(
        command("eval", "measure retrieval and answers on sets of questions with known answers", reading)
    )
    train = command("train-reader", "train the reader on sets of questions with known answers")
    train.add_argument("sets", nargs="*", metavar="SET", help="folders as for eval; fold 0 is held out")
    train.add_argument("--out", required=True, metavar="FILE", help="the weights (.safetensors)")
    train.add_argument("--data", metavar="FOLDER", help="training data: used if there, else made there")
    add_training(train)
    command("doctor", "is everything as it should be, and what would make it faster?", demo)
    shells = command("completion", "what a shell needs to complete litquote's commands and options")
    shells.add_argument("shell", choices=SHELLS)
    for name, is_demo, text in (
        ("serve", None, "open the chat in a browser"),
        ("demo", True, "build the demo library from the seeds and open the chat on it"),
    ):
        sub = command(name, text, reading, *([] if is_demo else [demo]))
        add_serve_arguments(sub)
        if is_demo:
            sub.set_defaults(demo=True)
    add_auth_arguments(command("auth", "who may open a page that is served with --auth"))
    add_mcp_arguments(command("mcp", "the library as tools for language models (MCP)", demo, reading))
    return whole


def _styled(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--style",
        default="vancouver",
        metavar="STYLE",
        help="of the bibliography: vancouver (default), ama, apa, nature, bmj",
    )
    sub.add_argument("--force", action="store_true", help="write over files that are there already")


def _evaluation(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "sets", nargs="+", metavar="SET", help="a folder with questions.jsonl (and corpus.jsonl)"
    )
    sub.add_argument(
        "--stage", choices=("retrieve", "answer", "all"), default="all", help="what to measure (default all)"
    )
    sub.add_argument(
        "--compare", metavar="OLD.json", help="show paired differences to an earlier --json result"
    )
    sub.add_argument(
        "--distractors", nargs="+", default=[], metavar="SET", help="mix in the documents of these sets"
    )
    sub.add_argument(
        "--outsiders",
        nargs="+",
        default=[],
        metavar="SET",
        help="their questions count as unanswerable, until there are as many as answerable ones",
    )
    sub.add_argument(
        "--only", metavar="FILE", help="only these questions: ids, one a line, or JSON {set: [ids]}"
    )
    sub.add_argument(
        "--exclude-kind",
        action="append",
        default=[],
        metavar="KIND",
        help="leave such documents out (repeatable)",
    )
    sub.add_argument("--sample", type=int, metavar="N", help="only N questions of each set, drawn at random")
    sub.add_argument("--seed", type=int, default=0, help="of the sample and the intervals (default 0)")
    sub.add_argument(
        "--encoder", metavar="NAME", help="a sentence-transformers model or path, for sets with a corpus"
    )
