"""Filters on the page: fields, address and search say the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from index.library import Library
from index.records import Filters
from web import filters, shelf

WORDS = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)
SEVERAL = st.lists(WORDS, max_size=3).map(tuple)
FILTERS = st.builds(
    Filters,
    years=st.tuples(*[st.none() | st.integers(0, 3000)] * 2),
    designs=SEVERAL, publication_types=SEVERAL, journals=SEVERAL, authors=SEVERAL, sections=SEVERAL,
    documents=SEVERAL, retracted=st.sampled_from([None, True, False]),
)  # fmt: skip


@given(FILTERS, WORDS, WORDS)
def test_a_link_reproduces_the_search(chosen: Filters, question: str, library: str) -> None:
    given = chosen or None
    assert filters.from_address(filters.address(given, question, library)) == (given, question, library)
    assert filters.from_fields(filters.to_fields(given)) == given


def test_an_address_is_short_and_says_what_is_asked() -> None:
    chosen = Filters(years=(2019, None), designs=("cohort",), retracted=False)
    assert filters.address(chosen, "Do legs grow?") == (
        "?q=Do+legs+grow%3F&years=2019-&design=cohort&retracted=no"
    )
    assert filters.address(None) == ""


@given(st.text(max_size=60))
def test_any_address_opens_the_page(query: str) -> None:
    chosen, question, library = filters.from_address(query)
    assert chosen is None or chosen
    assert isinstance(question, str) and isinstance(library, str)


def test_untouched_fields_ask_for_nothing_and_are_not_shared() -> None:
    fields = filters.to_fields(None)
    assert filters.from_fields(fields) is None
    fields[2].append("cohort")
    assert filters.from_fields(filters.to_fields(None)) is None


def test_the_choices_are_what_the_library_has(library: Library, paper: Callable[..., Path]) -> None:
    library.add([
        paper("a.xml", pmid="1", title="Legs: a randomised trial", abstract="Legs grow."),
        paper("b.xml", pmid="2", title="Tails: a cohort study", abstract="Tails grow."),
        paper("c.xml", pmid="3", title="Fins: a cohort study", abstract="Fins grow."),
    ])  # fmt: skip
    library.remove(["pmid:3"])
    designs, _types, journals, authors, sections, documents = filters.choices(library, shelf.rows(library))
    assert designs == [("cohort (1)", "cohort"), ("randomised trial (1)", "randomised trial")]
    assert journals == [("J Test (2)", "J Test")]
    assert authors == []
    assert "abstract" in [value for _, value in sections]
    assert documents == [
        ("Nógrádi 2020: Legs: a randomised trial", "pmid:1"),
        ("Nógrádi 2020: Tails: a cohort study", "pmid:2"),
    ]
