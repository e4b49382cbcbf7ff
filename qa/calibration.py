"""What a raw score means: the probability that a quote answers the question, and where "not found" begins.

Fitted with ``tests/bench/calibrate.py``; holds for the encoder named here only.
"""

from __future__ import annotations

import math
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


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic curve over the raw score (Platt 1999): ``1 / (1 + exp(-(slope * score + intercept)))``.

    Below ``bar`` (a raw score) the answer is "not found". ``encoder`` is the fingerprint it holds for.
    """

    slope: float
    intercept: float
    bar: float
    encoder: str

    def confidence(self, score: float) -> float:
        """The probability (0 to 1) that a sentence of this score answers the question."""
        return 1.0 / (1.0 + math.exp(-(self.slope * score + self.intercept)))


#: Fitted on halves of covidqa-dev, scifact-train and bioasq-7-9; on the other halves the calibration
#: error is 0.05. The bar answers 93 % of the answerable questions and 12 % of those without an answer.
DEFAULT = Calibration(
    slope=4.159,
    intercept=-5.453,
    bar=0.92,
    encoder="76d696717e2eb0fe8fe7bb6f1033f305725c96f1990a47d73334d3651f3f1e8a",
)
