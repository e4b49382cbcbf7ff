"""The search log: what was asked, how it was searched, and a methods paragraph of it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from index.errors import UsageError
from index.library import Library
from index.manifest import litquote_version
from index.records import Filters
from qa import prisma
from qa.assistant import Assistant
from qa.calibration import Calibration
from qa.search_log import LoggedSearch, SearchLog
from qa.table import table
from qa.user_store import UserStore

DEFINED = "Tumor necrosis factor (TNF) falls."


@pytest.fixture(autouse=True)
def _on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LITQUOTE_HISTORY", raising=False)


@pytest.fixture
def assistant(library: Library, paper: Callable[..., Path]) -> Assistant:
    library.add(
        [
            paper(
                "1.xml", pmid="1", title="On zinc", abstract="Tumor necrosis factor (TNF) falls.", year="2015"
            ),
            paper("2.xml", pmid="2", title="On bread", abstract="TNF rises with bread.", year="2020"),
        ]
    )
    return Assistant(library, calibration=Calibration({"coverage": 1.0}, 4.0, -3.0, 0.3, ""))


@pytest.fixture
def log(library: Library) -> SearchLog:
    return SearchLog(UserStore.of(library))


def test_a_search_is_kept_with_all_that_decided_what_was_found(assistant: Assistant, log: SearchLog) -> None:
    library, only = assistant.library, Filters(years=(2018, None))
    first = assistant.ask("Does TNF rise?")
    second = assistant.ask("Does TNF rise?", only)
    assert log.add(library, first) and log.add(library, second, only, via="page")
    one, two = log.list()
    assert (one.question, one.completed, one.status, one.via) == ("Does TNF rise?",) * 2 + ("answered", "ask")
    assert one.expansions == ({"from": "TNF", "to": "Tumor necrosis factor"},)
    assert one.filters == {} and (one.documents, one.passages) == (2, library.passage_count)
    assert (two.documents, two.all_documents, two.via) == (1, 2, "page")
    assert two.filters == {"years": [2018, None]} and two.papers == ("pmid:2",)
    assert two.generation == library.manifest.generation and two.litquote == litquote_version()
    assert [n.id for n in log.list([two.id])] == [two.id]
    assert SearchLog(log.store, "ann").list() == []
    assert log.clear() == 2 and log.list() == []


def test_a_table_logs_each_question(assistant: Assistant, log: SearchLog) -> None:
    made = table(assistant, ["Does TNF rise?", "What do whales sing?"], Filters(years=(2018, None)))
    assert log.add_table(assistant.library, made, Filters(years=(2018, None)))
    one, two = log.list()
    assert (one.status, one.papers, one.quotes, one.documents) == ("answered", ("pmid:2",), 1, 1)
    assert (two.status, two.papers, two.via) == ("not_found", (), "table")
    assert one.expansions == ({"from": "TNF", "to": "Tumor necrosis factor"},)


def test_off_nothing_is_logged(assistant: Assistant, log: SearchLog, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = assistant.ask("Does TNF rise?")
    monkeypatch.setenv("LITQUOTE_HISTORY", "off")
    assert not log.add(assistant.library, answer) and not log.store.path.exists()
    monkeypatch.delenv("LITQUOTE_HISTORY")
    log.store.switch(False)
    assert not log.add(assistant.library, answer)
    assert not log.add_table(assistant.library, table(assistant, ["Does TNF rise?"]))
    assert log.list() == []


def search(**values: object) -> LoggedSearch:
    given: dict[str, object] = {
        "question": "And zinc?",
        "completed": "Does zinc help?",
        "status": "answered",
        "at": "2026-11-23T08:00:00+00:00",
        "generation": 4,
        "documents": 3,
        "passages": 30,
        "all_documents": 12,
        "all_passages": 1200,
        "quotes": 5,
        "papers": ("a", "b"),
        "encoder": "mini",
        "reader": "default",
        "litquote": "0.1.0",
    }
    return LoggedSearch(**{**given, **values})  # type: ignore[arg-type]


def test_the_paragraph_says_what_prisma_s_asks_for() -> None:
    filters = {"years": [2015, None], "retracted": False, "journals": ["Lancet", "BMJ"]}
    found = prisma.paragraph(
        [
            search(filters=filters, expansions=({"from": "Zn", "to": "zinc"},)),
            search(completed="B?", question="B?", papers=("b",), quotes=1, at="2026-11-25T08:00:00+00:00"),
        ]
    )
    head, one, two = found.split("\n\n")[0], *found.strip().split("\n")[-2:]
    assert "litquote 0.1.0" in head and "generation 4: 12 documents, 1,200 passages" in head
    assert "2 searches were run between 2026-11-23 and 2026-11-25" in head
    assert "embedding model mini" in head and "its reader (default)" in head
    assert "3 records in all, 2 after papers found more than once were counted once" in head
    assert one == (
        "1. 2026-11-23, generation 4: “Does zinc help?”; asked as “And zinc?”; also searched: zinc (Zn); "
        "limits: years 2015 to any, no retracted papers, journals Lancet or BMJ; searched: 30 passages of "
        "3 documents; found: 5 quotes from 2 records."
    )
    assert two.startswith("2. 2026-11-25, generation 4: “B?”; limits: none; searched:")
    with pytest.raises(UsageError, match="empty"):
        prisma.paragraph([])


def test_the_records_are_the_papers_quoted_each_once(assistant: Assistant, log: SearchLog) -> None:
    library = assistant.library
    for question in ("Does TNF rise?", "Does tumor necrosis factor fall?"):
        log.add(library, assistant.ask(question))
    found, gone = prisma.records(library, log.list())
    assert sorted(one.title for one in found) == ["On bread", "On zinc"] and gone == []
    library.remove(["pmid:2"])
    found, gone = prisma.records(library, log.list())
    assert [one.title for one in found] == ["On zinc"] and gone == ["pmid:2"]


def test_the_log_as_a_table_holds_no_formula(log: SearchLog, assistant: Assistant) -> None:
    from qa.user_commands import _csv

    head, row = csv.reader(_csv([search(question="=1+1", id=3)]).splitlines())
    assert row[head.index("question")] == "'=1+1" and row[head.index("id")] == "3"
    assert row[head.index("papers")] == "a b"
