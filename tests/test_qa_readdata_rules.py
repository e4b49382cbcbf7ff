"""Questions made by rule: each rule on sentences whose question and answer were written down by hand."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.readdata_forms import is_objective, objective_questions, title_question
from qa.readdata_rules import questions_of
from qa.readdata_text import inverted
from qa.readdata_words import abbreviations, exchanged, keywords, reworded, typed


def made(sentence: str) -> dict[str, str]:
    """Question -> the words that answer it ("" where the whole sentence does)."""
    return {
        one.question: sentence[one.span[0] : one.span[1]] if one.span else ""
        for one in questions_of(sentence)
    }


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "Zolmitriptan is a selective serotonin agonist for the acute treatment of migraine.",
            "What is zolmitriptan?",
            "a selective serotonin agonist for the acute treatment of migraine",
        ),
        (
            "The prevalence of primary drug resistance was 25% in the whole region.",
            "What was the prevalence of primary drug resistance?",
            "25% in the whole region",
        ),
        (
            "A total of 45 patients received a single injection of botulinum toxin.",
            "How many patients received a single injection of botulinum toxin?",
            "45",
        ),
        (
            "Approximately 40% of patients in each group reported a headache response.",
            "What percentage of patients in each group reported a headache response?",
            "Approximately 40%",
        ),
        (
            "Premature withdrawal was necessary in four patients, because of intractable cough.",
            "Why was premature withdrawal necessary in four patients?",
            "because of intractable cough",
        ),
        (
            "Gastric emptying was evaluated by C-13 breath testing.",
            "How was gastric emptying evaluated?",
            "by C-13 breath testing",
        ),
        (
            "Thus, metformin reduces body weight in obese children.",
            "What reduces body weight in obese children?",
            "metformin",
        ),
        (
            "Thus, metformin reduces body weight in obese children.",
            "Does metformin reduce body weight in obese children?",
            "",
        ),
        (
            "ABSTRACT.CONCLUSIONS:: Metformin reduces body weight in obese children.",
            "What reduces body weight in obese children?",
            "Metformin",
        ),
        (
            "Dry mouth was significantly more common in the brimonidine group than in the placebo group.",
            "In which group was dry mouth more common?",
            "the brimonidine group",
        ),
        (
            "The most common adverse events were dizziness, headache and nausea.",
            "What were the most common adverse events?",
            "dizziness, headache and nausea",
        ),
        (
            "Calcium antagonists are widely used in the treatment of hypertension.",
            "What are calcium antagonists used for?",
            "widely used in the treatment of hypertension",
        ),
    ],
)
def test_a_statement_becomes_its_question_and_the_words_that_answer(
    sentence: str, question: str, answer: str
) -> None:
    assert made(sentence)[question] == answer


@pytest.mark.parametrize(
    "sentence",
    [
        "This increases the risk of stroke in such patients.",  # leans on the sentence before
        "We found no further evidence of that effect in these groups.",
        "How many patients were enrolled in the trial at all?",
        "Both groups improved.",
        "References",
        "",
    ],
)
def test_what_cannot_stand_alone_makes_no_question(sentence: str) -> None:
    assert questions_of(sentence) == []


@given(
    st.text()
    | st.from_regex(r"[A-Z][a-z]+ (is|was|reduces|increased) [a-z ,;()%0-9]{5,60}\.", fullmatch=True)
)
def test_any_text_is_taken_and_answers_lie_in_it(sentence: str) -> None:
    for one in questions_of(sentence):
        assert one.question.endswith("?") and not one.question.endswith("??")
        if one.span:
            start, end = one.span
            assert 0 <= start < end <= len(sentence)
            assert sentence[start:end] == sentence[start:end].strip()


@pytest.mark.parametrize(
    ("sentence", "questions"),
    [
        (
            "To determine whether eradication of Helicobacter pylori reduces recurrence of gastric ulcers.",
            ["Does eradication of Helicobacter pylori reduce recurrence of gastric ulcers?"],
        ),
        (
            "We hypothesized that intrathecal ketamine would potentiate the effects of morphine.",
            ["Will intrathecal ketamine potentiate the effects of morphine?"],
        ),
        (
            "The aim of this study was to assess the effect of baclofen on spasticity in multiple sclerosis.",
            [
                "What is the effect of baclofen on spasticity in multiple sclerosis?",
                "Does baclofen affect spasticity in multiple sclerosis?",
                "How does baclofen affect spasticity in multiple sclerosis?",
            ],
        ),
        (
            "This study was designed to compare the efficacy of risperidone with haloperidol.",
            ["How does risperidone compare with haloperidol?", "Risperidone versus haloperidol?"],
        ),
        ("Further studies are needed to determine whether this holds in children.", []),
        ("Blood pressure fell by 12 mmHg (p < 0.01).", []),
    ],
)
def test_an_aim_becomes_the_question_it_puts(sentence: str, questions: list[str]) -> None:
    assert objective_questions(sentence) == questions


def test_a_finding_is_no_aim() -> None:
    assert is_objective("The aim of our trial was to compare two doses.")
    assert is_objective("To assess the safety of carvedilol.")
    assert not is_objective("In the present study, we found that carvedilol was safe.")
    assert not is_objective("Carvedilol reduced mortality.")


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        (
            "Does nimesulide induce gastric damage? A randomised trial.",
            "Does nimesulide induce gastric damage?",
        ),
        ("Pain after craniotomy. A time for reappraisal?", "Pain after craniotomy. A time for reappraisal?"),
        (
            "Cannabinoids reduce symptoms of Tourette's syndrome.",
            "Cannabinoids reduce symptoms of Tourette's syndrome",
        ),
        ("Magnesium in affective disorders", None),
        ("Efficacy and safety of parecoxib in patients undergoing surgery.", None),
    ],
)
def test_a_title_that_asks_or_claims_is_a_question(title: str, asked: str | None) -> None:
    assert title_question(title, random.Random(0)) == asked


def test_statements_are_turned_round_or_left() -> None:
    assert inverted("bradykinin contributes to the vasodilator effects") == (
        "Does bradykinin contribute to the vasodilator effects?"
    )
    assert inverted("the renal effects were mediated by nitric oxide") == (
        "Were the renal effects mediated by nitric oxide?"
    )
    assert inverted("these were mediated by nitric oxide") is None
    assert inverted("a study of twelve patients") is None


def test_short_forms_are_found_where_initials_agree_and_exchanged_both_ways() -> None:
    text = (
        "After chronic heart failure (CHF) and an angiotensin-converting enzyme (ACE) inhibitor (see Table)"
    )
    forms = abbreviations(text)
    assert forms == {"CHF": "chronic heart failure", "ACE": "angiotensin-converting enzyme"}
    sure = random.Random(1)
    assert exchanged("Is CHF common?", forms, sure, 1.0) == "Is chronic heart failure common?"
    assert exchanged("Is chronic heart failure common?", forms, sure, 1.0) == "Is CHF common?"


def test_people_type_less_than_they_ask() -> None:
    question = "Does metformin reduce the body weight of obese children?"
    forms = {typed(question, random.Random(seed)) for seed in range(200)}
    assert question in forms and question.rstrip("?").lower() in forms
    assert "metformin reduce body weight obese children" in {form.lower() for form in forms}
    words = set(re.findall(r"\w+", question.lower()))
    assert all(set(re.findall(r"\w+", form.lower())) <= words for form in forms)
    assert keywords("What is it?", random.Random(0)) is None
    assert reworded("Is hypertension treated?", random.Random(0), 1.0) == "Is hypertension treated?"
    assert reworded("Does it cause hepatic failure?", random.Random(0), 1.0) == "Does it cause liver failure?"
