"""What programs and strangers meet: endpoints of the page, the HTTP app beside it, the guard before both."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

from starlette.middleware import Middleware
from starlette.routing import Mount

from index.errors import LitquoteError, UsageError
from index.locking import forbid_writes
from qa.assistant import Assistant
from qa.policy import LOOPBACK, Policy, is_loopback
from qa.service import Service
from web import api
from web.guard import API, Guard

#: What the page asks for without a click: cheap, and counted apart.
_UNASKED = frozenset({"load", "then", "success", "tick"})
#: Parts of the page that change the library, by their element ids.
_CHANGING = frozenset({"lq-upload", "lq-fetch", "lq-fetching", "lq-upkeep"})


def publish(
    gr: Any,
    app: Any,
    assistant: Callable[[], Assistant],
    policy: Policy,
    *,
    takes_papers: Callable[[], bool] = lambda: True,
) -> None:
    """Name the endpoints in the page ``app`` that is being built, for ``gradio_client``, and obey ``policy``.

    ``gr`` is gradio, which ui.py imports; ``assistant`` that of the library at hand; ``takes_papers`` is
    false for a demo. ``app.service`` is from now on what the endpoints call. Call it first, for their names.
    With ``read_only`` this process changes no library any more, whatever the page does
    (:func:`index.locking.forbid_writes`).
    """
    if policy.read_only:
        forbid_writes()
    app.service = service = Service(assistant, policy, takes_papers=takes_papers)
    ours = Endpoints(service, gr.Error)
    for endpoint in (ours.ask, ours.search, ours.show, ours.sources, ours.check, ours.add):
        name = endpoint.__name__
        # Gradio shows the types as they stand there: not as text.
        Endpoints.__dict__[name].__annotations__ = get_type_hints(endpoint)
        limit = 1 if name == "add" else 4
        gr.api(endpoint, api_name=name, concurrency_id=f"api-{name}", concurrency_limit=limit)


class Endpoints:
    """The service as Gradio documents it: from types and docstrings. Errors become ``failure``."""

    def __init__(self, service: Service, failure: Any) -> None:
        self._service, self._failure = service, failure

    def _told(self, call: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
        try:
            return call(*arguments)
        except LitquoteError as error:
            raise self._failure(str(error), print_exception=False) from error

    def ask(self, question: str, filters: dict[str, Any] | None = None) -> dict[str, Any]:
        """Quotations that answer a question, or status not_found with the nearest sentences.

        Args:
            question: in full words, at most 2,000 characters
            filters: years, journal, author, type, design, section, document, retracted, as of litquote ask
        """
        return self._told(self._service.ask, question, filters)

    def search(self, question: str, k: int = 10, filters: dict[str, Any] | None = None) -> dict[str, Any]:
        """Passages for a question, best first.

        Args:
            question: in full words, at most 2,000 characters
            k: how many, at most 100
            filters: as for ask
        """
        return self._told(self._service.search, question, k, filters)

    def show(self, id: str) -> dict[str, Any]:
        """A document with its whole text, sections, record and references.

        Args:
            id: id, DOI, PMID or PMCID
        """
        return self._told(self._service.show, id)

    def sources(self, offset: int = 0, limit: int = 1000) -> dict[str, Any]:
        """The documents of the library, and how many there are.

        Args:
            offset: the place of the first
            limit: how many, at most 1,000
        """
        return self._told(self._service.sources, offset, limit)

    def check(self, id: str, sentence: int | None = None, k: int = 3) -> dict[str, Any]:
        """For each sentence of a document that cites held papers, what these say closest; no verdict.

        Args:
            id: id, DOI, PMID or PMCID
            sentence: only this one of the sentences that cite, from 1
            k: closest sentences of each cited paper, at most 50
        """
        return self._told(self._service.check, id, sentence, k)

    def add(self, files: list[dict[str, Any]]) -> dict[str, Any]:
        """Add papers; tells what became of each file.

        Args:
            files: a list of gradio_client.handle_file(path)
        """
        return self._told(_add, self._service, files)


def _add(service: Service, files: Any) -> dict[str, Any]:
    """Add what Gradio has stored; a path that a program made up itself is refused."""
    service.policy.allow_change()
    uploads = Path(os.environ["GRADIO_TEMP_DIR"]).resolve()
    paths = []
    for file in files if isinstance(files, list) else [files]:
        path = Path(str(file.get("path", "") if isinstance(file, dict) else file)).resolve()
        if not path.is_relative_to(uploads) or not path.is_file():
            raise UsageError("send the files themselves: gradio_client.handle_file(path)")
        paths.append(path)
    return service.add(paths)


def options(app: Any, host: str) -> dict[str, Any]:
    """What ``app.launch`` takes so that the endpoints and the guard are part of it from its first request."""
    service: Service = app.service
    policy = service.policy
    for block in app.blocks.values() if policy.read_only else ():
        if getattr(block, "elem_id", None) in _CHANGING:  # they would be refused anyway
            block.visible = False
    small = [number for number, call in app.fns.items() if _unasked(call)]
    hosts = {*LOOPBACK, host.strip("[]")} if is_loopback(host) or policy.hosts else None
    guard = Middleware(Guard, policy=policy, hosts=hosts, small=small)
    return {
        "auth": policy.accounts.check if policy.accounts else None,
        "max_file_size": policy.max_upload,
        "app_kwargs": {"routes": [Mount(API, api.build(service))], "middleware": [guard]},
    }


def _unasked(call: Any) -> bool:
    triggers = {event for _, event in call.targets}
    return bool(triggers) and triggers <= _UNASKED
