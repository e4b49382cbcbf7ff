"""What people read in a terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index.library import Library
from index.records import Author, Document, Failure, Reference, Retraction, Section, Text
from index.reports import Item, Report
from qa import terminal
from qa.records import Answer, Citation, Quote, plural
from qa.retrieve import Retriever


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def quote(text: str = "Legs grow.", retraction: Retraction | None = None) -> Quote:
    cited = Citation("Wu 2024", "Wu L. A title. J. 2024.", {}, True)
    return Quote(
        "pmid:1", "a" * 64, 5, 15, (5, 15), text, "results", "Results", 3, 1.2, 0.83, cited, retraction
    )


def test_an_answer_shows_quote_citation_place_and_confidence() -> None:
    answer = Answer("q", "q", "answered", (quote(), quote("Arms too.")), trace={"calibrated": True})
    assert terminal.answer(answer) == (
        "2 quotes from 1 paper\n\n"
        "[1] “Legs grow.”\n    Wu L. A title. J. 2024.\n    results, p. 3 · likely, 0.83 · pmid:1:5-15\n\n"
        "[2] “Arms too.”\n    Wu L. A title. J. 2024.\n    results, p. 3 · likely, 0.83 · pmid:1:5-15"
    )


def test_an_uncalibrated_confidence_says_so() -> None:
    assert "likely, 0.83 (uncalibrated)" in terminal.quote(quote(), 1, calibrated=False)


def test_nothing_found_shows_the_nearest_as_such() -> None:
    assert terminal.answer(Answer("q", "q", "not_found")) == "Not found in your library."
    shown = terminal.answer(Answer("q", "q", "not_found", nearest=(quote(),)))
    assert shown.startswith(
        "Not found in your library. The nearest sentences, which do not seem to answer:\n\n[1] "
    )


def test_filters_are_one_line_below_the_head() -> None:
    counts = {
        "retracted": {"passages": 3, "documents": 1},
        "sections": {"passages": 1000, "documents": 0},
        "left": {"passages": 234, "documents": 1},
        "all": {"passages": 1234, "documents": 2},
        "unknown": {"sections": ["plot"], "designs": ["cohort"]},
    }
    line = (
        "Filters left out 1,000 of 1,234 passages (each alone: section 1,000, retraction 3); searched: "
        "234 in 1 paper. Your library has no section “plot”; no paper of the design “cohort”."
    )
    assert terminal.filtered(counts) == line
    answer = Answer("q", "q", "answered", (quote(),), trace={"filters": counts})
    assert terminal.answer(answer).startswith(f"1 quote from 1 paper\n{line}\n\n[1] ")
    nothing = Answer("q", "q", "not_found", trace={"filters": counts})
    assert terminal.answer(nothing) == f"Not found in your library.\n{line}"


def test_the_other_forms_of_abbreviations_stand_on_a_line_of_their_own() -> None:
    forms = [{"from": "MSC", "to": "mesenchymal stem cells"}, {"from": "multiple sclerosis", "to": "MS"}]
    shown = terminal.answer(Answer("q", "q", "answered", (quote(),), trace={"expansions": forms}))
    line = "also searched: mesenchymal stem cells (MSC), MS (multiple sclerosis)"
    assert shown.split("\n")[:3] == ["1 quote from 1 paper", line, ""]
    assert terminal.also_searched([]) == ""


@pytest.mark.parametrize(
    ("kind", "word"), [("retracted", "!! RETRACTED"), ("concern", "!! EXPRESSION OF CONCERN")]
)
def test_a_retraction_stands_above_the_citation(kind: str, word: str) -> None:
    lines = terminal.quote(quote(retraction=Retraction(kind, "2021", "PMID 9")), 1, calibrated=True).split(
        "\n"
    )
    assert lines[1] == f"    {word} 2021 PMID 9"


def test_long_quotes_are_wrapped_and_long_words_are_not_broken() -> None:
    address = "https://doi.org/10.1234/" + "x" * 90
    shown = terminal.quote(quote(f"{'word ' * 40}{address} end."), 1, calibrated=True)
    assert address in shown
    assert all(len(line) <= 80 or address in line for line in shown.split("\n"))
    assert " ".join(shown.split("\n    Wu")[0].split()) == f"[1] “{'word ' * 40}{address} end.”"


def test_a_table_is_as_wide_as_its_content_and_the_last_column_is_cut() -> None:
    shown = terminal.table([("a", "x" * 200), ("bbb", "two\n lines")], ("ID", "TITLE")).split("\n")
    assert shown == ["ID   TITLE", "a    " + "x" * 74 + "…", "bbb  two lines"]


def test_numbers_have_their_plural() -> None:
    assert [plural(n, "paper") for n in (0, 1, 2, 1234)] == [
        "0 papers",
        "1 paper",
        "2 papers",
        "1,234 papers",
    ]


def test_the_list_of_sources_names_place_papers_and_failures(
    library: Library, paper: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "bad.txt").write_bytes(b"")
    library.add([paper("a.xml", pmid="1", abstract="Legs grow.").parent])
    shown = terminal.sources(library, library.documents())
    assert shown.startswith(f"{library.path} (generation 2): 1 document, 2 passages, reader none\n\n")
    assert "pmid:1  2020  Nógrádi  J Test   A title of a paper on cells" in shown
    assert "Still failing:" in shown and "the file is empty" in " ".join(shown.split())


def test_hits_show_their_parts(library: Library, paper: Callable[..., Path]) -> None:
    library.add([paper("a.xml", pmid="1", abstract="Legs grow.")])
    found = Retriever(library).search("legs grow", 1)
    shown = terminal.hits(found, library)
    first, text, place = shown.split("\n")
    dense, lexical = found[0].parts["dense"], found[0].parts["lexical"]
    numbers = f"{found[0].score:.3f} (dense {dense:.3f}, lexical {lexical:.3f})"
    assert first == f"1. Nógrádi 2020 · abstract · {numbers}"
    assert (text, place) == ("    Legs grow.", "    pmid:1:29-39")
    assert terminal.hits([], library) == "Nothing found."


def test_a_report_names_everything_but_what_is_unchanged() -> None:
    report = Report(
        added=[Item("/a", f"pmid:{n}", f"Title {n}") for n in range(3)],
        unchanged=[Item("/b", "pmid:9", "Old")],
        skipped=[Item("/c", "pmid:8", "")],
        failed=[Failure("/d", "the file is empty")],
        seconds=2.0,
        generation=4,
    )
    assert terminal.report(report, most=2) == (
        "STATUS   ID      TITLE\n"
        "added    pmid:0  Title 0\n"
        "added    pmid:1  Title 1\n"
        "added    …       and 1 more\n"
        "skipped  pmid:8  /c\n\n"
        "FAILED\n"
        "  /d: the file is empty\n\n"
        "3 added; 1 unchanged; 1 skipped (removed earlier; name the file itself to have it back); 1 failed. "
        "2.0 s, 1.5 documents/s, generation 4."
    )
    assert terminal.report(Report(generation=4)) == "nothing to do. 0.0 s, generation 4."


def test_a_document_is_shown_by_sections_without_its_reference_list_as_text() -> None:
    content = "On legs\n\nResults\n\nLegs grow.\n\n1. Cited."
    text = Text.of(content, source="0" * 64, extractor="test/1")
    shown = terminal.document(
        Document(
            "pmid:1",
            text,
            "On legs",
            Reference(title="On legs", authors=(Author("Wu", "Lei"),), year=2020),
            (
                Section(0, 7, "title"),
                Section(9, 16, "heading", "Results"),
                Section(18, 28, "results", "Results"),
                Section(30, 39, "references"),
            ),
            ("doi:10.1/x", "title:abc"),
            (Reference(title="Cited", printed="Cited."),),
            notes=("a note",),
        )
    )
    assert shown == (
        "Wu L. On legs. 2020.\n\nid: pmid:1\nalso: doi:10.1/x\n\nnote: a note\n\n## Results\n\n"
        "Legs grow.\n    [results 18-28]\n\nReferences:\n1. Cited."
    )
