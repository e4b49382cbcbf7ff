"""The page's HTML of answers: nothing in quotation marks is changed, warnings stand on the quote."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from index.records import Reference, Retraction
from qa.records import Answer, Citation, Lead, Quote
from web import cards, copies, render
from web.fragments import text_fragment

CITATION = Citation(
    "Wu et al. 2024", "Wu L, et al. Title.", {"title": "A <title>", "container-title": "J & J"}, False
)


def quote(text: str, *, focus: tuple[int, int] | None = None, retraction: Retraction | None = None) -> Quote:
    start, end = focus or (0, len(text))
    return Quote(
        "doi:10.1/x", "a" * 64, 10, 10 + len(text), (10 + start, 10 + end), text, "results", "Results", None,
        1.2, 0.83, CITATION, retraction,
    )  # fmt: skip


def answer(*quotes: Quote, status: str = "answered", calibrated: bool = True) -> Answer:
    found = {"quotes": quotes} if status == "answered" else {"nearest": quotes}
    return Answer("q", "q", status, **found, trace={"calibrated": calibrated})


def words_in(page: str, tag: str) -> str:
    """What a browser shows of the first element ``tag``: tags dropped, character references read."""
    inner = re.search(rf"<{tag}[^>]*>(.*?)</{tag}>", page, re.DOTALL)
    assert inner is not None
    return html.unescape(re.sub(r"<[^>]*>", "", inner[1]))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), st.data())
def test_a_quote_is_shown_character_for_character(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    card = cards.card(quote(text, focus=(start, end)), 1, calibrated=True)
    assert words_in(card, "blockquote") == text
    if start < end:
        assert words_in(card, "mark") == text[start:end]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_no_text_becomes_markup_or_template(text: str) -> None:
    shown = render.text(text)
    assert not set("<>\"'{}$`\\") & set(shown)
    assert html.unescape(shown) == text


def test_the_answer_counts_quotes_and_papers_and_numbers_its_cards() -> None:
    page = cards.answer(answer(quote("One."), quote("Two.")))
    assert "2 quotes from 1 paper" in page
    assert re.findall(r">\[(\d)\]<", page) == ["1", "2"]
    assert "likely 0.83" in page
    assert "A &lt;title&gt;" in page


def test_the_other_forms_of_abbreviations_stand_above_the_quotes_unmarked() -> None:
    forms = [{"from": "MS", "to": "<b>multiple</b> sclerosis"}]
    given = Answer("q", "What is q?", "not_found", trace={"expansions": forms})
    shown = cards.answer(given)
    line = "Also searched: &lt;b&gt;multiple&lt;/b&gt; sclerosis (MS)"
    assert f'<p class="lq-completed">Searched for: What is q?<br>{line}</p>' in shown
    assert "lq-completed" not in cards.answer(Answer("q", "q", "not_found"))


def test_an_uncalibrated_number_says_so() -> None:
    assert "uncalibrated" not in cards.answer(answer(quote("One.")))
    assert "uncalibrated" in cards.answer(answer(quote("One."), calibrated=False))


def test_a_retraction_stands_on_the_quote_itself() -> None:
    notice = Retraction("retracted", "2021", "PMID 5", "PubMed record")
    card = cards.card(quote("One.", retraction=notice), 1, calibrated=True)
    assert card.index("Retracted") < card.index("<blockquote>")
    assert "2021: PMID 5" in card
    concern = cards.card(quote("One.", retraction=replace(notice, kind="concern")), 1, calibrated=True)
    assert "Expression of concern" in concern


def test_a_completed_question_stands_above_the_quotes_and_only_then() -> None:
    plain = answer(quote("One."))
    assert "Searched for" not in cards.answer(plain)
    page = cards.answer(replace(plain, completed_question="Do <b>legs</b> grow in mice?"))
    assert words_in(page, "p") == "Searched for: Do <b>legs</b> grow in mice?"
    assert page.index("Searched for") < page.index("<blockquote>")
    papers = replace(plain, completed_question="Who?", trace={"completion": {"documents": ["doi:10.1/x"]}})
    assert words_in(cards.answer(papers), "p") == "Searched for: Who? In the paper quoted before."
    missing = replace(answer(quote("Near."), status="not_found"), completed_question="Do legs grow?")
    assert cards.answer(missing).index("Searched for") < cards.answer(missing).index("Not found")


def test_not_found_folds_the_nearest_sentences_away_without_a_confidence() -> None:
    page = cards.answer(answer(quote("Near."), status="not_found"))
    assert page.index("Not found in your library.") < page.index("<details")
    assert "lq-confidence" not in page


def test_the_evidence_stands_before_the_words_and_an_abstract_says_so() -> None:
    dated = replace(CITATION, csl={**CITATION.csl, "issued": {"date-parts": [[2019, 4]]}})
    one = replace(quote("One."), citation=dated, designs=("randomised trial", "protocol"), abstract_only=True)
    card = cards.card(one, 1, calibrated=True)
    assert re.findall(r"<li>(.*?)</li>", card) == ["2019", "Randomised trial", "Protocol", "abstract only"]
    assert card.index("lq-evidence") < card.index("<blockquote>")
    assert "lq-evidence" not in cards.card(quote("One."), 1, calibrated=True)


def test_what_is_announced_is_the_count_and_the_first_quote() -> None:
    page = cards.answer(answer(quote("One & one."), quote("Two.")))
    announced = re.search(r'data-announce="([^"]*)"', page)
    assert announced is not None
    assert html.unescape(announced[1]) == (
        "2 quotes from 1 paper. The first, from Wu et al. 2024: One & one."
    )


def test_stages_are_told_as_they_come_with_a_way_to_stop() -> None:
    assert "Searching…" in cards.pending() and 'data-event="stop"' in cards.pending()
    shown = cards.pending([("question", 1, 3.0), ("retrieve", 12, 20.0)])
    assert "12 passages found in 0.02 s, Reading…" in shown
    trace = {
        "passages": 12,
        "sentences": 1,
        "milliseconds": {"retrieve": 20.0, "read": 130.0, "extract": 9.0},
    }
    given = replace(answer(quote("One.")), trace=trace)
    assert "12 passages found in 0.02 s; 1 sentence read in 0.13 s; 1 quote chosen in 0.01 s" in cards.answer(
        given
    )


def test_not_found_says_what_may_help() -> None:
    lead = Lead("doi:10.1/r", 5, "Wu et al. 2024", Reference(title="Legs"))
    left = {"passages": 3, "documents": 2}
    trace = {"filters": {"years": left, "left": left, "all": {"passages": 9, "documents": 6}, "unknown": {}}}
    given = Answer("q", "q", "not_found", leads=(lead,), trace=trace)
    page = cards.answer(given, library="L", number=4, missing=7)
    assert "Searched 2 papers of 6 that the filters leave." in page
    assert "The filters leave out 4 papers." in page
    assert "7 papers that yours cite are not in the library" in page
    values = [json.loads(html.unescape(one)) for one in re.findall(r'data-value="([^"]*)"', page)]
    assert {"library": "L", "references_of": "doi:10.1/r", "numbers": [5]} in values
    assert {"turn": 4, "unfiltered": True} in values
    assert "leave out" not in cards.answer(Answer("q", "q", "not_found"))


def rendered(markdown: str) -> str:
    """What CommonMark makes of ``markdown``, as text."""
    from markdown_it import MarkdownIt

    return html.unescape(re.sub(r"<[^>]*>", "", MarkdownIt("commonmark").render(markdown)))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), min_size=1, max_size=60))
def test_a_quote_copied_as_markdown_reads_back_as_it_stands(words: str) -> None:
    assert f"“{words}”" in rendered(copies.as_markdown(answer(quote(words))))


def test_copies_hold_the_citation_the_place_and_the_retraction() -> None:
    notice = Retraction("retracted", "2021", "PMID 5", "PubMed record")
    given = replace(answer(quote("One.", retraction=notice)), completed_question="What of one?")
    plain, markdown = copies.as_text(given), rendered(copies.as_markdown(given))
    for copied in (plain, markdown):
        assert "Searched for: What of one?" in copied
        assert "“One.”" in copied
        assert "Wu L, et al. Title. — results" in copied
        assert "Retracted 2021: PMID 5 [PubMed record]" in copied


def test_a_link_to_the_source_names_the_sentence() -> None:
    words = "Axolotls, it is said, re-grow legs & tails within ninety days of loss."
    assert text_fragment(words, 0, len(words)) == (
        "#:~:text=Axolotls%2C%20it%20is%20said%2C%20re%2Dgrow,within%20ninety%20days%20of%20loss."
    )
    assert text_fragment("Legs\n grow.", 0, 10) == "#:~:text=Legs%20grow"
    assert text_fragment("***", 0, 3) == ""
