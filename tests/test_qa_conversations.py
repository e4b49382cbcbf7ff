"""Conversations: kept whole, each user's own, found by their words, and gone when deleted."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.encoders import HashingEncoder
from index.errors import LibraryDamaged, UsageError
from index.library import Library
from index.records import Author, Filters, Reference, Retraction
from qa.assistant import Assistant
from qa.conversations import Conversations
from qa.notices import CitedNotice
from qa.records import Answer, Citation, Lead, ListedIn, Place, Quote
from qa.stored_answers import filters_dict, filters_of, restored, stored
from qa.user_store import NAME, UserStore


@pytest.fixture(autouse=True)
def _on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LITQUOTE_HISTORY", raising=False)


@pytest.fixture
def store(tmp_path: Path) -> UserStore:
    return UserStore(tmp_path / NAME)


def said(question: str, *texts: str) -> Answer:
    cited = Citation("Wu 2024", "Wu L. T.", {"id": "x"}, True)
    quotes = tuple(
        Quote("pmid:1", "a" * 64, n, n + len(one), (n, n + 1), one, "abstract", "", None, 1.5, 0.7, cited)
        for n, one in enumerate(texts)
    )
    return Answer(question, question, "answered" if quotes else "not_found", quotes)


# -- what is stored ----------------------------------------------------------------------------------

TEXTS = st.text(max_size=12)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
NOTICES = st.none() | st.builds(Retraction, TEXTS, TEXTS, TEXTS, TEXTS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.dictionaries(TEXTS, JSON, max_size=3)
COUNTS = st.integers(0, 10**6)
PAGES = st.none() | COUNTS
PLACES = st.builds(Place, TEXTS, TEXTS, COUNTS, COUNTS, TEXTS, PAGES, TEXTS, NOTICES)
REFERENCES = st.builds(
    Reference,
    title=TEXTS,
    authors=st.lists(st.builds(Author, TEXTS, TEXTS, TEXTS), max_size=2).map(tuple),
    year=PAGES,
    retraction=NOTICES,
)
QUOTES = st.builds(
    Quote,
    TEXTS, TEXTS, COUNTS, COUNTS, st.tuples(COUNTS, COUNTS), st.text(max_size=60), TEXTS, TEXTS, PAGES,
    NUMBERS, st.floats(0, 1), st.builds(Citation, TEXTS, TEXTS, RECORDS, st.booleans()), NOTICES,
    st.lists(PLACES, max_size=2).map(tuple), TEXTS,
    st.lists(st.builds(CitedNotice, PAGES, TEXTS, TEXTS, TEXTS, st.builds(Retraction, TEXTS)), max_size=2)
    .map(tuple),
    st.lists(st.builds(ListedIn, TEXTS, COUNTS, TEXTS), max_size=2).map(tuple),
)  # fmt: skip
ANSWERS = st.builds(
    Answer,
    TEXTS, TEXTS, st.sampled_from(["answered", "not_found"]), st.lists(QUOTES, max_size=2).map(tuple),
    st.lists(QUOTES, max_size=1).map(tuple), RECORDS, RECORDS,
    st.lists(st.builds(Lead, TEXTS, COUNTS, TEXTS, REFERENCES), max_size=1).map(tuple),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(ANSWERS)
def test_an_answer_from_the_store_equals_the_one_given(answer: Answer) -> None:
    text = stored(answer)
    assert text.isascii()
    assert restored(text) == answer


def test_half_a_character_in_a_question_is_kept(store: UserStore) -> None:
    answer = said("What is \udcff?", "A quote.")
    talk = Conversations(store)
    number = talk.append(None, answer)
    assert number is not None
    assert talk.load(number)[0].answer == answer
    assert talk.list()[0].title == "What is ??"


def test_what_is_no_stored_answer_says_so() -> None:
    for text in ("", "{}", '{"schema": 1, "answer": {"question": 3}}', "[]"):
        with pytest.raises(LibraryDamaged, match="cannot be read"):
            restored(text)


@given(
    st.builds(
        Filters,
        years=st.tuples(st.none() | st.integers(1900, 2030), st.none() | st.integers(1900, 2030)),
        sections=st.lists(TEXTS, max_size=2).map(tuple),
        authors=st.lists(TEXTS, max_size=2).map(tuple),
        retracted=st.none() | st.booleans(),
    )
)
def test_filters_from_the_store_equal_those_given(filters: Filters) -> None:
    assert filters_of(filters_dict(filters)) == (filters or None)


# -- conversations -----------------------------------------------------------------------------------


def test_a_conversation_is_reopened_as_it_was_and_goes_on(
    store: UserStore, tmp_path: Path, encoder: HashingEncoder, paper: Any
) -> None:
    """A follow-up question asked of the stored history is completed as of the live one."""
    papers = paper("a.xml", pmid="1", abstract="Interferon beta slows multiple sclerosis. It causes fever.")
    with Library.create(tmp_path / "library", encoder=encoder, reader="none") as library:
        library.add([papers])
        assistant = Assistant(library)
        first = assistant.ask("What does interferon beta slow in multiple sclerosis?")
        talk = Conversations(store)
        number = talk.append(talk.start(), first)
        assert number is not None
        turns = talk.load(number)
        assert [turn.answer for turn in turns] == [first]
        history = [turn.answer for turn in turns]
        again = assistant.ask("What about its side effects?", history=history)
        live = assistant.ask("What about its side effects?", history=[first])
        assert again.completed_question == live.completed_question != again.question
        assert again.quotes == live.quotes
        assert talk.append(number, again) == number
    (listed,) = talk.list()
    assert (listed.id, listed.title, listed.count) == (number, first.question, 2)
    assert [turn.number for turn in talk.load(number)] == [1, 2]


def test_lists_are_newest_first_and_begun_ones_wait_for_an_answer(store: UserStore) -> None:
    talk = Conversations(store)
    one, two = talk.append(None, said("One?")), talk.append(None, said("Two?"))
    talk.start()
    assert [c.id for c in talk.list()] == [two, one]
    assert [c.id for c in talk.list(1)] == [two]
    assert one is not None
    talk.rename(one, "  Hearts\nand minds ")
    assert talk.list()[1].title == "Hearts and minds"
    with pytest.raises(UsageError, match="empty"):
        talk.rename(one, " ")


def test_no_user_ever_sees_or_changes_another_s(store: UserStore) -> None:
    ann, bob = Conversations(store, "ann"), Conversations(store, "bob")
    number = ann.append(None, said("Does zinc help?", "Zinc helps."))
    assert number is not None
    assert bob.list() == [] and bob.search("zinc") == []
    with pytest.raises(UsageError):
        bob.load(number)
    with pytest.raises(UsageError):
        bob.rename(number, "mine")
    with pytest.raises(UsageError):
        bob.delete(number)
    with pytest.raises(UsageError):
        bob.append(number, said("Mine?"))
    assert bob.clear() == 0
    assert [c.title for c in ann.list()] == ["Does zinc help?"]
    assert len(ann.load(number)) == 1


WORDS = [
    ("zinc", [1]),
    ("ZIN", [1]),
    ("zinc copper", []),
    ("behcet", [2]),
    ("Behçet's", [2]),
    ("il-6", [2]),
    ("肺炎", [3]),
    ("炎", [3]),
    ("炎肺", []),
    ("hilft", [3]),
    ("inc", []),
    ('"zinc" OR *', []),
    ("--", []),
    ("%", []),
]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(("words", "found"), WORDS)
def test_search_finds_words_of_questions_and_quotes(
    store: UserStore, words: str, found: list[int], whole: bool
) -> None:
    """With the word index as without it (an SQLite built without FTS5)."""
    store.set("a", "1")
    if not whole:
        store.write(lambda db: db.execute("DROP TABLE turn_words"))
        store.write(lambda db: db.execute("CREATE TABLE turn_words(words TEXT NOT NULL)"))
    talk = Conversations(store)
    talk.append(None, said("Does zinc help?", "It does."))
    talk.append(None, said("What is seen?", "Behçet’s disease raises IL-6."))
    talk.append(None, said("什么是新冠肺炎?", "Das hilft."))
    assert [one.conversation.id for one in talk.search(words)] == found


def test_a_turn_that_is_found_knows_its_place(store: UserStore) -> None:
    talk = Conversations(store)
    number = talk.append(None, said("One?"))
    talk.append(number, said("Does zinc help?", "Zinc helps."))
    (one,) = talk.search("helps")
    assert (one.conversation.id, one.conversation.count, one.turn.number) == (number, 2, 2)
    assert one.turn.answer.quotes[0].text == "Zinc helps."


def everything(store: UserStore) -> bytes:
    return b"".join(path.read_bytes() for path in store.path.parent.iterdir() if path.is_file())


def test_what_is_deleted_is_nowhere_on_the_disk(store: UserStore) -> None:
    talk = Conversations(store)
    kept = talk.append(None, said("Kept?", "Something else."))
    gone = talk.append(
        None, said("Is xylophonitis treatable?", *("Xylophonitis is. " * 40 for _ in range(50)))
    )
    assert gone is not None and b"ylophonitis" in everything(store)
    talk.delete(gone)
    assert b"ylophonitis" not in everything(store)
    assert [c.id for c in talk.list()] == [kept]
    with pytest.raises(UsageError, match="no conversation"):
        talk.load(gone)
    assert talk.append(None, said("Again?")) not in {kept, gone}, "a number is given once"
    assert talk.clear() == 2 and talk.list() == []
    assert b"Something else" not in everything(store)


def test_off_nothing_is_kept_and_the_answer_goes_on(
    store: UserStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = Conversations(store)
    monkeypatch.setenv("LITQUOTE_HISTORY", "off")
    assert talk.start() is None and talk.append(None, said("One?")) is None and talk.clear() == 0
    assert list(store.path.parent.iterdir()) == []
    monkeypatch.delenv("LITQUOTE_HISTORY")
    store.switch(False)
    assert talk.append(None, said("Xylophonitis?")) is None
    assert talk.list() == [] and b"ylophonitis" not in everything(store)


def test_retention_deletes_what_is_older_at_the_next_start(store: UserStore) -> None:
    ann, bob = Conversations(store, "ann"), Conversations(store, "bob")
    old, new = ann.append(None, said("Old xylophonitis?")), ann.append(None, said("New?"))
    bob.append(None, said("Old too?"))
    before = (datetime.now(UTC) - timedelta(days=31)).isoformat(timespec="seconds")
    store.write(lambda db: db.execute("UPDATE conversations SET changed = ? WHERE id <> ?", (before, new)))
    store.set("retention", "30", "ann")
    again = UserStore(store.path)
    assert [c.id for c in Conversations(again, "ann").list()] == [new]
    assert Conversations(again, "bob").list()[0].title == "Old too?"
    assert b"ylophonitis" not in everything(store)
    assert old is not None
    with pytest.raises(UsageError, match="days"):
        store.retain(0)
    store.retain(None, "ann")
    assert store.retention("ann") is None


def test_the_raw_score_keeps_every_digit(store: UserStore) -> None:
    answer = said("One?", "A.")
    answer = replace(answer, quotes=(replace(answer.quotes[0], score=math.pi, confidence=1 / 3),))
    talk = Conversations(store)
    number = talk.append(None, answer)
    assert number is not None
    assert talk.load(number)[0].answer.quotes[0].confidence == 1 / 3
