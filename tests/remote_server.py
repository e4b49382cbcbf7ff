"""A local server that plays NCBI E-utilities, Europe PMC and Crossref as they are documented.

It knows papers, records every request, refuses parameters that the documentation does not have, and can be
told to misbehave: ``faults`` is called with each request's number and path, and may return a fault's name.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from index.records import plain_key
from index.remote.services import Services

_ALLOWED = {
    "efetch": {"db", "id", "retmode", "rettype", "tool", "email", "api_key"},
    "esearch": {"db", "term", "retmode", "retmax", "retstart", "tool", "email", "api_key"},
    "europepmc": {"query", "resultType", "format", "pageSize", "cursorMark"},
    "crossref": {"mailto", "rows", "query.bibliographic"},
}


@dataclass(frozen=True)
class Paper:
    """A paper as a service knows it; ``services`` are those that do."""

    title: str
    abstract: str = ""
    author: str = "Ma"
    year: int = 2011
    pmid: str = ""
    doi: str = ""
    pmcid: str = ""
    retracted: bool = False
    whole: str = ""
    services: frozenset[str] = frozenset({"ncbi", "europepmc", "crossref"})


@dataclass
class Request:
    """One request: the path, and its parameters (of the address or of the form sent)."""

    path: str
    parameters: dict[str, str]
    agent: str


@dataclass
class RemoteServer:
    """``with RemoteServer(papers) as server: server.services()``."""

    papers: list[Paper]
    faults: Callable[[int, str], str | None] = lambda number, path: None
    requests: list[Request] = field(default_factory=list)
    seconds: float = 0.0  # before each answer

    def __enter__(self) -> RemoteServer:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                outer._serve(self, parts.path, parts.query)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer._serve(self, urlsplit(self.path).path, body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._lock = threading.Lock()
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def services(self, **changes: str) -> Services:
        """Where this server plays which service."""
        here = self.address
        return Services(f"{here}/eutils", f"{here}/europepmc", f"{here}/crossref", **changes)

    def environment(self) -> dict[str, str]:
        """The same for a command."""
        here = self.address
        return {
            "LITQUOTE_NCBI": f"{here}/eutils",
            "LITQUOTE_EUROPEPMC": f"{here}/europepmc",
            "LITQUOTE_CROSSREF": f"{here}/crossref",
        }

    # -- answers -------------------------------------------------------------------------------------

    def _serve(self, handler: BaseHTTPRequestHandler, path: str, query: str) -> None:
        parameters = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
        with self._lock:
            self.requests.append(Request(path, parameters, handler.headers.get("User-Agent", "")))
            number = len(self.requests)
        time.sleep(self.seconds)
        fault = self.faults(number, path)
        if fault == "429":
            _send(handler, 429, b'{"error":"API rate limit exceeded"}', {"Retry-After": "2"})
        elif fault in {"500", "503"}:
            _send(handler, int(fault), b"<html>Server error</html>")
        elif fault == "here":
            _send(handler, 302, b"", {"Location": f"{path}?{query}" if handler.command == "GET" else path})
        elif fault == "elsewhere":
            _send(handler, 302, b"", {"Location": "http://localhost.localdomain:9/steal"})
        else:
            status, content = self._answer(path, parameters)
            if fault == "truncated":
                content = content[: len(content) * 2 // 3]
            if fault == "broken off":
                handler.send_response(status)
                handler.send_header("Content-Length", str(len(content) + 10))
                handler.end_headers()
                handler.wfile.write(content)
                handler.close_connection = True
                return
            _send(handler, status, content)

    def _answer(self, path: str, parameters: dict[str, str]) -> tuple[int, bytes]:
        if path.startswith("/crossref/works"):
            return self._crossref(path, parameters)
        if path.endswith("/fullTextXML"):
            pmcid = path.split("/")[-2]
            whole = next((one.whole for one in self.papers if one.pmcid == pmcid), "")
            return (200, whole.encode()) if whole else (404, b"not found")
        kind = {"/eutils/efetch.fcgi": "efetch", "/eutils/esearch.fcgi": "esearch"}.get(path, "europepmc")
        if unknown := set(parameters) - _ALLOWED[kind]:
            return 418, f"unknown parameters {unknown}".encode()
        if kind == "efetch":
            return self._efetch(parameters)
        if kind == "esearch":
            return self._esearch(parameters)
        return self._europepmc(parameters)

    def _known(self, service: str) -> list[Paper]:
        return [one for one in self.papers if service in one.services]

    def _efetch(self, parameters: dict[str, str]) -> tuple[int, bytes]:
        asked = parameters["id"].split(",")
        if len(asked) > 200:
            return 414, b"too many"
        found = [one for one in self._known("ncbi") if one.pmid and one.pmid in asked]
        if not found:
            return 400, b"ID list is empty! Possibly it has no correct IDs."
        return 200, pubmed_xml(found).encode()

    def _esearch(self, parameters: dict[str, str]) -> tuple[int, bytes]:
        term = parameters["term"]
        names = {name.casefold() for name in re.findall(r'"([^"]+)"\[(?:doi|pmcid)\]', term)}
        known = self._known("ncbi")
        if names:
            found = [one for one in known if {one.doi.casefold(), one.pmcid.casefold()} & names - {""}]
        elif term.endswith("[Title]"):
            words = set(term.removesuffix("[Title]").split())
            found = [one for one in known if words <= set(plain_key(one.title).split())]
        elif term == "(broken":
            return 200, json.dumps({"esearchresult": {"ERROR": "Unbalanced parentheses"}}).encode()
        else:
            found = [one for one in known if plain_key(term) in plain_key(f"{one.title} {one.abstract}")]
        ids = [one.pmid for one in found if one.pmid]
        most = int(parameters.get("retmax", 20))
        return 200, json.dumps({"esearchresult": {"count": str(len(ids)), "idlist": ids[:most]}}).encode()

    def _europepmc(self, parameters: dict[str, str]) -> tuple[int, bytes]:
        names = re.findall(r'(DOI|EXT_ID|PMCID):"([^"]+)"', parameters["query"])
        fields = {"DOI": "doi", "EXT_ID": "pmid", "PMCID": "pmcid"}
        found = [
            one
            for one in self._known("europepmc")
            if any(getattr(one, fields[kind]).casefold() == name.casefold() for kind, name in names)
        ]
        return 200, json.dumps({"resultList": {"result": [_result(one) for one in found]}}).encode()

    def _crossref(self, path: str, parameters: dict[str, str]) -> tuple[int, bytes]:
        if unknown := set(parameters) - _ALLOWED["crossref"]:
            return 418, f"unknown parameters {unknown}".encode()
        known = [one for one in self._known("crossref") if one.doi]
        doi = unquote(path.removeprefix("/crossref/works").removeprefix("/")).casefold()
        if doi:
            found = [one for one in known if one.doi.casefold() == doi]
            if not found:
                return 404, b"Resource not found."
            return 200, json.dumps(
                {"status": "ok", "message-type": "work", "message": _work(found[0])}
            ).encode()
        words = set(plain_key(parameters["query.bibliographic"]).split())
        ranked = sorted(known, key=lambda one: -len(words & set(plain_key(one.title).split())))
        items = [_work(one) for one in ranked[: int(parameters["rows"])]]
        return 200, json.dumps(
            {"status": "ok", "message-type": "work-list", "message": {"items": items}}
        ).encode()


def _send(
    handler: BaseHTTPRequestHandler, status: int, content: bytes, headers: dict[str, str] | None = None
) -> None:
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def pubmed_xml(papers: list[Paper]) -> str:
    """A PubmedArticleSet as EFetch gives it."""
    return (
        '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January '
        '2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>'
        f"{''.join(map(_article, papers))}</PubmedArticleSet>"
    )


def _article(one: Paper) -> str:
    ids = "".join(
        f'<ArticleId IdType="{kind}">{escape(value)}</ArticleId>'
        for kind, value in (("pubmed", one.pmid), ("doi", one.doi), ("pmc", one.pmcid))
        if value
    )
    abstract = f"<Abstract><AbstractText>{escape(one.abstract)}</AbstractText></Abstract>" * bool(
        one.abstract
    )
    kind = "Retracted Publication" if one.retracted else "Journal Article"
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{one.pmid}</PMID><Article><Journal><JournalIssue>'
        f"<PubDate><Year>{one.year}</Year></PubDate></JournalIssue><ISOAbbreviation>J Test</ISOAbbreviation>"
        f"</Journal><ArticleTitle>{escape(one.title)}</ArticleTitle>{abstract}<AuthorList><Author><LastName>"
        f"{escape(one.author)}</LastName><Initials>K</Initials></Author></AuthorList><PublicationTypeList>"
        f"<PublicationType>{kind}</PublicationType></PublicationTypeList></Article></MedlineCitation>"
        f"<PubmedData><ArticleIdList>{ids}</ArticleIdList></PubmedData></PubmedArticle>"
    )


def _result(one: Paper) -> dict[str, Any]:
    result: dict[str, Any] = {
        "id": one.pmid or one.doi,
        "source": "MED" if one.pmid else "PPR",
        "title": f"{one.title}.",
        "authorString": f"{one.author} K.",
        "authorList": {"author": [{"fullName": f"{one.author} K", "lastName": one.author, "initials": "K"}]},
        "pubYear": str(one.year),
        "journalInfo": {"yearOfPublication": one.year, "journal": {"title": "Journal of Tests"}},
    }
    names = {"pmid": one.pmid, "doi": one.doi, "pmcid": one.pmcid, "abstractText": one.abstract}
    return result | {name: value for name, value in names.items() if value}


def _work(one: Paper) -> dict[str, Any]:
    return {
        "DOI": one.doi,
        "type": "journal-article",
        "title": [one.title],
        "author": [{"family": one.author, "given": "K", "sequence": "first"}],
        "container-title": ["Journal of Tests"],
        "issued": {"date-parts": [[one.year, 3]]},
        **({"abstract": f"<jats:p>{escape(one.abstract)}</jats:p>"} if one.abstract else {}),
    }
