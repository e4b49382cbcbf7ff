"""Filters against a plain loop; filtered searches against scoring every passage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import dense, fanout, session
from index import generation as generation_module
from index.encoders import HashingEncoder
from index.errors import UsageError
from index.library import Library
from index.records import Document, Filters, Passage
from index.segments import Segment
from index.words import search_terms

JOURNALS = ["Front Neurol", "J Test", "Nature"]
AUTHORS = ["<LastName>Wu</LastName><ForeName>Xin</ForeName>", "<LastName>Nógrádi</LastName>"]
KINDS = ["Review", "Randomized Controlled Trial", "Journal Article", "Retracted Publication"]
WORDS = ["axolotl", "legs", "moon", "dust", "stem", "cells", "iron", "lungs", "blue", "whales"]
DESIGNS = {"Review": "review", "Randomized Controlled Trial": "randomised trial"}


def article(number: int) -> str:
    year = "" if number % 7 == 0 else f"<Year>{2000 + number % 10}</Year>"
    words = [WORDS[(number * k + k) % 10] for k in range(1, 6)]
    kinds = KINDS[number % 4]
    return f"""<PubmedArticle><MedlineCitation><PMID>{number}</PMID><Article><Journal>
<ISOAbbreviation>{JOURNALS[number % 3]}</ISOAbbreviation>
<JournalIssue><PubDate>{year}</PubDate></JournalIssue></Journal>
<ArticleTitle>Paper {number} on {" ".join(words[:2])}</ArticleTitle><Abstract>
<AbstractText Label="METHODS">Number {number} studied {" ".join(words)}.</AbstractText>
<AbstractText Label="RESULTS">There are {number} {words[0]} and {words[1]} {words[0]}.</AbstractText>
</Abstract><AuthorList><Author>{AUTHORS[number % 2]}</Author></AuthorList>
<PublicationTypeList><PublicationType>{kinds}</PublicationType></PublicationTypeList></Article></MedlineCitation>
</PubmedArticle>"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """180 papers in a large segment with an inverted file and a small one; some were removed again."""
    folder = tmp_path_factory.mktemp("selection")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "FLAT_LIMIT", 100)
        patch.setattr(session, "MAX_SEGMENTS", 9)
        with Library.create(folder / "library", encoder=HashingEncoder(32)) as library:
            for name, numbers in (("a.xml", range(1, 151)), ("b.xml", range(151, 181))):
                articles = "".join(map(article, numbers))
                (folder / name).write_text(f"<PubmedArticleSet>{articles}</PubmedArticleSet>", "utf-8")
                library.add([folder / name])
            library.remove(["pmid:3", "pmid:10", "pmid:160"])
            kinds = [entry.dense for entry in library.manifest.segments if entry.passages]
            assert [kind[:3] for kind in kinds] == ["IVF", "Fla"]
            yield library


def allows(filters: Filters, document: Document, passage: Passage) -> bool:
    """The filter's meaning, said plainly, for the papers of the shelf."""
    reference = document.reference
    first, last = filters.years
    if (first is not None or last is not None) and (
        reference.year is None
        or (first is not None and reference.year < first)
        or (last is not None and reference.year > last)
    ):
        return False
    (kind,) = reference.publication_types
    (author,) = reference.authors
    journals = {"Front Neurol": {"frontiers in neurology"}, "J Test": {"j. test"}, "Nature": {"nature"}}
    authors = {"Wu": {"wu", "wu x", "xin wu"}, "Nógrádi": {"nogradi"}}
    design = DESIGNS.get(kind, "")
    retracted = reference.retraction is not None and reference.retraction.kind == "retracted"
    return (
        (not filters.documents or document.id in filters.documents)
        and (not filters.sections or passage.section in {s.casefold() for s in filters.sections})
        and (not filters.publication_types or kind.casefold() in map(str.casefold, filters.publication_types))
        and (not filters.journals or bool(journals[reference.journal] & set(filters.journals)))
        and (not filters.authors or bool(authors[author.family] & set(filters.authors)))
        and (
            not filters.designs
            or design in filters.designs
            or (design == "randomised trial" and "clinical trial" in filters.designs)
        )
        and (filters.retracted is None or filters.retracted == retracted)
    )


def some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.one_of(st.just(()), st.lists(st.sampled_from(values), min_size=1, max_size=2).map(tuple))


YEARS = st.one_of(st.none(), st.integers(1998, 2011))
FILTERS = st.builds(
    Filters,
    years=st.one_of(st.just((None, None)), st.tuples(YEARS, YEARS)),
    documents=st.one_of(st.just(()), st.just(()), st.just(("pmid:1", "pmid:170"))),
    sections=some("methods", "Results", "title", "figure"),
    publication_types=some("review", "Journal Article", "Letter"),
    journals=some("frontiers in neurology", "j. test", "nature", "cell"),
    authors=some("wu", "xin wu", "nogradi", "wu q"),
    designs=some("review", "clinical trial", "cohort"),
    retracted=st.sampled_from([None, None, True, False]),
)


def passages(library: Library) -> dict[int, tuple[Document, Passage]]:
    return {
        key: (document, library.passage(key)[0])
        for document in library.documents()
        for key in library.keys(document.id)
    }


@settings(deadline=None, max_examples=150)
@given(FILTERS)
def test_a_selection_is_what_a_plain_loop_leaves_and_its_counts_are_right(
    shelf: Library, filters: Filters
) -> None:
    every = passages(shelf)
    found = shelf.select(filters)
    expected = {key for key, (document, passage) in every.items() if allows(filters, document, passage)}
    rows = shelf.rows(filters)
    if filters:
        left = {generation_module.key_of(n, int(r)) for n, chosen in found.rows.items() for r in chosen}
        assert left == expected
        assert rows == found.rows
    else:
        assert set(rows.values()) == {None}
    counts = found.to_dict()
    assert counts["all"] == {"passages": len(every), "documents": 177}
    assert counts["left"] == {
        "passages": len(expected),
        "documents": len({every[key][0].id for key in expected}),
    }
    for name in filters.active:
        alone = Filters(**{name: getattr(filters, name)})
        kept = [d.id for d, passage in every.values() if allows(alone, d, passage)]
        assert counts[name] == {
            "passages": len(every) - len(kept),
            "documents": 177 - len(set(kept)),
        }
    assert set(counts) == {"all", "left", "unknown", *filters.active}


@settings(deadline=None, max_examples=80)
@given(
    FILTERS,
    st.sampled_from(["axolotl legs", "blue whales on the moon", "paper 17", "zebra"]),
    st.integers(1, 400),
    st.sampled_from([0, 30, 100_000]),
)
def test_a_filtered_search_returns_all_that_pass_with_the_scores_of_a_plain_loop(
    shelf: Library, filters: Filters, question: str, k: int, exact_rows: int
) -> None:
    """Whether the rows are scored one by one or searched behind the inverted file."""
    query = shelf.encoder.encode_question(question)
    rows = shelf.rows(filters)
    passing = [key for key, (d, passage) in passages(shelf).items() if allows(filters, d, passage)]
    cosine = {}
    for key in passing:
        number, row = generation_module.segment_and_row(key)
        cosine[key] = float(shelf.segments[number].dense.vectors[row] @ query)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "EXACT_ROWS", exact_rows)
        found = shelf.search_dense(query, k, rows)
    assert len(dict(found)) == len(found) == min(k, len(passing))
    assert dict(found) == pytest.approx({key: cosine[key] for key, _ in found}, abs=1e-5)
    if exact_rows == 100_000 and filters:
        best = sorted(cosine.values(), reverse=True)[:k]
        assert [score for _, score in found] == pytest.approx(best, abs=1e-5)


@settings(deadline=None, max_examples=80)
@given(
    FILTERS,
    st.sampled_from(["axolotl legs", "blue whales on the moon", "paper 17", "zebra"]),
    st.integers(1, 400),
    st.sampled_from([0, 5, 1000]),
)
def test_a_filtered_lexical_search_is_the_whole_one_without_what_the_filter_leaves_out(
    shelf: Library, filters: Filters, question: str, k: int, listed: int
) -> None:
    """Whether the index is told the documents or asked on until enough pass."""
    words = search_terms(question)
    every = passages(shelf)
    whole = shelf.search_lexical(words, 10_000, shelf.rows(None))
    expected = {key: score for key, score in whole if allows(filters, *every[key])}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fanout, "LISTED", listed)
        found = shelf.search_lexical(words, k, shelf.rows(filters))
    assert len(dict(found)) == len(found) == min(k, len(expected))
    assert dict(found) == pytest.approx({key: expected[key] for key, _ in found}, rel=1e-5)
    assert [score for _, score in found] == pytest.approx(list(expected.values())[:k], rel=1e-5)


def test_the_exact_rank_is_that_of_a_plain_loop(shelf: Library) -> None:
    query = shelf.encoder.encode_question("axolotl legs on the moon")
    filters = Filters(years=(2001, 2008), sections=("results", "methods"))
    rows = shelf.rows(filters)
    cosine = {}
    for key, (document, passage) in passages(shelf).items():
        if allows(filters, document, passage):
            number, row = generation_module.segment_and_row(key)
            cosine[key] = float(shelf.segments[number].dense.vectors[row] @ query)
    for key in list(cosine)[::17]:
        rank, score = shelf.rank_dense(query, key, rows)
        assert score == pytest.approx(cosine[key], abs=1e-6)
        assert rank == 1 + sum(other > score + 1e-6 for other in cosine.values())


def test_values_that_no_paper_has_are_named(shelf: Library) -> None:
    filters = Filters(
        sections=("results", "plot"),
        publication_types=("Review", "Poem"),
        journals=("Nature", "Cell"),
        authors=("Wu Q", "Wu"),
        designs=("RCT", "cohort"),
    )
    assert shelf.select(filters).unknown == {
        "sections": ("plot",),
        "publication_types": ("Poem",),
        "journals": ("Cell",),
        "authors": ("Wu Q",),
        "designs": ("cohort",),
    }


def test_what_only_a_removed_paper_had_is_unknown(library: Library, tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.xml").write_text(
            f"<PubmedArticleSet>{article(number)}</PubmedArticleSet>", "utf-8"
        )
        library.add([tmp_path / f"{number}.xml"])
    assert library.select(Filters(journals=("J Test",))).unknown == {}
    library.remove(["pmid:1"])
    assert library.select(Filters(journals=("J Test",))).unknown == {"journals": ("J Test",)}


def test_single_values_and_lists_are_taken_for_tuples(shelf: Library) -> None:
    plain = Filters(years=(2001, 2004), journals=("Nature",), sections=("results", "methods"))
    assert Filters(years=[2001, 2004], journals="Nature", sections=["results", "methods"]) == plain  # type: ignore[arg-type]
    assert shelf.select(plain).left.documents > 0


@pytest.mark.parametrize("years", [(10**30, None), (None, -(10**30)), (2010, 2000)])
def test_years_that_were_never_leave_nothing(shelf: Library, years: tuple[int | None, int | None]) -> None:
    assert shelf.select(Filters(years=years)).left.passages == 0


def test_unknown_documents_and_designs_are_usage_errors(shelf: Library) -> None:
    with pytest.raises(UsageError, match="no document 'pmid:3'"):
        shelf.select(Filters(documents=("pmid:3",)))
    with pytest.raises(UsageError, match="no study design 'vibes'"):
        shelf.select(Filters(designs=("vibes",)))


def test_an_empty_library_has_nothing_to_select(library: Library) -> None:
    found = library.select(Filters(journals=("Nature",), retracted=False))
    assert found.rows == {} and found.whole.passages == found.left.documents == 0
    assert found.unknown == {"journals": ("Nature",)}


def test_a_selection_is_made_once_for_a_generation(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "1.xml").write_text(f"<PubmedArticleSet>{article(1)}</PubmedArticleSet>", "utf-8")
    library.add([tmp_path / "1.xml"])
    first = library.select(Filters(journals=("J Test",)))
    assert library.select(Filters(journals=("J Test",))) is first
    for year in range(20):
        library.select(Filters(years=(year, None)))
    assert len(library._selected) == generation_module._SELECTIONS
    (tmp_path / "4.xml").write_text(f"<PubmedArticleSet>{article(4)}</PubmedArticleSet>", "utf-8")
    library.add([tmp_path / "4.xml"])
    assert library.select(Filters(journals=("J Test",))).left.documents == 2 == first.left.documents + 1


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_the_documents_of_rows_are_those_of_each(shelf: Library, data: st.DataObject) -> None:
    """Of few rows each is looked up, of many all are gone through."""
    segment = shelf.segments[min(shelf.segments)]
    count = len(segment.dense)
    most = data.draw(st.sampled_from([5, count]))
    rows = sorted(data.draw(st.sets(st.integers(0, count - 1), max_size=most)))
    expected = sorted({segment.records.passage(row).document for row in rows})
    chosen = np.array(rows, dtype=np.int64)
    assert segment.filing.documents_of(chosen).tolist() == expected
    assert set(segment.filing.document_of(chosen).tolist()) == set(expected)


def test_few_rows_are_scored_without_opening_faiss(shelf: Library) -> None:
    number = next(iter(shelf.segments))
    folder = shelf.segments[number].folder
    fresh = Segment(folder, number)
    rows = np.array([4, 9], dtype=np.int64)
    found, _ = fresh.dense.search(shelf.encoder.encode_question("legs"), 5, rows)
    assert set(found.tolist()) == {4, 9}
    assert fresh.dense._index is None
    fresh.close()
