"""Many who ask one library at once, also while it is written: everyone gets what they would get alone."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index.encoders import HashingEncoder
from index.errors import UsageError
from index.library import Library
from index.reading import reading
from index.records import Filters
from index.sqlite_file import SharedFile
from qa.assistant import Assistant
from qa.reader import Excerpt, Reading, SentenceReading
from qa.readings import ReadPairs
from qa.records import Answer
from qa.service import Service

PATIENCE = 30.0
USERS = 8


def content(number: int) -> str:
    return (
        f"On axolotl {number}\n\nAxolotl number {number} lives in lake {number * 7}. "
        f"The axolotl is {number + 10} centimetres long. Its colour is shade {number * 3}.\n"
    )


def written(folder: Path, numbers: Sequence[int]) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        (folder / f"{number}.txt").write_text(content(number), "utf-8")
    return [folder / f"{number}.txt" for number in numbers]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    with Library.create(tmp_path / "library", encoder=HashingEncoder(64), reader="none") as library:
        library.add(written(tmp_path / "files", range(12)))
        library.add(written(tmp_path / "files", range(12, 20)))
    return tmp_path / "library"


class LengthReader:
    """Finds a sentence the more relevant the longer it is; notes what it was given."""

    name = "length"

    def __init__(self, fingerprint: str = "f" * 64) -> None:
        self.fingerprint = fingerprint
        self.read_pairs: list[tuple[str, str]] = []

    def read(self, question: str, excerpts: Sequence[Excerpt]) -> list[Reading]:
        self.read_pairs += [(question, one.text) for one in excerpts]
        return [
            Reading(
                tuple(SentenceReading(a, b, (b - a) / 10 + len(question)) for a, b in one.sentences),
                float(len(one.text)),
            )
            for one in excerpts
        ]


def told(answer: Answer) -> dict[str, Any]:
    """An answer without the times it took."""
    trace = {name: value for name, value in answer.trace.items() if name != "milliseconds"}
    return answer.to_dict() | {"trace": trace}


def asked_by(user: int) -> list[Callable[[Assistant], dict[str, Any]]]:
    """What one user asks, unlike all others: plain, filtered, followed up, searched."""
    first, lake = f"Where does axolotl number {user} live?", f"Which colour has axolotl number {user + 2}?"
    only = Filters(years=(None, 2020 + user)) if user % 2 else None

    def follow_up(assistant: Assistant) -> dict[str, Any]:
        return told(assistant.ask("And how long is it?", history=[assistant.ask(first)]))

    return [
        lambda assistant: told(assistant.ask(first)),
        lambda assistant: told(assistant.ask(lake, only)),
        follow_up,
        lambda assistant: Service(assistant).search(lake, k=5 + user),
    ]


@pytest.mark.parametrize("reader", ["none", "length"])
def test_eight_who_ask_at_once_get_what_each_gets_alone(root: Path, reader: str) -> None:
    def assistant(library: Library) -> Assistant:
        return Assistant(library, reader=LengthReader() if reader == "length" else "none")

    with Library.open(root, encoder=HashingEncoder(64)) as library:
        alone = [[ask(assistant(library)) for ask in asked_by(user)] for user in range(USERS)]
    assert any(one["quotes"] for some in alone for one in some if "quotes" in one)
    with Library.open(root, encoder=HashingEncoder(64)) as library:
        shared, start = assistant(library), threading.Barrier(USERS)

        def use(user: int) -> list[list[dict[str, Any]]]:
            start.wait(PATIENCE)
            return [[ask(shared) for ask in asked_by(user)] for _ in range(4)]

        with ThreadPoolExecutor(USERS) as pool:
            for user, rounds in enumerate(pool.map(use, range(USERS))):
                assert rounds == [alone[user]] * 4


@pytest.mark.parametrize("same", [True, False], ids=["through the same object", "through another"])
def test_asking_goes_on_while_papers_are_added(root: Path, tmp_path: Path, same: bool) -> None:
    """Each answer is one generation's, and the newest at the end knows what was added."""
    more = written(tmp_path / "more", range(20, 26))
    known = [content(number) for number in range(26)]
    stop = threading.Event()
    with Library.open(root, encoder=HashingEncoder(64)) as library:
        assistant = Assistant(library)
        opened = [library._opened]

        def use(user: int) -> tuple[int, list[str]]:
            asked, wrong = 0, []
            while not stop.is_set() or not asked:
                asked += 1
                answer = assistant.ask(f"Where does axolotl number {user} live?")
                expected = f"Axolotl number {user} lives in lake {user * 7}."
                if [quote.text for quote in answer.quotes][:1] != [expected]:
                    wrong.append(str([quote.text for quote in answer.quotes]))
                wrong += [q.text for q in answer.quotes if not any(q.text in text for text in known)]
            return asked, wrong

        with ThreadPoolExecutor(4) as pool:
            users = [pool.submit(use, user) for user in range(1, 5)]
            try:
                if same:
                    for path in more:
                        library.add([path])
                        opened.append(library._opened)
                else:
                    with Library.open(root, encoder=HashingEncoder(64)) as writer:
                        for path in more:
                            writer.add([path])
            finally:
                stop.set()
            for done in users:
                asked, wrong = done.result(PATIENCE)
                assert asked and wrong == []
        found = assistant.ask("Where does axolotl number 25 live?")
        assert found.quotes[0].text == "Axolotl number 25 lives in lake 175."
        assert all(one._readers == 0 for one in opened)
        for left in {id(one): one for one in opened if one is not library._opened}.values():
            with pytest.raises(sqlite3.ProgrammingError):
                next(iter(left.segments.values())).records.count("documents")


class Waiting(HashingEncoder):
    """An encoder whose work on one question lasts until it is let go."""

    def __init__(self, slow: str) -> None:
        super().__init__(64)
        self._slow = slow
        self.begun, self.go = threading.Event(), threading.Event()

    def encode_question(self, text: str) -> NDArray[np.float32]:
        if text == self._slow:
            self.begun.set()
            assert self.go.wait(PATIENCE)
        return super().encode_question(text)


def test_a_slow_question_keeps_neither_others_nor_a_writer_waiting(root: Path, tmp_path: Path) -> None:
    slow = "Where does axolotl number 3 live?"
    encoder = Waiting(slow)
    with Library.open(root, encoder=encoder) as library, ThreadPoolExecutor(1) as pool:
        assistant = Assistant(library)
        before = library.manifest.generation
        first = pool.submit(assistant.ask, slow)
        try:
            assert encoder.begun.wait(PATIENCE)
            other = assistant.ask("Where does axolotl number 4 live?")
            assert other.quotes[0].text == "Axolotl number 4 lives in lake 28."
            library.add(written(tmp_path / "more", [30]))
            library.remove([library.resolve(answer_document(assistant, 3))])
            assert assistant.ask("Where does axolotl number 30 live?").library["generation"] == before + 2
        finally:
            encoder.go.set()
        answer = first.result(PATIENCE)
        assert answer.quotes[0].text == "Axolotl number 3 lives in lake 21."
        assert answer.library["generation"] == before, "it is answered from what there was when it was asked"


def answer_document(assistant: Assistant, number: int) -> str:
    hits = assistant.retriever.search(f"axolotl number {number} lake {number * 7}")
    return next(hit.passage.document_id for hit in hits if f"number {number} lives" in hit.text)


def test_what_is_read_cannot_be_written_and_stays_open_when_its_library_is_closed(root: Path) -> None:
    library = Library.open(root, encoder=HashingEncoder(64))
    with reading(library) as held:
        with pytest.raises(UsageError, match="cannot be changed"):
            held.remove(["anything"])
        with reading(held) as again:
            assert again is held
        held.close()
        library.close()
        library.close()
        assert len(list(held.documents())) == 20
    with pytest.raises(sqlite3.ProgrammingError):
        list(held.documents())


# -- pairs that were read --------------------------------------------------------------------------


def excerpt(number: int, title: str = "On mice") -> Excerpt:
    text = f"Mouse {number} is small. It runs."
    return Excerpt(title, text, ((0, len(text) - 9), (len(text) - 8, len(text))))


def test_a_pair_is_read_once() -> None:
    pairs, reader = ReadPairs(), LengthReader()
    both = [excerpt(1), excerpt(2)]
    first = pairs.read(reader, "How small?", both)
    assert first == LengthReader().read("How small?", both)
    again = pairs.read(reader, "How small?", [excerpt(3), excerpt(2), excerpt(2), excerpt(1)])
    assert again == LengthReader().read("How small?", [excerpt(3), excerpt(2), excerpt(2), excerpt(1)])
    assert reader.read_pairs == [("How small?", excerpt(number).text) for number in (1, 2, 3)]


def test_whatever_the_reader_sees_makes_another_pair() -> None:
    pairs, reader = ReadPairs(), LengthReader()
    one = excerpt(1)
    pairs.read(reader, "How small?", [one])
    whole = Excerpt(one.title, one.text, ((0, len(one.text)),))
    for question, other in (("How big?", one), ("How small?", excerpt(1, "On rats")), ("How small?", whole)):
        assert pairs.read(reader, question, [other]) == LengthReader().read(question, [other])
    assert len(reader.read_pairs) == 4
    another = LengthReader("e" * 64)
    pairs.read(another, "How small?", [one])
    assert len(another.read_pairs) == 1, "another reader may read otherwise"


def test_no_more_pairs_are_remembered_than_allowed_and_the_least_used_go() -> None:
    pairs, reader = ReadPairs(3), LengthReader()
    for number in (1, 2, 3, 1, 4):
        pairs.read(reader, "How small?", [excerpt(number)])
    assert len(pairs) == 3
    reader.read_pairs.clear()
    for number in (1, 3, 4, 2):
        pairs.read(reader, "How small?", [excerpt(number)])
    assert reader.read_pairs == [("How small?", excerpt(2).text)]
    many = [excerpt(number) for number in range(10, 20)]
    assert pairs.read(reader, "How small?", many) == LengthReader().read("How small?", many)
    assert len(pairs) == 3


def test_asking_again_reads_nothing_again_and_answers_the_same(root: Path) -> None:
    reader = LengthReader()
    with Library.open(root, encoder=HashingEncoder(64)) as library:
        assistant = Assistant(library, reader=reader)
        first = told(assistant.ask("Where does axolotl number 5 live?"))
        count = len(reader.read_pairs)
        assert count > 1
        assert told(assistant.ask("Where does axolotl number 5 live?")) == first
        assert len(reader.read_pairs) == count
        assert (
            told(Assistant(library, reader=LengthReader()).ask("Where does axolotl number 5 live?")) == first
        )


def test_one_file_read_by_many_threads_gives_each_its_own_rows(tmp_path: Path) -> None:
    """sqlite3 keeps one prepared statement for all who say the same words."""
    path = tmp_path / "numbers.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE numbers(n INTEGER PRIMARY KEY, square INTEGER)")
        db.executemany("INSERT INTO numbers VALUES(?,?)", [(n, n * n) for n in range(2000)])
    db.close()
    shared = SharedFile(sqlite3.connect(path, check_same_thread=False))

    def use(seed: int) -> list[tuple[int, int]]:
        chance, wrong = random.Random(seed), []
        for _ in range(600):
            n = chance.randrange(2000)
            row = shared.execute("SELECT square FROM numbers WHERE n = ?", (n,)).fetchone()
            if row != (n * n,):
                wrong.append((n, row))
        return wrong

    with ThreadPoolExecutor(8) as pool:
        assert [wrong for some in pool.map(use, range(8)) for wrong in some] == []
    assert shared.execute("SELECT square FROM numbers WHERE n < ?", (0,)).fetchone() is None
    assert shared.execute("SELECT n FROM numbers WHERE n < ? ORDER BY n", (3,)).fetchall() == [
        (0,),
        (1,),
        (2,),
    ]
    shared.close()
