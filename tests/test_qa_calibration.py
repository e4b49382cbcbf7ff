"""What a raw score means."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.encoders import load_encoder
from index.errors import LibraryDamaged
from index.manifest import Settings
from qa.calibration import (
    LEAST_SHOWN,
    WORDS,
    Calibration,
    calibration_for,
    confidence_word,
    load,
    scheme,
    shipped,
)
from qa.reader import fingerprint


def test_confidence_is_the_logistic_curve() -> None:
    made = Calibration({}, slope=2.0, intercept=-1.0, bar=0.0, encoder="")
    assert made.confidence(0.5) == 0.5
    assert made.confidence(1.0) == pytest.approx(1 / (1 + math.exp(-1)))
    assert made.confidence(0.0) == pytest.approx(1 - made.confidence(1.0))


@given(st.sampled_from(shipped()), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_higher_score_is_never_less_sure_and_nothing_is_certain(
    made: Calibration, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert 0.0 < made.confidence(low) <= made.confidence(high) < 1.0


def test_the_shipped_ones_hold_for_what_ships() -> None:
    encoder, how = load_encoder().fingerprint, scheme(Settings())
    with_reader, without = (calibration_for(encoder, fingerprint(name), how) for name in ("default", "none"))
    assert with_reader.holds_for(encoder, fingerprint("default"), how)
    assert without.holds_for(encoder, None, how)
    assert without.weights == {"cosine": 1.0, "coverage": 1.0}
    assert with_reader.weights["relevance"] > 0
    for made in (with_reader, without):
        assert made.slope > 0 and len(made.curve) == 10 and made.figures["all"]["auroc"][0] > 0.9
        assert [said for said, _, _ in made.curve] == sorted(said for said, _, _ in made.curve)


@given(st.floats(-5, 5), st.floats(0, 5), st.floats(0, 5))
def test_a_further_quote_is_no_surer_than_the_best_and_needs_more(
    best: float, less: float, still_less: float
) -> None:
    made = Calibration({}, 2.0, -1.0, 0.25, "", further=(1.5, 0.5, -2.0))
    near, far = best - less, best - less - still_less
    assert made.confidence(far, best) <= made.confidence(near, best) <= made.confidence(near)
    assert made.bar_beside(best) >= made.bar
    shown = made.bar_beside(best)
    assert shown == made.bar or made.confidence(shown, best) == pytest.approx(LEAST_SHOWN)


def test_without_a_curve_of_their_own_further_quotes_mean_what_the_first_does() -> None:
    made = Calibration({}, 2.0, -1.0, 0.25, "")
    assert made.confidence(0.5, 9.0) == made.confidence(0.5) == 0.5
    assert made.bar_beside(9.0) == 0.25


def test_another_scheme_encoder_or_reader_is_uncalibrated() -> None:
    made = shipped()[0]
    assert made.holds_for(made.encoder, made.reader, made.scheme)
    assert not made.holds_for("another", made.reader, made.scheme)
    assert not made.holds_for(made.encoder, "another", made.scheme)
    assert not made.holds_for(made.encoder, made.reader, scheme(Settings(max_tokens=80)))
    assert calibration_for("another", None, "").reader is None
    assert calibration_for("another", "another", "").reader is not None


def test_a_score_is_the_weighted_sum_of_the_parts_it_has() -> None:
    made = Calibration({"cosine": 2.0, "relevance": 0.5}, 1.0, 0.0, 0.0, "")
    assert made.score({"cosine": 0.25, "coverage": 9.0}) == 0.5
    assert made.score({"cosine": 0.25, "relevance": -3.0}) == -1.0


def test_a_library_s_own_goes_before_the_shipped_one_where_it_holds(tmp_path: Path) -> None:
    own = tmp_path / "calibration.json"
    made = replace(shipped()[0], bar=7.0)
    own.write_text(json.dumps([made.to_dict()]))
    assert load(own) == [made]
    assert calibration_for(made.encoder, made.reader, made.scheme, own) == made
    assert calibration_for("another", made.reader, made.scheme, own).bar == 7.0  # nearest, and says so
    own.unlink()
    assert calibration_for(made.encoder, made.reader, made.scheme, own) == shipped()[0]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}x",
        "[1]",
        "[{}]",
        '[{"weights": {"luck": 1}, "slope": 1, "intercept": 0, "bar": 0, "encoder": "", "reader": null}]',
        '[{"weights": {"cosine": 1}, "slope": -1, "intercept": 0, "bar": 0, "encoder": "", '
        '"reader": null, "scheme": ""}]',
        '[{"weights": {"cosine": NaN}, "slope": 1, "intercept": 0, "bar": 0, "encoder": "", '
        '"reader": null, "scheme": ""}]',
    ],
)
def test_a_damaged_one_is_named_with_the_remedy(tmp_path: Path, content: str) -> None:
    own = tmp_path / "calibration.json"
    own.write_text(content)
    with pytest.raises(LibraryDamaged, match=r"calibration\.json .*litquote calibrate"):
        load(own)


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
