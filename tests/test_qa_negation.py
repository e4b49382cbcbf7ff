"""The focus of a quote never hides what denies it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.negation import cues, widened_focus


def widened(sentence: str, focus: str) -> str:
    content = f"Before. {sentence} After."
    start = content.index(focus)
    low, high = widened_focus(content, (8, 8 + len(sentence)), (start, start + len(focus)))
    return content[low:high]


@pytest.mark.parametrize(
    ("sentence", "focus", "shown"),
    [
        ("Aspirin did not improve survival.", "improve survival", "did not improve survival"),
        ("Aspirin did not significantly improve survival.", "improve survival",
         "did not significantly improve survival"),
        ("Survival was not significantly improved.", "significantly improved",
         "was not significantly improved"),
        ("There was no evidence of an effect on overall survival.", "overall survival",
         "no evidence of an effect on overall survival"),
        ("We found no evidence of benefit.", "evidence of benefit", "no evidence of benefit"),
        ("The vaccine failed to prevent infection.", "prevent infection", "failed to prevent infection"),
        ("Neither aspirin nor warfarin reduced mortality.", "reduced mortality",
         "Neither aspirin nor warfarin reduced mortality"),
        ("It improved neither survival nor quality of life.", "quality of life",
         "neither survival nor quality of life"),
        ("Patients recovered without surgery.", "surgery", "without surgery"),
        ("Stem cells are unlikely to cure the disease.", "cure the disease", "unlikely to cure the disease"),
        ("The lack of randomised trials is striking.", "randomised trials", "lack of randomised trials"),
        ("No serious adverse events were reported in the 45 patients who were given the high dose.",
         "the 45 patients who were given the high dose",
         "No serious adverse events were reported in the 45 patients who were given the high dose"),
        ("None of the patients who were treated early with stem cells relapsed.", "relapsed",
         "None of the patients who were treated early with stem cells relapsed"),
        ("The drug can't cross the barrier.", "cross the barrier", "can't cross the barrier"),
        ("It is unclear whether statins help.", "statins help", "unclear whether statins help"),
        ("Vitamin D may reduce mortality.", "reduce mortality", "may reduce mortality"),
        ("The drug seems to be safe.", "safe", "seems to be safe"),
    ],
)  # fmt: skip
def test_what_governs_the_focus_is_shown_with_it(sentence: str, focus: str, shown: str) -> None:
    assert widened(sentence, focus) == shown


@pytest.mark.parametrize(
    ("sentence", "focus", "shown"),
    [
        ("Vitamin D did not reduce fractures.", "Vitamin D", "Vitamin D did not reduce fractures"),
        ("Obesity was not associated with death, but smoking was.", "Obesity",
         "Obesity was not associated with death"),
        ("Statins (any dose) had no effect on bone; aspirin had.", "Statins",
         "Statins (any dose) had no effect on bone"),
        ("Warfarin also failed to prevent stroke.", "Warfarin", "Warfarin also failed to prevent stroke"),
        ("A risk of 1.5 was not found.", "A risk of 1.5", "A risk of 1.5 was not found"),
    ],
)  # fmt: skip
def test_a_denial_right_behind_the_focus_is_shown_with_it(sentence: str, focus: str, shown: str) -> None:
    assert widened(sentence, focus) == shown


@pytest.mark.parametrize(
    ("sentence", "focus"),
    [
        ("Aspirin did not improve survival but reduced pain.", "reduced pain"),
        ("Although aspirin did not improve survival, pain fell.", "pain fell"),
        ("In patients with no history of stroke, aspirin reduced events.", "aspirin reduced events"),
        ("Patients without diabetes had a lower risk.", "a lower risk"),
        ("Patients who did not smoke had a lower risk.", "a lower risk"),
        ("Aspirin reduced not only stroke but also death.", "death"),
        ("Aspirin not only reduced stroke.", "reduced stroke"),
        ("The study asked whether or not aspirin works.", "aspirin works"),
        ("Aspirin is not dangerous; it prevents stroke.", "prevents stroke"),
        ("Aspirin reduced mortality and was not toxic.", "reduced mortality"),
        ("Gram-negative bacteria cause sepsis.", "sepsis"),
        ("It was tested in experiment No. 5 with mice.", "mice"),
        ("There is no doubt that smoking causes cancer.", "smoking causes cancer"),
        ("Aspirin was given at a dose that is not toxic and over many weeks of follow-up it reduced stroke.",
         "reduced stroke"),
    ],
)  # fmt: skip
def test_a_denial_of_something_else_leaves_the_focus_alone(sentence: str, focus: str) -> None:
    assert widened(sentence, focus) == focus


def test_cues_are_found_in_order_with_their_reach() -> None:
    found = cues("No rash was seen, and fever did not recur.")
    assert [(cue.start, cue.nominal) for cue in found] == [(0, True), (28, False)]


WORDS = st.lists(
    st.sampled_from(
        """
        aspirin did not improve survival no evidence of but , and neither nor without may reduced (n = 5) ;
        which was unlikely to however patients who had None fails 1.5 .
        """.split()  # noqa: SIM905  read as prose
    ),
    min_size=1,
    max_size=20,
).map(" ".join)


@given(WORDS, st.data())
def test_it_only_widens_inside_its_sentence_and_once_is_enough(sentence: str, data: st.DataObject) -> None:
    content = f"Before. {sentence} After."
    span = (8, 8 + len(sentence))
    start = data.draw(st.integers(span[0], span[1] - 1))
    end = data.draw(st.integers(start + 1, span[1]))
    low, high = widened_focus(content, span, (start, end))
    assert span[0] <= low <= start < end <= high <= span[1]
    assert widened_focus(content, span, (low, high)) == (low, high)
    assert widened_focus(content, span, span) == span


def test_what_is_too_long_for_prose_is_marked_whole() -> None:
    content = "no " * 2000 + "end."
    assert widened_focus(content, (0, len(content)), (30, 40)) == (0, len(content))
