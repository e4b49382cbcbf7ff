"""The ``litquote`` command: each command is one library call.

Exit codes: 0 done, 1 some sources failed (or a library is damaged), 2 usage, 3 no library yet.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from index.encoders import load_encoder
from index.errors import LibraryError, LitquoteError, NoLibrary, UsageError
from index.library import Library, default_path, rollback
from index.privacy import go_offline
from index.reports import Report
from index.verify import verify
from qa import terminal
from qa.arguments import Command, filters, parser
from qa.cite import citation
from qa.progress import announce, counter, progress
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


def _question(arguments: argparse.Namespace) -> str:
    return " ".join(arguments.question)


def _print_json(value: Any, *, indent: int | None = 2) -> None:
    # Characters the terminal cannot show are escaped, never replaced: it is data.
    plain = (sys.stdout.encoding or "").casefold().replace("-", "") != "utf8"
    print(json.dumps(value, ensure_ascii=plain, indent=indent))


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
        answer = Assistant(library).ask(_question(arguments), filters(arguments))
    if arguments.json:
        _print_json(answer.to_dict())
    else:
        print(terminal.answer(answer))
    return 0


def _chat(arguments: argparse.Namespace) -> int:
    from qa.assistant import Assistant
    from qa.chat import converse

    with Library.open(_path(arguments)) as library:
        announce(library.manifest.encoder.name)
        chosen, complete = filters(arguments), not arguments.no_complete
        for answer in converse(Assistant(library), sys.stdin, filters=chosen, complete=complete):
            if arguments.json:
                _print_json(answer.to_dict(), indent=None)
            else:
                print(f"\n{terminal.answer(answer)}\n", flush=True)
    return 0


def _search(arguments: argparse.Namespace) -> int:
    from qa.retrieve import Retriever

    with Library.open(_path(arguments)) as library:
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
                    "expansions": expansions,
                    "citation": citation(library.summary(hit.passage.document_id)).to_dict(),
                }
                for hit in hits
            ]
        )
    return 0


def _why(arguments: argparse.Namespace) -> int:
    from qa.assistant import Assistant
    from qa.why import why

    with Library.open(_path(arguments)) as library:
        announce(library.manifest.encoder.name)
        found = why(Assistant(library), arguments.question, arguments.id, filters(arguments))
    if arguments.json:
        _print_json(found.to_dict())
    else:
        print(terminal.paragraph(found.text))
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
        print(f"generation {manifest.generation}: {plural(len(manifest.segments), 'segment')}")
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


def _eval(arguments: argparse.Namespace) -> int:
    from qa import evalreport, evaluate

    def folder(name: str) -> Path:
        return Path(name).expanduser()

    old = evalreport.load(folder(arguments.compare)) if arguments.compare else None
    plan = evaluate.Plan(
        sets=tuple(folder(name) for name in arguments.sets),
        stage=arguments.stage,
        distractors=tuple(folder(name) for name in arguments.distractors),
        outsiders=folder(arguments.outsiders) if arguments.outsiders else None,
        exclude_kinds=tuple(arguments.exclude_kind),
        sample=arguments.sample,
        seed=arguments.seed,
        library=_path(arguments),
        encoder=arguments.encoder,
    )
    announce(arguments.encoder)
    with counter() as on_count:
        result = evaluate.evaluate(plan, on_count=on_count)
    found = evalreport.differences(result, old, seed=arguments.seed) if old is not None else None
    if arguments.json:
        changed = {} if found is None else {"differences": [one.to_dict() for one in found]}
        _print_json(result | changed, indent=None)
    else:
        print(evalreport.table(result))
        if found is not None:
            print(f"\n{evalreport.comparison(found)}")
    return 0


def _train_reader(arguments: argparse.Namespace) -> int:
    from index.model_files import find_model
    from qa import train_reader
    from qa.reader_batches import Data
    from qa.train_options import options_of

    out, options = Path(arguments.out).expanduser(), options_of(arguments)
    data = Path(arguments.data).expanduser() if arguments.data else out.with_name(f"{out.stem}-data")
    if not (data / "questions.jsonl.gz").exists():
        from qa.readdata import build

        folders = [Path(name).expanduser() for name in arguments.sets]
        announce()
        with counter() as on_count:
            build(folders, data, encoder=load_encoder(), seed=options.seed, on_count=on_count)
    model = find_model(None)[1]
    state = out.with_name(f"{out.stem}-state")
    loaded = Data(train_reader.arrays_of(data, model), train_reader.device())
    result = train_reader.train(loaded, model, out, options, checkpoint=state, source=data.name)
    if arguments.json:
        _print_json(result)
    else:
        print(f"{out}: {result['steps']} steps, held-out fold {result['figures']['mean']}")
    return 0


COMMANDS: Mapping[str, Command] = {
    "add": _add,
    "ask": _ask,
    "chat": _chat,
    "search": _search,
    "why": _why,
    "sources": _sources,
    "show": _show,
    "remove": _remove,
    "rebuild": _rebuild,
    "compact": _compact,
    "verify": _verify,
    "rollback": _rollback,
    "eval": _eval,
    "train-reader": _train_reader,
    "serve": _serve,
    "demo": _serve,
}


def _parser() -> argparse.ArgumentParser:
    return parser(COMMANDS)


__all__ = ["LibraryError", "main"]

if __name__ == "__main__":
    sys.exit(main())
