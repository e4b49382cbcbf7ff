"""Passages: positions only, whole sentences of one section, always inside the window."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import chunks
from index.chunks import passage_sentences, passages, sentences
from index.errors import UsageError
from index.records import NOT_SEARCHED, Document, Reference, Section, Text


class Words:
    """A toy encoder: each run of up to four letters or digits, and each sign, is a token."""

    def __init__(self, window: int = 12) -> None:
        self.window = window
        self.longest = 0

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        self.longest = max(self.longest, len(text))
        return [match.span() for match in re.finditer(r"[^\W_]{1,4}|[^\w\s]|_", text)]


def document(*parts: tuple[str, str], between: str = "\n\n") -> Document:
    """A document of (label, text) sections."""
    content, sections = "", []
    for label, text in parts:
        content += between if content else ""
        sections.append(Section(len(content), len(content) + len(text), label))
        content += text
    text = Text.of(content, source="0" * 64, extractor="test/1")
    return Document("doc", text, "", Reference(), tuple(sections))


def cut(paper: Document, encoder: Words, max_tokens: int = 160) -> list[str]:
    return [
        paper.text.content[p.start : p.end] for p in passages(paper, encoder=encoder, max_tokens=max_tokens)
    ]


def test_sentences_are_gathered_until_the_next_would_not_fit() -> None:
    paper = document(("methods", "We did so now. They saw it too. All was in vain. Then we sat."))
    # 5, 5, 5 and 4 tokens
    assert cut(paper, Words(10)) == ["We did so now. They saw it too.", "All was in vain. Then we sat."]
    assert cut(paper, Words(100), 5) == [
        "We did so now.",
        "They saw it too.",
        "All was in vain.",
        "Then we sat.",
    ]
    assert cut(paper, Words(100)) == [paper.text.content]


def test_a_tiny_rest_takes_sentences_from_the_passage_before_it() -> None:
    paper = document(("body", "We did so now. They saw it too. All was in vain. So."))
    # greedily 15 and 2 tokens; evened out 10 and 7
    assert cut(paper, Words(15)) == ["We did so now. They saw it too.", "All was in vain. So."]


def test_a_passage_names_its_document_text_and_section() -> None:
    paper = document(
        ("title", "On cats"), ("heading", "Aims"), ("background", " We ask. \n"), ("keywords", "cat")
    )
    found = passages(paper, encoder=Words())
    assert [(p.document_id, p.text_sha256, p.section) for p in found] == [
        ("doc", paper.text.sha256, "title"),
        ("doc", paper.text.sha256, "background"),
    ]
    assert [paper.text.content[p.start : p.end] for p in found] == ["On cats", "We ask."]
    assert found[1].id == "doc:16-23"


def test_a_reference_is_one_passage_although_it_holds_full_stops() -> None:
    paper = document(
        ("references", "1. Wu L. MS? JAMA. The end. 2024."), ("references", "2. Li P. Nets. BMJ. 2020.")
    )
    assert cut(paper, Words(40)) == ["1. Wu L. MS? JAMA. The end. 2024.", "2. Li P. Nets. BMJ. 2020."]


def test_a_sentence_longer_than_the_limit_is_cut_evenly_at_blanks() -> None:
    paper = document(("body", "We sat. " + "cat " * 11 + "cat. Then we ran."))
    assert cut(paper, Words(7)) == ["We sat.", "cat " * 6 + "cat", "cat " * 4 + "cat.", "Then we ran."]


def test_a_word_longer_than_the_limit_is_cut_between_tokens() -> None:
    paper = document(("body", "ACGT" * 9))
    assert cut(paper, Words(4)) == ["ACGT" * 3] * 3


def test_a_section_without_words_gives_no_passage_and_one_without_tokens_gives_one() -> None:
    assert cut(document(("body", "  \n ")), Words()) == []

    class Blind(Words):
        def token_spans(self, text: str) -> list[tuple[int, int]]:
            return []

    assert cut(document(("body", "We saw. It ran.")), Blind()) == ["We saw. It ran."]


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(UsageError, match="max_tokens"):
        passages(document(("body", "We.")), encoder=Words(), max_tokens=0)


def test_a_long_section_is_tokenised_in_slices_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "We saw it in E. coli (P < .001). Then it grew.\n" * 40 + "word " * 200
    paper = document(("body", text))
    whole = cut(paper, Words())
    monkeypatch.setattr(chunks, "SLICE", 64)
    encoder = Words()
    assert cut(paper, encoder) == whole
    assert encoder.longest <= 64


FRAGMENTS = [
    *(
        "We saw",
        "it in",
        "E. coli",
        "et al.",
        "(P < .001).",
        "Fig. 2",
        "However,",
        "mRNA",
        "fell.",
        "rose 0.05.",
    ),
    *(
        "disease.[3]",
        "shown.1,2",
        "The",
        "end.",
        "?",
        '"Yes."',
        "\n\n",
        "\n- ",
        "i.v.",
        "🙂",
        "α-Synuclein",
        "J. Wu",
    ),
    *("Acetylcholinesteraseinhibitors", "\u00a0", "一二三四五六七八九十。", "a.But", ")", "x" * 70, "; " * 9),
]
SECTIONS = st.lists(
    st.tuples(
        st.sampled_from(["title", "heading", "body", "methods", "keywords", "references", "figure"]),
        st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=25).map(" ".join),
    ),
    max_size=5,
)


@settings(deadline=None, max_examples=250)
@given(SECTIONS, st.sampled_from(["\n\n", " ", ""]), st.integers(1, 30), st.sampled_from([1 << 16, 100]))
def test_passages_keep_their_promises(
    parts: list[tuple[str, str]], between: str, window: int, size: int
) -> None:
    """In order, inside one section, covering each word once, whole sentences, within the window."""
    paper, encoder = document(*parts, between=between), Words(window)
    text = paper.text.content
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "SLICE", size)
        found = passages(paper, encoder=encoder)

    assert all(before.end <= after.start for before, after in pairwise(found))
    for passage in found:
        piece = text[passage.start : passage.end]
        assert piece == piece.strip() != ""
        assert len(encoder.token_spans(piece)) <= window
    for section in paper.sections:
        inside = [p for p in found if section.start <= p.start and p.end <= section.end]
        if section.label in NOT_SEARCHED:
            assert not inside
            continue
        assert {p.section for p in inside} <= {section.label}
        covered = "".join("".join(text[p.start : p.end].split()) for p in inside)
        assert covered == "".join(text[section.start : section.end].split())
        whole = sentences(text, section.start, section.end)
        read_again = [(span, p) for p in inside for span in passage_sentences(text, p)]
        for span, passage in read_again:
            if span not in whole:  # part of a sentence that is too long, alone in its passage
                assert span == (passage.start, passage.end)
                (outer,) = [s for s in whole if s[0] <= span[0] and span[1] <= s[1]]
                assert len(encoder.token_spans(text[slice(*outer)])) > window
