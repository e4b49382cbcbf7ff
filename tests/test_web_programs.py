"""The served page as programs meet it: endpoints through gradio_client and plain HTTP, and limits."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from index.library import Library
from qa import cli
from qa.accounts import Accounts
from qa.assistant import Assistant
from qa.policy import Policy
from qa.service import Service
from tests.browser import served
from tests.singers import QUESTION, make_library
from web import api_forms as forms
from web.api import STATUS, safe_name
from web.programs import options

ROOT = Path(__file__).resolve().parents[1]
ENDPOINTS = {"/ask", "/search", "/show", "/sources", "/add", "/check"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("open")
    with served(folder, make_library(folder), "--max-upload", "1") as found:
        yield found.rstrip("/")


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Served to strangers: a name is asked for, nothing can be changed, thirty requests a minute."""
    folder = tmp_path_factory.mktemp("closed")
    Accounts(folder / "accounts.json").add("anna", "correct horse")
    options = ("--auth", str(folder / "accounts.json"), "--read-only", "--rate", "30/minute")
    with served(folder, make_library(folder), *options) as found:
        yield found.rstrip("/")


def call(url: str, body: Any = None, raw: bytes | None = None, **headers: str) -> tuple[int, Any]:
    """Status and JSON of a request: POST where there is a body."""
    data = raw if raw is not None else None if body is None else json.dumps(body).encode()
    named = {"content-type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, named), timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def form(**files: bytes) -> tuple[bytes, str]:
    """Files as multipart/form-data; names with ``__`` for a dot."""
    boundary = uuid.uuid4().hex
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{name.replace("__", ".")}"'
        "\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, content in files.items()
    )
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def held(answer: type, value: dict[str, Any]) -> None:
    """``value`` is what the documentation says, and nothing besides."""
    assert answer.model_validate(value).model_dump(by_alias=True, exclude_unset=True) == value


def test_every_endpoint_answers_over_http_what_its_description_says(address: str) -> None:
    status, answer = call(f"{address}/api/ask", {"question": QUESTION})
    assert (status, answer["status"]) == (200, "answered")
    held(forms.Answer, answer)
    assert "Whales & geese 🐟 sing in winter [1]." in [quote["text"] for quote in answer["quotes"]]
    status, found = call(
        f"{address}/api/search", {"question": QUESTION, "k": 2, "filters": {"document": "pmid:71"}}
    )
    assert status == 200 and {hit["document_id"] for hit in found["hits"]} == {"pmid:71"}
    held(forms.Found, found)
    status, whole = call(f"{address}/api/show", {"id": "10.1000/r"})
    assert status == 200
    for quote in answer["quotes"]:
        if quote["document_id"] == whole["id"]:
            assert whole["text"]["content"][quote["start"] : quote["end"]] == quote["text"]
    forms.Document.model_validate(whole)
    status, listed = call(f"{address}/api/sources", {})
    assert status == 200 and listed["total"] >= 2
    held(forms.Sources, listed)
    status, checked = call(f"{address}/api/check", {"id": "10.1000/r", "k": 1})
    held(forms.Checked, checked)
    (sentence,) = checked["sentences"]
    assert sentence["references"][0]["closest"][0]["text"] == "Whales sing in winter."


def test_reading_endpoints_are_called_by_address_as_well(address: str) -> None:
    for path, body, query in (
        ("ask", {"question": "whales", "filters": {"years": "-2000", "section": ["abstract", "title"]}},
         "question=whales&years=-2000&section=abstract&section=title"),
        ("search", {"question": "whales", "k": 1}, "question=whales&k=1"),
        ("show", {"id": "pmid:71"}, "id=pmid:71"),
        ("sources", {"limit": 1}, "limit=1"),
        ("check", {"id": "10.1000/r", "sentence": 1}, "id=10.1000/r&sentence=1"),
    ):  # fmt: skip
        assert call(f"{address}/api/{path}?{query}") == call(f"{address}/api/{path}", body) != (200, {})


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("ask", {"question": " "}, 400, "the question is empty; write what you want to know"),
        ("ask", {"question": "x" * 2001}, 422, "question: string should have at most 2000 characters"),
        ("ask", {"question": 5}, 422, "question: input should be a valid string"),
        ("ask", {"question": "a", "filter": {}}, 422, "filter: extra inputs are not permitted"),
        ("ask", {"question": "a", "filters": {"years": "x"}}, 400,
         "years 'x' is no range; write 2015-2020, 2015- or -2020"),
        ("ask", {}, 422, "question: field required"),
        ("ask", [], 422, "the request: input should be a valid dictionary or object to extract fields from"),
        ("search", {"question": "a", "k": 1000}, 422, "k: input should be less than or equal to 100"),
        ("show", {"id": "pmid:9"}, 404,
         "no document 'pmid:9' in this library; list them with: litquote sources"),
        ("check", {"id": "pmid:71"}, 400, None),
        ("nothing", {}, 404, "there is no such endpoint; see /api"),
    ],
)  # fmt: skip
def test_an_error_is_a_status_and_a_sentence(
    address: str, path: str, body: Any, status: int, said: str | None
) -> None:
    found, told = call(f"{address}/api/{path}", body)
    assert found == status and told.keys() == {"error"}
    assert said is None or told["error"] == said


def test_what_is_no_json_and_what_is_another_method_are_told(address: str) -> None:
    assert call(f"{address}/api/ask", raw=b"{") == (422, {"error": "the request is no JSON"})
    assert call(f"{address}/api/ask", raw=b'{"question": "\\ud800"}')[0] in {400, 422}
    assert call(f"{address}/api/add") == (405, {"error": "this endpoint is called by another method"})
    assert call(f"{address}/api/ask", raw=b"x" * 1_000_001)[0] == 413


def test_the_description_is_openapi_without_anything_from_elsewhere(address: str) -> None:
    status, described = call(f"{address}/api/openapi.json")
    assert status == 200 and described["openapi"].startswith("3.1")
    assert set(described["paths"]) == ENDPOINTS
    for path in ENDPOINTS - {"/add"}:
        for told in described["paths"][path].values():
            assert told["summary"] and told["responses"]["200"]["content"]["application/json"]["schema"]
    with urllib.request.urlopen(f"{address}/api/") as answer:
        page = answer.read().decode()
    assert all(f"POST /api{path}<" in page for path in ENDPOINTS)
    assert "<script" not in page and "http://" not in page and "https://" not in page


def test_files_are_added_under_their_own_names_and_asked_at_once(address: str) -> None:
    body, kind = form(
        moon__txt="On the moon\n\nThe moon is far away 🌙.\n".encode(), broken__pdf=b"%PDF-1.4 x"
    )
    status, report = call(f"{address}/api/add", raw=body, content_type=kind)
    assert status == 200
    held(forms.Report, report)
    assert [one["uri"] for one in report["added"]] == ["moon.txt"]
    assert [one["uri"] for one in report["failed"]] == ["broken.pdf"]
    _, found = call(f"{address}/api/search", {"question": "Is the moon far away?", "k": 1})
    assert "moon" in found["hits"][0]["text"]
    body, kind = form(large__txt=b"x" * 1_000_000)
    assert call(f"{address}/api/add", raw=body, content_type=kind)[0] == 413
    request = urllib.request.Request(f"{address}/gradio_api/upload", body, {"content-type": kind})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200, "a file of just 1 MB"
    body, kind = form(large__txt=b"x" * 1_000_001)
    request = urllib.request.Request(f"{address}/gradio_api/upload", body, {"content-type": kind})
    with pytest.raises(urllib.error.HTTPError, match="413") as refused:
        urllib.request.urlopen(request)
    refused.value.close()


def test_gradio_s_client_finds_and_calls_the_endpoints(address: str, tmp_path: Path) -> None:
    script = """
import json, sys
from gradio_client import Client, handle_file
address, path = sys.argv[1:]
client = Client(address, verbose=False)
told = client.view_api(return_format="dict", print_info=False)
print(json.dumps(told["named_endpoints"]))
print(json.dumps(client.predict("Do whales sing in winter?", {"document": "pmid:71"}, api_name="/ask")))
print(json.dumps(client.predict(question="whales", k=1, api_name="/search")))
print(json.dumps(client.predict("pmid:71", api_name="/show")))
print(json.dumps(client.predict("10.1000/r", api_name="/check")))
print(json.dumps(client.predict([handle_file(path)], api_name="/add")))
print(json.dumps(client.predict(api_name="/sources")))
for sent, name in ((" ", "/ask"), ([{"path": path}], "/add"), ("pmid:9", "/show")):
    try:
        client.predict(sent, api_name=name)
    except Exception as error:
        print(error)
"""
    stars = tmp_path / "stars.txt"
    stars.write_text("On stars\n\nStars are far away.\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", script, address, str(stars)],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    lines = done.stdout.splitlines()
    told, answer, found, whole, checked, report, listed = (json.loads(line) for line in lines[:7])
    assert set(told) == ENDPOINTS
    assert [one["parameter_name"] for one in told["/search"]["parameters"]] == ["question", "k", "filters"]
    assert all(one["description"] for one in told.values())
    assert answer == call(
        f"{address}/api/ask", {"question": "Do whales sing in winter?", "filters": {"document": "pmid:71"}}
    )[1] | {"library": answer["library"], "filters": answer["filters"]}
    assert found["hits"][0]["document_id"] in {"pmid:71", "doi:10.1000/r"} and len(found["hits"]) == 1
    assert whole["id"] == "pmid:71" and checked["sentences"][0]["number"] == 1
    assert [one["uri"] for one in report["added"]] == ["stars.txt"]
    assert "On stars" in [one["title"] for one in listed["documents"]]
    assert lines[7:] == [
        "the question is empty; write what you want to know",
        "send the files themselves: gradio_client.handle_file(path)",
        "no document 'pmid:9' in this library; list them with: litquote sources",
    ]


@pytest.mark.parametrize(
    ("host", "names", "hosts"),
    [
        ("127.0.0.1", (), {"127.0.0.1", "localhost", "::1"}),
        ("127.0.0.2", (), {"127.0.0.1", "127.0.0.2", "localhost", "::1"}),
        ("0.0.0.0", (), None),
        ("0.0.0.0", ("papers.example",), {"127.0.0.1", "localhost", "::1", "0.0.0.0"}),
    ],
)
def test_the_guard_knows_the_names_of_the_page(
    library: Library, host: str, names: tuple[str, ...], hosts: set[str] | None
) -> None:
    unasked = SimpleNamespace(targets=[(1, "load")])
    asked = SimpleNamespace(targets=[(1, "submit"), (2, "click")])
    page = SimpleNamespace(
        service=Service(Assistant(library), Policy(hosts=names, max_upload=5)),
        fns={3: unasked, 4: asked, 5: SimpleNamespace(targets=[])},
        blocks={},
    )
    found = options(page, host)
    (guard,) = found["app_kwargs"]["middleware"]
    assert guard.kwargs["hosts"] == hosts and guard.kwargs["small"] == [3]
    assert found["max_file_size"] == 5 and found["auth"] is None


def test_the_manual_names_every_endpoint_option_and_status() -> None:
    manual = (ROOT / "docs" / "programs.md").read_text("utf-8")
    assert all(f"| `{name}` |" in manual and f"/api{name}" in manual for name in ENDPOINTS)
    for command in ("serve", "auth", "mcp"):
        parser = next(iter(cli._parser()._subparsers._group_actions)).choices[command]  # type: ignore[union-attr, index]
        own = {word for action in parser._actions for word in action.option_strings if word.startswith("--")}
        told = own - {"--help", "--library", "--json", "--reader", "--demo", "--port", "--no-browser"}
        assert told and all(word in manual for word in told), command
    assert all(f"{status} " in manual for _, status in STATUS)


# -- strangers ------------------------------------------------------------------------------------------

ANNA = {"authorization": "Basic " + base64.b64encode(b"anna:correct horse").decode()}


def test_strangers_need_a_name_change_nothing_and_are_counted(closed: str) -> None:
    """One test, in this order: each request counts."""
    for path in ("ask?question=whales", "openapi.json", ""):
        assert call(f"{closed}/api/{path}")[0] == 401
    for path in ("info", "openapi.json"):
        assert call(f"{closed}/gradio_api/{path}")[0] == 401, "Gradio's own description"
    assert call(f"{closed}/gradio_api/call/ask", {"data": ["whales", None]})[0] == 401
    assert call(f"{closed}/api/openapi.json", **ANNA)[1]["components"]["securitySchemes"]
    status, listed = call(f"{closed}/api/sources", **ANNA)
    assert status == 200 and "library" not in listed and "sources" not in listed
    held(forms.Sources, listed)
    body, kind = form(moon__txt=b"On the moon\n\nThe moon is far away.\n")
    said = "this library is open for reading only; nothing can be added, changed, removed or fetched here"
    assert call(f"{closed}/api/add", raw=body, **ANNA | {"content_type": kind}) == (403, {"error": said})
    assert call(f"{closed}/gradio_api/upload", raw=body, content_type=kind) == (403, {"error": said})
    answers = [call(f"{closed}/api/search?question=whales&k=1", **ANNA) for _ in range(32)]
    statuses = [status for status, _ in answers]
    assert statuses[0] == 200 and statuses[-1] == 429 and statuses == sorted(statuses)
    assert answers[-1][1]["error"].startswith("too many requests: 30 a minute are answered; try again in ")
    assert call(f"{closed}/api/sources", **ANNA)[0] == 429


def test_a_name_and_password_open_the_page_s_own_endpoints(closed: str) -> None:
    script = """
import sys
from gradio_client import Client
try:
    Client(sys.argv[1], verbose=False)
except Exception as error:
    print(type(error).__name__)
client = Client(sys.argv[1], auth=("anna", "correct horse"), verbose=False)
print(len(client.view_api(return_format="dict", print_info=False)["named_endpoints"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, closed], capture_output=True, text=True, timeout=90, check=True
    )
    assert done.stdout.splitlines()[-1] == "6" and "Auth" in done.stdout.splitlines()[0]


DESK = """
import sys
from types import SimpleNamespace
from index.library import Library
from index.remote.polite import Polite
from index.remote.services import Services
from qa.assistant import Assistant
from qa.policy import Policy
from web.desk import Desk
from web.programs import publish
desk = Desk(Assistant(Library.open(sys.argv[1])))
gradio = SimpleNamespace(Error=Exception, api=lambda *_, **__: None)
publish(gradio, SimpleNamespace(), lambda: desk.assistant, Policy(read_only=sys.argv[2] == "closed"))
for change in (
    lambda: desk.library.remove(["pmid:71"]),
    lambda: Polite(Services.from_environment()).__exit__(None, None, None),
    lambda: desk.library.rebuild(anew=True),
):
    try:
        change()
        print("done", len(desk.library))
    except Exception as error:
        print(type(error).__name__, len(desk.library))
"""


@pytest.mark.parametrize(("policy", "said"), [("closed", ["ReadOnly 2"] * 3), ("open", ["done 1"] * 3)])
def test_a_read_only_page_neither_writes_nor_asks_the_network(
    tmp_path: Path, policy: str, said: list[str]
) -> None:
    """In a process of its own: it never writes again."""
    command = [sys.executable, "-c", DESK, str(make_library(tmp_path)), policy]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == said


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("paper.pdf", "paper.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\papers\\a.pdf", "a.pdf"),
        ("a\nb\u2028c.txt", "a_b_c.txt"),
        ("..", "_"),
        ("", "_"),
        ("con.pdf", "_con.pdf"),
        ('q:"?*.ris', "q____.ris"),
        ("ü🐟.xml", "ü🐟.xml"),
    ],
)
def test_an_uploaded_name_becomes_one_that_every_system_takes(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_ending() -> None:
    short = safe_name("ü" * 500 + ".xml")
    assert short.endswith(".xml") and len(short.encode()) <= 150
