"""How far a quote reaches: what it leans on and what turns it round is shown, and nothing more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.chunks import sentences
from index.records import Section
from qa.safe_quotes import LONGEST_ADDED, leans, readable_start, safe_end, safe_span, turns


def whole(content: str) -> Section:
    return Section(0, len(content), "abstract")


def quoted(content: str, sentence: str, section: Section | None = None) -> str:
    start = content.index(sentence)
    low, high = safe_span(content, section or whole(content), start, start + len(sentence))
    return content[low:high]


@pytest.mark.parametrize(
    "opening",
    ["This", "These", "Those", "It", "Its", "They", "Their", "Such", "He", "She", "The latter", "The former",
     "As such", "In this case", "For this reason", "Of these", "Both of these",
     "Under these conditions", "However,", "But", "In contrast,", "Nevertheless", "On the other hand,"],
)  # fmt: skip
def test_a_sentence_that_leans_on_the_one_before_brings_it_along(opening: str) -> None:
    content = f"First there is. Second comes now. {opening} was long."
    start = content.index(opening)
    assert content[readable_start(content, whole(content), start) :].startswith("Second comes now.")


@pytest.mark.parametrize(
    "sentence",
    [
        "The result was long.",
        "Itself it was long.",
        "Item response was modelled.",
        "Thistle was eaten.",
        "it was long.",
        "In this study, we enrolled 45 patients.",
        "In these patients, relapses were rare.",
        "In contrast to aspirin, warfarin prevented stroke.",
        "However large the dose, mice survived.",
        "Although the sample was small, the effect was clear.",
        "Butter raised cholesterol.",
        "Yet another trial is under way.",
        "Still images were recorded.",
        "Despite treatment, relapses occurred.",
    ],
)
def test_other_sentences_stand_alone(sentence: str) -> None:
    content = f"Second comes now. {sentence} Third follows."
    assert not leans(sentence) and not turns(sentence)
    assert quoted(content, sentence) == sentence


@pytest.mark.parametrize(
    "turn",
    [
        "However, the difference disappeared after adjustment for age.",
        "But mortality did not change.",
        "Nevertheless, the evidence is weak.",
        "Nonetheless, two patients died.",
        "Yet no trial has confirmed it.",
        "Still, the risk of bias was high.",
        "In contrast, women had no benefit.",
        "By contrast, placebo had none.",
        "On the other hand, bleeding doubled.",
        "Conversely, the high dose raised it.",
        "Unfortunately, the trial was stopped early.",
        "Despite this, survival was unchanged.",
        "Although this was significant, it was not a primary end point.",
        "Although it reached significance, the effect was small.",
        "In contrast to these findings, later trials were negative.",
        "Whereas men improved, women did not.",
    ],
)
def test_what_turns_a_statement_round_is_shown_with_it(turn: str) -> None:
    said = "Aspirin reduced the risk of stroke by 20% (P < .01)."
    content = f"We treated 45 patients. {said} {turn} Cost was low."
    assert quoted(content, said) == f"{said} {turn}"
    assert quoted(content, turn) == f"{said} {turn}"


@pytest.mark.parametrize(
    "after",
    [
        "Moreover, aspirin was safe.",
        "Although the sample was small, aspirin was safe.",
        "Butter was not tested.",
    ],
)
def test_a_sentence_that_only_goes_on_is_not_added(after: str) -> None:
    assert quoted(f"Aspirin worked. {after}", "Aspirin worked.") == "Aspirin worked."


def test_one_sentence_is_added_on_each_side_at_most() -> None:
    content = "A was seen. This led to B. However, C fell. But D rose. Yet E fell."
    assert quoted(content, "However, C fell.") == "This led to B. However, C fell. But D rose."


def test_no_section_is_left() -> None:
    content = "Aspirin worked.\n\nHowever, it bled."
    after = content.index("However")
    assert quoted(content, "Aspirin worked.", Section(0, after - 2, "results")) == "Aspirin worked."
    assert quoted(content, "However, it bled.", Section(after, len(content), "figure")) == "However, it bled."
    assert quoted(content, "Aspirin worked.") == content


def test_a_heading_is_no_context() -> None:
    content = "Nothing else was found.\n\nRESULTS OF THE TRIAL\n\nThis was long."
    assert quoted(content, "This was long.") == "This was long."


def test_a_turn_that_is_no_prose_is_left() -> None:
    long = "However, " + "word " * (LONGEST_ADDED // 5) + "end."
    assert quoted(f"Aspirin worked. {long}", "Aspirin worked.") == "Aspirin worked."


def test_a_very_long_sentence_before_is_not_cut_into_a_quote() -> None:
    content = "Word " + "word " * 600 + "end. This was long."
    assert quoted(content, "This was long.") == "This was long."


PIECES = st.lists(
    st.sampled_from([
        "Legs grow.", "However, they fall off.", "This is rare.", "But E. coli lives", "\n\n", "Results",
        "It fell (P < .05).", "- item one", "In contrast, P rose.", "Nevertheless", "et al.",
        "Although this is so, it is not.",
    ]),
    min_size=1,
    max_size=10,
).map(" ".join)  # fmt: skip


@settings(deadline=None)
@given(PIECES, st.data())
def test_a_quote_is_whole_sentences_of_one_section_and_never_ends_before_a_turn(
    content: str, data: st.DataObject
) -> None:
    found = sentences(content)
    if not found:
        return
    first = data.draw(st.integers(0, len(found) - 1))
    last = data.draw(st.integers(first, len(found) - 1))
    section = Section(found[first][0], found[last][1], "body")
    inside = sentences(content, section.start, section.end)
    start, end = data.draw(st.sampled_from(inside))
    low, high = safe_span(content, section, start, end)
    assert section.start <= low <= start < end <= high <= section.end
    assert low in {a for a, _ in inside} and high in {b for _, b in inside}
    place = inside.index((start, end))
    after = content[slice(*inside[place + 1])] if place + 1 < len(inside) else ""
    assert (high > end) == turns(after)
    assert safe_end(content, section, end) == high
