"""litquote in LangChain, LlamaIndex and Haystack: verbatim texts with their places, and nothing sent away."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from index.errors import NoLibrary, UsageError
from index.library import Library
from index.privacy import ENVIRONMENT
from qa.adapters.pieces import Piece, Pieces
from qa.assistant import Assistant

ROOT = Path(__file__).resolve().parents[1]
QUESTION = "Do fish 🐟 & axolotls regrow lost legs?"
ABSTRACT = "Axolotls regrow lost legs. Fish 🐟 & axolotls regrow lost legs at P < .001. Moons are far away."
RETRACTED = """<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>2</PMID><Article><Journal>
<JournalIssue><PubDate><Year>2019</Year></PubDate></JournalIssue></Journal>
<ArticleTitle>Whales</ArticleTitle><Abstract><AbstractText>Whales regrow lost legs.</AbstractText></Abstract>
<PublicationTypeList><PublicationType>Retracted Publication</PublicationType></PublicationTypeList></Article>
</MedlineCitation></PubmedArticle></PubmedArticleSet>"""
NAMES = {"langchain": "langchain_core", "llamaindex": "llama_index", "haystack": "haystack"}


@pytest.fixture
def assistant(library: Library, paper: Callable[..., Path], tmp_path: Path) -> Assistant:
    (tmp_path / "whales.xml").write_text(RETRACTED, "utf-8")
    library.add(
        [
            paper("legs.xml", pmid="1", doi="10.1/x", title="On legs", abstract=escape(ABSTRACT)),
            tmp_path / "whales.xml",
        ]
    )
    return Assistant(library)


def by_langchain(assistant: Assistant, **options: Any) -> list[Piece]:
    from langchain_core.retrievers import BaseRetriever

    from qa.adapters.langchain import LitquoteRetriever

    retriever = LitquoteRetriever(assistant, **options)
    assert isinstance(retriever, BaseRetriever)
    found = retriever.invoke(QUESTION)
    return [Piece(one.id or "", one.page_content, one.metadata["score"], one.metadata) for one in found]


def by_llamaindex(assistant: Assistant, **options: Any) -> list[Piece]:
    from llama_index.core.base.base_retriever import BaseRetriever

    from qa.adapters.llamaindex import LitquoteRetriever

    retriever = LitquoteRetriever(assistant, **options)
    assert isinstance(retriever, BaseRetriever)
    found = retriever.retrieve(QUESTION)
    return [
        Piece(one.node.node_id, one.node.get_content(), one.get_score(), one.node.metadata) for one in found
    ]


def by_haystack(assistant: Assistant, **options: Any) -> list[Piece]:
    """In a pipeline, made again from its description."""
    from haystack import Pipeline

    from qa.adapters.haystack import LitquoteRetriever

    if "k" in options:
        options["top_k"] = options.pop("k")
    first = Pipeline()
    first.add_component("papers", LitquoteRetriever(str(assistant.library.path), reader="none", **options))
    pipeline = Pipeline.loads(first.dumps(), allowed_modules=["qa.adapters.haystack"])
    found = pipeline.run({"papers": {"query": QUESTION}})["papers"]["documents"]
    return [Piece(one.id, one.content, one.score, one.meta) for one in found]


@pytest.fixture(params=sorted(NAMES))
def ask(request: pytest.FixtureRequest) -> Callable[..., list[Piece]]:
    if importlib.util.find_spec(NAMES[request.param]) is None:
        pytest.skip(f"{NAMES[request.param]} is not installed (litquote[adapters])")
    found: Callable[..., list[Piece]] = globals()[f"by_{request.param}"]
    return found


@pytest.mark.parametrize("mode", ["passages", "quotes"])
@pytest.mark.parametrize(
    "filters", [None, {"retracted": "no"}, {"document": "pmid:1", "section": ["abstract"]}]
)
def test_a_framework_gets_what_litquote_finds_and_nothing_else(
    assistant: Assistant, ask: Callable[..., list[Piece]], mode: str, filters: Any
) -> None:
    """Beside what the frameworks pass on: litquote's own list."""
    expected = Pieces(assistant, mode).found(QUESTION, 3, filters)
    found = ask(assistant, k=3, mode=mode, filters=filters)
    assert found and [(one.id, one.text, one.score, dict(one.metadata)) for one in found] == [
        (one.id, one.text, one.score, dict(one.metadata)) for one in expected
    ]


def test_each_text_is_a_slice_of_the_text_it_names(
    assistant: Assistant, ask: Callable[..., list[Piece]]
) -> None:
    for mode in ("passages", "quotes"):
        for one in ask(assistant, mode=mode):
            content = assistant.library.text(one.metadata["text_sha256"]).content
            assert content[one.metadata["start"] : one.metadata["end"]] == one.text


def test_what_is_not_there_gives_no_quotes_and_wrong_words_an_error(
    assistant: Assistant, ask: Callable[..., list[Piece]]
) -> None:
    assert ask(assistant, mode="quotes", filters={"years": "-1900"}) == []
    with pytest.raises(Exception, match="k is '0'"):
        ask(assistant, k=0)
    with pytest.raises(Exception, match="no filter is called 'jurnal'"):
        ask(assistant, filters={"jurnal": "x"})


# -- what every framework is given -----------------------------------------------------------------------


def test_a_piece_tells_its_place_its_citation_and_a_retraction(assistant: Assistant) -> None:
    found = {
        one.metadata["document_id"]: one
        for one in Pieces(assistant, "passages").found("regrow lost legs", 9, {"section": "abstract"})
    }
    legs, whales = found["pmid:1"], found["pmid:2"]
    document = assistant.library.document("pmid:1")
    start = document.text.content.index(ABSTRACT)
    assert legs.text == ABSTRACT and legs.id == f"pmid:1:{start}-{start + len(ABSTRACT)}"
    names = ("kind", "section", "page", "title", "doi", "pmid", "retraction")
    assert {name: legs.metadata[name] for name in names} == {
        "kind": "passage", "section": "abstract", "page": None, "title": "On legs", "doi": "10.1/x",
        "pmid": "1", "retraction": None,
    }  # fmt: skip
    assert legs.metadata["citation"].startswith("Nógrádi A. On legs. J Test. 2020.")
    assert whales.metadata["retraction"].startswith("Retracted")
    assert legs.metadata["text_sha256"] == document.text.sha256
    assert json.loads(json.dumps(legs.metadata)) == legs.metadata


def test_a_quote_tells_its_confidence_and_the_words_that_answer(assistant: Assistant) -> None:
    first, *_ = Pieces(assistant, "quotes").found(QUESTION, 5)
    answer = assistant.ask(QUESTION).quotes[0]
    assert (first.text, first.score) == (answer.text, round(answer.confidence, 4))
    assert (first.metadata["focus_start"], first.metadata["focus_end"]) == answer.focus
    assert first.metadata["calibrated"] is False and first.metadata["kind"] == "quote"
    assert len(Pieces(assistant, "quotes").found(QUESTION, 1)) == 1


def test_an_unknown_mode_and_a_missing_library_are_told(assistant: Assistant, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no mode 'answers'"):
        Pieces(assistant, "answers")
    with pytest.raises(NoLibrary):
        Pieces.open(tmp_path / "none", "quotes")


# -- nothing is sent away --------------------------------------------------------------------------------

SILENT = """
import asyncio, sys
seen = []
def watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and not str(args[-1]).startswith("/"):
        seen.append((event, repr(args[1:])))
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "urllib.Request", "http.client.connect"):
        seen.append((event, repr(args)))
sys.addaudithook(watch)
name, place, order = sys.argv[1:]
if order == "framework first":
    first = {"langchain": "langchain_core", "llamaindex": "llama_index.core", "haystack": "haystack"}
    __import__(first[name])
if name == "haystack":
    from qa.adapters.haystack import LitquoteRetriever
    import posthog
    from haystack import Pipeline
    posthog.capture = lambda *args, **_: seen.append(("posthog", repr(args)))  # it sends seconds later
    pipeline = Pipeline()
    pipeline.add_component("papers", LitquoteRetriever(place, reader="none"))
    found = pipeline.run({"papers": {"query": "Do axolotls regrow lost legs?"}})["papers"]["documents"]
elif name == "langchain":
    from qa.adapters.langchain import LitquoteRetriever
    retriever = LitquoteRetriever.open(place, reader="none", k=2)
    found = retriever.invoke("Do axolotls regrow lost legs?")
    assert asyncio.run(retriever.ainvoke("Do axolotls regrow lost legs?")) == found
else:
    from qa.adapters.llamaindex import LitquoteRetriever
    retriever = LitquoteRetriever.open(place, reader="none", k=2)
    found = retriever.retrieve("Do axolotls regrow lost legs?")
    assert len(asyncio.run(retriever.aretrieve("Do axolotls regrow lost legs?"))) == len(found)
import time
time.sleep(1)  # what reports in the background has begun by then
print(len(found), [one for one in seen if "127.0.0.1" not in one[1]])
"""


@pytest.mark.parametrize("order", ["litquote first", "framework first"])
@pytest.mark.parametrize("name", sorted(NAMES))
def test_no_question_and_no_report_is_sent_though_the_environment_asks_for_it(
    name: str, order: str, assistant: Assistant, tmp_path: Path
) -> None:
    if importlib.util.find_spec(NAMES[name]) is None:
        pytest.skip(f"{NAMES[name]} is not installed (litquote[adapters])")
    home = tmp_path / "home"
    home.mkdir()
    kept = {key: value for key, value in os.environ.items() if key not in {"CI", *ENVIRONMENT}}
    asked = {"LANGSMITH_TRACING": "true", "LANGCHAIN_TRACING_V2": "true", "LANGSMITH_API_KEY": "x"}
    settings = kept | asked | {"HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": str(ROOT)}
    if name == "haystack" and order == "framework first":
        settings["HAYSTACK_TELEMETRY_ENABLED"] = "True"
    done = subprocess.run(
        [sys.executable, "-c", SILENT, name, str(assistant.library.path), order],
        cwd=ROOT, env=settings, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] in {"2 []", "4 []"}, done.stdout
    if order == "litquote first":
        assert not (home / ".haystack").exists()
