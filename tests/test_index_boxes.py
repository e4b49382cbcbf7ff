"""Boxes of characters on pages: packed and found again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.boxes import PageBox, boxes, pack, unpack

_places = st.integers(-8000, 8000).map(lambda quarter: quarter / 4)


@st.composite
def runs(draw: st.DrawFn) -> list[PageBox]:
    found, at = [], 0
    for gap, length, page in draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(1, 40), st.integers(1, 9)))
    ):
        box = [draw(_places) for _ in range(4)]
        found.append(PageBox(at + gap, at + gap + length, page, *box))
        at += gap + length
    return found


@given(runs())
def test_what_is_packed_is_unpacked(made: list[PageBox]) -> None:
    assert list(unpack(pack(made))) == made


def test_nothing_is_packed_as_nothing() -> None:
    assert pack([]) == b""
    assert boxes(b"", 0, 10) == []


def test_damaged_boxes_say_so() -> None:
    with pytest.raises(ValueError, match="damaged"):
        unpack(b"xx")


def test_words_on_one_line_are_one_box_and_another_line_another() -> None:
    packed = pack(
        [
            PageBox(0, 3, 1, 10, 700, 30, 710),
            PageBox(4, 8, 1, 33, 700, 60, 710),
            PageBox(8, 12, 1, 10, 688, 40, 698),  # the rest of a hyphenated word
            PageBox(13, 20, 2, 10, 700, 60, 710),
        ]
    )
    assert boxes(packed, 0, 12) == [PageBox(0, 8, 1, 10, 700, 60, 710), PageBox(8, 12, 1, 10, 688, 40, 698)]
    assert boxes(packed, 5, 6) == [PageBox(4, 8, 1, 33, 700, 60, 710)]
    assert [box.number for box in boxes(packed, 9, 20)] == [1, 2]
    assert boxes(packed, 20, 30) == []
