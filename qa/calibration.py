"""What a raw score means: the probability that a quote answers the question, and where "not found" begins.

``calibration.json`` beside this module holds what was fitted for the encoder and the reader that come with
litquote (``tests/bench/calibrate.py``); ``litquote calibrate`` fits a library's own (docs/calibration.md).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from index.errors import LibraryDamaged
from index.manifest import Settings
from qa import retrieve

#: The least confidence a word stands for, the strongest first: the scale of the IPCC's guidance note
#: on uncertainties (Mastrandrea et al. 2010).
WORDS = (
    (0.9, "very likely"),
    (0.66, "likely"),
    (0.33, "about as likely as not"),
    (0.1, "unlikely"),
    (0.0, "very unlikely"),
)

#: What a score may be made of: cosine and IDF-weighted coverage of the sentence, retrieval's score of its
#: passage, the reader's relevance of the sentence (log-odds) and of the passage, what the sentence does in
#: its paper, whether it defines what was asked, and whether it does more than repeat that (:mod:`qa.roles`);
#: and the logarithm (base 10) of the library's passages: the best of many wrong sentences scores higher than
#: the best of few, so the same score means less in a large library.
PARTS = ("cosine", "coverage", "retrieval", "relevance", "passage", "role", "defines", "novelty", "size")

#: Passages looked through for each question, and how many of them are read.
LOOKED_THROUGH = 20
READ_PASSAGES = 12

#: Further quotes that are less likely than this to answer are not shown: "very unlikely", below.
LEAST_SHOWN = 0.1

SHIPPED = Path(__file__).with_name("calibration.json")
#: The name of a library's own.
OWN = "calibration.json"


def confidence_word(confidence: float) -> str:
    """The word for a probability: ``0.83`` -> ``"likely"``."""
    return next(word for least, word in WORDS if confidence >= least)


#: Raise when a part of a score comes to mean something else.
PARTS_VERSION = 1


def scheme(settings: Settings) -> str:
    """What besides encoder and reader decides a score: how passages are cut, searched and chosen."""
    return (
        f"parts {PARTS_VERSION}, passages {settings.max_tokens}{' titled' * settings.titled}, "
        f"dense {retrieve.DENSE_WEIGHT}, titles {retrieve.TITLE_WEIGHT}, keywords {retrieve.KEYWORDS_BOOST}, "
        f"expansions {retrieve.EXPANSION_WEIGHT}, {READ_PASSAGES} of {LOOKED_THROUGH} read"
    )


@dataclass(frozen=True, slots=True)
class Calibration:
    """A raw score is the sum of a sentence's parts times ``weights``; its meaning is a logistic curve

    (Platt 1999): ``1 / (1 + exp(-(slope * score + intercept)))``. Below ``bar`` (a raw score) the answer is
    "not found". What further sentences beside the best one mean is a curve of its own, ``further``: slope,
    slope of the distance to the best score, intercept (None: the same curve). It holds for the fingerprints
    ``encoder`` and ``reader`` (None: no reader) and for one :func:`scheme`. ``curve`` tells how true it was
    on questions not fitted: rows of the mean confidence said, the share that was right, and the number of
    questions; ``figures`` are measured there too. ``made`` is the day it was fitted.
    """

    weights: Mapping[str, float]
    slope: float
    intercept: float
    bar: float
    encoder: str
    reader: str | None = None
    scheme: str = ""
    curve: tuple[tuple[float, float, int], ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    made: str = ""
    further: tuple[float, float, float] | None = None

    def holds_for(self, encoder: str, reader: str | None, how: str) -> bool:
        """Whether it was fitted for these fingerprints and this :func:`scheme`."""
        return (self.encoder, self.reader, self.scheme) == (encoder, reader, how)

    def score(self, parts: Mapping[str, float]) -> float:
        """The raw score of a sentence with these parts."""
        return sum(weight * parts.get(name, 0.0) for name, weight in self.weights.items())

    def confidence(self, score: float, best: float | None = None) -> float:
        """The probability (0 to 1) that a sentence of this score answers the question.

        ``best`` is the best score of the question, where that is another sentence's.
        """
        odds = self.slope * score + self.intercept
        if best is not None and self.further is not None:
            slope, distance, intercept = self.further
            odds = min(odds, slope * score - distance * (best - score) + intercept)
        odds = min(max(odds, -30.0), 30.0)  # exp() knows its limits
        return 1.0 / (1.0 + math.exp(-odds))

    def bar_beside(self, best: float) -> float:
        """The least score of a further quote beside one that scored ``best``: see LEAST_SHOWN."""
        if self.further is None:
            return self.bar
        slope, distance, intercept = self.further
        least = math.log(LEAST_SHOWN / (1 - LEAST_SHOWN))
        return max(self.bar, (least - intercept + distance * best) / (slope + distance))

    def to_dict(self) -> dict[str, Any]:
        """The form it is stored in."""
        return asdict(self)


def parse(entry: Mapping[str, Any]) -> Calibration:
    """A stored calibration. Raises KeyError, TypeError or ValueError for what is none."""
    weights = {str(name): float(weight) for name, weight in entry["weights"].items()}
    if not weights or not weights.keys() <= set(PARTS):
        raise ValueError(f"the weights {sorted(weights)} are not of {', '.join(PARTS)}")
    slope, intercept, bar = (float(entry[name]) for name in ("slope", "intercept", "bar"))
    if not all(map(math.isfinite, [slope, intercept, bar, *weights.values()])) or slope <= 0:
        raise ValueError("a calibration needs finite numbers and a rising curve")
    reader = entry["reader"]
    further = None
    if entry.get("further") is not None:
        rise, distance, above = (float(number) for number in entry["further"])
        if not math.isfinite(above) or min(rise, distance) < 0 or rise + distance <= 0:
            raise ValueError("the curve of further quotes does not rise")
        further = (rise, distance, above)
    return Calibration(
        weights,
        slope,
        intercept,
        bar,
        encoder=str(entry["encoder"]),
        reader=None if reader is None else str(reader),
        scheme=str(entry["scheme"]),
        curve=tuple((float(said), float(right), int(n)) for said, right, n in entry.get("curve", ())),
        further=further,
        figures=dict(entry.get("figures", {})),
        made=str(entry.get("made", "")),
    )


def load(path: Path) -> list[Calibration]:
    """The calibrations stored in a file. Raises LibraryDamaged when it cannot be read."""
    try:
        return [parse(entry) for entry in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = "install litquote again" if path == SHIPPED else "make it anew with: litquote calibrate"
        raise LibraryDamaged(f"{path} cannot be read as a calibration ({error!r}); {remedy}") from error


@cache
def shipped() -> tuple[Calibration, ...]:
    """What comes with litquote."""
    return tuple(load(SHIPPED))


def calibration_for(encoder: str, reader: str | None, how: str, own: Path | None = None) -> Calibration:
    """The calibration for two fingerprints and a :func:`scheme`: a library's own if it has one that holds.

    ``own`` is where the library keeps its own. Where none holds, the shipped one for a reader, or for
    none, stands in: :meth:`Calibration.holds_for` tells.
    """
    mine = load(own) if own is not None and own.exists() else []
    known: list[Calibration] = [*mine, *shipped()]
    for one in known:
        if one.holds_for(encoder, reader, how):
            return one
    return next(one for one in known if (one.reader is None) == (reader is None))
