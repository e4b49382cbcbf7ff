"""What stands against a paper goes with every quote of it, and with a quote that cites it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from retraction_rows import row, write

from index.encoders import HashingEncoder
from index.library import Library
from index.records import Filters, Reference, Retraction
from qa import Answer, Assistant, cli, terminal
from qa.cite import citation
from qa.notices import CitedNotice, cites, in_citation, sentence
from qa.records import Place
from web import cards, papers, shelf

EARS = "Ears of mice grow in the second week of life."
TAILS = "Tails of rats shrink when the days are short"
REVIEW = f"""<article article-type="review-article"><front><article-meta>
<article-id pub-id-type="doi">10.1234/review</article-id>
<title-group><article-title>A review of ears and tails</article-title></title-group>
<pub-date><year>2022</year></pub-date></article-meta></front><body><sec><title>Results</title>
<p>{EARS} {TAILS} <xref ref-type="bibr" rid="r2">2</xref>, <xref ref-type="bibr" rid="r3">3</xref>.</p>
</sec></body><back><ref-list>
<ref id="r1"><mixed-citation>Smith A. Ears. J Test. 2014;1:1.
<pub-id pub-id-type="doi">10.1234/ears</pub-id></mixed-citation></ref>
<ref id="r2"><mixed-citation>Jones B. Tails. J Test. 2015;1:2.
<pub-id pub-id-type="doi">10.1234/tails</pub-id></mixed-citation></ref>
<ref id="r3"><mixed-citation>Brown C. More tails. J Test. 2016;1:3.
<pub-id pub-id-type="pmid">33</pub-id></mixed-citation></ref>
</ref-list></back></article>"""
ROWS = (
    row(1, doi="10.1234/tails", date="6/7/2019 0:00", Reason=""),
    row(2, "Correction", pmid="33"),
    row(3, doi="10.1234/legs", date="10/30/2023 0:00", RetractionPubMedID="9", Reason="+Fake Peer Review;"),
)


@pytest.fixture
def asked(library: Library, paper: Callable[..., Path], tmp_path: Path) -> Iterator[Library]:
    """A library with a retracted paper on legs, and a review that cites a retracted one on tails."""
    legs = {"doi": "10.1234/legs", "title": "Legs of frogs", "abstract": "Legs of frogs are long and green."}
    (tmp_path / "review.xml").write_text(REVIEW, "utf-8")
    library.add([paper("legs.xml", legs), tmp_path / "review.xml"])
    library.import_retractions(write(tmp_path / "rw.csv", *ROWS))
    yield library


def ask(library: Library, question: str) -> Answer:
    """The answer where every sentence passes the bar."""
    low = replace(Assistant(library, reader="none").calibration, bar=-9.0)
    return Assistant(library, reader="none", calibration=low).ask(question)


def test_a_quote_tells_that_its_paper_is_retracted_and_who_says_so(asked: Library) -> None:
    quote = ask(asked, "legs of frogs").quotes[0]
    assert quote.text == "Legs of frogs are long and green."
    assert quote.retraction is not None
    assert (quote.retraction.kind, quote.retraction.date) == ("retracted", "2023-10-30")
    said = quote.to_dict()
    imported = asked.manifest.retractions
    assert imported is not None
    assert said["retraction"] == {
        "kind": "retracted",
        "date": "2023-10-30",
        "notice": "PMID 9 (Fake Peer Review)",
        "origin": imported.origin,
    }
    assert quote.citation.text.endswith("[retracted 2023-10-30]")
    assert quote.citation.csl["note"] == "Retracted 2023-10-30: PMID 9 (Fake Peer Review)"
    shown = " ".join(terminal.quote(quote, 1, calibrated=True).split())
    assert "!! RETRACTED 2023-10-30 PMID 9 (Fake Peer Review) [Retraction Watch, rows to" in shown
    page = cards.card(quote, 1, calibrated=True)
    assert (
        "<strong>Retracted</strong> 2023-10-30: PMID 9 (Fake Peer Review) [Retraction Watch, rows to" in page
    )


def test_a_quote_tells_which_retracted_paper_it_cites(asked: Library) -> None:
    answer = ask(asked, "tails of rats when days are short")
    quote = next(one for one in answer.quotes if TAILS in one.text)
    assert quote.retraction is None
    assert [(one.number, one.label, one.doi) for one in quote.cites] == [(2, "Jones 2015", "10.1234/tails")]
    assert cites(quote.cites) == "cites reference 2, retracted 2019"
    (said,) = quote.to_dict()["cites"]
    assert (said["number"], said["retraction"]["date"]) == (2, "2019-06-07")
    assert "    !! cites reference 2, retracted 2019" in terminal.quote(quote, 1, calibrated=True).split("\n")
    assert "Cites reference 2, retracted 2019" in cards.card(quote, 1, calibrated=True)
    assert "!! cites reference 2, retracted 2019" in str(answer)
    assert "!! Retracted 2023-10-30: PMID 9" in str(ask(asked, "legs of frogs"))


def test_a_sentence_that_cites_nothing_retracted_says_nothing(asked: Library) -> None:
    quote = next(one for one in ask(asked, "ears of mice second week").quotes if one.text == EARS)
    assert quote.cites == ()
    assert "cites" not in quote.to_dict()
    assert "!!" not in terminal.quote(quote, 1, calibrated=True)


def test_filters_leave_retracted_papers_out(asked: Library) -> None:
    assistant = Assistant(asked, reader="none")
    hits = assistant.retriever.search("legs of frogs", 10, Filters(retracted=False))
    assert {hit.passage.document_id for hit in hits} == {"doi:10.1234/review"}


def test_a_document_lists_the_retracted_papers_it_cites(asked: Library) -> None:
    document = asked.document("10.1234/review")
    shown = terminal.document(document)
    assert "References (1 reference retracted or doubted, marked !!):" in shown
    lines = shown.split("\n")
    place = next(n for n, line in enumerate(lines) if line.startswith("2. Jones"))
    assert lines[place + 1].startswith("   !! RETRACTED 2019-06-07 [Retraction Watch, rows to 2024-01-02")
    assert lines[place + 3].startswith("   ! CORRECTED 2024-01-02")
    page = papers.paper(papers.View(document, document.text.content, document.sections))
    assert "<summary>Cites 1 paper retracted or doubted</summary>" in page
    assert "Jones B. Tails." in page
    legs = asked.document("10.1234/legs")
    assert "!! RETRACTED 2023-10-30" in terminal.document(legs)
    assert "retracted or doubted" not in papers.paper(papers.View(legs, legs.text.content, legs.sections))
    assert "RETRACTED Legs of frogs" in terminal.sources(asked, asked.documents())
    assert "<strong>Retracted</strong>" in shelf.table(shelf.rows(asked), shelf.Asked(), total=2, library="")


def test_words_of_notices() -> None:
    notice = Retraction("concern", "2021", "PMID 9", "PubMed record")
    assert sentence(notice) == "Expression of concern 2021: PMID 9 [PubMed record]"
    assert sentence(Retraction("retracted")) == "Retracted"
    assert in_citation(notice) == "[expression of concern 2021]"
    assert in_citation(Retraction("correction", "2021")) == in_citation(None) == ""
    cited = [CitedNotice(4, "Wu 2020", "", "1", notice), CitedNotice(None, "Li 2019", "", "2", notice)]
    assert cites(cited) == (
        "cites reference 4, expression of concern 2021; Li 2019, expression of concern 2021"
    )
    assert cites([]) == ""
    place = Place("d", "a" * 64, 0, 1, "results", 3, "Wu 2020", Retraction("retracted"))
    assert str(place) == "Wu 2020 (results, p. 3, RETRACTED)"
    assert place.to_dict()["retraction"]["kind"] == "retracted"


def test_a_paper_nothing_stands_against_is_cited_as_before(asked: Library) -> None:
    plain = replace(asked.summary("10.1234/review"), reference=Reference(title="T", year=2020))
    assert citation(plain).text == "T. 2020."
    assert "note" not in citation(plain).csl


# -- the command -----------------------------------------------------------------------------------


def test_the_command_imports_lists_and_forgets(
    library: Library,
    paper: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qa.retracting.width", lambda: 400)
    (tmp_path / "review.xml").write_text(REVIEW, "utf-8")
    legs = {"doi": "10.1234/legs", "title": "Legs of frogs", "abstract": "Legs of frogs are long and green."}
    library.add([paper("legs.xml", legs), tmp_path / "review.xml"])
    library.close()
    place = ["--library", str(library.path)]
    table = str(write(tmp_path / "rw.csv", *ROWS, row(4, date="soon", pmid="4"), row(5)))

    assert cli.main(["retractions", *place]) == 0
    assert "Nothing is imported from Retraction Watch; download" in capsys.readouterr().out

    assert cli.main(["retractions", "import", table, *place]) == 0
    shown = capsys.readouterr().out
    assert ": 5 rows in " in shown
    assert "1 correction; 4 retracted. 1 without DOI and PMID mark nothing." in shown
    assert "line 5: record 4: the date 'soon' is no month/day/year; kept without a date" in shown
    assert "In your library: 1 retracted." in shown
    assert cli.main(["retractions", "import", table, *place]) == 0
    assert "the same file is imported already." in capsys.readouterr().out

    assert cli.main(["retractions", *place]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Retraction Watch, rows to ")
    assert ": 5 rows.\n\n1 document marked: 1 retracted.\n\n  Legs of frogs\n" in shown
    assert "2 references marked: 1 retracted, 1 corrected." in shown
    assert "doi:10.1234/tails, cited by doi:10.1234/review (reference 2)" in shown

    assert cli.main(["retractions", "--json", *place]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["imported"]["rows"] == 5
    assert [one["document_id"] for one in said["documents"]] == ["doi:10.1234/legs"]
    assert said["references"][0]["cited_by"] == [{"document_id": "doi:10.1234/review", "number": 2}]

    assert cli.main(["sources", "--json", *place]) == 0
    first = json.loads(capsys.readouterr().out)["documents"][0]
    assert first["retraction"]["kind"] == "retracted"

    smaller = str(write(tmp_path / "small.csv", row(1, pmid="5", date="1/1/2020")))
    assert cli.main(["retractions", "import", smaller, *place]) == 0
    shown = capsys.readouterr().out
    assert "!! The table before had more rows (5); is the file whole?" in shown
    assert "!! The table before was newer (Retraction Watch, rows to" in shown

    assert cli.main(["retractions", "forget", *place]) == 0
    assert "forgotten" in capsys.readouterr().out
    assert cli.main(["retractions", "forget", "--json", *place]) == 0
    assert json.loads(capsys.readouterr().out) == {"forgotten": False}


@pytest.mark.parametrize("words", [["import"], ["forget", "x.csv"], ["list", "x.csv"]])
def test_the_command_wants_a_file_for_an_import_only(
    library: Library, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["retractions", *words, "--library", str(library.path)]) == 2
    assert "write: litquote retractions import FILE" in capsys.readouterr().err


def test_another_file_is_one_sentence_with_the_remedy(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    named = ["--library", str(library.path)]
    assert cli.main(["retractions", "import", str(tmp_path / "x.csv"), *named]) == 2
    (line,) = capsys.readouterr().err.strip().split("\n")
    assert "is not a Retraction Watch CSV (no column RetractionNature); download retraction_watch.csv" in line
    assert HashingEncoder(64).fingerprint == library.manifest.encoder.fingerprint
