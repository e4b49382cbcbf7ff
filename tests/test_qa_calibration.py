"""What a raw score means."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.encoders import load_encoder
from qa.calibration import UNREAD, WORDS, Calibration, confidence_word


def test_confidence_is_the_logistic_curve() -> None:
    made = Calibration({}, slope=2.0, intercept=-1.0, bar=0.0, encoder="")
    assert made.confidence(0.5) == 0.5
    assert made.confidence(1.0) == pytest.approx(1 / (1 + math.exp(-1)))
    assert made.confidence(0.0) == pytest.approx(1 - made.confidence(1.0))


@given(st.floats(-2, 3), st.floats(-2, 3))
def test_a_higher_score_is_never_less_sure(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0.0 <= UNREAD.confidence(low) <= UNREAD.confidence(high) <= 1.0


def test_the_shipped_curve_was_fitted_for_the_shipped_encoder() -> None:
    assert UNREAD.encoder == load_encoder().fingerprint
    assert UNREAD.slope > 0
    assert UNREAD.confidence(UNREAD.bar) < 0.5 < UNREAD.confidence(1.5)


@pytest.mark.parametrize(
    ("confidence", "word"),
    [
        (1.0, "very likely"),
        (0.9, "very likely"),
        (0.89, "likely"),
        (0.5, "about as likely as not"),
        (0.2, "unlikely"),
    ],
)
def test_a_confidence_has_a_word(confidence: float, word: str) -> None:
    assert confidence_word(confidence) == word
    assert confidence_word(0.0) == confidence_word(0.09) == "very unlikely"
    assert [least for least, _ in WORDS] == sorted((least for least, _ in WORDS), reverse=True)
