"""Abbreviations of a library: counted by document, whatever the order and the segments."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import manifest as manifests
from index.abbreviation_table import Abbreviation, united
from index.abbreviations import of_document
from index.encoders import HashingEncoder
from index.files import sha256_of
from index.lexical import LexicalIndex, LexicalWriter
from index.library import Library
from index.verify import verify
from index.words import content_terms

TEXTS = [
    "Mesenchymal stem cells (MSCs) and multiple sclerosis (MS).",
    "A mesenchymal stem cell (MSC) and mass spectrometry (MS).",
    "Multiple sclerosis (MS) is what multiple sclerosis (MS) is.",
    "mesenchymal stromal cells (MSCs), tumor necrosis factor-α (TNF-α)",
    "Nothing is defined.",
]
SHORT = ("msc", "ms", "tnfalpha")
Paper = Callable[..., Path]


def counts(library: Library) -> dict[tuple[str, str], int]:
    return {(row.short_key, row.long_key): row.documents for row in library.abbreviations_of_short(SHORT)}


def oracle(library: Library) -> dict[tuple[str, str], int]:
    """Every document read again, one by one."""
    found: Counter[tuple[str, str]] = Counter()
    for document in library.documents():
        found.update(of_document(library.document(document.id)).keys())
    return dict(found)


def write(library: Library, paper: Paper, numbers: Sequence[int]) -> None:
    for number in numbers:
        library.add([paper(f"{number}.xml", pmid=str(number + 1), abstract=TEXTS[number])])


def test_pairs_are_counted_by_document_over_all_segments(library: Library, paper: Paper) -> None:
    write(library, paper, range(5))
    assert len(library.manifest.segments) > 1
    assert counts(library) == oracle(library) == {
        ("msc", "mesenchym stem cell"): 2,
        ("msc", "mesenchym stromal cell"): 1,
        ("ms", "multipl sclerosi"): 2,
        ("ms", "mass spectrometri"): 1,
        ("tnfalpha", "tumor necrosi factor alpha"): 1,
    }  # fmt: skip
    first = library.abbreviations_of_short(["ms"])[0]
    assert (first.short, first.long, first.documents) == ("MS", "multiple sclerosis", 2)
    by_long = library.abbreviations_of_long(["multipl sclerosi", "nothing"])
    assert by_long == [first]
    assert library.abbreviations_of_short([]) == library.abbreviations_of_long(["moon"]) == []
    assert verify(library.path) == []


def test_a_removed_document_counts_no_more_at_once_and_after_compaction(
    library: Library, paper: Paper
) -> None:
    write(library, paper, range(5))
    library.compact()
    library.remove(["pmid:3"])
    expected = oracle(library)
    assert expected[("ms", "multipl sclerosi")] == 1
    assert counts(library) == expected
    library.remove(["pmid:4"])
    assert ("tnfalpha", "tumor necrosi factor alpha") not in counts(library)
    before = counts(library)
    library.compact()
    assert counts(library) == before == oracle(library)
    assert verify(library.path) == []


@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(5)), st.sets(st.integers(0, 4), max_size=2), st.booleans())
def test_the_order_of_additions_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, paper: Paper, order: list[int], gone: set[int], compacted: bool
) -> None:
    path = tmp_path_factory.mktemp("order") / "library"
    with Library.create(path, encoder=HashingEncoder(8)) as library:
        write(library, paper, order)
        if gone:
            library.remove([f"pmid:{number + 1}" for number in gone])
        if compacted:
            library.compact()
        rows = library.abbreviations_of_short(SHORT)
        assert counts(library) == oracle(library)
        library.rebuild(anew=True)
        assert library.abbreviations_of_short(SHORT) == rows
        assert verify(path) == []


def test_the_spelling_shown_is_the_most_frequent_one() -> None:
    rows = [
        Abbreviation("msc", "mesenchym stem cell", "MSC", "Mesenchymal stem cell", 2),
        Abbreviation("msc", "mesenchym stem cell", "MSCs", "mesenchymal stem cells", 2),
        Abbreviation("msc", "mesenchym stem cell", "MSC", "Mesenchymal Stem Cell", 1),
        Abbreviation("ms", "multipl sclerosi", "MS", "multiple sclerosis", 4),
        Abbreviation("msc", "mesenchym stem cell", "MSC", "Mesenchymal Stem Cell", 1),
    ]
    assert united(rows) == [
        Abbreviation("msc", "mesenchym stem cell", "MSCs", "mesenchymal stem cells", 6),
        Abbreviation("ms", "multipl sclerosi", "MS", "multiple sclerosis", 4),
    ]
    assert united(reversed(rows)) == united(rows)


def changed_records(library: Library, statement: str) -> None:
    """Change the records of the first segment, and publish their new hash in the same manifest."""
    library.close()
    current = manifests.load_current(library.path)
    entry = current.segments[0]
    path = manifests.segment_folder(library.path, entry.number) / "records.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(statement)
    connection.close()
    entry = replace(entry, files=entry.files | {"records.sqlite": sha256_of(path)})
    manifests.publish(library.path, replace(current, segments=(entry, *current.segments[1:])))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE abbreviations SET documents = documents + 1 WHERE pair = 0",
        "DELETE FROM definitions WHERE pair = 0",
        "UPDATE definitions SET document = 99 WHERE pair = 0",
        "DELETE FROM abbreviations WHERE pair = 0",
    ],
)
def test_wrong_counts_are_found_by_verify(library: Library, paper: Paper, statement: str) -> None:
    write(library, paper, [0])
    changed_records(library, statement)
    assert any("abbreviations" in problem.what for problem in verify(library.path))


def test_keywords_and_mesh_headings_count_only_when_they_are_asked_to(tmp_path: Path) -> None:
    writer = LexicalWriter(tmp_path / "l")
    writer.add(1, 1, "MSC help", "", "Mesenchymal Stem Cells; Mice")
    writer.add(2, 2, "mesenchymal mice", "", "")
    writer.finish()
    made = LexicalIndex(tmp_path / "l")
    words = ["mesenchym", "stem"]
    assert [key for key, _ in made.search(words, 9)] == [2]
    scores = [dict(made.search(words, 9, keywords_boost=boost)) for boost in (1.0, 2.0)]
    assert scores[0].keys() == {1, 2}
    assert scores[1][1] == pytest.approx(2 * scores[0][1]) and scores[1][2] == pytest.approx(scores[0][2])


def test_a_document_s_headings_are_those_of_its_record(library: Library, tmp_path: Path) -> None:
    (tmp_path / "m.xml").write_text(
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>5</PMID><Article><ArticleTitle>MSC for MS"
        "</ArticleTitle><Abstract><AbstractText>They help.</AbstractText></Abstract></Article>"
        "<MeshHeadingList><MeshHeading><DescriptorName>Mesenchymal Stem Cells</DescriptorName></MeshHeading>"
        "</MeshHeadingList><KeywordList><Keyword>remyelination</Keyword></KeywordList></MedlineCitation>"
        "</PubmedArticle></PubmedArticleSet>",
        "utf-8",
    )
    library.add([tmp_path / "m.xml"])
    for question in ("mesenchymal", "remyelination"):
        words, rows = content_terms(question), library.rows(None)
        assert library.search_lexical(words, 5, rows) == []
        assert len(library.search_lexical(words, 5, rows, keywords_boost=0.5)) == library.passage_count
    library.compact()
    found = library.search_lexical(content_terms("remyelination"), 5, library.rows(None), keywords_boost=1.0)
    assert len(found) == library.passage_count
