"""The ``litquote`` command: each command is one library call.

Exit codes: 0 done, 1 some sources failed (or a library is damaged), 2 usage, 3 no library yet.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from index.errors import LibraryError, LitquoteError, NoLibrary, UsageError
from index.library import Library, rollback
from index.locking import USERS
from index.privacy import go_offline
from index.related import related
from index.verify import verify
from qa import adding, libraries_command, measuring, reference_commands, retracting, serving, terminal
from qa.arguments import Command, filters, library_path, parser, print_json
from qa.completion import completion
from qa.forms import document_dict, hit_dict, sources_dict
from qa.progress import announce, complain, loaded_assistant
from qa.records import plural


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; errors meant for the user are one line on standard error."""
    go_offline()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    arguments = _parser().parse_args(argv)
    command: Command = arguments.command
    try:
        code = command(arguments)
        if arguments.name_of_command in _CHANGING and not arguments.json:
            _remind(arguments)
        return code
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


#: The commands after which a saved question may be answered otherwise.
_CHANGING = {"add", "fetch", "publish", "rebuild", "remove", "retractions", "rollback"}


def _remind(arguments: argparse.Namespace) -> None:
    """Say how many saved questions wait to be asked again."""
    path = library_path(arguments)
    if (path / USERS).exists():
        from qa.user_commands import remind

        with suppress(LitquoteError):  # what was asked for is done
            remind(path)


def _question(arguments: argparse.Namespace) -> str:
    return " ".join(arguments.question)


# -- commands --------------------------------------------------------------------------------------


def _ask(arguments: argparse.Namespace) -> int:
    from qa.user_commands import note

    files = []
    if arguments.export:
        from qa import export_command

        files = export_command.wanted(arguments)
    with Library.open(library_path(arguments)) as library:
        assistant = loaded_assistant(arguments, library)
        answer = assistant.ask(_question(arguments), filters(arguments))
        note(library, answer, arguments, "ask")
        if files:
            export_command.export_answer(answer, library, files, arguments)
    if arguments.json:
        print_json(answer.to_dict())
    else:
        print(terminal.answer(answer, demo=arguments.demo))
    return 0


def _chat(arguments: argparse.Namespace) -> int:
    from qa.chat import converse
    from qa.user_commands import note

    with Library.open(library_path(arguments)) as library:
        assistant = loaded_assistant(arguments, library)
        chosen, complete = filters(arguments), not arguments.no_complete
        for answer in converse(assistant, sys.stdin, filters=chosen, complete=complete):
            note(library, answer, arguments, "chat")
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
        print_json([hit_dict(library, hit, expansions) for hit in hits])
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
        print_json(sources_dict(library, library.documents()))
    return 0


def _show(arguments: argparse.Namespace) -> int:
    with Library.open(library_path(arguments)) as library:
        if arguments.json:
            print_json(document_dict(library, arguments.id))
        else:
            print(terminal.document(library.document(arguments.id), related(library, arguments.id)))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    with Library.open(library_path(arguments)) as library:
        gone = library.remove(arguments.ids)
    if arguments.json:
        print_json({"removed": [{"document_id": item.document_id, "title": item.title} for item in gone]})
    else:
        print("\n".join(f"removed {item.document_id}: {item.title}" for item in gone))
    return 0


def _build_shard(arguments: argparse.Namespace) -> int:
    from qa.cluster_commands import build_shard

    return build_shard(arguments)


def _publish(arguments: argparse.Namespace) -> int:
    from qa.cluster_commands import publish

    return publish(arguments)


def _export(arguments: argparse.Namespace) -> int:
    from qa.export_command import export

    return export(arguments)


def _verify(arguments: argparse.Namespace) -> int:
    if arguments.answers:
        from qa.export_command import verify_answers

        return verify_answers(arguments)
    if arguments.file:
        raise UsageError(
            "--file is checked against a sealed answer; name it, too: litquote verify ANSWER.json"
        )
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


def _table(arguments: argparse.Namespace) -> int:
    from qa.table_command import make

    return make(arguments)


def _of_the_user(arguments: argparse.Namespace) -> int:
    """A command over ``user.sqlite``, by its name."""
    from qa import user_commands

    found: Command = getattr(user_commands, arguments.name_of_command)
    return found(arguments)


def _fetch(arguments: argparse.Namespace) -> int:
    from qa.fetch_command import fetch  # no other command needs the clients of services

    return fetch(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    from qa.doctor import doctor  # it imports what it looks at

    return doctor(arguments)


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
    "build-shard": _build_shard,
    "publish": _publish,
    "compact": _compact,
    "export": _export,
    "verify": _verify,
    "rollback": _rollback,
    "table": _table,
    "saved": _of_the_user,
    "log": _of_the_user,
    "feedback": _of_the_user,
    "history": _of_the_user,
    "calibrate": measuring.calibrate,
    "eval": measuring.evaluate,
    "train-reader": measuring.train_reader,
    "doctor": _doctor,
    "completion": completion(lambda: _parser()),
    "serve": serving.serve,
    "demo": serving.serve,
    "auth": serving.auth,
    "mcp": serving.mcp,
}


def _parser() -> argparse.ArgumentParser:
    return parser(COMMANDS)


__all__ = ["LibraryError", "main"]

if __name__ == "__main__":
    sys.exit(main())
