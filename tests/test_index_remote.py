"""The clients of NCBI, Europe PMC and Crossref, against a local server that plays them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from index.errors import UsageError
from index.records import Author, Reference
from index.remote.cache import ABSENT, Cache
from index.remote.polite import INTERVAL, Offline, Polite, ServiceError, _retry_after
from index.remote.resolve import Found, Missed, Wanted, disagreement, plan, resolve, search
from index.remote.services import Services
from index.sources import reader_for
from tests.remote_server import Paper, RemoteServer

ROOT = Path(__file__).resolve().parents[1]
WHALES = Paper("Songs of humpback whales in winter", "Whales sing.", "Payne", 1971, "71", "10.1000/whales")
GEESE = Paper(
    "The calls of the greylag goose at dawn", "Geese call.", "Lorenz", 1990, "90", "10.1000/(geese)"
)
PREPRINT = replace(
    WHALES, title="A preprint on krill", pmid="", doi="10.1101/krill", services=frozenset({"europepmc"})
)
ONLY_CROSSREF = replace(
    GEESE, title="A chapter on frogs", pmid="", doi="10.1000/frogs", services=frozenset({"crossref"})
)


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Timed(Polite):
    """A Polite that tells when it asked."""

    def __init__(self, services: Services) -> None:
        self.time = Time()
        self.asked: list[float] = []
        super().__init__(services, clock=self.time, sleep=self.time.sleep)

    def _take_turn(self, host: str) -> None:
        super()._take_turn(host)
        self.asked.append(self.time.now)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def wanted(*references: Reference) -> list[Wanted]:
    return [Wanted(one, f"reference {number}") for number, one in enumerate(references, 1)]


def run(
    server: RemoteServer, cache: Cache, asked: list[Wanted], *, full_text: bool = False
) -> list[Found | Missed]:
    services = server.services()
    with Timed(services) as polite:
        return list(resolve(asked, services, polite=polite, cache=cache, full_text=full_text))


def titles(found: list[Found | Missed], tmp_path: Path) -> dict[str, str]:
    """The title that our own reader finds in each record of PubMed."""
    told = {}
    for one in found:
        assert isinstance(one, Found)
        path = tmp_path / one.filename
        path.write_bytes(one.content)
        (document,) = reader_for(path, one.filename).read(path, source="0" * 64, name=one.filename)
        told[one.wanted.name] = document.title  # type: ignore[union-attr]
    return told


def test_pmids_and_dois_come_from_pubmed(cache: Cache, tmp_path: Path) -> None:
    with RemoteServer([WHALES, GEESE]) as server:
        found = run(server, cache, wanted(Reference(pmid="71"), Reference(doi="10.1000/(GEESE)")))
    assert [(one.uri, one.service) for one in found if isinstance(one, Found)] == [
        ("pmid:71", "PubMed"),
        ("pmid:90", "PubMed"),
    ]
    assert titles(found, tmp_path) == {"reference 1": WHALES.title, "reference 2": GEESE.title}
    sent = [(one.path, one.parameters.get("id", one.parameters.get("term"))) for one in server.requests]
    assert sent == [
        ("/eutils/efetch.fcgi", "71"),
        ("/eutils/esearch.fcgi", '"10.1000/(GEESE)"[doi]'),
        ("/eutils/efetch.fcgi", "90"),
    ]


def test_what_pubmed_lacks_comes_from_europe_pmc_then_crossref(cache: Cache) -> None:
    asked = wanted(
        Reference(doi="10.1101/krill"), Reference(doi="10.1000/frogs"), Reference(doi="10.1000/none"),
        Reference(pmid="404"),
    )  # fmt: skip
    with RemoteServer([PREPRINT, ONLY_CROSSREF]) as server:
        found = run(server, cache, asked)
        again = run(server, cache, asked)
    told = {one.wanted.name: one.service if isinstance(one, Found) else one.reason for one in found}
    assert told == {
        "reference 1": "Europe PMC",
        "reference 2": "Crossref",
        "reference 3": "PubMed, Europe PMC and Crossref have no record of DOI 10.1000/none",
        "reference 4": "PubMed and Europe PMC have no record of PMID 404",
    }
    assert {one.wanted.name for one in again} == {one.wanted.name for one in found}
    paths = Counter((one.path, str(one.parameters)) for one in server.requests)
    assert max(paths.values()) == 1  # the second run asked for nothing, not even for what there is not


def test_a_record_that_was_not_asked_for_is_never_taken(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RemoteServer([WHALES, GEESE]) as server:
        monkeypatch.setattr(server, "_efetch", lambda _: (200, _xml(GEESE)))
        found = run(server, cache, wanted(Reference(pmid="71"), Reference(doi="10.1000/whales")))
    # Europe PMC knows both under their own names.
    assert [(one.service, b"humpback" in one.content) for one in found if isinstance(one, Found)] == [
        ("Europe PMC", True),
        ("Europe PMC", True),
    ]


def _xml(*papers: Paper) -> bytes:
    from tests.remote_server import pubmed_xml

    return pubmed_xml(list(papers)).encode()


FAULTS = ["429", "500", "503", "truncated", "broken off", "here"]


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_it_asks_again(cache: Cache, fault: str) -> None:
    with RemoteServer([WHALES], faults=lambda number, _: fault if number in {1, 2} else None) as server:
        services = server.services()
        with Timed(services) as polite:
            (found,) = resolve(wanted(Reference(pmid="71")), services, polite=polite, cache=cache)
        assert isinstance(found, Found) and found.uri == "pmid:71"
        assert len(server.requests) == 3
        if fault == "429":
            assert polite.asked[1] - polite.asked[0] >= 2.0  # Retry-After


@pytest.mark.parametrize("fault", ["429", "500", "truncated"])
def test_a_service_that_never_answers_rightly_is_told(cache: Cache, fault: str) -> None:
    with RemoteServer([WHALES], faults=lambda *_: fault) as server:
        with pytest.raises(ServiceError, match=r"did not answer rightly in 5 tries .*; try again later"):
            run(server, cache, wanted(Reference(pmid="71")))
        assert len(server.requests) == 5


def test_it_is_sent_on_to_nobody_else(cache: Cache) -> None:
    with RemoteServer([WHALES], faults=lambda *_: "elsewhere") as server:
        with pytest.raises(
            ServiceError, match=r"sends on to localhost.localdomain:9, which was not announced"
        ):
            run(server, cache, wanted(Reference(pmid="71")))
        assert len(server.requests) == 1


def test_it_is_not_sent_round_for_ever(cache: Cache) -> None:
    with RemoteServer([WHALES], faults=lambda *_: "here") as server:
        with pytest.raises(ServiceError, match="sends on and on"):
            run(server, cache, wanted(Reference(pmid="71")))
        assert len(server.requests) == 4


def test_without_network_one_sentence_says_so(cache: Cache) -> None:
    services = Services("http://127.0.0.1:9/eutils", "http://127.0.0.1:9/x", "http://127.0.0.1:9/y")
    with (
        Timed(services) as polite,
        pytest.raises(Offline, match=r"^there is no connection to 127.0.0.1:9 \("),
    ):
        list(resolve(wanted(Reference(pmid="71")), services, polite=polite, cache=cache))
    assert polite.time.now < 10


def test_a_bad_record_costs_only_itself(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    papers = [replace(WHALES, pmid=str(n), doi="", title=f"Paper number {n} on whales") for n in range(1, 8)]
    with RemoteServer(papers) as server:
        answer = server._efetch

        def spoilt(parameters: dict[str, str]) -> tuple[int, bytes]:
            status, content = answer(parameters)
            return status, content[:-30] if "5" in parameters["id"].split(",") else content

        monkeypatch.setattr(server, "_efetch", spoilt)
        found: list[Found | Missed] = []
        with pytest.raises(ServiceError):
            services = server.services()
            with Timed(services) as polite:
                for one in resolve(
                    wanted(*(Reference(pmid=str(n)) for n in range(1, 8))),
                    services,
                    polite=polite,
                    cache=cache,
                ):
                    found.append(one)
    assert {one.uri for one in found if isinstance(one, Found)} == {f"pmid:{n}" for n in (1, 2, 3, 4)}


# -- titles ------------------------------------------------------------------------------------------


def _cited(title: str, author: str = "Payne", year: int | None = 1971) -> Reference:
    return Reference(title=title, authors=(Author(author, "R"),), year=year)


def test_a_title_is_enough_where_year_and_author_agree(cache: Cache) -> None:
    asked = wanted(
        _cited("Songs of Humpback Whales, in Winter."),
        _cited("The calls of the greylag goose at dawn", "Lorenz", 1991),  # in print a year later
        _cited("A chapter on frogs", "Lorenz", 1990),
    )
    with RemoteServer([WHALES, GEESE, ONLY_CROSSREF]) as server:
        found = run(server, cache, asked)
    assert [(one.wanted.name, one.uri) for one in found if isinstance(one, Found)] == [
        ("reference 1", "pmid:71"),
        ("reference 2", "pmid:90"),
        ("reference 3", "doi:10.1000/frogs"),
    ]


@pytest.mark.parametrize(
    ("cited", "reason"),
    [
        (_cited(WHALES.title, "Smith"), "its first author is Payne"),
        (_cited(WHALES.title, year=1985), "its year is 1971, not 1985"),
        (_cited(WHALES.title, year=None), "a year to compare is lacking"),
        (Reference(title=WHALES.title, year=1971), "an author to compare is lacking"),
    ],
)
def test_the_doubtful_are_told_with_the_candidate(cache: Cache, cited: Reference, reason: str) -> None:
    with RemoteServer([WHALES]) as server:
        (missed,) = run(server, cache, wanted(cited))
    assert isinstance(missed, Missed)
    assert missed.reason.startswith("a record is like it, but ") and reason in missed.reason
    assert missed.candidate is not None and missed.candidate.pmid == "71"


def test_a_paper_nobody_has_and_one_without_a_title_are_missed(cache: Cache) -> None:
    with RemoteServer([WHALES]) as server:
        found = run(server, cache, wanted(_cited("Quantum effects in the migration of eels"), Reference()))
    assert [one.reason for one in found if isinstance(one, Missed)] == [
        "it has no identifier, and no record has its title",
        "it has no identifier and no title to search for",
    ]


@pytest.mark.parametrize(
    ("asked", "found", "agrees"),
    [
        ("Songs of humpback whales in winter", "Songs of humpback whales in winter", True),
        ("Songs of humpback whales in winter: a study", "Songs of humpback whales in winter", True),
        ("Songs of humpback whales, part I", "Songs of humpback whales, part II", False),
        ("Songs of whales", "Songs of whales and dolphins", False),
        ("Editorial", "Editorial comment", False),
    ],
)
def test_titles_agree_or_not(asked: str, found: str, agrees: bool) -> None:
    one, other = (_cited(title) for title in (asked, found))
    assert (disagreement(one, other) == "") == agrees


# -- full text, queries, what is announced -----------------------------------------------------------


def test_open_access_full_text_comes_beside_the_record(cache: Cache) -> None:
    whole = "<article><front/><body><p>Whales sing long.</p></body></article>"
    papers = [replace(WHALES, pmcid="PMC1", whole=whole), replace(GEESE, pmcid="PMC2")]
    asked = wanted(Reference(pmid="71"), Reference(pmcid="PMC2"))
    with RemoteServer(papers) as server:
        found = run(server, cache, asked, full_text=True)
        short = run(server, cache, asked)
    assert [(one.uri, one.whole) for one in found if isinstance(one, Found)] == [
        ("pmid:71", False),
        ("pmcid:PMC1", True),
        ("pmid:90", False),
    ]
    assert next(one for one in found if isinstance(one, Found) and one.whole).content == whole.encode()
    assert len(short) == 2


def test_a_query_brings_what_pubmed_finds(cache: Cache) -> None:
    papers = [replace(WHALES, pmid=str(n), doi="", title=f"Paper {n} on whales") for n in range(1, 451)]
    with RemoteServer(papers) as server:
        services = server.services()
        with Timed(services) as polite:
            count, found = search("whales", services, polite=polite, cache=cache, most=430)
            assert count == 450
            assert [one.uri for one in found] == [f"pmid:{n}" for n in range(1, 431)]
            with pytest.raises(UsageError, match="does not take the query"):
                search("(broken", services, polite=polite, cache=cache)
            with pytest.raises(UsageError, match="at most 9,999"):
                search("whales", services, polite=polite, cache=cache, most=10_000)
    assert [len(one.parameters["id"].split(",")) for one in server.requests if "efetch" in one.path] == [
        200, 200, 30,
    ]  # fmt: skip


def test_what_will_be_sent_is_said_before() -> None:
    asked = wanted(Reference(pmid="71"), Reference(doi="10.1000/x"), _cited("Songs of humpback whales"))
    said = plan(asked, Services(contact="me@example.org", api_key="secret"), full_text=True)
    for part in (
        "eutils.ncbi.nlm.nih.gov (NCBI)", "www.ebi.ac.uk (Europe PMC)", "api.crossref.org (Crossref)",
        "2 identifiers", "title, year and first author of 1 paper", "me@example.org", "no questions",
    ):  # fmt: skip
        assert part in said
    assert "secret" not in said + repr(Services(api_key="secret"))


def test_who_is_asking_is_said_as_the_services_want_it(cache: Cache) -> None:
    with RemoteServer([ONLY_CROSSREF]) as server:
        services = server.services(contact="me@example.org", api_key="key")
        with Timed(services) as polite:
            list(resolve(wanted(Reference(doi="10.1000/frogs")), services, polite=polite, cache=cache))
        first, *_, last = server.requests
        assert (first.parameters["tool"], first.parameters["email"]) == ("litquote", "me@example.org")
        assert first.parameters["api_key"] == "key"
        assert last.parameters == {"mailto": "me@example.org"}
        assert "mailto:me@example.org" in last.agent
    files = [path.read_bytes() for path in cache.root.rglob("*") if path.is_file()]
    assert files and not any(one == b"key" or b"api_key" in one for one in files)


# -- pace, cache, kills ------------------------------------------------------------------------------


def thousand() -> tuple[list[Paper], list[Wanted]]:
    """A thousand papers: most with a PMID or a DOI, some by title only."""
    papers = [
        Paper(f"Paper number {n} about whale song {n * n}", f"Song {n}.", f"Author{n}", 1990 + n % 30, str(n),
              f"10.1000/p{n}")
        for n in range(1, 1001)
    ]  # fmt: skip
    asked = []
    for n, one in enumerate(papers):
        if n % 50 == 49:
            reference = Reference(title=one.title, authors=(Author(one.author, "K"),), year=one.year)
        else:
            reference = Reference(pmid=one.pmid) if n % 2 else Reference(doi=one.doi)
        asked.append(Wanted(reference, f"reference {n + 1}"))
    return papers, asked


def test_a_thousand_with_errors_are_resolved_at_three_a_second(cache: Cache) -> None:
    papers, asked = thousand()
    with RemoteServer(
        papers, faults=lambda number, _: FAULTS[number % 5] if number % 20 == 7 else None
    ) as server:
        services = server.services()
        with Timed(services) as polite:
            found = list(resolve(asked, services, polite=polite, cache=cache))
        sent = [value for one in server.requests for value in one.parameters.values()]
    assert {one.wanted.name: one.uri for one in found if isinstance(one, Found)} == {
        f"reference {n}": f"pmid:{n}" for n in range(1, 1001)
    }
    assert all(polite.asked[i + 3] - polite.asked[i] > 1.0 for i in range(len(polite.asked) - 3))
    assert INTERVAL * 3 > 1
    abstracts = [f"Song {n}." for n in range(1, 1001)]
    assert not any(abstract in value for value in sent for abstract in abstracts)


SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from index.remote.cache import Cache
from index.remote.polite import Polite
from index.remote.resolve import resolve
from index.remote.services import Services
from tests.test_index_remote import thousand
services = Services.from_environment()
asked = thousand()[1]
with Polite(services, sleep=lambda seconds: None) as polite:
    for one in resolve(asked, services, polite=polite, cache=Cache(Path({cache!r}))):
        print(one.uri, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs kill -9")
def test_a_run_that_was_killed_asks_for_nothing_it_has(tmp_path: Path) -> None:
    papers, _ = thousand()
    script = tmp_path / "run.py"
    script.write_text(SCRIPT.format(root=str(ROOT), cache=str(tmp_path / "cache")), "utf-8")
    with RemoteServer(papers, seconds=0.05) as server:
        environment = os.environ | server.environment()
        with subprocess.Popen(
            [sys.executable, str(script)], env=environment, stdout=subprocess.PIPE, text=True
        ) as first:
            assert first.stdout is not None
            seen = [first.stdout.readline().strip() for _ in range(620)]
            first.send_signal(signal.SIGKILL)
        time.sleep(0.2)  # the request under way
        before = len(server.requests)
        second = subprocess.run(
            [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=True
        )
        assert sorted(second.stdout.split()) == sorted(f"pmid:{n}" for n in range(1, 1001))
        earlier, later = server.requests[:before], server.requests[before:]
    assert len(set(seen)) == 620
    asked_again = _ids(later) & {one.removeprefix("pmid:") for one in seen}
    assert asked_again == set()
    assert 0 < len(later) < len(earlier) + len(later)


def _ids(requests: list) -> set[str]:  # type: ignore[type-arg]
    return {name for one in requests if "efetch" in one.path for name in one.parameters["id"].split(",")}


def test_the_cache_forgets_after_a_month_and_when_asked(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("pubmed", "1", b"record")
    cache.put("pubmed", "2", ABSENT)
    assert (cache.get("pubmed", "1"), cache.get("pubmed", "2")) == (b"record", ABSENT)
    assert cache.get("pubmed", "3") is None and cache.get("crossref", "1") is None
    week = time.time() - 8 * 86400
    for path in (one for one in cache.root.rglob("*") if one.is_file()):
        os.utime(path, (week, week))
    assert (cache.get("pubmed", "1"), cache.get("pubmed", "2")) == (b"record", None)
    fresh = Cache(tmp_path, refresh=True)
    assert fresh.get("pubmed", "1") is None
    fresh.put("pubmed", "1", b"newer")
    assert fresh.get("pubmed", "1") == b"newer"


def test_what_a_mirror_says_is_kept_apart(tmp_path: Path) -> None:
    usual, mirror = Cache(tmp_path, services=Services()), Cache(tmp_path, services=Services("http://mirror"))
    mirror.put("pubmed", "1", b"record")
    assert (usual.get("pubmed", "1"), mirror.get("pubmed", "1")) == (None, b"record")
    assert usual.root == Cache(tmp_path).root == tmp_path / "fetched"


def test_a_paper_retracted_since_is_seen_when_refreshed(tmp_path: Path) -> None:
    asked = wanted(Reference(pmid="71"))
    with RemoteServer([WHALES]) as server:
        run(server, Cache(tmp_path), asked)
        server.papers[0] = replace(WHALES, retracted=True)
        (old,) = run(server, Cache(tmp_path), asked)
        (new,) = run(server, Cache(tmp_path, refresh=True), asked)
    assert isinstance(old, Found) and b"Retracted Publication" not in old.content
    assert isinstance(new, Found) and b"Retracted Publication" in new.content


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("7", 7, 7),
        ("100000", 120, 120),
        ("", 0, 0),
        ("soon", 0, 0),
        (format_datetime(datetime.now(UTC) + timedelta(days=2), usegmt=True), 120, 120),
        (format_datetime(datetime.now(UTC) - timedelta(seconds=60), usegmt=True), 0, 0),
    ],
    ids=["seconds", "too many", "none", "no number", "a day to come", "a moment ago"],  # the same at any time
)
def test_retry_after_is_seconds_or_a_date(value: str, low: float, high: float) -> None:
    assert low <= _retry_after(value) <= high


def test_the_environment_names_mirrors(monkeypatch: pytest.MonkeyPatch) -> None:
    names: Mapping[str, str] = {"LITQUOTE_NCBI": "http://mirror/e/", "LITQUOTE_CONTACT": "a@b.c"}
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    services = Services.from_environment()
    assert (services.ncbi, services.contact) == ("http://mirror/e", "a@b.c")
    assert services.crossref == "https://api.crossref.org"
