"""What a raw score means: the probability that a quote answers the question, and where "not found" begins.

Fitted with ``tests/bench/calibrate.py``; holds for the encoder named here only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

#: The least confidence a word stands for, the strongest first: the scale of the IPCC's guidance note
#: on uncertainties (Mastrandrea et al. 2010).
WORDS = (
    (0.9, "very likely"),
    (0.66, "likely"),
    (0.33, "about as likely as not"),
    (0.1, "unlikely"),
    (0.0, "very unlikely"),
)


def confidence_word(confidence: float) -> str:
    """The word for a probability: ``0.83`` -> ``"likely"``."""
    return next(word for least, word in WORDS if confidence >= least)


#: What a score may be made of: cosine and IDF-weighted coverage of the sentence, retrieval's score of its
#: passage, the reader's relevance of the sentence (log-odds) and of the passage, whether the sentence finds
#: (1) or introduces (-1), and whether it defines what the question asks the meaning of (:mod:`qa.roles`).
PARTS = ("cosine", "coverage", "retrieval", "relevance", "passage", "role", "defines")


@dataclass(frozen=True, slots=True)
class Calibration:
    """A raw score is the sum of a sentence's parts times ``weights``; its meaning is a logistic curve

    (Platt 1999): ``1 / (1 + exp(-(slope * score + intercept)))``. Below ``bar`` (a raw score) the answer is
    "not found". ``encoder`` and ``reader`` (None: no reader) are the fingerprints it was fitted for.
    """

    weights: Mapping[str, float]
    slope: float
    intercept: float
    bar: float
    encoder: str
    reader: str | None = None

    def holds_for(self, encoder: str, reader: str | None) -> bool:
        """Whether it was fitted for these fingerprints."""
        return (self.encoder, self.reader) == (encoder, reader)

    def score(self, parts: Mapping[str, float]) -> float:
        """The raw score of a sentence with these parts."""
        return sum(weight * parts.get(name, 0.0) for name, weight in self.weights.items())

    def confidence(self, score: float) -> float:
        """The probability (0 to 1) that a sentence of this score answers the question."""
        return 1.0 / (1.0 + math.exp(-(self.slope * score + self.intercept)))


_ENCODER = "76d696717e2eb0fe8fe7bb6f1033f305725c96f1990a47d73334d3651f3f1e8a"
#: Without a reader. Fitted on halves of covidqa-dev, scifact-train and bioasq-7-9.
UNREAD = Calibration({"cosine": 1.0, "coverage": 1.0}, 4.159, -5.453, 0.92, _ENCODER)
#: With the reader that comes with litquote.
READ = Calibration({"relevance": 1 / 6, "cosine": 1.0, "coverage": 1.0}, 4.159, -5.453, 0.92, _ENCODER, "")


def calibration_for(encoder: str, reader: str | None) -> Calibration:
    """The calibration for an encoder and a reader (None: no reader), by their fingerprints, or the nearest."""
    return UNREAD if reader is None else READ
