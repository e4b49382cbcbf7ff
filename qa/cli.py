"""The ``litquote`` command: each command is one library call.

Exit codes: 0 done, 1 some sources failed (or a library is damaged), 2 usage, 3 no library yet.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from index.encoders import load_encoder
from index.errors import LibraryError, LitquoteError, NoLibrary, UsageError
from index.library import Library, default_path, rollback
from index.privacy import go_offline
from index.records import Filters
from index.reports import Report
from index.session import litquote_version
from index.verify import verify
from qa import terminal
from qa.cite import citation
from qa.progress import announce, progress

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; errors meant for the user are one line on standard error."""
    go_offline()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    arguments = _parser().parse_args(argv)
    command: Command = arguments.command
    try:
        return command(arguments)
    except NoLibrary as error:
        return _complain(error, 3)
    except UsageError as error:
        return _complain(error, 2)
    except LitquoteError as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        print("\nstopped; nothing already stored is lost", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output (head, less) has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # the disk is full, a folder may not be written to
        return _complain(error, 1)


def _complain(error: Exception, code: int) -> int:
    print(f"litquote: {error}", file=sys.stderr)
    return code


def _path(arguments: argparse.Namespace) -> Path:
    if getattr(arguments, "demo", False):
        from qa.demo import demo_library, demo_path

        if not (demo_path() / "CURRENT").exists():
            announce()
            demo_library().close()
        return demo_path()
    named = getattr(arguments, "library", None)
    return Path(named).expanduser() if named else default_path()


def _print_json(value: Any) -> None:
    # Characters the terminal cannot show are escaped, never replaced: it is data.
    plain = (sys.stdout.encoding or "").casefold().replace("-", "") != "utf8"
    print(json.dumps(value, ensure_ascii=plain, indent=2))


# -- commands --------------------------------------------------------------------------------------


def _add(arguments: argparse.Namespace) -> int:
    path = _path(arguments)
    encoder = None
    if arguments.encoder or not (path / "CURRENT").exists():
        announce(arguments.encoder)
        encoder = load_encoder(arguments.encoder)
    with Library.create(path, encoder=encoder) as library, progress(quiet=arguments.json) as on_progress:
        report = library.add(arguments.paths, on_progress=on_progress)
    return _report(arguments, report)


def _rebuild(arguments: argparse.Namespace) -> int:
    encoder = None
    if arguments.encoder:
        announce(arguments.encoder)
        encoder = load_encoder(arguments.encoder)
    with Library.open(_path(arguments)) as library, progress(quiet=arguments.json) as on_progress:
        report = library.rebuild(arguments.paths, encoder=encoder, on_progress=on_progress)
    return _report(arguments, report)


def _report(arguments: argparse.Namespace, report: Report) -> int:
    if arguments.json:
        _print_json(report.to_dict())
    else:
        print(terminal.report(report))
    return 1 if report.failed else 0


def _ask(arguments: argparse.Namespace) -> int:
    from qa.assistant import Assistant

    with Library.open(_path(arguments)) as library:
        announce(library.manifest.encoder.name)
        answer = Assistant(library).ask(_question(arguments), _filters(arguments))
    if arguments.json:
        _print_json(answer.to_dict())
    else:
        print(terminal.answer(answer))
    return 0


def _search(arguments: argparse.Namespace) -> int:
    from qa.retrieve import Retriever

    with Library.open(_path(arguments)) as library:
        announce(library.manifest.encoder.name)
        hits = Retriever(library).search(_question(arguments), arguments.k, _filters(arguments))
        if not arguments.json:
            print(terminal.hits(hits, library))
            return 0
        _print_json(
            [
                {
                    "document_id": hit.passage.document_id,
                    "start": hit.passage.start,
                    "end": hit.passage.end,
                    "text": hit.text,
                    "section": hit.passage.section,
                    "score": hit.score,
                    "parts": dict(hit.parts),
                    "citation": citation(library.summary(hit.passage.document_id)).to_dict(),
                }
                for hit in hits
            ]
        )
    return 0


def _sources(arguments: argparse.Namespace) -> int:
    with Library.open(_path(arguments)) as library:
        if not arguments.json:
            print(terminal.sources(library, library.documents()))
            return 0
        _print_json(
            {
                "library": str(library.path),
                "generation": library.manifest.generation,
                "documents": [
                    {
                        "document_id": d.id,
                        "title": d.title,
                        "aliases": d.aliases,
                        "citation": citation(d).to_dict(),
                    }
                    for d in library.documents()
                ],
                "sources": [
                    {"uri": s.uri, "sha256": s.sha256, "documents": s.documents, "failure": s.failure or None}
                    for s in library.sources()
                ],
            }
        )
    return 0


def _show(arguments: argparse.Namespace) -> int:
    with Library.open(_path(arguments)) as library:
        document = library.document(arguments.id)
        if arguments.json:
            import msgspec

            _print_json(msgspec.to_builtins(document) | {"citation": citation(document).to_dict()})
        else:
            print(terminal.document(document))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    with Library.open(_path(arguments)) as library:
        gone = library.remove(arguments.ids)
    if arguments.json:
        _print_json({"removed": [{"document_id": item.document_id, "title": item.title} for item in gone]})
    else:
        print("\n".join(f"removed {item.document_id}: {item.title}" for item in gone))
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    problems = verify(_path(arguments))
    if arguments.json:
        _print_json({"problems": [{"path": p.path, "what": p.what} for p in problems]})
    elif problems:
        print("\n".join(f"{problem.path}: {problem.what}" for problem in problems))
        print("publish the generation before with: litquote rollback; or make it anew: litquote rebuild")
    else:
        print("everything is as it was published")
    return 1 if problems else 0


def _rollback(arguments: argparse.Namespace) -> int:
    manifest = rollback(_path(arguments))
    if arguments.json:
        _print_json({"generation": manifest.generation})
    else:
        print(f"generation {manifest.generation} is published again")
    return 0


def _compact(arguments: argparse.Namespace) -> int:
    with Library.open(_path(arguments)) as library:
        manifest = library.compact()
    if arguments.json:
        _print_json({"generation": manifest.generation})
    else:
        print(f"generation {manifest.generation}: {terminal.plural(len(manifest.segments), 'segment')}")
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    from qa.assistant import Assistant

    if arguments.demo:
        from qa.demo import demo_library

        announce()
        with progress(quiet=arguments.json) as on_progress:
            library = demo_library(on_progress=on_progress)
    else:
        library = Library.open(_path(arguments))
    import ui

    ui.serve(
        Assistant(library),
        host=arguments.host,
        port=arguments.port,
        open_browser=not arguments.no_browser,
        own_library=default_path() if arguments.demo else None,
    )
    return 0


# -- arguments -------------------------------------------------------------------------------------


def _question(arguments: argparse.Namespace) -> str:
    return " ".join(arguments.question)


def _filters(arguments: argparse.Namespace) -> Filters:
    first, last = None, None
    if arguments.years:
        try:
            ends = arguments.years.split("-") if "-" in arguments.years else [arguments.years] * 2
            first, last = (int(end) if end else None for end in ends)
        except ValueError:
            raise UsageError(
                f"--years {arguments.years!r} is no range; write 2015-2020, 2015- or -2020"
            ) from None
    return Filters((first, last), tuple(arguments.document), tuple(arguments.section), tuple(arguments.type))


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--library",
        metavar="DIR",
        help="the library's folder (default: LITQUOTE_LIBRARY, else the user's own)",
    )
    common.add_argument("--json", action="store_true", help="print JSON")
    demo = argparse.ArgumentParser(add_help=False)
    demo.add_argument("--demo", action="store_true", help="use the demo library")
    filters = argparse.ArgumentParser(add_help=False)
    filters.add_argument(
        "--years", metavar="FROM-TO", help="only papers of these years: 2015-2020, 2015-, -2020"
    )
    filters.add_argument(
        "--document", action="append", default=[], metavar="ID", help="only this paper (repeatable)"
    )
    filters.add_argument("--section", action="append", default=[], metavar="LABEL", help="only such sections")
    filters.add_argument(
        "--type", action="append", default=[], help="only this publication type, e.g. Review"
    )

    parser = argparse.ArgumentParser(
        prog="litquote",
        description="Ask your papers: verbatim quotations with their place in the source, offline.",
    )
    parser.add_argument("--version", action="version", version=f"litquote {litquote_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Command, text: str, *parents: argparse.ArgumentParser
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, parents=[common, *parents])
        sub.set_defaults(command=run)
        return sub

    add = command("add", _add, "add files, folders or globs to the library (made if there is none)")
    add.add_argument("paths", nargs="+", metavar="PATH")
    add.add_argument(
        "--encoder", metavar="NAME", help="for a new library: a sentence-transformers model or path"
    )
    ask = command("ask", _ask, "quotations that answer a question", demo, filters)
    ask.add_argument("question", nargs="+", metavar="QUESTION")
    search = command("search", _search, "passages for a question, best first", demo, filters)
    search.add_argument("question", nargs="+", metavar="QUESTION")
    search.add_argument("-k", type=int, default=10, help="how many (default 10)")
    command("sources", _sources, "the library's place, its documents, and the sources that failed", demo)
    show = command("show", _show, "a document: text by sections, and the papers it cites", demo)
    show.add_argument("id", metavar="ID", help="id, DOI, PMID or PMCID")
    remove = command("remove", _remove, "remove documents; a rebuild does not bring them back")
    remove.add_argument("ids", nargs="+", metavar="ID")
    rebuild = command("rebuild", _rebuild, "read all sources anew; unchanged passages keep their vectors")
    rebuild.add_argument("paths", nargs="*", metavar="PATH", help="new sources to add as well")
    rebuild.add_argument(
        "--encoder", metavar="NAME", help="change to another sentence-transformers model or path"
    )
    command("compact", _compact, "merge all segments; drop the texts of removed documents")
    command("verify", _verify, "check every file and position of the library", demo)
    command("rollback", _rollback, "publish the generation before the current one")
    for name, is_demo, text in (
        ("serve", None, "open the chat in a browser"),
        ("demo", True, "build the demo library from the seeds and open the chat on it"),
    ):
        sub = command(name, _serve, text, *([] if is_demo else [demo]))
        sub.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
        )
        sub.add_argument("--port", type=int, default=None, help="default: 7860 or the next free one")
        sub.add_argument("--no-browser", action="store_true", help="do not open a browser window")
        if is_demo:
            sub.set_defaults(demo=True)
    return parser


__all__ = ["LibraryError", "main"]

if __name__ == "__main__":
    sys.exit(main())
