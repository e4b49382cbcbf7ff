"""What a sentence does: reports, aims, defines; and which questions ask for a definition or a list."""

from __future__ import annotations

import pytest

from qa.roles import asks_for_several, defines, echo, role


@pytest.mark.parametrize(
    ("text", "section", "expected"),
    [
        ("We found that iron lowered mortality.", "abstract", 1.0),
        ("In conclusion, iron is safe.", "abstract", 1.0),
        ("Our results clearly suggest a benefit of iron.", "abstract", 1.0),
        ("Conclusions: Iron is safe.", "abstract", 1.0),
        ("Mortality was 12%.", "results", 1.0),
        ("Mortality was 12%.", "methods", 0.0),
        ("The aim of this trial was to compare iron with placebo.", "results", -1.0),
        ("We investigated whether iron lowers mortality.", "abstract", -1.0),
        ("This randomised trial was designed to test iron.", "abstract", -1.0),
        ("To determine the effect of iron on mortality.", "abstract", -1.0),
        ("Iron data were lost to the purposeful thief.", "abstract", 0.0),
        ("A cure remains elusive.", "abstract", 0.0),
    ],
)
def test_a_sentence_reports_or_aims(text: str, section: str, expected: float) -> None:
    assert role(text, section) == expected


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is hepcidin?", "Hepcidin is a low molecular weight peptide hormone."),
        ("what is multiple sclerosis", "Multiple Sclerosis (MS) is an immune-mediated condition."),
        (
            "What are nuclear receptors (NRs)?",
            "Nuclear receptors (NRs) are a class of proteins.",
        ),
        ("What is PPE?", "He wore full personal protective equipment (PPE) on the plane."),
        ("What does PPE stand for?", "Use of personal protective equipment (PPE) is advised."),
        ("Define sepsis", "Sepsis is defined as organ dysfunction caused by a dysregulated response."),
        ("What are exosomes?", "Exosomes are small vesicles that cells release."),
        ("What is dysgeusia?", "Dysgeusia, a distortion of taste, was common."),
        ("What are IAVs?", "The particles are herein termed IAVs."),
    ],
)
def test_a_definition_defines_what_was_asked(question: str, text: str) -> None:
    assert defines(question, text) == 1.0
    assert not asks_for_several(question)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What are nuclear receptors?", "Nuclear receptors are closely associated with diseases."),
        ("What are exosomes?", "Exosomes are released by cells."),
        ("What is hepcidin?", "Iron metabolism is a function of hepcidin."),
        ("What is the effect of iron on sleep?", "Iron is a metal."),
        ("Is hepcidin toxic?", "Hepcidin is a peptide."),
        ("What is it?", "Rain is a form of water."),
        ("", "Rain is a form of water."),
    ],
)
def test_others_do_not(question: str, text: str) -> None:
    assert defines(question, text) == 0.0


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Which drugs slow multiple sclerosis?", True),
        ("What are the symptoms of pertussis?", True),
        ("List the side effects of iron.", True),
        ("What drugs are used in sepsis?", True),
        ("What is hepcidin?", False),
        ("How many patients died?", False),
        ("Is there a cure?", False),
    ],
)
def test_questions_that_may_have_several_answers(question: str, several: bool) -> None:
    assert asks_for_several(question) is several


def test_an_echo_repeats_the_question() -> None:
    question = "Why were civets proposed to be an intermediate host?"
    assert echo(question, "Civets were proposed to be an intermediate host [6].") == 0.5
    assert echo(question, "Civets sold at markets carried a virus that differed in 29 nucleotides.") == 0.0
    assert echo(question, "?") == 0.0


@pytest.mark.parametrize(
    "question", ["Were civets an intermediate host?", "Civets were an intermediate host.", "civets host"]
)
def test_asked_whether_the_same_words_are_the_answer(question: str) -> None:
    assert echo(question, "Civets were an intermediate host.") == 0.0
