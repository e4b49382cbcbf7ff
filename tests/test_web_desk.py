"""What the page does with one library: answers in stages, papers with their quotes, checks, the table."""

from __future__ import annotations

import html
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.library import Library
from index.records import Filters
from qa.assistant import Assistant
from qa.examples import example_questions
from tests.page_parts import ALL, plain
from tests.web_papers import review
from web import papers, shelf
from web.desk import Desk, Kept

Paper = Callable[..., Path]


@pytest.fixture
def desk(library: Library) -> Desk:
    return Desk(Assistant(library, calibration=ALL), key="here")


def values(page: str, event: str) -> Iterator[dict[str, object]]:
    """The values of the clicks that report ``event``."""
    for value in re.findall(rf'data-event="{event}" data-value="([^"]*)"', page):
        yield json.loads(html.unescape(value))


def test_an_answer_comes_in_stages(desk: Desk, paper: Paper) -> None:
    desk.library.add([paper("a.xml", pmid="1", abstract="Stem cells cure mice.")])
    steps = list(desk.ask("Do stem cells cure mice?"))
    assert [answer is None for _, answer in steps[:-1]] == [True] * (len(steps) - 1)
    body, answer = steps[-1]
    assert answer is not None and answer.quotes[0].text == "Stem cells cure mice."
    assert "Stem cells cure mice." in plain(body)
    assert any("1 passage found" in plain(shown) for shown, _ in steps[:-1]) or len(steps) < 3
    (place, *_) = values(body, "click")
    assert place["library"] == "here" and place["document"] == "pmid:1"


def test_follow_ups_are_completed_unless_told_not_to(desk: Desk, paper: Paper) -> None:
    desk.library.add([paper("a.xml", pmid="1", abstract="Stem cells cure mice.")])
    *_, (first, answer) = desk.ask("Do stem cells cure mice?")
    assert answer is not None and "Searched for" not in first
    *_, (then, later) = desk.ask("And rats?", [answer])
    assert later is not None and later.completed_question == "Do stem cells cure rats?"
    assert "Searched for: Do stem cells cure rats?" in plain(then)
    *_, (off, _) = desk.ask("And rats?", [answer], complete=False)
    assert "Searched for" not in plain(off)
    *_, (failed, none) = desk.ask("  ", [answer])
    assert "lq-error" in failed and none is None


def test_a_question_that_is_stopped_has_no_answer(desk: Desk, paper: Paper) -> None:
    desk.library.add([paper("a.xml", pmid="1", abstract="Stem cells cure mice.")])
    stop = threading.Event()
    stop.set()
    assert list(desk.ask("Do stem cells cure mice?", stop=stop)) == [
        ('<p class="lq-missing" data-announce="Stopped.">Stopped.</p>', None)
    ]


def test_filters_leave_papers_out_and_say_so(desk: Desk, paper: Paper) -> None:
    desk.library.add([
        paper("a.xml", pmid="1", abstract="Stem cells cure mice.", year="2001"),
        paper("b.xml", pmid="2", title="Other cells", abstract="Stem cells cure rats.", year="2020"),
    ])  # fmt: skip
    *_, (body, answer) = desk.ask("Do stem cells cure?", filters=Filters(years=(2010, None)))
    assert answer is not None and {quote.document_id for quote in answer.quotes} == {"pmid:2"}
    assert "Searched 1 paper of 2 that the filters leave." in plain(body)
    counts = plain(desk.counts(Filters(years=(2010, None))))
    assert counts == "1 of 2 papers (2 of 4 passages) remain. By years: 1 paper (2 passages) excluded."
    assert desk.counts(None) == ""
    assert "No paper here has journal Nature." in plain(desk.counts(Filters(journals=("Nature",))))


def test_the_whole_text_of_a_paper_is_shown_with_the_quote_marked(desk: Desk, paper: Paper) -> None:
    desk.library.add(
        [paper("a.xml", pmid="1", abstract="Stem cells cure mice. 🐟 fins regrow. Moons are far.")]
    )
    document = desk.library.document("pmid:1")
    content = document.text.content
    start = content.index("🐟")
    span = [start, start + len("🐟 fins regrow.")]
    *_, (_, answer) = desk.ask("Moons are far?")
    assert answer is not None
    moons = next(quote for quote in answer.quotes if "Moons" in quote.text)
    other = replace(moons, start=content.index("Moons"), end=len("Moons are far.") + content.index("Moons"))
    place = {"document": "pmid:1", "text": document.text.sha256, "quote": span, "focus": span}
    page = desk.show(place, [Kept("Quote 1 of question 1", other)])
    assert plain("".join(re.findall(r"<mark>(.*?)</mark>", page))) == "🐟 fins regrow."
    others = re.findall(r'<span class="lq-other" title="Quote 1 of question 1">(.*?)</span>', page)
    assert plain("".join(others)) == "Moons are far."
    shown = html.unescape(re.sub(r"<[^>]*>", " ", page))
    for word in content.split():
        assert word in shown
    assert "https://pubmed.ncbi.nlm.nih.gov/1#:~:text=%F0%9F%90%9F%20fins%20regrow." in page


def test_a_citation_of_a_held_paper_opens_it_and_one_of_a_missing_paper_offers_it(
    desk: Desk, tmp_path: Path
) -> None:
    desk.library.add(review(tmp_path))
    page = desk.show({"document": "10.1000/r"})
    (both,) = re.findall(r'class="lq-cite" data-event="click" data-value="([^"]+)" title="([^"]+)">', page)
    assert both[1] == "1. Whales 1971; 2. Frogs"
    aside = re.search(r"<aside.*?</aside>", desk.show(json.loads(html.unescape(both[0]))), re.DOTALL)
    assert aside is not None
    assert list(values(aside[0], "click")) == [{"library": "here", "document": "pmid:71"}]
    assert [one["numbers"] for one in values(aside[0], "download")] == [[2]]
    lacks = re.findall(r'class="lq-cite lq-lacks" data-event="click" data-value="([^"]+)" '
                       r'title="Not in this library: 2. Frogs"', page)  # fmt: skip
    document = desk.library.document("10.1000/r")
    words = plain(page)
    assert document.text.content[document.sections[1].start : document.sections[1].end] in words
    offered = desk.show(json.loads(html.unescape(lacks[0])))
    aside = re.search(r"<aside.*?</aside>", offered, re.DOTALL)
    assert aside is not None and "Fetching asks eutils.ncbi.nlm.nih.gov" in plain(aside[0])
    assert list(values(aside[0], "download")) == [
        {"library": "here", "references_of": "doi:10.1000/r", "numbers": [2]}
    ]


def test_a_sentence_is_checked_against_what_it_cites_without_a_verdict(desk: Desk, tmp_path: Path) -> None:
    desk.library.add(review(tmp_path))
    page = desk.show({"document": "10.1000/r"})
    (first, second) = [value for value in values(page, "click") if "check" in value]
    assert (first["check"], second["check"]) == (1, 2)
    aside = re.search(r"<aside.*?</aside>", desk.show(first), re.DOTALL)
    assert aside is not None
    assert "“Whales sing songs for hours.” abstract, score 0." in plain(aside[0])
    (show, *_) = [value for value in values(aside[0], "click") if "quote" in value]
    text = desk.library.text(str(show["text"])).content
    assert text[slice(*show["quote"])] == "Whales sing songs for hours."  # type: ignore[arg-type]
    assert [one["numbers"] for one in values(aside[0], "download")] == [[2]]
    assert [one["numbers"] for one in values(desk.show(second), "download")] == [[2]]


def test_the_contents_lead_to_the_sections(desk: Desk, tmp_path: Path) -> None:
    desk.library.add(review(tmp_path))
    page = desk.show({"document": "10.1000/r"})
    listed = re.findall(r'data-goto="(lq-part-\d+)">([^<]*)<', page)
    assert [words for _, words in listed if words in {"Singers", "Dancers", "Others"}] == [
        "Singers", "Dancers", "Others",
    ]  # fmt: skip
    for name, words in listed:
        assert re.search(rf'id="{name}">{words}<', page)


def test_what_cannot_be_shown_says_so(desk: Desk, paper: Paper) -> None:
    desk.library.add([paper("a.xml", pmid="1", abstract="Stem cells cure mice.")])
    for place in ({}, {"document": "pmid:1", "quote": "x"}, {"document": "pmid:1", "quote": [1]},
                  {"document": "pmid:9"}, {"document": "pmid:1", "text": "0" * 64},
                  {"document": "pmid:1", "check": "x"}, {"document": "pmid:1", "cites": 4}):  # fmt: skip
        assert "lq-error" in desk.show(place)


def test_the_table_is_searched_sorted_and_narrowed(desk: Desk, tmp_path: Path, paper: Paper) -> None:
    desk.library.add(
        [*review(tmp_path), paper("b.xml", pmid="3", title="Axolotls &lt;b&gt;", abstract="Legs grow.")]
    )
    rows = shelf.rows(desk.library)
    found = {row.id: row for row in rows}
    assert found["pmid:71"].status == "abstract only" and found["doi:10.1000/r"].status == "full text"
    assert found["doi:10.1000/r"].lists and not found["pmid:71"].lists

    def ids(**asked: object) -> list[str]:
        return [row.id for row in shelf.chosen(rows, shelf.Asked(**asked))]  # type: ignore[arg-type]

    assert ids(words="WHALES 1971") == ["pmid:71"]
    assert ids(order="year") == ["pmid:71", "pmid:3", "doi:10.1000/r"]
    assert ids(order="title", down=True) == ["pmid:71", "pmid:3", "doi:10.1000/r"]
    assert ids(status="full text") == ["doi:10.1000/r"]
    assert ids(kind="Journal Article") == ["pmid:71"]
    assert ids(year="2020") == ["pmid:3"]
    table = desk.table(shelf.Asked(open="doi:10.1000/r"))
    assert "Axolotls &lt;b&gt;" in table and "<b>" not in table
    assert "1 held, 1 missing" in plain(table)
    assert '<input type="checkbox" value="2">' in table
    assert [value["id"] for value in values(table, "delete")] == ["doi:10.1000/r", "pmid:71", "pmid:3"]


def test_a_long_table_has_pages(desk: Desk, paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "PAGE", 2)
    records = [{"pmid": str(n), "title": f"Paper number {n}", "abstract": f"Text {n}."} for n in range(1, 6)]
    desk.library.add([paper("a.xml", *records)])
    pages = [plain(desk.table(shelf.Asked(page=n))) for n in (0, 2, 9)]
    assert "Paper number 1" in pages[0] and "Paper number 3" not in pages[0] and "page 1 of 3" in pages[0]
    assert "Paper number 5" in pages[1] and pages[1] == pages[2]


def test_examples_are_questions_the_library_answers(library: Library, paper: Paper) -> None:
    library.add(
        [paper("a.xml", pmid="1", title="Axolotl legs", abstract="Axolotl legs regrow within ninety days.")]
    )
    assistant = Assistant(library, calibration=replace(ALL, bar=0.3))
    questions = example_questions(library, assistant=assistant)
    assert questions == ["What is known about axolotl legs?"]
    assert assistant.ask(questions[0]).status == "answered"
    desk = Desk(assistant)
    assert desk.known_examples == ""
    assert list(values(desk.examples(), "submit")) == [{"question": "What is known about axolotl legs?"}]
    assert desk.known_examples == desk.examples()


def test_nothing_is_shown_before_a_click() -> None:
    assert "Click a quote" in papers.nothing_shown()
