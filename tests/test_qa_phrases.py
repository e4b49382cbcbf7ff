"""Noun phrases of questions, found by word lists."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.phrases import has_verb, is_plural, names, phrases, singular


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Does migraine increase the risk of ischaemic stroke?", ["migraine", "risk", "ischaemic stroke"]),
        ("Which bacterium causes sepsis after dog bites?", ["bacterium", "sepsis", "dog bites"]),
        ("Are oats safe for people with celiac disease?", ["oats", "people", "celiac disease"]),
        ("Do folic acid and B vitamins reduce mortality?", ["folic acid and B vitamins", "mortality"]),
        ("What does TAT-CBD3 do in Alzheimer's disease?", ["TAT-CBD3", "Alzheimer's disease"]),
        ("Is 2019-nCoV found in anal swabs?", ["2019-nCoV", "anal swabs"]),
        ("Which antibiotics treat Lyme disease?", ["antibiotics", "Lyme disease"]),
        ("What is the WHO's view?", ["WHO's view"]),
        ("How does it work?", []),
    ],
)
def test_the_phrases_of_a_question_leave_out_verbs_and_function_words(
    question: str, found: list[str]
) -> None:
    assert [phrase.text for phrase in phrases(question)] == found


@given(st.text(max_size=60))
def test_a_phrase_is_a_slice_of_the_question_and_none_overlap(question: str) -> None:
    found = phrases(question)
    assert all(question[phrase.start : phrase.end] == phrase.text != "" for phrase in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("In pregnant women?", "population"),
        ("in mice", "population"),
        ("and gonorrhoea", "disease"),
        ("and HPV", "disease"),
        ("and pembrolizumab", "drug"),
        ("and overall survival", "outcome"),
        ("and the prognosis", ""),
        ("in Britain", "place"),
        ("in 2009", "time"),
        ("and blood", ""),
    ],
)
def test_the_kind_of_a_phrase(question: str, kind: str) -> None:
    assert phrases(question)[0].kind == kind


def test_words_that_name_nothing_alone() -> None:
    assert [word for word in ["side", "effects", "of", "dose", "12", "causes", "myelin"] if names(word)] == [
        "myelin"
    ]
    assert phrases("overall survival")[0].specific is False
    assert phrases("survival models")[0].specific is True


def test_plurals() -> None:
    assert [singular(w) for w in ("studies", "cells", "virus", "analysis", "mice")] == [
        "study", "cell", "virus", "analysis", "mice",
    ]  # fmt: skip
    assert is_plural("children") and not is_plural("sclerosis")


def test_a_fragment_has_no_verb() -> None:
    assert not has_verb(["in", "mice"]) and not has_verb(["its", "causes"])
    assert has_verb(["does", "it"]) and has_verb(["migraine", "causes", "stroke"])
