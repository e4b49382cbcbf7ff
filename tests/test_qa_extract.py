"""From passages to quotes: scores by hand, sentences that never cross a section, safe beginnings."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.chunks import passages
from index.encoders import HashingEncoder
from index.records import Document, Hit, Passage, Reference, Section, Text
from index.words import idf
from qa.extract import Candidate, candidates, choose, coverages, readable_start, section_at


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
        start = readable_start(content, section, one.start)
        assert section.start <= start <= one.start
        assert content[start : one.end].strip() == content[start : one.end]


@pytest.mark.parametrize("opening", ["This", "These", "It", "Its", "They", "Their", "Such", "He", "She"])
def test_a_sentence_that_leans_on_the_one_before_brings_it_along(opening: str) -> None:
    content = f"First there is. Second comes now. {opening} was long."
    section = Section(0, len(content), "abstract")
    assert content[readable_start(content, section, content.index(opening)) :].startswith("Second comes now.")


@pytest.mark.parametrize("opening", ["The", "Itself", "Item", "Thistle", "However,", "it"])
def test_other_sentences_stand_alone(opening: str) -> None:
    content = f"Second comes now. {opening} was long."
    start = content.index(opening)
    assert readable_start(content, Section(0, len(content), "abstract"), start) == start


def test_the_first_sentence_of_a_section_leans_on_nothing_outside_it() -> None:
    content = "Second comes now.\n\nThis was long."
    start = content.index("This")
    assert readable_start(content, Section(start, len(content), "figure"), start) == start


def test_a_very_long_sentence_before_is_not_cut_into_a_quote() -> None:
    content = "Word " + "word " * 600 + "end. This was long."
    start = content.index("This")
    assert readable_start(content, Section(0, len(content), "body"), start) == start


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
