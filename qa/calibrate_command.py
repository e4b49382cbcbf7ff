"""``litquote calibrate``: a library's own calibration, from labelled questions asked of it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from index.errors import LibraryDamaged, UsageError
from index.files import write_atomically
from index.library import Library
from qa import calibrate, evalsets
from qa.assistant import Assistant
from qa.calibration import OWN, Calibration, calibration_for, load
from qa.evalrows import Places
from qa.evalsets import OnCount, Question
from qa.evaluate import Plan, drawn_outsiders

#: Fewer questions with an answer are too few to weigh the parts of a score.
LEAST_FOR_WEIGHTS = 300


def command(arguments: argparse.Namespace, library: Library, on_count: OnCount | None) -> dict[str, Any]:
    """``litquote calibrate``: what was fitted and where it lies. Raises UsageError for unusable questions."""
    own, seed = library.path / OWN, arguments.seed
    if arguments.reset:
        own.unlink(missing_ok=True)
        return {"path": str(own), "written": False, "reset": True}
    if not arguments.questions:
        raise UsageError("name a file with labelled questions, or --reset; see docs/calibration.md")
    questions, left_out = _questions(library, arguments)
    first = Assistant(library, reader=arguments.reader)
    encoder, reader, scheme = first.made_with
    shipped = calibration_for(encoder, reader, scheme)
    base = replace(shipped, encoder=encoder, reader=reader, scheme=scheme)
    network = first.reader or "none"
    labelled = calibrate.label(
        Assistant(library, reader=network, calibration=base), questions, on_count=on_count
    )
    now = _in_force(first, base)
    before = calibrate.measure(now, calibrate.asked(_part(labelled, calibrate.REPORT, seed), now))
    if arguments.weights:
        weighed = _weighed(labelled, base, seed)
        if weighed != base:  # other passages may be read by them
            base = weighed
            again = Assistant(library, reader=network, calibration=base)
            labelled = calibrate.label(again, questions, on_count=on_count)
    fitted = calibrate.fit(calibrate.asked(labelled, base), base, seed=seed)
    made = replace(fitted.calibration, made=date.today().isoformat())
    if not arguments.dry_run:
        keep(own, made)
    return {
        "path": str(own),
        "written": not arguments.dry_run,
        "questions": dict(zip(("fit", "bar", "report"), fitted.counts, strict=True)),
        "left_out": left_out,
        "before": before,
        "calibration": made.to_dict(),
    }


def _questions(library: Library, arguments: argparse.Namespace) -> tuple[list[tuple[Question, Places]], int]:
    """The questions to ask with where their answers stand (nowhere: they have none here).

    Also how many say that they have an answer, but not where. All are looked up before any is asked.
    """
    found: list[tuple[Question, Places]] = []
    left_out = 0
    for question in evalsets.questions(Path(arguments.questions).expanduser()):
        places = evalsets.places(library, question) if question.answerable else []
        if question.answerable and not places:
            left_out += 1
        else:
            found.append((question, places))
    inside = sum(bool(places) for _, places in found)
    missing = max(inside, calibrate.LEAST) - (len(found) - inside)
    if arguments.outsiders and missing > 0:
        sets = tuple(Path(name).expanduser() for name in arguments.outsiders)
        own = {calibrate.plain(question.text) for question, _ in found}
        drawn = drawn_outsiders(Plan(sets=(), outsiders=sets, seed=arguments.seed), "", missing)
        found += [(question, ()) for question in drawn if calibrate.plain(question.text) not in own]
    calibrate.enough([bool(places) for _, places in found])
    if arguments.weights and inside < LEAST_FOR_WEIGHTS:
        raise UsageError(
            f"{inside} questions with an answer are too few to weigh the parts of a score; give at least "
            f"{LEAST_FOR_WEIGHTS}, or leave --weights out"
        )
    return found, left_out


def _in_force(assistant: Assistant, base: Calibration) -> Calibration:
    try:
        return assistant.calibration
    except LibraryDamaged:  # the file that is about to be replaced
        return base


def _part(labelled: Iterable[calibrate.Labelled], part: int, seed: int) -> list[calibrate.Labelled]:
    return [one for one in labelled if calibrate.part_of(one.question, seed) == part]


def _weighed(labelled: Sequence[calibrate.Labelled], base: Calibration, seed: int) -> Calibration:
    """``base`` with weights of the first part, where they do better on the second."""
    found = calibrate.weigh(_part(labelled, calibrate.FIT, seed), list(base.weights))
    scale = sum(base.weights.values()) / sum(found.values())
    weighed = replace(base, weights={name: round(scale * weight, 6) for name, weight in found.items()})
    held = _part(labelled, calibrate.BAR, seed)
    return weighed if calibrate.hit(held, weighed) > calibrate.hit(held, base) else base


def keep(path: Path, calibration: Calibration) -> None:
    """Put ``calibration`` into a library's own; those for other fingerprints stay, a damaged file goes."""
    try:
        known = load(path) if path.exists() else []
    except LibraryDamaged:
        known = []
    made_for = (calibration.encoder, calibration.reader, calibration.scheme)
    others = [one.to_dict() for one in known if not one.holds_for(*made_for)]
    write_atomically(path, json.dumps([calibration.to_dict(), *others], indent=1).encode())


def text(result: Mapping[str, Any]) -> str:
    """The result for people."""
    if result.get("reset"):
        return "litquote's own calibration is used again"
    counts, made = result["questions"], result["calibration"]
    weights = ", ".join(f"{name} {weight:.3g}" for name, weight in made["weights"].items())
    lines = [
        f"fitted on {counts['fit']}, the bar on {counts['bar']}, measured on {counts['report']} questions",
        f"a score is the sum of {weights}; a quote needs {made['bar']:.3f}",
    ]
    if result["left_out"]:
        lines.append(
            f"{result['left_out']} questions were not asked: they do not say where the answer stands"
        )
    for title, figures in (("before", result["before"]), ("now", made["figures"]["questions"])):
        cells = [
            f"{name} {figures[name][0]:.3f} [{figures[name][1]:.3f}, {figures[name][2]:.3f}]"
            for name in ("auroc", "coverage@p90", "ece")
            if name in figures
        ]
        cells += [f"hit@1 {figures['hit@1']:.3f}"] if "hit@1" in figures else []
        shares = (("answered", "of the answerable"), ("answered_others", "of the others"))
        answered = [f"{figures[name]:.0%} {whom}" for name, whom in shares if name in figures]
        lines.append(f"{title}: {', '.join(cells)}; answers {' and '.join(answered)}")
    lines.append("said   right   questions")
    lines += [f"{said:.3f}  {true:.3f}  {count:6}" for said, true, count in made["curve"]]
    lines.append(f"kept in {result['path']}" if result["written"] else "nothing was written (--dry-run)")
    return "\n".join(lines)
