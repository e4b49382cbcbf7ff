"""The endpoints over plain HTTP: JSON in, JSON out, described by OpenAPI; an error is a sentence."""

from __future__ import annotations

import html
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, File, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.security import HTTPBasic
from starlette.exceptions import HTTPException

from index.errors import LibraryBusy, LibraryError, LitquoteError, NoDocument, ReadOnly, UsageError
from index.manifest import litquote_version
from qa.service import MOST_CHARACTERS, MOST_CLOSEST, MOST_HITS, MOST_LISTED, Service
from web import api_forms as forms

#: What an error is called in HTTP; the first that fits.
STATUS: tuple[tuple[type[LitquoteError], int], ...] = (
    (NoDocument, 404),
    (UsageError, 400),
    (ReadOnly, 403),
    (LibraryBusy, 409),
    (LibraryError, 503),
)
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": forms.Problem, "description": "what was asked cannot be meant"},
    404: {"model": forms.Problem, "description": "the library holds no document of that name"},
    422: {"model": forms.Problem, "description": "a value is missing or of another kind"},
    429: {"model": forms.Problem, "description": "asked too often"},
    503: {"model": forms.Problem, "description": "the library cannot be used"},
}
_Question = Annotated[str, Query(max_length=MOST_CHARACTERS, description="in full words")]
_Id = Annotated[str, Query(max_length=MOST_CHARACTERS, description="id, DOI, PMID or PMCID")]


def build(service: Service) -> FastAPI:
    """The app of the endpoints, to be mounted beside the page."""
    who = [Depends(HTTPBasic(auto_error=False))] if service.policy.accounts else []
    api = FastAPI(
        title="litquote",
        version=litquote_version(),
        description="Verbatim quotations from the papers of a library. Positions are Unicode code points.",
        docs_url=None,  # they load their scripts from the network
        redoc_url=None,
        dependencies=who,
    )
    _handle_errors(api)
    _add_questions(api, service)
    _add_documents(api, service)

    @api.get("/", include_in_schema=False)
    def documentation() -> HTMLResponse:
        return HTMLResponse(page(api.openapi()))

    return api


def _answering(form: type, told: str) -> dict[str, Any]:
    """What a route says about its answer; the dict itself is sent unchanged."""
    return {"response_model": None, "responses": {200: {"model": form, "description": told}, **_PROBLEMS}}


def _query_filters(
    years: str = "",
    journal: Annotated[list[str], Query()] = [],  # noqa: B006  FastAPI copies it
    author: Annotated[list[str], Query()] = [],  # noqa: B006
    type: Annotated[list[str], Query()] = [],  # noqa: B006
    design: Annotated[list[str], Query()] = [],  # noqa: B006
    section: Annotated[list[str], Query()] = [],  # noqa: B006
    document: Annotated[list[str], Query()] = [],  # noqa: B006
    retracted: str = "",
) -> dict[str, Any]:
    """The filters of the command line."""
    return dict(locals())


_Filters = Annotated[dict[str, Any], Depends(_query_filters)]


def _given(form: forms.AskForm) -> dict[str, Any]:
    return {} if form.filters is None else form.filters.model_dump()


def _add_questions(api: FastAPI, service: Service) -> None:
    answered = _answering(forms.Answer, "quotes, or not_found with the nearest sentences")

    @api.post("/ask", summary="Quotations that answer a question", **answered)
    def ask(form: forms.AskForm) -> dict[str, Any]:
        """Best first, each with its citation, its place and a measured confidence. Nothing is made up."""
        return service.ask(form.question, _given(form))

    @api.get("/ask", summary="Quotations that answer a question", **answered)
    def ask_by_address(question: _Question, filters: _Filters) -> dict[str, Any]:
        """As POST."""
        return service.ask(question, filters)

    found = _answering(forms.Found, "passages, best first")

    @api.post("/search", summary="Passages for a question", **found)
    def search(form: forms.SearchForm) -> dict[str, Any]:
        """Whole passages, best first, whether they answer or not."""
        return service.search(form.question, form.k, _given(form))

    @api.get("/search", summary="Passages for a question", **found)
    def search_by_address(
        question: _Question, filters: _Filters, k: Annotated[int, Query(ge=1, le=MOST_HITS)] = 10
    ) -> dict[str, Any]:
        """As POST."""
        return service.search(question, k, filters)


def _add_documents(api: FastAPI, service: Service) -> None:
    shown = _answering(forms.Document, "the document")

    @api.post("/show", summary="A document with its whole text", **shown)
    def show(form: forms.ShowForm) -> dict[str, Any]:
        """Text, sections, record and references."""
        return service.show(form.id)

    @api.get("/show", summary="A document with its whole text", **shown)
    def show_by_address(id: _Id) -> dict[str, Any]:
        """As POST."""
        return service.show(id)

    listed = _answering(forms.Sources, "the documents, and how many there are")

    @api.post("/sources", summary="The documents of the library", **listed)
    def sources(form: forms.SourcesForm) -> dict[str, Any]:
        """In the order in which they were added."""
        return service.sources(form.offset, form.limit)

    @api.get("/sources", summary="The documents of the library", **listed)
    def sources_by_address(
        offset: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = MOST_LISTED,
    ) -> dict[str, Any]:
        """As POST."""
        return service.sources(offset, limit)

    checked = _answering(forms.Checked, "the sentences that cite held papers")

    @api.post("/check", summary="Do the cited papers say so?", **checked)
    def check(form: forms.CheckForm) -> dict[str, Any]:
        """Each citing sentence beside the closest sentences of what it cites; no verdict."""
        return service.check(form.id, form.sentence, form.k)

    @api.get("/check", summary="Do the cited papers say so?", **checked)
    def check_by_address(
        id: _Id,
        sentence: Annotated[int | None, Query(ge=1)] = None,
        k: Annotated[int, Query(ge=1, le=MOST_CLOSEST)] = 3,
    ) -> dict[str, Any]:
        """As POST."""
        return service.check(id, sentence, k)

    added = _answering(forms.Report, "what became of each file")
    added["responses"] |= {
        403: {"model": forms.Problem, "description": "the library is open for reading only"},
        409: {"model": forms.Problem, "description": "another process is writing"},
        413: {"model": forms.Problem, "description": "the files are too large"},
    }

    @api.post("/add", summary="Add papers", **added)
    def add(
        files: Annotated[list[UploadFile], File(description="PDF, JATS, PubMed, RIS, …")],
    ) -> dict[str, Any]:
        """Files as multipart/form-data, under the name files. One that cannot be read stops no other."""
        service.policy.allow_change()
        with tempfile.TemporaryDirectory(prefix="litquote-", ignore_cleanup_errors=True) as folder:
            paths = [
                _stored(Path(folder), number, file.filename or "", file.file.read)
                for number, file in enumerate(files)
            ]
            return service.add(paths)


def _stored(folder: Path, number: int, name: str, read: Callable[[int], bytes]) -> Path:
    """An uploaded file under its own name, in a folder of its own, since two may be called the same."""
    path = folder / str(number) / safe_name(name)
    path.parent.mkdir()
    with path.open("wb") as stream:
        while piece := read(1 << 20):
            stream.write(piece)
    return path


def safe_name(name: str) -> str:
    """The last part of a name, as a file may be called on every system."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(one if one.isprintable() and one not in '<>:"|?*' else "_" for one in last).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    short = kept if len(kept.encode()) <= 150 else f"{(stem or kept)[:35]}{dot}{ending[:10] if stem else ''}"
    return f"_{short}" if short.split(".")[0].upper() in _DEVICES or not short else short


#: Names that Windows keeps for devices.
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{kind}{n}" for kind in ("COM", "LPT") for n in range(1, 10))}


def _handle_errors(api: FastAPI) -> None:
    """Every error is ``{"error": sentence}``."""

    @api.exception_handler(LitquoteError)
    def ours(_: Request, error: LitquoteError) -> JSONResponse:
        status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
        return JSONResponse({"error": str(error)}, status)

    @api.exception_handler(RequestValidationError)
    def unfit(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": _first(error.errors())}, 422)

    @api.exception_handler(HTTPException)
    def unknown(_: Request, error: HTTPException) -> JSONResponse:
        said = {404: "there is no such endpoint; see /api", 405: "this endpoint is called by another method"}
        return JSONResponse({"error": said.get(error.status_code, str(error.detail))}, error.status_code)

    @api.exception_handler(Exception)
    def failed(_: Request, __: Exception) -> JSONResponse:
        return JSONResponse({"error": "this failed inside litquote; its terminal shows how"}, 500)


def _first(errors: Sequence[Mapping[str, Any]]) -> str:
    """The first of pydantic's complaints, without the value that was sent."""
    one = errors[0]
    if one.get("type") == "json_invalid":
        return "the request is no JSON"
    place = ".".join(str(part) for part in one.get("loc", ()) if part not in {"body", "query"})[:200]
    told = str(one.get("msg", "cannot be read"))
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{place or 'the request'}: {told[:1].lower()}{told[1:]}{more}"


def page(described: Mapping[str, Any]) -> str:
    """The OpenAPI description for people; without scripts, for none may be loaded from elsewhere."""
    rows = []
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            answer = told["responses"]["200"]
            form = answer["content"]["application/json"]["schema"].get("$ref", "").rpartition("/")[2]
            names = [f"<code>{html.escape(one['name'])}</code>" for one in told.get("parameters", ())]
            for kind, body in told.get("requestBody", {}).get("content", {}).items():
                names.append(f"{html.escape(kind)}: {_linked(body['schema'])}")
            rows.append(
                f"<h2>{method.upper()} /api{html.escape(path)}</h2><p>{html.escape(told['summary'])}. "
                f"{html.escape(told.get('description', ''))}</p><p>Takes {', '.join(names) or 'nothing'}; "
                f"returns <a href='#{form}'>{form}</a>: {html.escape(answer['description'])}.</p>"
            )
    for name, schema in described["components"]["schemas"].items():
        fields = "".join(
            f"<li><code>{field}</code> {_linked(one)} {html.escape(one.get('description', ''))}</li>"
            for field, one in schema.get("properties", {}).items()
        )
        said = html.escape(schema.get("description", ""))
        rows.append(f"<h3 id='{html.escape(name)}'>{html.escape(name)}</h3><p>{said}</p><ul>{fields}</ul>")
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>litquote: endpoints</title>"
        "<meta name='viewport' content='width=device-width'>"
        "<style>body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}</style>"
        "<h1>litquote: endpoints</h1>"
        f"<p>{html.escape(described['info']['description'])} <a href='openapi.json'>openapi.json</a></p>"
        f"{''.join(rows)}</html>"
    )


def _linked(schema: Mapping[str, Any]) -> str:
    """What a field holds, in a few words."""
    if "$ref" in schema:
        name = html.escape(schema["$ref"].rpartition("/")[2])
        return f"<a href='#{name}'>{name}</a>"
    if "anyOf" in schema:
        return " or ".join(_linked(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_linked(schema.get('items', {}))}"
    return html.escape(str(schema.get("type", "any")))
