"""The commands that build a library in parts, on many machines: build-shard and publish."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from index.encoders import load_encoder
from index.errors import UsageError
from index.library import Library
from index.manifest import Settings
from index.paths import find
from index.prepared import Prepared, shard_folders
from index.shard_build import Job, build, plan_of, slice_of
from index.shards import recipe_of
from qa.adding import show
from qa.arguments import library_path, print_json
from qa.progress import announce, progress, shard_progress
from qa.records import plural


def build_shard(arguments: argparse.Namespace) -> int:
    """``litquote build-shard``."""
    number, of = _part(arguments.part)
    out = Path(arguments.out).expanduser().absolute()
    _check_apart(out, arguments.paths)
    name, settings, known = arguments.encoder, Settings(), ""
    if arguments.library:
        with Library.open(library_path(arguments)) as library:
            name = name or library.manifest.encoder.name
            settings, known = library.manifest.settings, str(library.path.absolute())
    announce(name)
    encoder = load_encoder(name, precision=arguments.precision)
    files, failures = find(arguments.paths)
    whole = slice_of(files, 1, 1)
    job = Job(
        folder=str(out / f"shard-{number:05}-of-{of:05}"),
        works=slice_of(files, number, of),
        recipe=recipe_of(encoder, settings, ocr=arguments.ocr_language if arguments.ocr else ""),
        plan=plan_of(whole, failures, of),
        number=number,
        of=of,
        failures=tuple(failures),
        known=known,
        ahead=True,
    )
    with shard_progress(len(job.works), quiet=arguments.json) as tell:
        built = build(job, encoder, tell=tell)
    if built.damaged:
        sys.stderr.write(f"litquote: {built.damaged}: done\n")
    if arguments.json:
        print_json(
            {
                "folder": built.folder,
                "sources": built.sources,
                "documents": built.documents,
                "vectors": built.vectors,
                "failed": built.failed,
                "built": not built.again,
            }
        )
    else:
        done = "was finished already" if built.again else "is finished"
        held = f"{plural(built.sources, 'source')}, {plural(built.documents, 'document')}"
        print(f"{built.folder} {done}: {held}, {plural(built.vectors, 'vector')}, {built.failed:,} failed")
    return 0


def _check_apart(out: Path, paths: Sequence[str]) -> None:
    """The parts would be taken for sources by the parts that are built after them."""
    for path in paths:
        source = Path(path).expanduser().absolute()
        if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
            raise UsageError(f"{out} lies among the sources in {path}; name a folder outside with --out")


def _part(written: str) -> tuple[int, int]:
    number, _, of = written.partition("/")
    if number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
        return int(number), int(of)
    raise UsageError(f"{written!r} is no part; write I/N with I from 1 to N, as 3/16")


def publish(arguments: argparse.Namespace) -> int:
    """``litquote publish``."""
    path = library_path(arguments)
    with Prepared(shard_folders(arguments.folders)) as prepared:
        prepared.files()  # a missing shard is said before the encoder is loaded
        made = prepared.recipe
        announce(made.encoder.name)
        encoder = load_encoder(made.encoder.name, precision=made.encoder.precision)
        with Library.create(path, encoder=encoder, settings=made.settings) as library:
            with progress(quiet=arguments.json) as on_progress:
                report = library.publish(prepared, on_progress=on_progress)
            if not arguments.json and prepared.computed:
                print(
                    f"{prepared.found:,} vectors came from the shards, {prepared.computed:,} were looked up "
                    "or computed here, those of papers joined from several sources"
                )
    return show(arguments, report)
