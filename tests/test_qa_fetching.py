"""`litquote fetch`, against the local server: from a reference list to quotes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.cited import cited
from index.encoders import HashingEncoder
from index.errors import UsageError
from index.library import Library
from index.records import Reference
from qa import cli
from qa.assistant import Assistant
from qa.evidence import is_whole
from qa.fetching import named, references_of
from tests.remote_server import Paper, RemoteServer
from web import jobs
from web.desk import Desk

SEED = "doi:10.3389/fneur.2024.1389697"
#: The seed's five references with abstracts written for this test.
REFERENCES = [
    Paper(
        "What is multiple sclerosis?",
        "A page for patients explains the disease.",
        "Marcus", 2022, "36413230", "10.1001/jama.2022.14236",
    ),
    Paper(
        "Multiple sclerosis progression: time for a new mechanism-driven framework",
        "Progression begins early.",
        "Kuhlmann", 2023, "36410373", "10.1016/S1474-4422(22)00289-7",
    ),
    Paper(
        "Neuroectodermal stem cells grafted into the injured spinal cord induce both axonal regeneration "
        "and morphological restoration via multiple mechanisms",
        "Grafted cells let rats place their paws again nine weeks after the injury.",
        "Pajer", 2019, "31111776", "10.1089/neu.2018.6332",
    ),
    Paper(
        "Generation of neural stem cell-like cells from bone marrow-derived human mesenchymal stem cells",
        "Marrow cells in our dishes became neural precursors within nine days of culture.",
        "Ma", 2011, "22196762", "10.1179/1743132811Y.0000000053",
    ),
    Paper(
        "Human umbilical cord mesenchymal stem cell-derived extracellular vesicles attenuate experimental "
        "autoimmune encephalomyelitis via regulating pro and anti-inflammatory cytokines",
        "Vesicles lowered the clinical score of mice by two points.",
        "Ahmadvand Koohsari", 2021, "34075124", "10.1038/s41598-021-91291-3",
    ),
]  # fmt: skip

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RemoteServer]:
    with RemoteServer(list(REFERENCES)) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("index.remote.cache.cache_folder", lambda: tmp_path / "cache")
        monkeypatch.setattr("index.remote.polite.INTERVAL", 0.0)
        yield server


@pytest.fixture
def run(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    seed: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Runs commands on a library that holds the seed, with the toy encoder unless a test wants the model."""
    monkeypatch.setenv("LITQUOTE_LIBRARY", str(tmp_path / "library"))
    toy = None if hasattr(request, "param") else HashingEncoder(64)
    with Library.create(tmp_path / "library", encoder=toy, reader="none" if toy else None) as library:
        library.add(seed)

    def run(*argv: str) -> tuple[int, str, str]:
        code = cli.main(list(argv))
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


@pytest.mark.parametrize("run", ["shipped model"], indirect=True)
def test_the_seeds_references_are_fetched_and_the_next_question_quotes_one(
    run: Run, server: RemoteServer, tmp_path: Path
) -> None:
    code, out, err = run("fetch", "--references-of", SEED)
    assert code == 0
    assert err.startswith("Asking 127.0.0.1") and "for 5 identifiers" in err
    assert "5 added" in out
    sent = [value for one in server.requests for value in one.parameters.values()]
    assert not any("sclerosis" in value.casefold() for value in sent)  # identifiers only
    with Library.open(tmp_path / "library") as library:
        assert [one.status for one in cited(library, SEED)] == ["held"] * 5
        answer = Assistant(library).ask("How fast did marrow cells become neural precursors?")
        quote = answer.quotes[0]
        assert quote.text.startswith("Marrow cells in our dishes")
        assert [str(one) for one in quote.listed_in] == ["reference 4 of Wu et al. 2024"]
        assert quote.cited_as.endswith("(reference 4 of Wu et al. 2024)")
        assert quote.citation.label == "Ma 2011"
    before = len(server.requests)
    code, out, _ = run("fetch", "--references-of", SEED)
    assert (code, out) == (0, "5 held already (--refresh asks for them again).\n")
    assert len(server.requests) == before
    code, out, _ = run("references", SEED)
    assert "All 5 are held." in out


def test_one_reference_by_its_number(run: Run, server: RemoteServer) -> None:
    code, out, _ = run("fetch", "--references-of", SEED, "--number", "4", "--json")
    assert code == 0
    assert [item["document_id"] for item in json.loads(out)["added"]] == ["pmid:22196762"]
    code, _, err = run("fetch", "--references-of", SEED, "--number", "9")
    assert code == 2 and "lists 5 references; there is no 9" in err
    assert len(server.requests) == 2  # one search, one record


def test_a_dry_run_sends_nothing(run: Run, server: RemoteServer) -> None:
    code, out, err = run("fetch", "--references-of", SEED, "--dry-run")
    assert (code, out, server.requests) == (0, "", [])
    assert "5 identifiers" in err


def test_identifiers_that_nobody_has_are_listed(run: Run, server: RemoteServer) -> None:
    code, out, _ = run("fetch", "36413230", "10.1000/none", "https://doi.org/10.1089/NEU.2018.6332")
    assert code == 1
    assert "2 added" in out
    assert "DOI 10.1000/none: PubMed, Europe PMC and Crossref have no record of DOI 10.1000/none" in " ".join(
        out.split()
    )


def test_a_retraction_since_is_seen_on_refresh(run: Run, server: RemoteServer, tmp_path: Path) -> None:
    assert run("fetch", "22196762")[0] == 0
    server.papers[3] = replace(REFERENCES[3], retracted=True)
    code, out, _ = run("fetch", "22196762", "--refresh")
    assert code == 0 and "1 replaced" in out
    with Library.open(tmp_path / "library") as library:
        assert cited(library, SEED)[3].status == "retracted"


def test_a_query(run: Run, server: RemoteServer) -> None:
    code, out, err = run("fetch", "--query", "stem cell", "--most", "2")
    assert code == 0 and "2 added" in out
    assert "PubMed finds 3; fetching 2." in err
    code, _, err = run("fetch", "--query", "(broken")
    assert code == 2 and "does not take the query" in err


def test_full_text_is_what_is_searched(run: Run, server: RemoteServer, tmp_path: Path) -> None:
    whole = (
        '<article article-type="research-article"><front><article-meta><article-id pub-id-type="pmid">'
        '22196762</article-id><article-id pub-id-type="pmcid">PMC7</article-id><title-group><article-title>'
        f"{REFERENCES[3].title}</article-title></title-group></article-meta></front><body><sec><title>Results"
        f"</title><p>{'The cells kept dividing for forty days in every dish we looked at. ' * 5}</p></sec>"
        "</body></article>"
    )
    server.papers[3] = replace(REFERENCES[3], pmcid="PMC7", whole=whole)
    assert run("fetch", "22196762")[0] == 0
    with Library.open(tmp_path / "library") as library:
        assert not is_whole(library.summary("pmid:22196762"))
    assert run("fetch", "22196762", "--full-text")[0] == 0
    with Library.open(tmp_path / "library") as library:
        document = library.document("PMC7")
        assert document.id == "pmid:22196762" and is_whole(document)
        assert "forty days" in document.text.content
    assert "1 held already" in run("fetch", "22196762", "--full-text")[1]


def test_without_network_the_way_round_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("NCBI", "EUROPEPMC", "CROSSREF"):
        monkeypatch.setenv(f"LITQUOTE_{name}", "http://127.0.0.1:9")
    monkeypatch.setattr("index.remote.cache.cache_folder", lambda: tmp_path / "cache")
    code, out, err = run("fetch", "--references-of", SEED)
    assert (code, out) == (1, "")
    last = err.splitlines()[-1]
    assert last.startswith("litquote: there is no connection to 127.0.0.1:9 (")
    assert last.endswith(f"litquote references {SEED} --export ris")
    assert "add that" in run("fetch", "--query", "x")[2]
    assert "what has arrived is kept" in run("fetch", "1")[2]


@pytest.mark.parametrize(
    "argv",
    [(), ("1", "--query", "x"), ("1", "--number", "2"), ("stem cells",), ("10.1",), ("PMCX",), ("0",)],
)
def test_what_is_no_request_is_refused_before_anything_is_sent(
    run: Run, server: RemoteServer, argv: tuple[str, ...]
) -> None:
    code, _, _ = run("fetch", *argv)
    assert (code, server.requests) == (2, [])


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("22196762", Reference(pmid="22196762")),
        ("pmid: 22196762", Reference(pmid="22196762")),
        ("https://pubmed.ncbi.nlm.nih.gov/22196762/", Reference(pmid="22196762")),
        ("pmc7", Reference(pmcid="PMC7")),
        ("https://pmc.ncbi.nlm.nih.gov/articles/PMC7/", Reference(pmcid="PMC7")),
        ("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC7", Reference(pmcid="PMC7")),
        ("https://doi.org/10.1016/S1474-4422(22)00289-7", Reference(doi="10.1016/s1474-4422(22)00289-7")),
        ("doi:10.1000/X", Reference(doi="10.1000/x")),
    ],
)
def test_identifiers_in_the_forms_people_paste(name: str, reference: Reference) -> None:
    assert [one.reference for one in named([name, name])] == [reference]


def test_a_reference_without_identifier_is_held_once_it_is_fetched(
    tmp_path: Path, server: RemoteServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The list has the year of the online version, and no DOI.
    review = tmp_path / "review.xml"
    review.write_text(
        "<article><front><article-meta><article-id pub-id-type='doi'>10.1000/r</article-id><title-group>"
        "<article-title>A review of marrow cells</article-title></title-group></article-meta></front><body>"
        "<p>Cells.</p></body><back><ref-list><ref><element-citation><person-group><name><surname>Ma</surname>"
        f"<given-names>K</given-names></name></person-group><article-title>{REFERENCES[3].title}"
        "</article-title><year>2010</year></element-citation></ref><ref><element-citation><person-group><name>"
        "<surname>Smith</surname></name></person-group><article-title>What is multiple sclerosis?"
        "</article-title><year>2022</year></element-citation></ref></ref-list></back></article>",
        "utf-8",
    )
    monkeypatch.setenv("LITQUOTE_LIBRARY", str(tmp_path / "library"))
    with Library.create(tmp_path / "library", encoder=HashingEncoder(64), reader="none") as library:
        library.add(review)
        assert [one.name for one in references_of(library, "10.1000/r")] == [
            "reference 1 of A review of marrow cells",
            "reference 2 of A review of marrow cells",
        ]
        with pytest.raises(UsageError):
            references_of(library, "10.1000/r", [3])
    assert cli.main(["fetch", "--references-of", "10.1000/r"]) == 1
    out, err = capsys.readouterr()
    assert "title, year and first author of 2 papers" in err
    assert "its first author is Marcus" in " ".join(out.split())
    with Library.open(tmp_path / "library") as library:
        assert [one.status for one in cited(library, "10.1000/r")] == ["held", "missing"]
        library.rebuild(anew=True)
        assert [one.status for one in cited(library, "10.1000/r")] == ["held", "missing"]


def test_the_demo_has_its_references_fetched(
    server: RemoteServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.demo.demo_path", lambda: tmp_path / "data" / "demo")
    monkeypatch.setattr("qa.fetch_command.demo_path", lambda: tmp_path / "data" / "demo")
    assert cli.main(["fetch", "--references-of", SEED, "--demo", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["added"]) == 5
    with Library.open(tmp_path / "data" / "demo") as library:
        assert len(library) == 6


def test_records_of_europe_pmc_and_crossref_are_read(run: Run, server: RemoteServer, tmp_path: Path) -> None:
    everywhere = REFERENCES[2]
    server.papers[2] = replace(everywhere, pmid="", services=frozenset({"europepmc", "crossref"}))
    server.papers[4] = replace(REFERENCES[4], pmid="", services=frozenset({"crossref"}))
    assert run("fetch", "--references-of", SEED)[0] == 0
    with Library.open(tmp_path / "library") as library:
        assert [one.status for one in cited(library, SEED)] == ["held"] * 5
        third, fifth = (library.document(name) for name in (everywhere.doi, REFERENCES[4].doi))
        assert everywhere.abstract in third.text.content
        assert REFERENCES[4].abstract in fifth.text.content
        assert fifth.reference.authors[0].family == "Ahmadvand Koohsari"
        library.rebuild(anew=True)
        assert [one.status for one in cited(library, SEED)] == ["held"] * 5


def test_the_page_offers_what_is_missing_and_fetches_it(
    server: RemoteServer, tmp_path: Path, seed: Path
) -> None:
    with Library.create(tmp_path / "library", encoder=HashingEncoder(64), reader="none") as library:
        library.add(seed)
        desk = Desk(Assistant(library))
        offer = desk.lacking()
        assert "5 papers that yours cite are not in this library." in offer
        assert "for 5 identifiers" in offer and "no questions" in offer
        server.papers.pop(0)
        *steps, last = jobs.fetch(desk, {"missing": True})
        assert any("of 5 papers asked for" in step for step in steps)
        assert "Added (4)" in last and "Not found (1)" in last
        assert "reference 1 of Wu et al. 2024" in last
        assert "1 paper that yours cite is not in this library." in desk.lacking()
        library.refresh()
        assert len(library) == 5


def test_the_page_without_network_says_so(
    tmp_path: Path, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NCBI", "EUROPEPMC", "CROSSREF"):
        monkeypatch.setenv(f"LITQUOTE_{name}", "http://127.0.0.1:9")
    monkeypatch.setattr("index.remote.polite.TRIES", 1)
    monkeypatch.setattr("index.remote.cache.cache_folder", lambda: tmp_path / "cache")
    with Library.create(tmp_path / "library", encoder=HashingEncoder(64), reader="none") as library:
        library.add(seed)
        *_, last = jobs.fetch(Desk(Assistant(library)), {"missing": True})
    assert "there is no connection to 127.0.0.1:9" in last
    assert "litquote references --export ris" in last
