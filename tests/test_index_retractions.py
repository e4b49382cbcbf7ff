"""An imported table marks documents and references, now and later, and is kept like the rest of a library."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from retraction_rows import row, write

from index.encoders import HashingEncoder
from index.errors import LibraryDamaged, LibraryError, UsageError
from index.library import Library
from index.records import Filters, Retraction
from index.retraction_table import write_table
from index.retraction_watch import Event

Paper = Callable[..., Path]
HELD = {"pmid": "1", "doi": "10.1234/One", "title": "Legs grow in mice", "abstract": "Legs grow."}
OTHER = {"pmid": "2", "title": "Tails grow in mice", "abstract": "Tails grow.", "year": "2021"}


def kind(library: Library, name: str) -> str:
    verdict = library.summary(name).reference.retraction
    return "" if verdict is None else verdict.kind


def reviewed(tmp_path: Path, *refs: str) -> Path:
    """A JATS review that cites ``refs`` (what stands in each ``ref``), each in a sentence of its own."""
    cited = "".join(
        f'<ref id="r{n}"><mixed-citation>Paper {n}. J Test. 2015;1:{n}. {ref}</mixed-citation></ref>'
        for n, ref in enumerate(refs, 1)
    )
    said = "".join(
        f'<p>Finding number {n} was made in mice before <xref ref-type="bibr" rid="r{n}">{n}</xref>.</p>'
        for n in range(1, len(refs) + 1)
    )
    path = tmp_path / "review.xml"
    path.write_text(
        '<article article-type="review-article"><front><article-meta>'
        '<article-id pub-id-type="doi">10.1234/review</article-id>'
        "<title-group><article-title>A review of findings in mice</article-title></title-group>"
        "<pub-date><year>2022</year></pub-date></article-meta></front>"
        f"<body><sec><title>Results</title>{said}</sec></body>"
        f"<back><ref-list>{cited}</ref-list></back></article>",
        "utf-8",
    )
    return path


def doi(name: str) -> str:
    return f'<pub-id pub-id-type="doi">{name}</pub-id>'


def pmid(name: str) -> str:
    return f'<pub-id pub-id-type="pmid">{name}</pub-id>'


def test_documents_held_and_added_later_are_marked(library: Library, paper: Paper, tmp_path: Path) -> None:
    library.add([paper("a.xml", HELD)])
    table = write(
        tmp_path / "rw.csv",
        row(1, doi="10.1234/ONE", RetractionPubMedID="9"),
        row(2, "Expression of Concern", "10/30/2023 0:00", pmid="2"),
    )
    report = library.import_retractions(table)
    assert (report.imported.rows, report.imported.usable, report.imported.newest) == (2, 2, "2024-01-02")
    assert library.summary("1").reference.retraction == Retraction(
        "retracted",
        "2024-01-02",
        "PMID 9 (Duplication of Image; Unreliable Results)",
        f"Retraction Watch, rows to 2024-01-02, imported {report.imported.imported}",
    )
    library.add([paper("b.xml", OTHER)])
    assert (kind(library, "1"), kind(library, "2")) == ("retracted", "concern")
    assert library.document("2").reference.retraction == library.summary("2").reference.retraction
    assert [d.reference.retraction.kind for d in library.documents() if d.reference.retraction] == [
        "retracted",
        "concern",
    ]
    listing = library.retractions()
    assert listing.imported == report.imported
    assert [(one.document_id, one.retraction.kind) for one in listing.documents] == [
        ("pmid:1", "retracted"),
        ("pmid:2", "concern"),
    ]


def test_references_are_marked_held_or_not(library: Library, paper: Paper, tmp_path: Path) -> None:
    retracted = (
        "<CommentsCorrectionsList><CommentsCorrections RefType='RetractionIn'><RefSource>J. 2020.</RefSource>"
        "<PMID>9</PMID></CommentsCorrections></CommentsCorrectionsList></MedlineCitation>"
    )
    held = paper("a.xml", OTHER)
    held.write_text(held.read_text("utf-8").replace("</MedlineCitation>", retracted), "utf-8")
    refs = (doi("10.1234/one"), pmid("2"), pmid("3"), doi("10.1234/Fine"), "no identifier")
    library.add([held, reviewed(tmp_path, *refs)])
    library.import_retractions(
        write(tmp_path / "rw.csv", row(1, doi="10.1234/one"), row(2, "Correction", pmid="3"))
    )
    document = library.document("10.1234/review")
    assert [one.retraction and one.retraction.kind for one in document.references] == [
        "retracted",
        "retracted",
        "correction",
        None,
        None,
    ]
    assert [(one.name, one.cited_by) for one in library.retractions().references] == [
        ("pmid:2", (("doi:10.1234/review", 2),)),
        ("doi:10.1234/one", (("doi:10.1234/review", 1),)),
        ("pmid:3", (("doi:10.1234/review", 3),)),
    ]
    assert library.retractions(references=False).references == ()
    summary = library.summary("10.1234/review")
    place = summary.citations[1]
    (only,) = library.cited_within(summary, place.start, place.end)
    assert (only.number, only.retraction and only.retraction.date) == (2, "2020")
    assert library.cited_within(summary, 0, 3) == ()


@pytest.mark.parametrize("others", [0, 60], ids=["small table", "large table"])
def test_a_filter_knows_what_is_imported_and_what_is_lifted(
    library: Library, paper: Paper, tmp_path: Path, others: int
) -> None:
    third = {"pmid": "3", "title": "Ears grow in mice", "abstract": "Ears grow.", "year": "2019"}
    library.add([paper("a.xml", HELD, OTHER, third)])
    only, none = Filters(retracted=True), Filters(retracted=False)
    assert library.select(only).left.documents == 0
    library.import_retractions(
        write(
            tmp_path / "rw.csv",
            row(1, doi="10.1234/one"),
            row(2, date="1/1/2020", pmid="3"),
            row(3, "Reinstatement", "1/1/2021", pmid="3"),
            *[row(4 + n, pmid=str(100 + n)) for n in range(others)],
        )
    )
    assert (library.select(only).left.documents, library.select(none).left.documents) == (1, 2)
    library.forget_retractions()
    assert library.select(only).left.documents == 0
    assert not library.forget_retractions()


def test_the_table_is_kept_by_everything_that_writes(library: Library, paper: Paper, tmp_path: Path) -> None:
    source = paper("a.xml", HELD, OTHER)
    library.add([source])
    segments = sorted(p for p in (library.path / "segments").rglob("*") if p.is_file())
    before = {path: path.stat().st_mtime_ns for path in segments}
    entry = library.import_retractions(write(tmp_path / "rw.csv", row(1, doi="10.1234/one"))).imported
    assert {path: path.stat().st_mtime_ns for path in segments} == before
    assert library.verify() == []
    for change in (library.compact, library.rebuild, lambda: library.remove(["2"])):
        change()
        assert library.manifest.retractions == entry
        assert kind(library, "1") == "retracted"
    library.forget_retractions()
    assert kind(library, "1") == ""
    assert library.rollback().retractions == entry
    assert kind(library, "1") == "retracted"
    assert library.verify() == []
    with Library.open(library.path, encoder=library.encoder) as again:
        assert kind(again, "1") == "retracted"
        library.import_retractions(write(tmp_path / "new.csv", row(1, pmid="2")))
        again.refresh()
        assert kind(again, "1") == ""


def test_a_table_no_generation_names_is_swept_and_a_named_one_is_not(
    library: Library, paper: Paper, tmp_path: Path
) -> None:
    names = lambda: sorted(path.name for path in (library.path / "retractions").iterdir())  # noqa: E731
    library.import_retractions(write(tmp_path / "1.csv", row(1, pmid="1")))
    library.import_retractions(write(tmp_path / "2.csv", row(1, pmid="2")))
    (library.path / "retractions" / "000003.sqlite").write_bytes(b"left by a process that died")
    library.add([paper("a.xml", HELD)])
    assert names() == ["000001.sqlite", "000002.sqlite"]
    for number in range(3):
        library.add(
            [paper(f"{number}.xml", {**OTHER, "pmid": f"7{number}", "title": f"Number {number} of many"})]
        )
    assert names() == ["000002.sqlite"]


def test_verify_and_rollback_know_the_table(library: Library, paper: Paper, tmp_path: Path) -> None:
    library.add([paper("a.xml", HELD)])
    entry = library.import_retractions(write(tmp_path / "rw.csv", row(1, pmid="1"))).imported
    table = library.path / "retractions" / entry.file
    library.close()
    table.write_bytes(table.read_bytes()[:-1] + b"x")
    assert [(p.path, p.what) for p in library.verify()] == [
        (f"retractions/{entry.file}", "is not as it was published (its SHA-256 differs)")
    ]
    table.unlink()
    with pytest.raises(LibraryDamaged, match="litquote rollback"):
        Library.open(library.path)
    library.rollback()
    with Library.open(library.path, encoder=library.encoder) as again:
        assert kind(again, "1") == ""


def test_the_same_file_again_is_left_alone_and_a_useless_one_changes_nothing(
    library: Library, tmp_path: Path
) -> None:
    table = write(tmp_path / "rw.csv", row(1, pmid="1"))
    assert not library.import_retractions(table).unchanged
    generation = library.manifest.generation
    assert library.import_retractions(str(table)).unchanged
    for bad in (write(tmp_path / "empty.csv"), write(tmp_path / "nameless.csv", row(1))):
        with pytest.raises(UsageError, match="holds no row that names a paper"):
            library.import_retractions(bad)
    (tmp_path / "no.csv").write_text("PMID,Title\n")
    for other in (tmp_path / "no.csv", tmp_path / "missing.csv", tmp_path):
        with pytest.raises(UsageError):
            library.import_retractions(other)
    assert library.manifest.generation == generation
    assert [path.name for path in (library.path / "retractions").iterdir()] == ["000001.sqlite"]
    newer = library.import_retractions(write(tmp_path / "2.csv", row(1, pmid="1"), row(2, pmid="5")))
    assert newer.before is not None
    assert (newer.before.rows, newer.imported.rows) == (1, 2)


def test_the_newest_date_is_not_one_to_come(library: Library, tmp_path: Path) -> None:
    table = write(tmp_path / "rw.csv", row(1, pmid="1"), row(2, date="1/1/2099", pmid="2"))
    assert library.import_retractions(table).imported.newest == "2024-01-02"


def test_rows_of_one_paper_are_joined_over_its_names(library: Library, paper: Paper, tmp_path: Path) -> None:
    """The retraction has the DOI and the PMID, the reinstatement only the PMID, the document only the DOI."""
    named = {"doi": "10.1234/one", "title": "Legs grow in mice", "abstract": "Legs grow."}
    library.add([paper("a.xml", named)])
    rows = [row(1, doi="10.1234/one", pmid="1", date="1/1/2020")]
    library.import_retractions(write(tmp_path / "1.csv", *rows))
    assert kind(library, "10.1234/one") == "retracted"
    rows.append(row(2, "Reinstatement", "2/2/2020", pmid="1"))
    library.import_retractions(write(tmp_path / "2.csv", *rows))
    assert kind(library, "10.1234/one") == ""


KILLED = """
import os, signal, sys
from index.encoders import HashingEncoder
from index.library import Library

library, event, seen = Library.open(sys.argv[1], encoder=HashingEncoder(64)), int(sys.argv[3]), 0

def hook(name, arguments):
    global seen
    if name in {"open", "os.rename", "os.mkdir", "os.remove", "sqlite3.connect"}:
        seen += sys.argv[1] in str(arguments[0])
        if seen >= event:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
library.import_retractions(sys.argv[2])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_kill_at_any_moment_leaves_the_former_state_or_the_new(
    library: Library, paper: Paper, tmp_path: Path
) -> None:
    root = Path(__file__).resolve().parents[1]
    library.add([paper("a.xml", HELD, OTHER)])
    library.import_retractions(write(tmp_path / "old.csv", row(1, pmid="1")))
    new = write(tmp_path / "new.csv", *[row(n, pmid=str(n)) for n in range(2, 300)])
    states = []
    for event in range(1, 60, 2):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(library.path), str(new), str(event)],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode in (0, -9), done.stderr
        with Library.open(library.path, encoder=HashingEncoder(64)) as after:
            assert after.verify() == []
            states.append(json.dumps([kind(after, "1"), kind(after, "2")]))
            assert states[-1] in {'["retracted", ""]', '["", "retracted"]'}
            if states[-1] == '["", "retracted"]':
                break
    assert states.count('["retracted", ""]') >= 5
    assert states[-1] == '["", "retracted"]'


def test_a_table_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    def full() -> Iterator[Event]:
        yield Event("retracted", pmid="1")
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(
        LibraryError, match=r"cannot be written \(database or disk is full\); free some space"
    ):
        write_table(tmp_path / "t.sqlite", full())
