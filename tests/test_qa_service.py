"""What programs get: the command line's JSON, limits, and nothing of the disk where strangers read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import LibraryError, LitquoteError, NoDocument, ReadOnly, UsageError
from index.library import Library
from index.locking import forbid_writes
from qa import cli
from qa.assistant import Assistant
from qa.policy import Policy
from qa.service import MOST_CHARACTERS, READ_AT_ONCE, Service

ABSTRACT = "Axolotls regrow lost legs within ninety days. 🐟 fins regrow, too. Moons are far away."


@pytest.fixture
def service(library: Library, paper: Callable[..., Path]) -> Service:
    library.add(
        [paper("legs.xml", pmid="1", title="A paper on axolotl legs", abstract=ABSTRACT, year="2021")]
    )
    library.add(
        [paper("whales.xml", pmid="2", title="A paper on whales", abstract="Whales sing.", year="2019")]
    )
    return Service(Assistant(library))


@pytest.fixture
def stranger(service: Service) -> Service:
    return Service(service._assistant, Policy(read_only=True))


@pytest.fixture
def printed(library: Library, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def run(*words: str) -> Any:
        assert cli.main([*words, "--json", "--library", str(library.path)]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def test_answers_are_those_of_the_command_line(
    service: Service, printed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.library.load_encoder", lambda *_, **__: service.library.encoder)
    question = "How fast do axolotls regrow legs?"
    answer = as_json(service.ask(question, {"years": "2020-"}))
    assert answer.pop("calibrated") is False
    assert answer == printed("ask", question, "--years", "2020-")
    found = as_json(service.search(question, 2))
    assert found["question"] == question and found["hits"] == printed("search", question, "-k", "2")
    assert as_json(service.show("pmid:1")) == printed("show", "pmid:1")
    listed = as_json(service.sources())
    assert (listed.pop("total"), listed.pop("offset")) == (2, 0)
    assert listed == printed("sources")


def test_a_hit_is_a_slice_of_its_text(service: Service) -> None:
    for hit in service.search("axolotl legs", 10)["hits"]:
        content = service.library.text(hit["text_sha256"]).content
        assert content[hit["start"] : hit["end"]] == hit["text"]


def test_a_text_is_read_in_pieces_that_join_to_the_whole(service: Service) -> None:
    whole = service.library.document("pmid:1").text.content
    read, at = "", 0
    while at is not None:
        piece = service.read("pmid:1", at, 7)
        assert piece["text"] == whole[piece["start"] : piece["end"]] and piece["length"] == len(whole)
        read, at = read + piece["text"], piece["next"]
    assert read == whole
    assert service.read("pmid:1", len(whole))["text"] == ""
    assert {"label": "title", "heading": "", "start": 0, "end": 23} in service.read("pmid:1")["sections"]


def test_what_was_quoted_from_an_earlier_text_is_read_again_and_no_other_paper_s(
    service: Service, library: Library, paper: Callable[..., Path]
) -> None:
    before = service.read("pmid:1")
    library.add(
        [paper("legs.xml", pmid="1", title="A paper on axolotl legs", abstract="All new.", year="2021")]
    )
    assert service.read("pmid:1")["text_sha256"] != before["text_sha256"]
    again = service.read("pmid:1", text_sha256=before["text_sha256"])
    assert (again["text"], again["text_sha256"], again["sections"]) == (
        before["text"],
        before["text_sha256"],
        [],
    )
    whales = library.summary("pmid:2").text.sha256
    for name in (whales, "0" * 64, "x"):
        with pytest.raises(NoDocument, match="comes from another one"):
            service.read("pmid:1", text_sha256=name)


def test_a_listing_goes_on_where_it_ended(service: Service) -> None:
    ids = [
        one["document_id"] for one in service.sources(0, 1)["documents"] + service.sources(1, 1)["documents"]
    ]
    assert ids == ["pmid:1", "pmid:2"]
    assert service.sources(2)["documents"] == []


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("ask", ("",), "the question is empty"),
        ("ask", (" \n",), "the question is empty"),
        ("ask", (None,), "the question is empty"),
        ("ask", ("x" * (MOST_CHARACTERS + 1),), "2,001 characters; at most 2,000"),
        ("ask", ("half a character \ud83d",), "lone surrogate"),
        ("ask", ("legs", {"document": "pmid:9"}), "no document 'pmid:9'"),
        ("search", ("legs", 0), "k is '0'"),
        ("search", ("legs", 101), "from 1 to 100"),
        ("search", ("legs", True), "k is 'True'"),
        ("search", ("legs", 2.5), "k is '2.5'"),
        ("search", ("legs", 5, {"design": "vibes"}), "those known are"),
        ("show", ("pmid:9",), "no document 'pmid:9'"),
        ("show", ("",), "the id is empty"),
        ("read", ("pmid:1", -1), "start is '-1'"),
        ("read", ("pmid:1", 10**9), "start is"),
        ("read", ("pmid:1", 0, READ_AT_ONCE + 1), "most is"),
        ("sources", (5,), "offset is '5'"),
        ("sources", (0, 0), "limit is '0'"),
        ("check", ("pmid:1",), "does not tell where its text cites"),
        ("check", ("pmid:9",), "no document"),
        ("check", ("pmid:1", 0), "sentence is '0'"),
        ("add", ([],), "name files to add"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_one_sentence(
    service: Service, name: str, arguments: tuple[Any, ...], said: str
) -> None:
    with pytest.raises(UsageError) as raised:
        getattr(service, name)(*arguments)
    assert said in str(raised.value) and "\n" not in str(raised.value)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60), st.integers(-3, 120))
def test_any_question_is_answered_or_refused_in_a_sentence(service: Service, question: str, k: int) -> None:
    for call in (
        lambda: service.ask(question),
        lambda: service.search(question, k),
        lambda: service.read(question),
    ):
        try:
            json.dumps(call())
        except LitquoteError as error:
            assert str(error)


def test_a_file_is_added_beside_the_open_library_and_found_at_once(
    service: Service, tmp_path: Path, library: Library
) -> None:
    moon = tmp_path / "moon.txt"
    moon.write_text("On the moon\n\nThe moon is far away.\n", "utf-8")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4 nothing")
    report = service.add([moon, broken])
    assert [one["uri"] for one in report["added"]] == ["moon.txt"]
    assert [one["uri"] for one in report["failed"]] == ["broken.pdf"]
    assert str(tmp_path) not in json.dumps(report["added"])
    assert moon.exists()
    assert "The moon is far away." in [hit["text"] for hit in service.search("moon", 2)["hits"]]


def test_a_demo_takes_no_papers(library: Library, tmp_path: Path) -> None:
    demo = Service(lambda: Assistant(library), takes_papers=lambda: False)
    with pytest.raises(UsageError, match="the demo takes no papers"):
        demo.add([tmp_path])


# -- strangers ------------------------------------------------------------------------------------------


def test_strangers_change_nothing_and_see_nothing_of_the_disk(stranger: Service, tmp_path: Path) -> None:
    before = stranger.library.manifest.generation
    with pytest.raises(ReadOnly):
        stranger.add([tmp_path])
    told = [stranger.sources(), stranger.show("pmid:1"), stranger.ask("legs"), stranger.search("legs")]
    assert "legs.xml" not in json.dumps(told) and str(tmp_path) not in json.dumps(told)
    assert stranger.library.manifest.generation == before


def test_an_error_names_the_library_s_folder_to_its_owner_only(
    service: Service, stranger: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(service.library.path)

    def fail(*_: object) -> None:
        raise LibraryError(f"the library at {place} is damaged")

    monkeypatch.setattr(Library, "refresh", fail)
    with pytest.raises(LibraryError, match="is damaged") as told:
        service.sources()
    assert place in str(told.value)
    with pytest.raises(LibraryError, match="the library at this place is damaged"):
        stranger.sources()


@pytest.fixture
def closed() -> Iterator[None]:
    forbid_writes()
    yield
    forbid_writes(False)


def test_a_closed_process_writes_to_no_library_whatever_is_called(
    service: Service, closed: None, tmp_path: Path, paper: Callable[..., Path]
) -> None:
    """Below service and desk: every write goes through one lock."""
    library = service.library
    files = sorted(path for path in library.path.rglob("*") if path.is_file())
    for call in (
        lambda: service.add([paper("new.xml", pmid="3", abstract="New.")]),
        lambda: library.remove(["pmid:1"]),
        lambda: library.put([]),
        lambda: library.rebuild(anew=True),
        lambda: library.compact(),
        lambda: library.rollback(),
        lambda: library.forget_retractions(),
        lambda: Library.create(tmp_path / "another", encoder=library.encoder),
    ):
        with pytest.raises(ReadOnly, match="reading only"):
            call()
    assert sorted(path for path in library.path.rglob("*") if path.is_file()) == files
    assert service.ask("How fast do legs regrow?")["library"]["generation"] == library.manifest.generation
