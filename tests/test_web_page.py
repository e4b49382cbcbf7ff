"""The page's events, without a browser: what each changes, and what it leaves alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from index.library import Library
from index.records import Filters
from qa.assistant import Assistant
from tests.page_parts import ALL, merged, plain
from tests.remote_server import Paper as Remote
from tests.remote_server import RemoteServer
from tests.web_papers import review
from web import jobs
from web.page import Choices, Page
from web.rooms import Rooms
from web.talk import Talk
from web.watched import Done, watched

Paper = Callable[..., Path]


@pytest.fixture
def page(library: Library, paper: Paper) -> Page:
    library.add([
        paper("a.xml", pmid="1", title="Cells of mice", abstract="Stem cells cure mice.", year="2001"),
        paper("b.xml", pmid="2", title="Cells of rats", abstract="Stem cells cure rats.", year="2020"),
    ])  # fmt: skip
    return Page(Rooms(Assistant(library, calibration=ALL)))


def test_a_link_opens_the_page_on_its_search(page: Page) -> None:
    talk = Talk()
    values = merged(
        page.opened("q=Do+stem+cells+cure%3F&years=2010-&journal=Nature&journal=J+Test", "", talk)
    )
    assert talk.filters == Filters(years=(2010, None), journals=("Nature", "J Test"))
    assert (values["years_from"], values["years_to"], values["retracted"]) == (2010, None, "all")
    assert values["journals"] == Choices(
        [("J Test (2)", "J Test"), ("Nature", "Nature")], ["Nature", "J Test"]
    )
    assert [quote.document_id for quote in talk.turns[0].answer.quotes] == ["pmid:2"]  # type: ignore[union-attr]
    assert "Stem cells cure rats." in plain(values["log"])
    assert 'data-address="?q=Do+stem+cells+cure%3F&amp;years=2010-&amp;journal=Nature' in values["address"]


def test_a_page_without_address_asks_nothing(page: Page) -> None:
    talk = Talk()
    values = merged(page.opened("", "", talk))
    assert talk.turns == [] and "Write a question below" in plain(values["log"])
    assert "address" not in values


def test_each_question_is_a_turn_and_follow_ups_lean_on_the_last_answer(page: Page) -> None:
    talk = Talk()
    steps = list(page.ask("Do stem cells cure mice?", talk))
    assert steps[0]["question"] == "" and "Searching…" in plain(steps[0]["log"])
    merged(page.ask("And rats?", talk))
    assert [turn.question for turn in talk.turns] == ["Do stem cells cure mice?", "And rats?"]
    assert talk.turns[1].answer.completed_question == "Do stem cells cure rats?"  # type: ignore[union-attr]
    merged(page.ask("And rats?", talk, complete=False))
    assert talk.turns[2].answer.completed_question == "And rats?"  # type: ignore[union-attr]
    names = [kept.name for kept in talk.kept()]
    assert names[0] == "Quote 1 of question 1: Do stem cells cure mice?"
    values = page.cleared(talk)
    assert talk.turns == [] and "Write a question below" in plain(values["log"])


def test_asking_again_takes_the_filters_of_now_and_the_answer_before(page: Page) -> None:
    talk = Talk()
    merged(page.ask("Do stem cells cure mice?", talk))
    merged(page.ask("And rats?", talk))
    values = page.narrowed(talk, 1990, 2005, [], [], [], [], [], [], "all")
    assert "1 of 2 papers" in plain(values["filtered"])
    merged(page.again({"turn": 2}, talk))
    third = talk.turns[2].answer
    assert third is not None and third.completed_question == "Do stem cells cure rats?"
    assert {quote.document_id for quote in third.quotes} == {"pmid:1"}
    values = merged(page.again({"turn": 1, "unfiltered": True}, talk))
    assert talk.filters is None and values["years_from"] is None and values["filtered"] == ""
    assert {quote.document_id for quote in talk.turns[3].answer.quotes} == {"pmid:1", "pmid:2"}  # type: ignore[union-attr]
    for nonsense in ({}, {"turn": "x"}, {"turn": 99}, {"turn": None}):
        assert list(page.again(nonsense, talk)) == []


def test_stopping_ends_the_question_at_hand_and_no_other(page: Page) -> None:
    talk = Talk()
    steps = page.ask("Do stem cells cure mice?", talk)
    next(steps)
    page.stop(talk)
    values = merged(steps)
    assert plain(values["log"]).count("Stopped.") == 1 and talk.turns[0].answer is None
    merged(page.ask("Do stem cells cure mice?", talk))
    assert talk.turns[1].answer is not None


def test_a_conversation_begun_meanwhile_does_not_get_the_old_answer(page: Page) -> None:
    talk = Talk()
    steps = page.ask("Do stem cells cure mice?", talk)
    next(steps)
    page.cleared(talk)
    assert all("Stopped" not in step.get("log", "") for step in steps)
    assert talk.turns == [] and talk.fresh


def test_filters_count_and_name_themselves_in_the_address(page: Page) -> None:
    talk = Talk()
    values = page.narrowed(talk, 2010, None, [], [], [], [], [], [], "no")
    assert 'data-address="?years=2010-&amp;retracted=no"' in values["address"]
    assert set(page.narrowed(talk, 2010, None, [], [], [], [], [], [], "no")) == {"filtered"}


def test_what_another_tab_changes_is_seen_and_nothing_else_is_drawn(page: Page, paper: Paper) -> None:
    talk = Talk()
    merged(page.opened("", "", talk))
    assert page.ticked(talk) == {}
    other = Talk()
    values = merged(page.remove({"id": "pmid:1"}, other))
    assert "Removed: Cells of mice." in plain(values["work"])
    seen = page.ticked(talk)
    assert "Cells of rats" in plain(seen["shelf"]) and "Cells of mice" not in plain(seen["shelf"])
    assert "1 document" in plain(seen["header"])
    assert page.ticked(talk) == {}


def test_a_paper_removed_while_a_question_is_answered_does_not_disturb_it(page: Page) -> None:
    talk = Talk()
    steps = page.ask("Do stem cells cure mice?", talk)
    next(steps)
    assert "Removed" in plain(merged(page.remove({"id": "pmid:1"}, Talk()))["work"])
    merged(steps)
    answer = talk.turns[0].answer
    assert answer is not None and answer.quotes
    merged(page.ask("Do stem cells cure mice?", talk))
    later = talk.turns[1].answer
    assert later is not None and {quote.document_id for quote in later.quotes} == {"pmid:2"}


def test_uploads_are_added_told_and_taken_away(page: Page, tmp_path: Path) -> None:
    good, bad = tmp_path / "moon.txt", tmp_path / "scan.pdf"
    good.write_text("On the moon\n\nThe moon is far away.\n", "utf-8")
    bad.write_bytes(b"%PDF-1.7\n\x00\x01")
    values = merged(page.add([str(good), str(bad)], Talk()))
    told = plain(values["work"])
    assert "Added (1)" in told and "On the moon" in told
    assert "Failed (1)" in told and "scan.pdf" in told
    assert "On the moon" in plain(values["shelf"])
    assert values["upload"] is None and not good.exists() and not bad.exists()


def test_papers_added_in_the_demo_start_a_library_of_ones_own(page: Page, tmp_path: Path) -> None:
    library = page.desk(Talk()).library
    demo = Page(Rooms(Assistant(library, calibration=ALL), own_library=tmp_path / "own"))
    talk, added = Talk(), tmp_path / "moon.txt"
    merged(demo.ask("Do stem cells cure mice?", talk))
    added.write_text("On the moon\n\nThe moon is far away.\n", "utf-8")
    values = merged(demo.add([str(added)], talk))
    assert talk.key == str(tmp_path / "own") and len(library) == 2
    assert "1 document" in plain(values["header"]) and str(tmp_path / "own") in values["header"]
    quoted = {"library": "", "document": "pmid:1", "quote": [0, 5], "focus": [0, 5]}
    assert "<mark>" in demo.show(quoted, talk)["panel"]


def test_upkeep_says_what_it_did(page: Page) -> None:
    talk = Talk()
    assert "Everything is as it was published." in plain(merged(page.verify(talk))["work"])
    merged(page.remove({"id": "pmid:1"}, talk))
    told = merged(page.rollback(talk))
    assert "is published again" in plain(told["work"]) and "Cells of mice" in plain(told["shelf"])
    assert "Already in the library (2)" in plain(merged(page.rebuild(talk))["work"])
    assert "lq-error" in merged(page.remove({"id": "pmid:99"}, talk))["work"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RemoteServer]:
    frogs = Remote("Frogs", "Frogs croak in choirs.", "Li", 1999, "72", "10.1000/frogs")
    with RemoteServer([frogs]) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("index.remote.cache.cache_folder", lambda: tmp_path / "cache")
        monkeypatch.setattr("index.remote.polite.INTERVAL", 0.0)
        yield server


def test_ticked_references_are_fetched_and_quoted(page: Page, server: RemoteServer, tmp_path: Path) -> None:
    talk = Talk()
    page.desk(talk).library.add(review(tmp_path))
    shown = page.unfolded({"id": "doi:10.1000/r"}, talk)["shelf"]
    assert "1 held, 1 missing" in plain(shown) and not server.requests
    nothing = merged(page.fetch({"library": "", "references_of": "doi:10.1000/r", "numbers": []}, talk))
    assert "tick the references to fetch first" in nothing["work"] and not server.requests
    values = merged(page.fetch({"library": "", "references_of": "doi:10.1000/r", "numbers": [2]}, talk))
    assert "Added (1)" in plain(values["work"]) and "2 held" in plain(values["shelf"])
    merged(page.ask("Do frogs croak in choirs?", talk))
    assert talk.turns[0].answer.quotes[0].text == "Frogs croak in choirs."  # type: ignore[union-attr]


def test_identifiers_and_queries_are_looked_up_only_when_told_to(page: Page, server: RemoteServer) -> None:
    talk = Talk()
    named = page.look_up("72, doi:10.1000/frogs", talk)["work"]
    assert "2 identifiers" in plain(named) and not server.requests
    asked = page.look_up("frogs AND choirs", talk)["work"]
    assert "for what it finds for “frogs AND choirs”, at most 200" in plain(asked) and not server.requests
    assert "lq-error" in page.look_up("  ", talk)["work"]
    values = merged(page.fetch({"library": "", "names": ["72"]}, talk))
    assert "Added (1)" in plain(values["work"])
    values = merged(page.fetch({"library": "", "query": "Frogs"}, talk))
    assert "lq-error" not in values["work"]


def test_work_is_told_while_it_runs_and_its_end_always() -> None:
    go, told = threading.Event(), []

    def work(tell: Callable[[int], None]) -> str:
        tell(1)
        go.wait(10)
        tell(2)
        tell(3)
        return "end"

    for step in watched(work):
        told.append(step)
        go.set()
    assert told[0] == 1 and told[-1] == Done("end") and 2 <= len(told) <= 4

    def failing(tell: Callable[[int], None]) -> str:
        raise ValueError("no")

    (end,) = watched(failing)
    assert isinstance(end, Done) and isinstance(end.error, ValueError)


def test_an_unexpected_error_is_not_swallowed(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Library, "verify", broken)
    with pytest.raises(ZeroDivisionError):
        list(jobs.verify(page.desk(Talk())))
