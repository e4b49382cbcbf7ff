"""The command line: exit codes, JSON, and one clear line for each error."""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from index.encoders import HashingEncoder
from index.errors import LibraryBusy, LibraryDamaged, LitquoteError, NoLibrary, SourceError, UsageError
from index.library import Library
from qa import cli
from qa.policy import Policy
from qa.reader import BUNDLED
from tests.commands import Run

ROOT = Path(__file__).resolve().parents[1]

REVIEW = """<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article><Journal>
<ISOAbbreviation>J Test</ISOAbbreviation><JournalIssue><PubDate><Year>2019</Year></PubDate></JournalIssue>
</Journal><ArticleTitle>A review of whales</ArticleTitle>
<Abstract><AbstractText>Whales sing songs. They are big.</AbstractText></Abstract>
<PublicationTypeList><PublicationType>Review</PublicationType></PublicationTypeList></Article>
</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="doi">10.1/Whale</ArticleId></ArticleIdList>
</PubmedData></PubmedArticle></PubmedArticleSet>"""
COMMANDS = {
    "add",
    "ask",
    "chat",
    "search",
    "why",
    "sources",
    "failures",
    "show",
    "remove",
    "rebuild",
    "verify",
    "rollback",
    "serve",
    "demo",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user's library will lie; there is none yet."""
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    monkeypatch.setenv("LITQUOTE_LIBRARY", str(tmp_path / "mine"))
    return tmp_path / "mine"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], place: Path) -> Run:
    return Run(capsys)


@pytest.fixture
def files(tmp_path: Path, paper: Callable[..., Path]) -> Path:
    """Two papers of different years and types."""
    paper("legs.xml", pmid="1", title="A paper on axolotl legs", abstract="Axolotls grow legs.", year="2021")
    (tmp_path / "files" / "whales.xml").write_text(REVIEW, "utf-8")
    return tmp_path / "files"


@pytest.fixture
def filled(run: Run, place: Path, files: Path) -> Run:
    """A run over a library, with the toy encoder, that holds the two papers."""
    Library.create(place, encoder=HashingEncoder(64)).close()
    assert run("add", files)[0] == 0
    return run


# -- no library yet, usage ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argv",
    [
        ("ask", "Do legs grow?"),
        ("search", "legs"),
        ("why", "Do legs grow?", "pmid:1"),
        ("sources",),
        ("show", "pmid:1"),
        ("remove", "pmid:1"),
        ("rebuild",),
        ("compact",),
        ("verify",),
        ("rollback",),
        ("serve",),
    ],
)
def test_without_a_library_the_remedy_is_named_and_nothing_is_made(
    run: Run, place: Path, argv: tuple[str, ...]
) -> None:
    assert run(*argv) == (3, "")
    assert run.err == f"litquote: there is no library at {place} yet; make one with: litquote add PATH\n"
    assert not place.exists()


def test_nothing_to_add_is_a_usage_error(run: Run, place: Path) -> None:
    assert run("add") == (2, "")
    assert run.err == "litquote: name files or folders to add\n"
    assert not place.exists()


def test_a_library_keeps_the_reader_it_is_given(run: Run, place: Path) -> None:
    assert run("add", "--reader", "none")[0] == 0
    assert Library.open(place).manifest.reader == "none"
    generation = Library.open(place).manifest.generation
    code, _ = run("add", "--reader", str(place / "no-such-reader"))
    assert code == 1 and "no-such-reader" in run.err
    assert Library.open(place).manifest.generation == generation, "nothing changed"
    assert ", reader none\n" in run("sources")[1]
    assert run("add", "--reader", "default")[0] == 0
    assert Library.open(place).manifest.reader == "default"
    assert "reader" not in run("sources")[1]


def test_a_reader_that_cannot_be_loaded_makes_no_library(run: Run, place: Path, files: Path) -> None:
    assert run("add", files, "--reader", "away.safetensors") == (1, "")
    assert run.err.count("\n") == 1 and "away.safetensors" in run.err
    assert not place.exists()


def test_a_reader_named_from_its_own_folder_is_found_from_everywhere(
    run: Run, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(BUNDLED, tmp_path / "mine.safetensors")
    monkeypatch.chdir(tmp_path)
    assert run("add", "--reader", "mine.safetensors")[0] == 0
    assert Library.open(place).manifest.reader == str((tmp_path / "mine.safetensors").resolve())


def test_papers_are_stored_and_reported_when_the_library_s_reader_has_gone(
    filled: Run, place: Path, paper: Callable[..., Path], tmp_path: Path
) -> None:
    gone = str(tmp_path / "gone.safetensors")
    with Library.open(place) as library:
        library.add([], reader=gone)
    more = paper("fins.xml", pmid="3", title="Fins", abstract="Fish have fins.")
    report = filled.json("add", more)
    assert [one["document_id"] for one in report["added"]] == ["pmid:3"]
    remedy = f"go back to the default with: litquote add --reader default --library {place}\n"
    assert filled.err.count("\n") == 1 and gone in filled.err and filled.err.endswith(remedy)
    for words in (("ask", "Do legs grow?"), ("chat",), ("why", "Do legs grow?", "pmid:1"), ("serve",)):
        assert filled(*words) == (1, "")
        assert filled.err.count("\n") == 1 and filled.err.endswith(remedy)
    assert filled.json("ask", "Do legs grow?", "--reader", "none")["question"] == "Do legs grow?"
    assert filled("rebuild")[0] == 0, "reading sources anew needs no reader"
    assert filled("add", "--reader", "default")[0] == 0
    assert filled("ask", "Do legs grow?")[0] == 0


@pytest.mark.parametrize("argv", [(), ("frobnicate",), ("ask",), ("search", "x", "-k", "many")])
def test_unknown_commands_and_missing_words_are_usage_errors(run: Run, argv: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(*argv)
    assert stopped.value.code == 2


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("ask", ""), "the question is empty"),
        (("ask", " ", " "), "the question is empty"),
        (("search", " "), "the question is empty"),
        (("search", "legs", "-k", "0"), "at least one"),
        (("ask", "legs", "--years", "last year"), "write 2015-2020, 2015- or -2020"),
        (("ask", "legs", "--years", "2015-2016-2017"), "write 2015-2020, 2015- or -2020"),
        (("ask", "legs", "--design", "vibes"), "those known are: randomised trial, clinical trial"),
        (("why", " ", "pmid:1"), "the question is empty"),
        (("ask", "legs", "--document", "pmid:9"), "list them with: litquote sources"),
        (("show", "pmid:9"), "list them with: litquote sources"),
        (("remove", "pmid:9"), "list them with: litquote sources"),
        (("remove", "pmid:1", "pmid:9"), "list them with: litquote sources"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error_in_one_line(
    filled: Run, argv: tuple[str, ...], said: str
) -> None:
    assert filled(*argv) == (2, "")
    assert filled.err.startswith("litquote: ") and said in filled.err
    assert filled.err.count("\n") == 1
    assert len(filled.json("sources")["documents"]) == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoLibrary("what"), 3),
        (UsageError("what"), 2),
        (LibraryDamaged("what"), 1),
        (LibraryBusy("what"), 1),
        (SourceError("what"), 1),
        (LitquoteError("what"), 1),
        (PermissionError(13, "what"), 1),
    ],
)
def test_no_error_meant_for_people_comes_as_a_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Library, "open", fail)
    assert run("ask", "legs") == (code, "")
    assert run.err.startswith("litquote: ") and "what" in run.err and run.err.count("\n") == 1


# -- add ---------------------------------------------------------------------------------------------


def test_adding_tells_what_became_of_each_source(run: Run, place: Path, files: Path) -> None:
    Library.create(place, encoder=HashingEncoder(64)).close()
    (files / "bad.txt").write_bytes(b"")
    said = run.json("add", files, files / "none.txt", code=1)
    assert set(said) >= {"added", "merged", "replaced", "unchanged", "failed", "seconds"}
    assert said["added"] == [
        {
            "uri": str((files / "legs.xml").resolve()),
            "document_id": "pmid:1",
            "title": "A paper on axolotl legs",
        },
        {
            "uri": str((files / "whales.xml").resolve()),
            "document_id": "pmid:7",
            "title": "A review of whales",
        },
    ]
    assert said["merged"] == said["replaced"] == said["unchanged"] == []
    assert [(Path(f["uri"]).name, set(f)) for f in said["failed"]] == [
        ("none.txt", {"uri", "reason"}),
        ("bad.txt", {"uri", "reason"}),
    ]
    assert isinstance(said["seconds"], float)
    again = run.json("add", files / "legs.xml")
    assert [item["document_id"] for item in again["unchanged"]] == ["pmid:1"]
    assert again["added"] == []


def test_a_missing_path_fails_by_name_and_the_others_are_added(run: Run, place: Path, files: Path) -> None:
    Library.create(place, encoder=HashingEncoder(64)).close()
    code, out = run("add", files / "legs.xml", files / "none.txt")
    assert code == 1
    assert "none.txt: no such file or folder" in " ".join(out.split()) and "pmid:1" in out


def test_a_glob_that_the_shell_left_alone_is_understood(run: Run, place: Path, files: Path) -> None:
    Library.create(place, encoder=HashingEncoder(64)).close()
    assert len(run.json("add", files / "*.xml")["added"]) == 2


def test_a_folder_that_is_no_library_is_not_used_as_one(run: Run, files: Path) -> None:
    code, _ = run("add", files / "legs.xml", "--library", files)
    assert code == 2 and "holds other files" in run.err


# -- ask, search -------------------------------------------------------------------------------------


def test_asking_prints_the_quote_with_its_source(filled: Run) -> None:
    code, out = filled("ask", "Do", "axolotls", "grow", "legs?")
    assert code == 0
    assert "[1] “Axolotls grow legs.”" in out and "Nógrádi A. A paper on axolotl legs. J Test. 2021." in out


def test_a_chat_completes_follow_ups_and_says_so(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Do axolotls grow legs?\n\nAnd in winter?\nquit\nDo whales sing?\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    code, out = filled("chat")
    assert code == 0
    assert "Searched for: Do axolotls grow legs in winter?" in out
    assert out.count("Axolotls grow legs.") == 2  # once for each question before "quit"
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    assert "Searched for" not in filled("chat", "--no-complete")[1]
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    answers = [json.loads(line) for line in filled("chat", "--json")[1].splitlines()]
    assert [answer["completed_question"] for answer in answers] == [
        "Do axolotls grow legs?",
        "Do axolotls grow legs in winter?",
    ]


def test_nothing_found_is_no_error(filled: Run) -> None:
    said = filled.json("ask", "Who won the World Cup?")
    assert (said["status"], said["quotes"]) == ("not_found", [])


def test_the_named_library_comes_before_the_environment(filled: Run, tmp_path: Path) -> None:
    assert filled("ask", "legs", "--library", tmp_path / "other")[0] == 3
    assert str(tmp_path / "other") in filled.err


def test_searching_gives_passages_and_at_most_k(filled: Run) -> None:
    said = filled.json("search", "do axolotls grow legs", "-k", "2")
    assert len(said) == 2
    first = next(hit for hit in said if hit["section"] == "abstract")
    place = {"document_id", "start", "end", "text", "text_sha256", "section", "page"}
    assert set(first) == place | {"score", "parts", "expansions", "retraction", "citation"}
    assert first["text"] == "Axolotls grow legs." and first["document_id"] == "pmid:1"
    assert set(first["parts"]) == {"dense", "lexical"}
    assert set(first["citation"]) == {"text", "csl", "authors_complete"}
    assert len(filled.json("search", "do axolotls grow legs", "-k", "99")) == 4
    assert filled("search", "legs", "-k", "1")[1].count("\n") == 3


def test_the_other_form_of_an_abbreviation_is_said(filled: Run, tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("On cells\n\nMesenchymal stem cells (MSCs) heal wounds.\n", "utf-8")
    filled.json("add", str(tmp_path / "c.txt"))
    line = "also searched: Mesenchymal stem cells (MSC)\n"
    assert filled("ask", "Do MSC heal wounds?")[1].split("\n", 1)[1].startswith(line)
    assert filled("search", "Do MSC heal wounds?")[1].startswith(line)
    expected = [{"from": "MSC", "to": "Mesenchymal stem cells"}]
    assert filled.json("ask", "Do MSC heal wounds?")["expansions"] == expected
    assert all(hit["expansions"] == expected for hit in filled.json("search", "Do MSC heal wounds?"))
    assert "also searched" not in filled("ask", "Do axolotls grow legs?")[1]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--years", "2020-2022"), {"pmid:1"}),
        (("--years", "2019"), {"pmid:7"}),
        (("--years", "2020-"), {"pmid:1"}),
        (("--years", "-2020"), {"pmid:7"}),
        (("--years", "1990-1999"), set()),
        (("--document", "10.1/whale"), {"pmid:7"}),
        (("--document", "1", "--document", "pmid:7"), {"pmid:1", "pmid:7"}),
        (("--type", "review"), {"pmid:7"}),
        (("--section", "abstract"), {"pmid:1", "pmid:7"}),
        (("--section", "methods"), set()),
        (("--type", "Review", "--years", "2021"), set()),
        (("--journal", "Journal of Test", "--year", "2019"), {"pmid:7"}),
        (("--journal", "Nature"), set()),
        (("--author", "Nogradi A"), {"pmid:1"}),
        (("--author", "Nogradi B", "--author", "Antal Nógrádi"), {"pmid:1"}),
        (("--design", "reviews"), {"pmid:7"}),
        (("--retracted", "no"), {"pmid:1", "pmid:7"}),
        (("--retracted", "only"), set()),
    ],
)
def test_filters_restrict_what_is_searched(filled: Run, options: tuple[str, ...], found: set[str]) -> None:
    said = filled.json("search", "whales and legs", *options)
    assert {hit["document_id"] for hit in said} == found
    asked = filled.json("ask", "whales and legs", *options)
    assert {quote["document_id"] for quote in asked["quotes"] + asked["nearest"]} <= found
    left = asked["filters"]["left"]["documents"]
    assert left == len(found) if "--section" not in options else left >= len(found)


def test_what_filters_leave_out_is_said_in_one_line(filled: Run) -> None:
    line = "Filters left out 2 of 4 passages (each alone: years 2, journal 0); searched: 2 in 1 paper."
    options = ("--years", "2021", "--journal", "J Test")
    assert filled("ask", "Do axolotls grow legs?", *options)[1].split("\n")[1] == line
    assert filled("search", "legs", *options)[1].split("\n")[:2] == [line, ""]
    assert filled.json("search", "legs", *options)[0]["document_id"] == "pmid:1"
    assert filled.err == f"{line}\n\n"  # beside the data, not in it
    assert filled.json("ask", "legs", *options)["filters"] == {
        "years": {"passages": 2, "documents": 1},
        "journals": {"passages": 0, "documents": 0},
        "left": {"passages": 2, "documents": 1},
        "all": {"passages": 4, "documents": 2},
        "unknown": {},
    }
    assert "Filters" not in filled("ask", "legs")[1] and "filters" not in filled.json("ask", "legs")


def test_values_that_no_paper_has_are_named(filled: Run) -> None:
    out = filled("ask", "Do axolotls grow legs?", "--author", "Wu", "--journal", "Nature")[1]
    assert out == (
        "Not found in your library.\n"
        "Filters left out 4 of 4 passages (each alone: journal 4, author 4); searched: 0 in 0 papers. "
        "Your library has no paper in the journal “Nature”; no paper by “Wu”.\n"
    )


def test_why_says_what_became_of_a_paper(filled: Run) -> None:
    code, out = filled("why", "Do axolotls grow legs?", "pmid:1")
    assert code == 0 and " ".join(out.split()).startswith("Nógrádi 2021 (pmid:1) is quoted, as number 1.")
    said = filled.json("why", "Do axolotls grow legs?", "1", "--years", "2019")
    assert (said["reason"], said["filters"], said["document_id"]) == ("filter", ["years"], "pmid:1")
    assert said["sentence"]["text"] == said["passage"]["text"] == "Axolotls grow legs."
    assert said["lists"]["dense"]["rank"] == said["lists"]["fused"]["rank"] == 1
    gone = filled.json("why", "Do axolotls grow legs?", "10.1/whales")
    assert (gone["reason"], gone["near"]) == ("not in the library", ["pmid:7"])


# -- the library -------------------------------------------------------------------------------------


def test_sources_shows_the_place_and_the_papers(filled: Run, place: Path) -> None:
    code, out = filled("sources")
    assert code == 0
    assert out.startswith(f"{place} (generation 2): 2 documents, 4 passages\n")
    assert "pmid:7  2019" in out and "A review of whales" in out
    said = filled.json("sources")
    assert said["library"] == str(place) and said["generation"] == 2
    assert [d["title"] for d in said["documents"]] == ["A paper on axolotl legs", "A review of whales"]
    assert [(Path(s["uri"]).name, s["documents"], s["failure"]) for s in said["sources"]] == [
        ("legs.xml", ["pmid:1"], None),
        ("whales.xml", ["pmid:7"], None),
    ]


@pytest.mark.parametrize(
    "name", ["pmid:7", "7", "10.1/Whale", "https://doi.org/10.1/whale", "doi:10.1/WHALE"]
)
def test_a_document_is_shown_by_any_of_its_names(filled: Run, name: str) -> None:
    code, out = filled("show", name)
    assert code == 0 and "Whales sing songs. They are big.\n    [abstract 20-52]" in out
    said = filled.json("show", name)
    assert said["id"] == "pmid:7" and said["text"]["content"].startswith("A review of whales\n\nWhales")


def test_removing_and_rebuilding(filled: Run) -> None:
    assert filled.json("remove", "10.1/whale") == {
        "removed": [{"document_id": "pmid:7", "title": "A review of whales"}]
    }
    assert [d["document_id"] for d in filled.json("sources")["documents"]] == ["pmid:1"]
    rebuilt = filled.json("rebuild")
    assert [item["document_id"] for item in rebuilt["added"]] == ["pmid:1"]
    assert filled("remove", "pmid:1")[1] == "removed pmid:1: A paper on axolotl legs\n"
    assert filled("remove", "pmid:1")[0] == 2


def test_rebuilding_can_add_and_change_the_encoder(filled: Run, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("On amber\n\nAmber is old.\n", "utf-8")
    assert len(filled.json("rebuild", tmp_path / "new.txt", "--encoder", "hashing-32")["added"]) == 3
    assert filled.json("ask", "Is amber old?")["library"] == {"generation": 3, "encoder": "hashing-32"}
    assert filled("rebuild", "--encoder", "hashing-many")[0] == 2


def test_rebuilding_keeps_the_kind_of_index_it_was_told(filled: Run, place: Path) -> None:
    for argv in (("--index", "ivf-pq"), ()):
        assert filled("rebuild", *argv)[0] == 0
        with Library.open(place) as library:
            assert library.manifest.settings.index == "ivf-pq"


def test_rolling_back_publishes_the_generation_before(filled: Run) -> None:
    filled("remove", "pmid:1")
    assert filled.json("rollback") == {"generation": 2}
    assert len(filled.json("sources")["documents"]) == 2
    assert filled("rollback") == (0, "generation 1 is published again\n")
    assert filled("rollback")[0] == 1
    assert "litquote rebuild" in filled.err


def test_compacting_leaves_one_segment(filled: Run, place: Path) -> None:
    filled("remove", "pmid:1")
    assert filled("compact") == (0, "generation 4: 1 segment\n")
    assert filled("verify")[0] == 0


def test_verify_tells_clean_from_damaged(filled: Run, place: Path) -> None:
    assert filled("verify") == (0, "everything is as it was published\n")
    assert filled.json("verify") == {"problems": []}
    (path,) = place.glob("segments/*/vectors.npy")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    code, out = filled("verify")
    assert code == 1 and "vectors.npy: is not as it was published" in out and "litquote rollback" in out
    (problem,) = filled.json("verify", code=1)["problems"]
    assert set(problem) == {"path", "what"}


@pytest.mark.parametrize(
    "name", ["records.sqlite", "vectors.npy", "dense.faiss", "meta.json", "manifest", "CURRENT"]
)
@pytest.mark.parametrize("how", ["gone", "emptied", "rubbish", "cut"])
def test_a_damaged_library_is_a_clear_error_and_no_traceback(
    filled: Run, place: Path, name: str, how: str
) -> None:
    pattern = {
        "manifest": "manifests/000002.json",
        "CURRENT": "CURRENT",
        "meta.json": "lexical/000002/meta.json",
    }
    (path,) = place.glob(pattern.get(name, f"segments/*/{name}"))
    data = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes({"emptied": b"", "rubbish": b"rubbish " * 99, "cut": data[: len(data) // 2]}[how])
    code, _ = filled("ask", "Do axolotls grow legs?")
    # A library whose CURRENT is gone is no library; a small file that was not read is not noticed by ask.
    assert code in ({3} if (name, how) == ("CURRENT", "gone") else {0, 1})
    if code:
        assert filled.err.startswith("litquote: ") and filled.err.count("\n") == 1
    if (name, how) != ("CURRENT", "gone"):
        assert filled("verify")[0] == 1


# -- help, demo, serve -------------------------------------------------------------------------------


def commands() -> dict[str, argparse.ArgumentParser]:
    (found,) = [a for a in cli._parser()._actions if isinstance(a, argparse._SubParsersAction)]
    return dict(found.choices)


def test_the_commands_are_those_of_the_manual() -> None:
    assert set(commands()) >= COMMANDS


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_option_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main([name, "--help"])
    assert stopped.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    parser = commands()[name]
    assert parser.description and parser.description in shown
    for action in parser._actions:
        if action.option_strings:
            assert action.help, f"{name} {action.option_strings}"


@pytest.mark.parametrize("name", sorted(commands()))
def test_the_readme_mentions_every_command(name: str) -> None:
    readme = ROOT / "README.md"
    if not readme.is_file():
        pytest.skip("README.md is not written yet")
    assert f"litquote {name}" in readme.read_text("utf-8")


def test_the_demo_answers_from_the_seeds_and_leaves_the_user_s_library_alone(
    filled: Run, place: Path, tmp_path: Path
) -> None:
    Library.create(tmp_path / "data" / "demo", encoder=HashingEncoder(64)).close()
    from qa.demo import demo_library

    demo_library().close()
    before = (place / "CURRENT").read_bytes()
    said = filled.json("ask", "--demo", "Did the authors declare a conflict of interest?")
    assert said["quotes"][0]["section"] == "disclosure"
    assert filled.json("sources", "--demo")["library"] == str(tmp_path / "data" / "demo")
    assert (place / "CURRENT").read_bytes() == before
    assert [d["document_id"] for d in filled.json("sources")["documents"]] == ["pmid:1", "pmid:7"]


def test_serving_opens_the_chat_on_the_library(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    import types

    seen: dict[str, Any] = {}
    page = types.ModuleType("ui")
    page.serve = lambda assistant, **options: seen.update(options, library=assistant.library)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ui", page)
    assert filled("serve", "--port", "7999", "--no-browser")[0] == 0
    library = seen.pop("library")
    assert seen.pop("policy") == Policy()
    assert seen == {"host": "127.0.0.1", "port": 7999, "open_browser": False, "own_library": None}
    assert len(library) == 2
    library.close()


def test_bytes_that_are_no_text_are_a_question_like_any_other(filled: Run) -> None:
    assert filled("ask", os.fsdecode(b"legs \xff grow"))[0] == 0


def test_a_new_library_takes_the_encoder_named_and_keeps_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note, place = tmp_path / "note.txt", str(tmp_path / "library")
    note.write_text("On the moon\n\nThe moon is far away.\n")
    assert cli.main(["add", str(note), "--library", place, "--encoder", "hashing-32"]) == 0
    assert cli.main(["add", str(note), "--library", place, "--encoder", "hashing"]) == 1
    assert "litquote rebuild --encoder hashing-64" in capsys.readouterr().err
    assert cli.main(["add", str(note), "--library", place]) == 0


# -- failures, and folders that are followed ---------------------------------------------------------


def test_what_still_fails_is_listed(filled: Run, files: Path) -> None:
    assert filled("failures") == (0, "Everything that was added could be read.\n")
    (files / "broken.xml").write_text("<PubmedArticleSet><PubmedArticle>", "utf-8")
    report = filled.json("add", files, code=1)
    assert report["documents_per_second"] == 0 and report["generation"] == 3
    (failure,) = filled.json("failures")
    assert failure == report["failed"][0]
    assert Path(failure["uri"]).name.startswith("broken.xml") and "line 1" in failure["reason"]
    code, out = filled("failures")
    assert (code, out.splitlines()[0]) == (0, "FAILED")
    (files / "broken.xml").unlink()
    assert filled.json("failures") == []


def test_only_folders_can_be_followed(run: Run, place: Path, files: Path) -> None:
    code, _ = run("add", files / "whales.xml", "--watch")
    assert code == 2 and "is no folder" in run.err
    assert not place.exists()


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C cannot be sent to one process there")
def test_a_folder_is_followed_until_ctrl_c(place: Path, files: Path, paper: Callable[..., Path]) -> None:
    Library.create(place, encoder=HashingEncoder(64), reader="none").close()
    command = [sys.executable, "-m", "qa.cli", "add", str(files), "--watch", "--json"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as ran:
        assert ran.stdout is not None and ran.stderr is not None
        first = json.loads(ran.stdout.readline())
        assert sorted(item["document_id"] for item in first["added"]) == ["pmid:1", "pmid:7"]
        assert ran.stderr.readline() == "following; end with Ctrl+C\n"
        paper("geese.xml", pmid="3", title="Geese go south")
        news = json.loads(ran.stdout.readline())
        assert [item["title"] for item in news["added"]] == ["Geese go south"]
        assert news["unchanged"] == []
        ran.send_signal(signal.SIGINT)
        rest, errors = ran.communicate(timeout=20)
        assert (ran.returncode, rest, errors) == (0, "", "")
    assert len(Library.open(place)) == 3


# -- references --------------------------------------------------------------------------------------


@pytest.fixture
def seeded(run: Run, place: Path, seed: Path) -> Run:
    """A run over a library, with the toy encoder, that holds the seed document."""
    Library.create(place, encoder=HashingEncoder(64), reader="none").close()
    assert run("add", seed)[0] == 0
    return run


SEED = "doi:10.3389/fneur.2024.1389697"


def test_the_seeds_references_are_listed_as_missing(seeded: Run) -> None:
    listed = seeded.json("references")
    assert listed["document_id"] == SEED
    assert [one["status"] for one in listed["references"]] == ["missing"] * 5
    fourth = listed["references"][3]["csl"]
    assert fourth["title"].startswith("Generation of neural stem cell-like cells")
    assert fourth["author"][0] == {"family": "Ma", "given": "K"}
    assert fourth["author"][-1] == {"literal": "et al."}
    assert (fourth["container-title"], fourth["page"]) == ("Neurol Res", "1083-1093")
    assert fourth["issued"]["date-parts"] == [[2011]]
    assert fourth["DOI"] == "10.1179/1743132811y.0000000053"
    code, out = seeded("references", SEED)
    assert code == 0
    assert "4. [missing] Ma K, Fox L," in out
    assert f"5 of 5 missing. Fetch them: litquote fetch --references-of {SEED}" in out


def test_missing_references_are_exported(seeded: Run, tmp_path: Path) -> None:
    code, out = seeded("references", "--export", "ids")
    assert code == 0 and seeded.err == ""
    assert out.splitlines() == [
        "10.1001/jama.2022.14236",
        "10.1016/s1474-4422(22)00289-7",
        "10.1089/neu.2018.6332",
        "10.1179/1743132811y.0000000053",
        "10.1038/s41598-021-91291-3",
    ]
    assert seeded("references", SEED, "--export", "ris", "-o", tmp_path / "missing.ris") == (0, "")
    assert seeded("add", tmp_path / "missing.ris")[0] == 0
    listed = seeded.json("references", SEED)
    assert [one["status"] for one in listed["references"]] == ["held"] * 5
    assert seeded("references", "--export", "bibtex") == (0, "")
    assert "All 5 are held." in seeded("references", SEED)[1]
    code, out = seeded("references", SEED, "--missing")
    assert "It has no missing references." in out


def test_references_by_document_are_counted(seeded: Run, files: Path, tmp_path: Path) -> None:
    second = (ROOT / "seeds" / "wu-2024-stem-cell-therapies-multiple-sclerosis.pubmed.txt").read_text("utf-8")
    other = tmp_path / "second.txt"
    other.write_text(second.replace("1389697", "1389698"), "utf-8")
    seeded("add", other)
    rows = seeded.json("references")["documents"]
    assert [(row["references"], row["held"], row["missing"], row["retracted"]) for row in rows] == [
        (5, 0, 5, 0)
    ] * 2
    assert len(seeded("references", "--export", "ids")[1].splitlines()) == 5  # each once


def test_an_export_that_cannot_be_written_says_so(seeded: Run, tmp_path: Path) -> None:
    code, _ = seeded("references", "--export", "ris", "-o", tmp_path / "no" / "folder.ris")
    assert code == 2 and "cannot be written" in seeded.err
