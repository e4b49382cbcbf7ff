"""The commands that measure and fit: eval, calibrate, train-reader."""

from __future__ import annotations

import argparse
from pathlib import Path

from index.encoders import load_encoder
from index.library import Library
from qa.arguments import library_path, print_json
from qa.progress import announce, announce_reader, counter


def calibrate(arguments: argparse.Namespace) -> int:
    """``litquote calibrate``."""
    from qa import calibrate_command

    with Library.open(library_path(arguments)) as library:
        announce(library.manifest.encoder.name)
        announce_reader(arguments.reader or library.manifest.reader)
        with counter() as on_count:
            result = calibrate_command.command(arguments, library, on_count)
    if arguments.json:
        print_json(result)
    else:
        print(calibrate_command.text(result))
    return 0


def evaluate(arguments: argparse.Namespace) -> int:
    """``litquote eval``."""
    from qa import evalreport, evaluate

    def folder(name: str) -> Path:
        return Path(name).expanduser()

    old = evalreport.load(folder(arguments.compare)) if arguments.compare else None
    plan = evaluate.Plan(
        sets=tuple(folder(name) for name in arguments.sets),
        stage=arguments.stage,
        distractors=tuple(folder(name) for name in arguments.distractors),
        outsiders=tuple(folder(name) for name in arguments.outsiders),
        exclude_kinds=tuple(arguments.exclude_kind),
        sample=arguments.sample,
        seed=arguments.seed,
        library=library_path(arguments),
        encoder=arguments.encoder,
        reader=arguments.reader,
        only=folder(arguments.only) if arguments.only else None,
    )
    announce(arguments.encoder)
    if plan.stage != "retrieve":
        announce_reader(plan.reader or "default")
    with counter() as on_count:
        result = evaluate.evaluate(plan, on_count=on_count)
    found = evalreport.differences(result, old, seed=arguments.seed) if old is not None else None
    if arguments.json:
        changed = {} if found is None else {"differences": [one.to_dict() for one in found]}
        print_json(result | changed, indent=None)
    else:
        print(evalreport.table(result))
        if found is not None:
            print(f"\n{evalreport.comparison(found)}")
    return 0


def train_reader(arguments: argparse.Namespace) -> int:
    """``litquote train-reader``."""
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
        print_json(result)
    else:
        print(f"{out}: {result['steps']} steps, held-out fold {result['figures']['mean']}")
    return 0
