"""Sentences that say the same count once; a number, a negation or a direction makes them two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.sameness import THRESHOLD, same, wording

SAID = (
    "Transplanted mesenchymal stem cells reduced relapse rates in patients with progressive multiple "
    "sclerosis and slowed brain atrophy over 24 months."
)


def alike(one: str, other: str) -> bool:
    found = same(wording(one), wording(other))
    assert same(wording(other), wording(one)) == found
    return found


@pytest.mark.parametrize(
    "other",
    [
        SAID.upper(),
        f"RESULTS: {SAID}",
        f"We found that {SAID[0].lower()}{SAID[1:]}",
        f"In conclusion, these results show that {SAID[0].lower()}{SAID[1:]}",
        SAID.replace("stem cells", "stem cells (MSCs)"),
        SAID.replace("atrophy", "atrophy [12,13]"),
        SAID.replace("atrophy", "atrophy (Smith et al., 2010)"),
        SAID.replace("atrophy", "atrophy (Smith and Jones 2010; Lee 2012)"),
        SAID.replace("over", "during the").replace("during the", "over the"),
        SAID.replace("Transplanted", "Autologously transplanted"),
    ],
)
def test_the_same_claim_counts_once(other: str) -> None:
    assert alike(SAID, other)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("24", "12"),
        ("24 months", "24 (12) months"),
        ("reduced", "did not reduce"),
        ("reduced", "may reduce"),
        ("reduced", "will reduce"),
        ("brain atrophy", "disability and brain atrophy"),
        ("reduced", "increased"),
        ("reduced", "failed to reduce"),
        ("slowed", "never slowed"),
        ("in patients", "in mice"),
        ("patients", "some patients"),
        ("patients", "male patients"),
        ("relapse rates", "relapse rates only"),
        ("progressive", "relapsing"),
        ("and slowed", "or slowed"),
        ("over", "before"),
        ("Transplanted mesenchymal stem cells", "Placebo"),
    ],
)
def test_another_claim_in_nearly_the_same_words_is_another(was: str, now: str) -> None:
    assert was in SAID
    assert not alike(SAID, SAID.replace(was, now))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Men had a higher risk than women.", "Women had a higher risk than men."),
        ("The drug was effective in early disease.", "The drug was ineffective in early disease."),
        ("Aspirin prevents stroke.", "Warfarin prevents stroke."),
        ("Mortality was 3.5% with aspirin.", "Mortality was 5.3% with aspirin."),
        ("Survival improved with treatment.", "Survival didn't improve with treatment."),
        ("Two patients died.", "Three patients died."),
        ("", "Aspirin."),
    ],
)
def test_short_sentences_must_agree_in_every_word(one: str, other: str) -> None:
    assert not alike(one, other)


def test_at_least_nine_tenths_of_the_longer_must_be_shared() -> None:
    words = [f"term{letter}" for letter in "abcdefghij"]
    assert THRESHOLD == 0.9
    assert alike(" ".join(words), " ".join(words[:-1]))
    assert not alike(" ".join(words[:-1]), " ".join(words[:-2]))


WORDS = st.lists(
    st.sampled_from(
        """
        aspirin stroke risk patients the of increased decreased not 12 3.5 men women higher than may We found
        that however (MS) [3] no 12% α
        """.split()  # noqa: SIM905  read as prose
    ),
    max_size=14,
).map(" ".join)
NUMBERS = st.sampled_from(["12", "3.5", "7", "0.05"])


@given(WORDS, WORDS)
def test_sameness_is_symmetric_and_everything_is_the_same_as_itself(one: str, other: str) -> None:
    alike(one, other)
    assert alike(one, one)


@given(WORDS, st.sampled_from(["not", "7.25", "decreased", "never", "higher", "may", "without"]), st.data())
def test_a_word_that_carries_the_claim_is_never_passed_over(
    text: str, word: str, data: st.DataObject
) -> None:
    words = text.split()
    at = data.draw(st.integers(0, len(words)))
    assert not alike(" ".join(words), " ".join([*words[:at], word, *words[at:]]))
