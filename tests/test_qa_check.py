"""What cited papers say, beside the sentences that cite them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.encoders import HashingEncoder
from index.errors import UsageError
from index.library import Library
from qa import cli
from qa.check import check, without_marks, write_csv

REVIEW = """<?xml version="1.0"?><article article-type="review-article">
<front><journal-meta><journal-title-group><journal-title>J Test</journal-title></journal-title-group>
</journal-meta><article-meta><article-id pub-id-type="doi">10.1000/song</article-id>
<title-group><article-title>A review of singing animals</article-title></title-group>
<pub-date><year>2021</year></pub-date></article-meta></front>
<body><sec><title>Song</title><p>Whales sing long songs in winter [<xref ref-type="bibr" rid="r1">1</xref>].
Nobody sings alone. Geese call at dawn (<xref ref-type="bibr" rid="r2">2</xref>,
<xref ref-type="bibr" rid="r3">3</xref>), whales do not.<sup><xref ref-type="bibr" rid="r1">1</xref></sup>
Frogs are loud <xref ref-type="bibr" rid="r3">3</xref>.</p></sec></body>
<back><ref-list>
<ref id="r1"><element-citation publication-type="journal"><person-group><name><surname>Payne</surname>
<given-names>R</given-names></name></person-group><article-title>Songs of humpback whales</article-title>
<year>1971</year><pub-id pub-id-type="pmid">71</pub-id></element-citation></ref>
<ref id="r2"><element-citation publication-type="journal"><person-group><name><surname>Lorenz</surname>
<given-names>K</given-names></name></person-group><article-title>The goose</article-title>
<year>1990</year><pub-id pub-id-type="pmid">90</pub-id></element-citation></ref>
<ref id="r3"><element-citation publication-type="journal"><article-title>Frogs</article-title>
<year>1991</year><pub-id pub-id-type="pmid">33</pub-id></element-citation></ref>
</ref-list></back></article>"""
WHALES = "Boats disturb whales. Humpback whales sing long songs in the winter months. They eat krill."
GOOSE = "Greylag geese eat grass. At dawn the geese call to each other."


@pytest.fixture
def library(tmp_path: Path, paper: Callable[..., Path]) -> Iterator[Library]:
    (tmp_path / "review.xml").write_text(REVIEW, "utf-8")
    with Library.create(tmp_path / "library", encoder=HashingEncoder(256), reader="none") as library:
        library.add(tmp_path / "review.xml")
        library.add(paper("whales.xml", pmid="71", title="Songs of humpback whales", abstract=WHALES))
        library.add(paper("goose.xml", pmid="90", title="The goose", abstract=GOOSE))
        yield library


def test_each_citing_sentence_stands_beside_the_closest_of_what_it_cites(library: Library) -> None:
    first, second = check(library, "10.1000/song")
    assert (first.number, first.text) == (1, "Whales sing long songs in winter [1].")
    (whales,) = first.references
    assert (whales.paper.number, whales.paper.status, whales.label) == (1, "held", "Payne 1971")
    assert whales.closest[0].text == "Humpback whales sing long songs in the winter months."
    assert [one.score for one in whales.closest] == sorted(
        (one.score for one in whales.closest), reverse=True
    )
    assert len(whales.closest) == 3
    # The mark behind the full stop belongs to the sentence it ends, not to the frogs.
    assert second.number == 2
    assert second.text.startswith("Geese call at dawn (2, 3), whales do not.")
    assert [(one.paper.number, one.paper.status) for one in second.references] == [
        (2, "held"), (3, "missing"), (1, "held"),
    ]  # fmt: skip
    assert second.references[0].closest[0].text == "At dawn the geese call to each other."
    assert second.references[1].closest == ()


def test_what_is_said_stands_at_its_position(library: Library) -> None:
    for sentence in check(library, "10.1000/song"):
        content = library.text(sentence.text_sha256).content
        assert content[sentence.start : sentence.end] == sentence.text
        for reference in sentence.references:
            for near in reference.closest:
                assert library.text(near.text_sha256).content[near.start : near.end] == near.text
                assert near.document_id == reference.paper.document_id


def test_one_sentence_and_fewer_of_each(library: Library) -> None:
    (second,) = check(library, "10.1000/song", sentence=2, most=1)
    assert second.number == 2
    assert [len(one.closest) for one in second.references] == [1, 0, 1]
    (third,) = check(library, "10.1000/song", sentence=3)
    assert [(one.paper.status, one.closest) for one in third.references] == [("missing", ())]
    with pytest.raises(UsageError, match="has 3 sentences that cite; there is no 4"):
        check(library, "10.1000/song", sentence=4)


def test_a_source_without_marks_says_so(library: Library) -> None:
    with pytest.raises(UsageError, match="does not tell where its text cites"):
        check(library, "pmid:71")


def test_the_table(library: Library) -> None:
    stream = io.StringIO(newline="")
    write_csv(check(library, "10.1000/song", most=1), stream)
    rows = list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    assert [(row["sentence"], row["reference"], row["status"], row["document"]) for row in rows] == [
        ("1", "1", "held", "pmid:71"),
        ("2", "2", "held", "pmid:90"),
        ("2", "3", "missing", ""),
        ("2", "1", "held", "pmid:71"),
    ]
    assert rows[1]["text"] == "At dawn the geese call to each other."
    start, end = int(rows[1]["start"]), int(rows[1]["end"])
    assert library.text(rows[1]["text_sha256"]).content[start:end] == rows[1]["text"]


def test_the_command(library: Library, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = ["--library", str(library.path)]
    assert cli.main(["check", "10.1000/song", *place]) == 0
    out = capsys.readouterr().out
    assert "1. “Whales sing long songs in winter [1].”" in out
    assert "    [3] Frogs 1991: missing\n" in out
    assert out.endswith("Closeness is no verdict: read both.\n")
    assert cli.main(["check", "10.1000/song", "--json", *place]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["number"] for one in told["sentences"]] == [1, 2]
    assert cli.main(["check", "10.1000/song", "--csv", str(tmp_path / "t.csv"), *place]) == 0
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbfsentence,")
    assert cli.main(["check", "10.1000/song", "--csv", str(tmp_path / "no" / "t.csv"), *place]) == 2
    assert cli.main(["check", "10.1000/song", "-k", "0", *place]) == 2
    library.remove(["pmid:71", "pmid:90"])
    capsys.readouterr()
    assert cli.main(["check", "10.1000/song", *place]) == 0
    assert "litquote fetch --references-of doi:10.1000/song" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sentence", "marks", "left"),
    [
        ("Song [1,2], and calls [3].", ["1,2", "3"], "Song, and calls."),
        ("Song (see 1, 2).", ["1", "2"], "Song."),
        ("Song (Payne, 1971; Lorenz, 1990), calls", ["Payne, 1971", "Lorenz, 1990"], "Song, calls"),
        ("Song1–3 and calls", ["1–3"], "Song and calls"),
        ("Song (n = 3) [1]", ["1"], "Song (n = 3)"),
        ("No marks – at all.", [], "No marks at all."),
    ],
)
def test_marks_are_left_out_of_what_is_searched_for(sentence: str, marks: list[str], left: str) -> None:
    places = [(sentence.index(mark), sentence.index(mark) + len(mark)) for mark in marks]
    assert without_marks(sentence, 0, len(sentence), places) == left


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=4))
def test_no_letter_outside_a_mark_is_lost(text: str, marks: list[tuple[int, int]]) -> None:
    marks = [(low, max(low, high)) for low, high in marks]
    left = without_marks(text, 0, len(text), marks)
    kept = [c for i, c in enumerate(text) if not any(low <= i < high for low, high in marks)]
    letters = [c for c in kept if c.isalnum()]
    assert [c for c in left if c.isalnum()] == letters or "see" in text or "e.g" in text or "review" in text
