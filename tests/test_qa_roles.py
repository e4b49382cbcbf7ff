"""Findings before aims, definitions where they are asked for; signs that only look so count nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.roles import SECTIONS, defined_term, defines, novelty, role


@pytest.mark.parametrize(
    "text",
    [
        "We found that aspirin reduced mortality.",
        "Here we show that stem cells slow the disease.",
        "Our results show that mice recovered.",
        "These data suggest that the gene is silenced.",
        "In conclusion, the vaccine is safe.",
        "Taken together, both drugs work.",
        "We conclude that screening saves lives.",
        "Mortality was significantly lower with aspirin (P < .01).",
        "The hazard ratio was 0.7 (95% CI 0.5-0.9).",
        "RESULTS: Relapses were rare.",
        "CONCLUSIONS: Relapses are rare.",
    ],
)
def test_a_finding_is_above_zero(text: str) -> None:
    assert role(text, "abstract") > 0


@pytest.mark.parametrize(
    "text",
    [
        "The aim of this study was to compare two doses.",
        "The primary objective is to assess safety.",
        "We investigated whether aspirin reduces mortality.",
        "We sought to determine the role of age.",
        "This study was designed to test a vaccine.",
        "To assess the effect of diet, 45 patients were enrolled.",
        "The mechanism is poorly understood.",
        "Whether it is safe remains unknown.",
        "Little is known about its cause.",
        "BACKGROUND: Multiple sclerosis affects the young.",
        "OBJECTIVE: A comparison of two doses.",
    ],
)
def test_an_aim_or_a_gap_is_below_zero(text: str) -> None:
    assert role(text, "abstract") < 0


@pytest.mark.parametrize(
    "text",
    [
        "Aspirin inhibits cyclooxygenase.",
        "Aiming errors were more frequent.",
        "The purpose-built device was cheap.",
        "Findings of the autopsy were recorded.",
        "Note: values are means.",
        "There is no cure for the disease.",
    ],
)
def test_without_a_sign_it_is_zero(text: str) -> None:
    assert role(text, "abstract") == 0.0


def test_the_section_speaks_where_the_words_do_not_and_the_mean_where_both_do() -> None:
    text = "Aspirin inhibits cyclooxygenase."
    assert role(text, "results") == 0.8 and role(text, "background") == -0.6 and role(text, "body") == 0.0
    assert role("We conclude that it is safe.", "results") == pytest.approx((0.9 + 0.8) / 2)
    assert role(f"RESULTS: {text}", "background") == 0.8
    assert role("The aim of this study was to compare doses.", "results") == pytest.approx(-0.1)


@given(st.text(), st.sampled_from([*SECTIONS, "abstract", "body", "", "odd"]))
def test_a_role_lies_between_minus_one_and_one(text: str, section: str) -> None:
    assert -1.0 <= role(text, section) <= 1.0


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("What is multiple sclerosis?", "multiple sclerosis"),
        ("What are statins?", "statins"),
        ("What is a telomere?", "telomere"),
        ("Define apoptosis.", "apoptosis"),
        ("What does MSC stand for?", "MSC"),
        ("What does EDSS mean?", "EDSS"),
        ("What is the definition of sepsis?", "sepsis"),
        ("What is meant by herd immunity?", "herd immunity"),
        ("How is hypertension defined?", "hypertension"),
        ("What is the cause of MS?", ""),
        ("What are the symptoms of MS?", ""),
        ("What is known about MS?", ""),
        ("What does aspirin inhibit?", ""),
        ("What is ozanimod used for?", ""),
        ("What drugs are approved?", ""),
        ("Is MS a disease?", ""),
        ("statins", ""),
    ],
)
def test_a_definition_question_names_its_term(question: str, term: str) -> None:
    assert defined_term(question) == term


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is multiple sclerosis?", "Multiple sclerosis (MS) is an immune-mediated disease."),
        ("What is MS?", "Multiple Sclerosis (MS) is an immune-mediated disease."),
        ("What is multiple sclerosis?", "BACKGROUND: Multiple sclerosis is a chronic disease."),
        ("What are statins?", "Statins are potent inhibitors of HMG-CoA reductase."),
        ("What is a telomere?", "Telomeres are repetitive DNA sequences at chromosome ends."),
        ("What is apoptosis?", "Apoptosis refers to programmed cell death."),
        ("What is arthritis?", "Inflammation of the joints, known as arthritis, is painful."),
        ("What is sepsis?", "Sepsis is defined as life-threatening organ dysfunction."),
        ("What is ozanimod?", "Ozanimod, a sphingosine receptor modulator, is approved for MS."),
        ("What does MSC stand for?", "Mesenchymal stem cells (MSCs) were injected."),
        ("Define autophagy", "The term autophagy describes a process of self-digestion."),
    ],
)  # fmt: skip
def test_a_defining_sentence_is_one(question: str, text: str) -> None:
    assert defines(question, text) == 1.0


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What are statins?", "Statins are effective in reducing LDL."),
        ("What are statins?", "Statins are associated with myopathy."),
        ("What are statins?", "Statins are superior to placebos."),
        ("What is multiple sclerosis?", "The treatment of multiple sclerosis is a challenge."),
        ("What is multiple sclerosis?", "Patients with multiple sclerosis are a vulnerable group."),
        ("What is diabetes?", "Type 2 diabetes is a risk factor."),
        ("What is aspirin?", "Aspirin reduced mortality, a finding of note, in men."),
        ("What is obesity?", "Obesity, hypertension and diabetes were more common."),
        ("What does MSC stand for?", "MSCs are a type of cell."),
        ("What is the cause of MS?", "MS is a disease."),
        ("Does aspirin work?", "Aspirin is a drug."),
    ],
)
def test_another_sentence_with_the_term_is_none(question: str, text: str) -> None:
    assert defines(question, text) == 0.0


@given(
    st.sampled_from(["What is {}?", "What does {} stand for?", "Define {}"]), st.text(max_size=30), st.text()
)
def test_any_question_and_text_can_be_judged(frame: str, term: str, text: str) -> None:
    assert defines(frame.format(term), text) in (0.0, 1.0)


def test_an_echo_of_the_question_says_nothing_new() -> None:
    question = "Why were civets proposed to be an intermediate host?"
    assert novelty(question, "Civets were proposed to be an intermediate host [6].") == 0.5
    assert novelty(question, "Civets were proposed to be an intermediate host.") == 0.0
    assert novelty(question, "Civets sold at markets carried a virus that differed in 29 bases.") == 1.0
    assert novelty(question, "?") == 1.0


@pytest.mark.parametrize(
    "question", ["Were civets an intermediate host?", "Civets were an intermediate host.", "civets host"]
)
def test_asked_whether_the_same_words_are_the_answer(question: str) -> None:
    assert novelty(question, "Civets were an intermediate host.") == 1.0
