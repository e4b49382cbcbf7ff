"""An evaluation for people: one table a set, and differences by paired bootstrap."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.errors import UsageError
from qa import metrics
from qa.evaluate import STATISTICS, Columns

#: What the hybrid is held to: it may not lose these to one of its parts.
KEY_METRICS = ("ndcg@10", "recall@20")


@dataclass(frozen=True, slots=True)
class Difference:
    """``system`` minus ``other`` in ``metric``, with the 95 % interval, over ``questions`` paired ones."""

    set: str
    system: str
    other: str
    metric: str
    value: float
    low: float
    high: float
    questions: int

    @property
    def clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "set": self.set,
            "system": self.system,
            "other": self.other,
            "metric": self.metric,
            "value": round(self.value, 5),
            "low": round(self.low, 5),
            "high": round(self.high, 5),
            "questions": self.questions,
        }


def load(path: Path) -> dict[str, Any]:
    """A result written by ``litquote eval --json``. Raises UsageError when it is none."""
    try:
        result = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror}); name the file of an earlier --json run"
        ) from None
    except ValueError:
        result = None
    if not isinstance(result, dict) or not isinstance(result.get("per_question"), dict):
        raise UsageError(f"{path} is no result with values per question; make one with: litquote eval --json")
    return result


def differences(new: Mapping[str, Any], old: Mapping[str, Any], *, seed: int = 0) -> list[Difference]:
    """Each metric of each system that both results have, over the questions both asked."""
    found = []
    for name, ours in new["per_question"].items():
        theirs = old["per_question"].get(name, {"systems": {}})
        for system in ours["systems"]:
            if system in theirs["systems"]:
                one, other = _paired(ours, system, theirs, system)
                found += list(_compared(name, (system, one), ("earlier", other), tuple(STATISTICS), seed))
    return found


def against_parts(result: Mapping[str, Any], *, seed: int = 0) -> list[Difference]:
    """litquote against each other system in the key metrics, over the same questions."""
    found = []
    for name, table in result["per_question"].items():
        for other in table["systems"]:
            if other != "litquote" and "litquote" in table["systems"]:
                ours, theirs = _paired(table, "litquote", table, other)
                found += list(_compared(name, ("litquote", ours), (other, theirs), KEY_METRICS, seed))
    return found


def _paired(
    new: Mapping[str, Any], system: str, old: Mapping[str, Any], other: str
) -> tuple[Columns, Columns]:
    """The columns of two systems, row i of both being the same question."""
    places = {question: row for row, question in enumerate(old["questions"])}
    common = [(row, places[question]) for row, question in enumerate(new["questions"]) if question in places]
    return (
        _columns(new["systems"][system], [row for row, _ in common]),
        _columns(old["systems"][other], [row for _, row in common]),
    )


def _columns(table: Mapping[str, Sequence[float | None]], rows: Sequence[int]) -> Columns:
    return {
        name: np.asarray(
            [np.nan if (value := values[row]) is None else value for row in rows], dtype=np.float64
        )
        for name, values in table.items()
    }


def _compared(
    name: str, new: tuple[str, Columns], old: tuple[str, Columns], names: Sequence[str], seed: int
) -> Iterator[Difference]:
    (system, one), (other, two) = new, old
    for metric in names:
        needs, statistic = STATISTICS[metric]
        if not (one.keys() >= set(needs) and two.keys() >= set(needs)):
            continue
        both = np.logical_and.reduce([~np.isnan(one[c]) & ~np.isnan(two[c]) for c in needs])
        bounds = metrics.difference(
            statistic, {c: one[c][both] for c in needs}, {c: two[c][both] for c in needs}, seed=seed
        )
        if bounds is not None:
            yield Difference(name, system, other, metric, *bounds, questions=int(both.sum()))


# -- text --------------------------------------------------------------------------------------------


def table(result: Mapping[str, Any]) -> str:
    """The result as text: for each set the metrics by system, then litquote against its parts."""
    made = result["model"]
    commit, _, changes = (result["commit"] or "unknown").partition("+")
    code = f"commit {commit[:12]}{' with changes' if changes else ''}"
    lines = [f"{made['name']} ({made['fingerprint'][:8]}), {code}"]
    parts = against_parts(result, seed=result["settings"]["seed"])
    for name, of_set in result["sets"].items():
        library = result["settings"]["libraries"][name]
        lines += [
            "",
            f"{name}: {of_set['questions']:,} questions, {library['documents']:,} documents, "
            f"{library['passages']:,} passages{_reader(library)}",
        ]
        systems = of_set["systems"]
        rows = [
            [metric, *(_cell(metric, values.get(metric)) for values in systems.values())]
            for metric in dict.fromkeys(metric for values in systems.values() for metric in values)
        ]
        lines += _aligned([["", *systems], *rows])
        if "length_rule" in library:
            lines.append(f"length ranks {library['length_rule']}; length_auroc 0.5: gives nothing away")
        lines += [_line(one) for one in parts if one.set == name]
    return "\n".join(lines)


def _reader(library: Mapping[str, Any]) -> str:
    if "reader" not in library:
        return ""  # nothing was answered
    made = library["reader"]
    return f", reader {made['name']} ({made['fingerprint'][:8]})" if made else ", reader none"


def comparison(found: Sequence[Difference]) -> str:
    """Differences as text, those whose interval leaves zero out marked with a star."""
    if not found:
        return "nothing to compare: the earlier result shares no set, system and question with this one"
    rows = [
        [
            one.set,
            one.system,
            one.metric,
            _signed(one),
            "*" if one.clear else "",
            f"{one.questions:,} questions",
        ]
        for one in found
    ]
    return "\n".join(
        ["change since the earlier result (* the 95 % interval leaves zero out):", *_aligned(rows)]
    )


def _line(one: Difference) -> str:
    return f"{one.system} - {one.other}, {one.metric}: {_signed(one)}{' *' if one.clear else ''}"


def _signed(one: Difference) -> str:
    form = "+.1f" if one.metric.endswith("_ms") else "+.3f"
    return f"{one.value:{form}} [{one.low:{form}}, {one.high:{form}}]"


def _cell(metric: str, bounds: Mapping[str, float] | None) -> str:
    if bounds is None:
        return "-"
    form = ".1f" if metric.endswith("_ms") else ".3f"
    return f"{bounds['value']:{form}} [{bounds['low']:{form}}, {bounds['high']:{form}}]"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
