"""Filters by their outside names: the same for the command line, HTTP and models."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import UsageError
from index.records import Filters
from qa.filtering import LONGEST_VALUE, MOST_VALUES, filters_of, years


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2015-2020", (2015, 2020)),
        ("2015-", (2015, None)),
        ("-2020", (None, 2020)),
        ("2018", (2018, 2018)),
        ("", (None, None)),
    ],
)
def test_a_range_of_years_is_closed_and_may_lack_an_end(
    text: str, meant: tuple[int | None, int | None]
) -> None:
    assert years(text) == meant


def test_each_name_means_its_field() -> None:
    assert filters_of(
        {
            "years": 2018,
            "journal": "Front Neurol",
            "author": ["Wu L", "Li"],
            "type": "Review",
            "design": "review",
            "section": ["results"],
            "document": "pmid:1",
            "retracted": "no",
        }
    ) == Filters(
        years=(2018, 2018),
        journals=("Front Neurol",),
        authors=("Wu L", "Li"),
        publication_types=("Review",),
        designs=("review",),
        sections=("results",),
        documents=("pmid:1",),
        retracted=False,
    )
    assert filters_of({"retracted": "only"}).retracted is True
    assert not filters_of(None) and not filters_of({"years": None, "journal": [], "retracted": ""})


@pytest.mark.parametrize(
    "values",
    [
        {"jurnal": "x"},
        {"years": "last year"},
        {"years": True},
        {"years": [2015, 2020]},
        {"years": "1" * 5000},
        {"journal": 5},
        {"journal": ["x", None]},
        {"journal": {"x": 1}},
        {"retracted": True},
        {"retracted": ["no"]},
        {"author": ["x"] * (MOST_VALUES + 1)},
        {"author": "x" * (LONGEST_VALUE + 1)},
        ["journal"],
        "journal",
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(values: Any) -> None:
    with pytest.raises(UsageError):
        filters_of(values)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(["years", "journal", "retracted", "x"]),
        st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=4),
    )
)
def test_anything_is_filters_or_a_usage_error(values: dict[str, Any]) -> None:
    with suppress(UsageError):
        assert isinstance(filters_of(values), Filters)
