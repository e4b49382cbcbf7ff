"""Conversations, verdicts and saved questions on the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from index.library import Library
from qa.assistant import Assistant
from qa.feedback import Feedback
from qa.policy import Policy
from qa.search_log import SearchLog
from qa.user_store import UserStore
from tests.page_parts import ALL, merged, plain
from web.page import Page
from web.rooms import Rooms
from web.talk import Talk

Paper = Callable[..., Path]


@pytest.fixture
def page(library: Library, paper: Paper, monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.delenv("LITQUOTE_HISTORY", raising=False)
    library.add([
        paper("a.xml", pmid="1", title="Cells of mice", abstract="Stem cells cure mice."),
        paper("b.xml", pmid="2", title="Cells of rats", abstract="Stem cells cure rats."),
    ])  # fmt: skip
    return Page(Rooms(Assistant(library, calibration=ALL)))


def test_a_conversation_is_kept_found_and_reopened_at_its_place(page: Page) -> None:
    talk, later = Talk(), Talk()
    merged(page.ask("Do stem cells cure mice?", talk))
    values = merged(page.ask("And rats?", talk))
    assert "Do stem cells cure mice?" in plain(values["notes"]) and "2 questions" in plain(values["notes"])
    assert talk.conversation is not None
    found = page.noted({"words": "rats"}, later)["notes"]
    assert "1 answer" in plain(found) or "2 answers" in plain(found)
    opened = page.reopened({"conversation": talk.conversation, "turn": 1}, later)
    assert [turn.question for turn in later.turns] == ["Do stem cells cure mice?", "And rats?"]
    assert [turn.answer for turn in later.turns] == [turn.answer for turn in talk.turns]
    assert 'data-at="lq-turn-1"' in opened["log"] and "Stem cells cure mice." in plain(opened["log"])
    merged(page.ask("And dogs?", later))
    assert later.turns[2].answer.completed_question == "Do stem cells cure dogs?"  # type: ignore[union-attr]
    assert later.conversation == talk.conversation
    assert "3 questions" in plain(page.noted({}, talk)["notes"])


def test_conversations_are_renamed_deleted_and_of_one_user_only(page: Page) -> None:
    talk, other = Talk(user="ann"), Talk(user="bob")
    merged(page.ask("Do stem cells cure mice?", talk))
    number = talk.conversation
    assert "Mice &lt;b&gt;" in page.retitled({"conversation": number, "title": "Mice <b>"}, talk)["notes"]
    assert "lq-error" in page.retitled({"conversation": number, "title": " "}, talk)["work"]
    assert "None yet." in plain(page.noted({}, other)["notes"])
    assert "there is no conversation" in page.reopened({"conversation": number}, other)["work"]
    assert "there is no conversation" in page.deleted({"conversation": number}, other)["work"]
    assert "None yet." in plain(page.deleted({"conversation": number}, talk)["notes"])
    merged(page.ask("Do stem cells cure rats?", talk))
    assert talk.conversation is not None
    page.cleared(talk)
    assert talk.conversation is None


def test_nothing_is_kept_when_it_is_switched_off(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Talk()
    assert "are not kept" in plain(page.kept({"keep": False}, talk)["notes"])
    merged(page.ask("Do stem cells cure mice?", talk))
    assert talk.conversation is None and talk.turns[0].answer is not None
    store = UserStore.of(page.desk(talk).library)
    assert list(SearchLog(store).list()) == []
    page.kept({"keep": True}, talk)
    merged(page.ask("Do stem cells cure mice?", talk))
    assert [one.via for one in SearchLog(store).list()] == ["page"]
    monkeypatch.setenv("LITQUOTE_HISTORY", "off")
    assert "LITQUOTE_HISTORY is off" in plain(page.noted({}, talk)["notes"])


def test_a_verdict_is_kept_shown_and_taken_back(page: Page) -> None:
    talk = Talk()
    merged(page.ask("Do stem cells cure mice?", talk))
    answer = talk.turns[0].answer
    assert answer is not None
    feedback = Feedback(UserStore.of(page.desk(talk).library))
    said = {"turn": 1, "quote": 1, "answers": False}
    shown = page.judged(said, talk)["log"]
    assert list(feedback.of(answer).values()) == [False]
    assert shown.count('aria-pressed="true"') == 1
    page.judged({**said, "answers": True}, talk)
    assert list(feedback.of(answer).values()) == [True]
    page.judged({**said, "answers": True}, talk)
    assert feedback.of(answer) == {}
    for nonsense in ({}, {"turn": 9, "quote": 1}, {"turn": 1, "quote": 99}, {"turn": "x"}):
        assert page.judged(nonsense, talk) == {}


def test_saved_questions_tell_what_a_change_of_the_library_did(page: Page, paper: Paper) -> None:
    talk = Talk()
    merged(page.ask("Do stem cells cure mice?", talk))
    assert "The question is saved" in plain(page.saved({"turn": 1}, talk)["work"])
    assert page.saved({"turn": 7}, talk) == {}
    first = merged(page.rerun(talk))["notes"]
    assert "First asked:" in plain(first)
    page.desk(talk).library.add(
        [paper("c.xml", pmid="3", title="Cells of dogs", abstract="Stem cells cure dogs.")]
    )
    removed = merged(page.remove({"id": "pmid:1"}, talk))
    assert "1 not asked since the library changed." in plain(removed["notes"])
    told = plain(merged(page.rerun(talk))["notes"])
    assert "new “Stem cells cure dogs.”" in told
    assert "gone “Stem cells cure mice.”" in told and "removed" in told
    saved = re.search(r"&quot;saved&quot;: (\d+)", page.noted({}, talk)["notes"])
    assert saved is not None
    assert "None yet. “Save the question”" in plain(page.forgotten({"saved": int(saved[1])}, talk)["notes"])


def test_of_strangers_nothing_is_kept_and_they_see_one_library(page: Page) -> None:
    library = page.desk(Talk()).library
    open_to_all = Page(Rooms(Assistant(library, calibration=ALL), policy=Policy(read_only=True)))
    talk = Talk()
    values = merged(open_to_all.opened("", "", talk))
    assert "nothing is kept of what you ask" in plain(values["notes"])
    assert "This page shows one library." in plain(values["rooms"])
    assert "Remove" not in plain(values["shelf"]) and values["lacking"] == ""
    merged(open_to_all.ask("Do stem cells cure mice?", talk))
    assert talk.turns[0].answer is not None and talk.conversation is None
    assert list(SearchLog(UserStore.of(library)).list()) == []
    for values in (
        open_to_all.judged({"turn": 1, "quote": 1, "answers": True}, talk),
        open_to_all.saved({"turn": 1}, talk),
        open_to_all.reopened({"conversation": 1}, talk),
        open_to_all.kept({"keep": False}, talk),
        open_to_all.created({"title": "Mine"}, talk),
        open_to_all.renamed({"library": str(library.path), "title": "x"}, talk),
        open_to_all.erased({"library": str(library.path)}, talk),
    ):
        assert "lq-error" in values["work"]
