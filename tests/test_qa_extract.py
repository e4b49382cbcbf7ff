"""From passages to quotes: scores by hand, sentences that never cross a section, safe beginnings."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.chunks import passages
from index.encoders import HashingEncoder
from index.records import Document, Hit, Passage, Reference, Section, Text
from index.words import idf
from qa.extract import (
    ENOUGH,
    ENOUGH_OF_STUDY,
    SAME_ANSWER,
    SAME_WORDS,
    Candidate,
    asks_for_list,
    candidates,
    choose,
    coverages,
    judge,
    section_at,
)
from qa.safe_quotes import safe_span


def paper(*parts: tuple[str, str], document_id: str = "doc") -> Document:
    content, sections = "", []
    for label, text in parts:
        content += "\n\n" if content else ""
        sections.append(Section(len(content), len(content) + len(text), label))
        content += text
    text = Text.of(content, source="0" * 64, extractor="test/1")
    return Document(document_id, text, "", Reference(), tuple(sections))


def hits(document: Document) -> list[Hit]:
    content = document.text.content
    found = passages(document, encoder=HashingEncoder(8), max_tokens=8)
    return [Hit(passage, content[passage.start : passage.end], 1.0) for passage in found]


def candidate(text: str, score: float = 1.0, document_id: str = "doc", start: int = 0) -> Candidate:
    passage = Passage(document_id, "0" * 64, start, start + len(text), "abstract")
    return Candidate(Hit(passage, text, 1.0), start, start + len(text), text, score)


def test_rare_words_weigh_more() -> None:
    """``ln(1 + (N - n + 0.5) / (n + 0.5))`` for N = 10."""
    assert idf(1, 10) == pytest.approx(math.log(1 + 9.5 / 1.5))
    assert idf(10, 10) == pytest.approx(math.log(1 + 0.5 / 10.5))
    assert idf(0, 0) == pytest.approx(math.log(2))
    assert idf(7, 5) == idf(5, 5)  # deleted passages may still count
    weights = [idf(n, 50) for n in range(51)]
    assert weights == sorted(weights, reverse=True) and weights[-1] > 0


def test_coverage_is_the_weighted_share_of_the_question_s_words() -> None:
    weight = {"cure": 3.0, "sclerosi": 1.0}
    texts = ["No cure, no cures.", "Sclerosis.", "Cures of sclerosis are what we seek.", "Nothing."]
    assert coverages("Is there a cure for sclerosis?", texts, weight.__getitem__) == [0.75, 0.25, 1.0, 0.0]


def test_a_question_without_words_is_covered_by_nothing() -> None:
    assert coverages("?!", ["a b", "c"], lambda _: 1.0) == [0.0, 0.0]


def test_each_sentence_of_the_hits_is_a_candidate_once() -> None:
    document = paper(("abstract", "Legs grow. Moons are far. It rains."), ("results", "Legs grow."))
    found = hits(document)
    all_of_them = candidates([*found, *found], lambda _: document.text.content)
    assert [c.text for c in all_of_them] == ["Legs grow.", "Moons are far.", "It rains.", "Legs grow."]
    assert [document.text.content[c.start : c.end] for c in all_of_them] == [c.text for c in all_of_them]


PARTS = st.lists(
    st.tuples(
        st.sampled_from(["abstract", "methods", "figure"]),
        st.lists(
            st.sampled_from(
                ["Legs grow", "et al.", "It rains.", "E. coli", "fell (P < .05).", "This is so."]
            ),
            min_size=1,
            max_size=8,
        ).map(" ".join),
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(PARTS)
def test_no_sentence_and_no_quote_crosses_a_section(parts: list[tuple[str, str]]) -> None:
    document = paper(*parts)
    content = document.text.content
    for one in candidates(hits(document), lambda _: content):
        section = section_at(document, one.start)
        assert section.start <= one.start < one.end <= section.end
        start, end = safe_span(content, section, one.start, one.end)
        assert section.start <= start <= one.start < one.end <= end <= section.end
        assert content[start:end].strip() == content[start:end]


def test_no_paper_crowds_the_others_out() -> None:
    ranked = [candidate(f"Word{n}.", 9 - n, "a") for n in range(5)] + [candidate("Other.", 1, "b")]
    chosen = choose(ranked, most=4, per_document=2)
    assert [c.text for c in chosen] == ["Word0.", "Word1.", "Other."]
    assert [c.text for c in choose(ranked, most=3, per_document=9)] == ["Word0.", "Word1.", "Word2."]


def test_the_same_words_are_quoted_once() -> None:
    ranked = [
        candidate("Legs grow."),
        candidate("Legs  GROW!", 0.9, "b"),
        candidate("Legs grew slowly.", 0.8, "b"),
    ]
    assert [c.text for c in choose(ranked, most=5, per_document=5)] == ["Legs grow.", "Legs grew slowly."]


def test_a_position_outside_every_section_is_an_error() -> None:
    document = paper(("abstract", "Legs grow."), ("results", "So."))
    assert section_at(document, 12).label == "results"
    with pytest.raises(ValueError, match="position 10"):
        section_at(document, 10)


# -- what is chosen ----------------------------------------------------------------------------------


def focused(text: str, focus: str, score: float, document_id: str = "doc", start: int = 0) -> Candidate:
    made = candidate(text, score, document_id, start)
    at = start + text.index(focus)
    return replace(made, focus=(at, at + len(focus)))


def verdicts(ranked: list[Candidate], **options: Any) -> list[tuple[str, str, str]]:
    limits: dict[str, Any] = {"most": 5, "per_document": 3, **options}
    return [(one.text, why, other.text if other else "") for one, why, other in judge(ranked, **limits)]


def test_what_says_nothing_is_no_candidate() -> None:
    document = paper(
        ("abstract", "Legs grow. All rights reserved."), ("body", "RESULTS SECTION HEADING\n\nFigure 1.")
    )
    found = candidates(hits(document), lambda _: document.text.content)
    assert [c.text for c in found] == ["Legs grow."]


def test_the_same_words_are_judged_so_even_when_the_answer_is_full() -> None:
    said = "Transplanted stem cells reduced relapse rates in most patients with progressive disease."
    ranked = [
        candidate(said, 3, "a"),
        candidate(f"In conclusion, {said}", 2, "b"),
        candidate("Else.", 1, "c"),
    ]
    assert verdicts(ranked, most=1) == [
        (said, "", ""),
        (f"In conclusion, {said}", SAME_WORDS, said),
        ("Else.", ENOUGH, ""),
    ]


def test_papers_of_one_study_share_what_one_paper_may_have() -> None:
    ranked = [candidate(f"Word{n}.", 9 - n, "ab"[n % 2]) for n in range(4)] + [candidate("Other.", 1, "c")]
    studies = {"a": "NCT01234567", "b": "NCT01234567", "c": ""}
    assert verdicts(ranked, per_document=2, studies=studies) == [
        ("Word0.", "", ""),
        ("Word1.", "", ""),
        ("Word2.", ENOUGH_OF_STUDY, "Word0."),
        ("Word3.", ENOUGH_OF_STUDY, "Word0."),
        ("Other.", "", ""),
    ]
    alone = choose(ranked[:4], most=4, per_document=2, studies=studies)
    assert [c.text for c in alone] == ["Word0.", "Word1.", "Word2.", "Word3."], "no other study is at hand"


def test_an_answer_that_was_given_goes_behind_new_ones_and_is_kept_where_there_is_room() -> None:
    ranked = [
        focused("Interferon beta is approved.", "Interferon beta", 5),
        focused("The drug interferon beta-1a is used.", "interferon beta-1a", 4),
        focused("Glatiramer is approved.", "Glatiramer", 3),
        focused("Interferon beta, ozanimod and others are used.", "Interferon beta, ozanimod", 2),
        candidate("No focus here.", 1),
    ]
    texts = [c.text for c in choose(ranked, most=5, per_document=5, distinct=True)]
    assert texts == [ranked[n].text for n in (0, 2, 3, 4, 1)]
    assert choose(ranked, most=5, per_document=5) == ranked
    full = verdicts(ranked, most=2, per_document=5, distinct=True)
    assert full[-1] == (ranked[1].text, SAME_ANSWER, ranked[0].text)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["Legs grow.", "Arms grow.", "Legs grow (LG).", "Two fish.", "No fish.", "A whale sings."]
            ),
            st.sampled_from("abcd"),
            st.booleans(),
        ),
        max_size=14,
    ),
    st.integers(1, 6),
    st.integers(1, 4),
    st.booleans(),
)
def test_every_candidate_is_judged_once_and_no_limit_is_passed(
    drawn: list[tuple[str, str, bool]], most: int, share: int, distinct: bool
) -> None:
    ranked = [
        focused(text, text.split()[0], 20 - n, name, 100 * n)
        if marked
        else candidate(text, 20 - n, name, 100 * n)
        for n, (text, name, marked) in enumerate(drawn)
    ]
    studies = {"a": "NCT1", "b": "NCT1", "c": "", "d": "NCT2"}
    judged = list(judge(ranked, most=most, per_document=share, studies=studies, distinct=distinct))
    assert sorted(one.start for one, _, _ in judged) == [one.start for one in ranked]
    chosen = [one for one, why, _ in judged if not why]
    assert chosen == choose(ranked, most=most, per_document=share, studies=studies, distinct=distinct)
    assert len(chosen) <= most and bool(chosen) == bool(ranked)
    papers = [one.hit.passage.document_id for one in chosen]
    assert all(papers.count(name) <= share for name in papers)
    if len({studies[name] or name for _, name, _ in drawn}) > 1:
        assert papers.count("a") + papers.count("b") <= share
    assert all(
        (other in chosen) for _, why, other in judged if why in (SAME_WORDS, SAME_ANSWER, ENOUGH_OF_STUDY)
    )
    if not distinct:
        assert [one for one, _, _ in judged] == ranked and chosen == sorted(chosen, key=lambda c: -c.score)


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Which drugs are approved?", True),
        ("In which organs is it found?", True),
        ("What are the symptoms of MS?", True),
        ("What drugs are approved?", True),
        ("List the side effects.", True),
        ("Name two vaccines", True),
        ("What is MS?", False),
        ("Does aspirin work?", False),
        ("How many patients died?", False),
        ("Listeria in cheese", False),
        ("Why are men at risk?", False),
    ],
)
def test_questions_for_several_things_are_told_by_their_opening(question: str, asks: bool) -> None:
    assert asks_for_list(question) is asks
