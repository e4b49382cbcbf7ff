"""The ``litquote`` command: each command is one library call.

Exit codes: 0 done, 1 some sources failed (or a library is damaged), 2 usage, 3 no library yet.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from index.errors import LibraryError, LitquoteError, NoLibrary, UsageError
from index.library import Library, default_path, rollback
from index.privacy import go_offline
from index.related import related
from index.shelf import Shelf
from index.verify import verify
from qa import adding, libraries_command, measuring, reference_commands, retracting, terminal
from qa.arguments import Command, filters, is_demo, library_path, parser, print_json
from qa.cite import citation
from qa.notices import notice_dict
from qa.progress import announce, complain, loaded_assistant, progress
from qa.records import plural

if TYPE_CHECKING:
    pass


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
        return complain(error, 3)
    except UsageError as error:
        return complain(error, 2)
    except LitquoteError as error:
        return complain(error, 1)
    except KeyboardInterrupt:
        print("\nstopped; nothing already stored is lost", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output (head, less) has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # the disk is full, a folder may not be written to
        return complain(error, 1)


def _question(arguments: argparse.Namespace) -> str:
    return " ".join(arguments.question)


# -- commands --------------------------------------------------------------------------------------


def _ask(arguments: argparse.Namespace) -> int:
    with Library.open(library_path(arguments)) as library:
        assistant = loaded_assistant(arguments, library)
        answer = assistant.ask(_question(arguments), filters(arguments))
    if arguments.json:
        print_json(answer.to_dict())
    else:
        print(terminal.answer(answer, demo=arguments.demo))
    return 0


def _chat(arguments: argparse.Namespace) -> int:
    from qa.chat import converse

    with Library.open(library_path(arguments)) as library:
        assistant = loaded_assistant(arguments, library)
        chosen, complete = filters(arguments), not arguments.no_complete
        for answer in converse(assistant, sys.stdin, filters=chosen, complete=complete):
            if arguments.json:
                print_json(answer.to_dict(), indent=None)
            else:
                print(f"\n{terminal.answer(answer, demo=arguments.demo)}\n", flush=True)
    return 0


def _search(arguments: argparse.Namespace) -> int:
    from qa.retrieve import Retriever

    with Library.open(library_path(arguments)) as library:
        announce(library.manifest.encoder.name)
        retriever, only = Retriever(library), filters(arguments)
        hits = retriever.search(_question(arguments), arguments.k, only)
        expansions = retriever.expansion(_question(arguments)).to_list()
        if only:
            line = terminal.filtered(retriever.counts(only).to_dict())
            print(f"{line}\n", file=sys.stderr if arguments.json else sys.stdout)
        if not arguments.json:
            print(terminal.hits(hits, library, expansions))
            return 0
        print_json(
            [
                {
                    "document_id": hit.passage.document_id,
                    "start": hit.passage.start,
                    "end": hit.passage.end,
                    "text": hit.text,
                    "section": hit.passage.section,
                    "score": hit.score,
                    "parts": dict(hit.parts),
                    "expansions": expansions,
                    "retraction": None if against is None else notice_dict(against),
                    "citation": citation(document).to_dict(),
                }
                for hit in hits
                for document in [library.summary(hit.passage.document_id)]
                for against in [document.reference.retraction]
            ]
        )
    return 0


def _why(arguments: argparse.Namespace) -> int:
    from qa.why import why

    with Library.open(library_path(arguments)) as library:
        found = why(
            loaded_assistant(arguments, library), arguments.question, arguments.id, filters(arguments)
        )
    if arguments.json:
        print_json(found.to_dict())
    else:
        print(terminal.paragraph(found.text))
    return 0


def _sources(arguments: argparse.Namespace) -> int:
    with Library.open(library_path(arguments)) as library:
        if not arguments.json:
            print(terminal.sources(library, library.documents()))
            return 0
        print_json(
            {
                "library": str(library.path),
                "generation": library.manifest.generation,
                "reader": library.manifest.reader,
                "documents": [
                    {
                        "document_id": d.id,
                        "title": d.title,
                        "aliases": d.aliases,
                        "retraction": notice_dict(d.reference.retraction) if d.reference.retraction else None,
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
    with Library.open(library_path(arguments)) as library:
        document, beside = library.document(arguments.id), related(library, arguments.id)
        if arguments.json:
            import msgspec

            more = {"citation": citation(document).to_dict(), "related": msgspec.to_builtins(beside)}
            print_json(msgspec.to_builtins(document) | more)
        else:
            print(terminal.document(document, beside))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    with Library.open(library_path(arguments)) as library:
        gone = library.remove(arguments.ids)
    if arguments.json:
        print_json({"removed": [{"document_id": item.document_id, "title": item.title} for item in gone]})
    else:
        print("\n".join(f"removed {item.document_id}: {item.title}" for item in gone))
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    problems = verify(library_path(arguments))
    if arguments.json:
        print_json({"problems": [{"path": p.path, "what": p.what} for p in problems]})
    elif problems:
        print("\n".join(f"{problem.path}: {problem.what}" for problem in problems))
        print("publish the generation before with: litquote rollback; or make it anew: litquote rebuild")
    else:
        print("everything is as it was published")
    return 1 if problems else 0


def _rollback(arguments: argparse.Namespace) -> int:
    manifest = rollback(library_path(arguments))
    if arguments.json:
        print_json({"generation": manifest.generation})
    else:
        print(f"generation {manifest.generation} is published again")
    return 0


def _compact(arguments: argparse.Namespace) -> int:
    with Library.open(library_path(arguments)) as library:
        manifest = library.compact()
    if arguments.json:
        print_json({"generation": manifest.generation})
    else:
        print(f"generation {manifest.generation}: {plural(len(manifest.segments), 'segment')}")
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    Shelf().finish_erasing()
    demo = is_demo(arguments)
    if demo:
        from qa.demo import demo_library

        announce()
        with progress(quiet=arguments.json) as on_progress:
            library = demo_library(on_progress=on_progress)
    else:
        library = Library.open(library_path(arguments))
    assistant = loaded_assistant(arguments, library)
    import ui

    ui.serve(
        assistant,
        host=arguments.host,
        port=arguments.port,
        open_browser=not arguments.no_browser,
        own_library=default_path() if demo else None,
    )
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    from qa.fetch_command import fetch  # no other command needs the clients of services

    return fetch(arguments)


COMMANDS: Mapping[str, Command] = {
    "add": adding.add,
    "ask": _ask,
    "chat": _chat,
    "search": _search,
    "why": _why,
    "sources": _sources,
    "failures": adding.failures,
    "references": reference_commands.references,
    "check": reference_commands.check,
    "fetch": _fetch,
    "show": _show,
    "retractions": retracting.retractions,
    "libraries": libraries_command.libraries,
    "remove": _remove,
    "rebuild": adding.rebuild,
    "compact": _compact,
    "verify": _verify,
    "rollback": _rollback,
    "calibrate": measuring.calibrate,
    "eval": measuring.evaluate,
    "train-reader": measuring.train_reader,
    "serve": _serve,
    "demo": _serve,
}


def _parser() -> argparse.ArgumentParser:
    return parser(COMMANDS)


__all__ = ["LibraryError", "main"]

if __name__ == "__main__":
    sys.exit(main())
