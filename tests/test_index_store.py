"""The records of a segment: written once, read back whole, filtered as a plain loop would."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from index.records import (
    Author,
    Document,
    InTextCitation,
    Link,
    Page,
    Passage,
    Reference,
    Retraction,
    Section,
    Source,
    Text,
)
from index.store import Records
from index.store_writer import RecordsWriter

TEXT = Text.of("Title\n\nLegs grow – 𝛼 fast. They do.", source="s" * 64, extractor="test/1")
WHOLE = Document(
    "doi:10.1/x",
    TEXT,
    "Title",
    Reference(
        title="Title",
        authors=(Author("Nógrádi", "Antal"), Author(literal="The Group")),
        authors_complete=False,
        journal="J",
        year=2020,
        date="2020-03",
        pages="1-9",
        doi="10.1/x",
        publication_types=("Review", "Journal Article"),
        mesh=("Legs",),
        retraction=Retraction("concern", "2021", "PMID 9", "PubMed XML"),
    ),
    (Section(0, 5, "title"), Section(7, len(TEXT.content), "abstract", "Abstract")),
    ("pmid:7", "title:abc"),
    (Reference(title="Cited", number=1, printed="1. Cited."),),
    (Page(0, 5, 1),),
    (InTextCitation(7, 9, (1, 2)),),
    (Link("erratum", "pmid:8", "note"),),
    ("a note",),
)


def written(path: Path, documents: Sequence[Document], sections: Sequence[Sequence[str]]) -> Records:
    """Documents with one passage for each section label given."""
    writer = RecordsWriter(path)
    for document, labels in zip(documents, sections, strict=True):
        found = [
            Passage(document.id, document.text.sha256, i, i + 1, label) for i, label in enumerate(labels)
        ]
        writer.add(document, [document], found, [bytes(16)] * len(found))
    writer.finish()
    return Records(path)


def test_a_document_is_read_back_whole(tmp_path: Path) -> None:
    records = written(tmp_path / "r", [WHOLE], [["title", "abstract"]])
    stored = records.document(0)
    content = records.text(TEXT.sha256)
    assert content == TEXT
    assert replace(stored.document, text=content, references=records.cited(0)) == WHOLE
    assert stored.document.text.content == "" and stored.document.references == ()
    assert (stored.first_passage, stored.passages) == (0, 2)
    assert [p.of(WHOLE) for p in records.passages_of(0)] == [
        Passage(WHOLE.id, TEXT.sha256, 0, 1, "title"),
        Passage(WHOLE.id, TEXT.sha256, 1, 2, "abstract"),
    ]
    assert records.passage(1) == records.passages_of(0)[1]
    assert records.parts(0) == [replace(WHOLE, text=replace(TEXT, content=""))]
    records.close()


def test_documents_are_found_by_id_and_by_alias(tmp_path: Path) -> None:
    other = replace(WHOLE, id="pmid:7", aliases=("title:abc",))
    records = written(tmp_path / "r", [WHOLE, other], [[], []])
    assert records.rows_of_id("doi:10.1/x") == [0]
    assert records.rows_of_alias("doi:10.1/x") == [0]
    assert records.rows_of_alias("pmid:7") == records.rows_of_alias("title:abc") == [0, 1]
    assert records.rows_of_alias("none") == []
    assert list(records.document_ids()) == [(0, "doi:10.1/x"), (1, "pmid:7")]
    records.close()


def test_every_part_of_a_united_document_keeps_its_text(tmp_path: Path) -> None:
    second = replace(WHOLE, text=Text.of("Other words.", source="t", extractor="test/1"), references=())
    writer = RecordsWriter(tmp_path / "r")
    writer.add(WHOLE, [WHOLE, second], [], [])
    bare = [replace(p, text=replace(p.text, content="")) for p in (WHOLE, second)]
    assert writer.parts(0) == bare  # read back before the end
    writer.finish()
    records = Records(tmp_path / "r")
    assert records.parts(0) == bare
    assert records.text(second.text.sha256) == second.text
    assert records.text_names() == sorted([TEXT.sha256, second.text.sha256])
    assert dict((text.sha256, owner) for owner, text in records.texts()) == dict.fromkeys(
        records.text_names(), WHOLE.id
    )
    records.close()


def test_the_newest_row_of_a_source_counts(tmp_path: Path) -> None:
    one = Source("/a", "1" * 64, 3, 4, "test/1", ("x",))
    two = Source("/b", "1" * 64, 3, 4, "test/1", (), "broken")
    newer = replace(one, sha256="2" * 64)
    writer = RecordsWriter(tmp_path / "r")
    for sequence, source in enumerate((one, two, newer), 1):
        writer.add_source(sequence, source)
    writer.finish()
    records = Records(tmp_path / "r")
    assert list(records.sources()) == [(2, two), (3, newer)]
    assert records.source("/a") == (3, newer)
    assert records.source("/c") is None
    assert records.uris_of_hash("1" * 64) == ["/b"]
    records.close()


def test_a_vector_is_found_by_the_name_of_its_string(tmp_path: Path) -> None:
    writer = RecordsWriter(tmp_path / "r")
    passages = [Passage(WHOLE.id, TEXT.sha256, i, i + 1, "abstract") for i in range(3)]
    writer.add(WHOLE, [WHOLE], passages, [b"a" * 16, b"b" * 16, b"b" * 16])
    writer.finish()
    records = Records(tmp_path / "r")
    assert records.row_of_encoded(b"a" * 16) == 0
    assert records.row_of_encoded(b"b" * 16) in (1, 2)
    assert records.row_of_encoded(b"c" * 16) is None
    records.close()


def test_a_published_file_cannot_be_written(tmp_path: Path) -> None:
    records = written(tmp_path / "r", [WHOLE], [[]])
    with pytest.raises(sqlite3.OperationalError):
        records._db.execute("DELETE FROM documents")
    records.close()
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_facets_are_filed_with_the_document_and_anew_where_other_rules_wrote_them(
    tmp_path: Path,
) -> None:
    def filed(records: Records) -> list[object]:
        return [
            [(value, records.rows_of_facet(kind, value)) for value in sorted(records.facet_values(kind))]
            for kind in ("journal", "author", "type", "design", "status")
        ]

    expected = [
        [("j", [(0, "")])],
        [("nogradi", [(0, "antal")]), ("the group", [(0, "")])],
        [("journal article", [(0, "")]), ("review", [(0, "")])],
        [("review", [(0, "")])],
        [("concern", [(0, "")])],
    ]
    records = written(tmp_path / "r", [WHOLE], [["title"]])
    assert filed(records) == expected
    records.close()
    db = sqlite3.connect(tmp_path / "r")
    db.executescript("DROP TABLE facets; PRAGMA user_version = 0;")  # as before there were facets
    db.close()
    old = Records(tmp_path / "r")
    assert filed(old) == expected
    old.close()


def test_years_and_sections_are_read_by_row(tmp_path: Path) -> None:
    other = replace(WHOLE, id="d1", reference=Reference())
    records = written(tmp_path / "r", [WHOLE, other], [["title", "abstract"], ["abstract"]])
    assert sorted(records.years()) == [(0, 2020, 2), (1, None, 1)]
    assert records.rows_of_section("abstract") == [1, 2]
    assert records.rows_of_section("none") == []
    records.close()


def test_reference_lists_and_names_are_searched(tmp_path: Path) -> None:
    records = written(tmp_path / "r", [WHOLE], [[]])
    assert records.rows_citing(["cited"]) == [0]
    assert records.rows_citing(["cited", "zebra"]) == []
    assert sorted(records.names("doi")) == [("doi:10.1/x", 0)]
    assert records.names("pmid") == [("pmid:7", 0)]
    records.close()
