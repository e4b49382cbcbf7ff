"""The web page: its parts and their events. The only importer of gradio; all it shows comes from :mod:`web`.

The chat is drawn as HTML of our own and not by ``gr.Chatbot``, which would pass quotes through
Markdown and LaTeX: what stands in quotation marks must reach the reader character for character.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from index.privacy import go_offline

go_offline()

import gradio as gr  # noqa: E402  only after everything that calls home is switched off

from index.errors import UsageError  # noqa: E402
from qa.assistant import Assistant  # noqa: E402
from qa.policy import Policy  # noqa: E402
from web import filters, papers, programs, render  # noqa: E402
from web.page import Choices, Page  # noqa: E402
from web.rooms import Rooms  # noqa: E402
from web.shelf import STATUSES  # noqa: E402
from web.talk import Talk  # noqa: E402

_WEB = Path(render.__file__).parent
_HIDDEN: Mapping[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
#: Seconds between looks whether another tab or program has changed the library.
_LOOK = 4.0


class _Parts:
    """The page's parts by name, and their events."""

    def __init__(self) -> None:
        self._parts: dict[str, Any] = {}
        self._script = (_WEB / "page.js").read_text(encoding="utf-8")

    def html(self, name: str, value: str = "") -> gr.HTML:
        """A part drawn by :mod:`web`."""
        part = gr.HTML(value, elem_id=f"lq-{name}", js_on_load=self._script, apply_default_css=False)
        self._parts[name] = part
        return part

    def named(self, name: str, part: Any) -> Any:
        """``part``, found by ``name`` from now on."""
        self._parts[name] = part
        return part

    def __getitem__(self, name: str) -> Any:
        return self._parts[name]

    def on(
        self,
        events: Any,
        method: Callable[..., Any],
        *inputs: str,
        changes: Sequence[str] = (),
        **more: Any,
    ) -> Any:
        """Let ``method`` answer ``events``: it gets the parts ``inputs`` and may change any, or ``changes``.

        ``events`` are a list, or one that was answered already, after which this follows. Of long work (a
        generator) another of the same is dropped while it runs; else each event is answered. A method whose
        first parameter is ``value`` gets the click's value before them, one whose first is ``query`` the
        address's and the user's name.
        """
        chosen = [self._parts[name] for name in inputs]
        outputs = [self._parts[name] for name in changes or self._parts]
        mode = "once" if inspect.isgeneratorfunction(method) else "multiple"
        answering, options = self._answering(method), {**_HIDDEN, "trigger_mode": mode, **more}
        if isinstance(events, list):
            return gr.on(events, answering, chosen, outputs, **options)
        return events.then(answering, chosen, outputs, **options)

    def _answering(self, method: Callable[..., Any]) -> Callable[..., Any]:
        first = next(iter(inspect.signature(method).parameters), "")

        def given(event: gr.EventData | None, request: gr.Request, inputs: Sequence[Any]) -> Sequence[Any]:
            if first == "query":
                return (str(request.query_params), str(request.username or ""), *inputs)
            data = getattr(event, "_data", None)
            return (data if isinstance(data, Mapping) else {}, *inputs) if first == "value" else inputs

        def steps(event: gr.EventData, request: gr.Request, *inputs: Any) -> Iterator[Any]:
            for values in method(*given(event, request, inputs)):
                yield self._changes(values)

        def once(event: gr.EventData, request: gr.Request, *inputs: Any) -> Any:
            return self._changes(method(*given(event, request, inputs)) or {})

        return steps if inspect.isgeneratorfunction(method) else once

    def _changes(self, values: Mapping[str, Any]) -> Any:
        if not values:
            return gr.skip()
        return {self._parts[name]: _change(name, value) for name, value in values.items()}


def _change(name: str, value: Any) -> Any:
    if isinstance(value, Choices):
        return gr.update(choices=list(value.offered), value=value.value)
    return gr.Tabs(selected=value) if name == "side" else value


def build_app(
    assistant: Assistant, *, own_library: Path | None = None, policy: Policy | None = None
) -> gr.Blocks:
    """The page over ``assistant``; when that is a demo, papers are added to ``own_library`` instead.

    ``policy`` is what those who open it may do; with ``read_only`` this process changes no library any more.

    Its style is given at launch (:func:`serve`). Raises LitquoteError when the library cannot be used.
    """
    # Gradio's default is one folder for all users of a machine, which the first of them owns.
    import platformdirs

    os.environ.setdefault(
        "GRADIO_TEMP_DIR", str(Path(platformdirs.user_cache_dir("litquote", appauthor=False), "uploads"))
    )
    page, parts = Page(Rooms(assistant, own_library=own_library, policy=policy)), _Parts()
    desk = page.desk(Talk())
    with gr.Blocks(title="litquote", analytics_enabled=False, fill_width=True) as app:
        programs.publish(
            gr, app, lambda: desk.assistant, policy or Policy(), takes_papers=lambda: not desk.demo
        )
        parts.named("talk", gr.State(Talk()))
        parts.html("header", desk.head())
        parts.html("address")
        parts.html("file")
        with gr.Row(elem_id="lq-main"):
            with gr.Column(scale=6, min_width=300, elem_id="lq-asking"):
                _asking(parts, Talk().html(empty=not len(desk.library)))
            with gr.Column(scale=5, min_width=300, elem_id="lq-reading"):
                _reading(parts, "paper" if len(desk.library) else "library")
        _events(app, page, parts)
    return app


def _asking(parts: _Parts, log: str) -> None:
    """The chat, the question, the filters."""
    parts.html("log", log)
    with gr.Row(elem_id="lq-ask"):
        parts.named("question", gr.Textbox(
            label="Your question", placeholder="Ask in full words, as you would ask a colleague",
            lines=1, max_lines=4, autofocus=True, scale=8, min_width=160, elem_id="lq-question",
        ))  # fmt: skip
        parts.named("button", gr.Button("Ask", variant="primary", scale=1, min_width=80, elem_id="lq-button"))
    with gr.Accordion("Filters and options", open=False, elem_id="lq-filters"):
        with gr.Row():
            for name, label in (("years_from", "Years from"), ("years_to", "Years to")):
                parts.named(name, gr.Number(None, label=label, precision=0, min_width=90))
            parts.named("retracted", gr.Dropdown(
                [("Show all", "all"), ("Leave out retracted", "no"), ("Only retracted", "only")],
                value="all", label="Retracted papers", min_width=160,
            ))  # fmt: skip
        with gr.Row():
            for field in filters.FIELDS:
                parts.named(field.name, gr.Dropdown(
                    [], value=[], label=field.label, multiselect=True, allow_custom_value=True, min_width=180,
                ))  # fmt: skip
        parts.named("complete", gr.Checkbox(
            True, label="Complete follow-up questions from the conversation", container=False,
            elem_id="lq-complete",
        ))  # fmt: skip
    parts.html("filtered")
    gr.HTML(render.PROMISE, apply_default_css=False)


def _reading(parts: _Parts, selected: str) -> None:
    """The paper beside the chat, and the library."""
    parts.html("work")
    with parts.named("side", gr.Tabs(selected=selected, elem_id="lq-side")):
        with gr.Tab("In the paper", id="paper"):
            parts.html("panel", papers.nothing_shown())
        with gr.Tab("Library", id="library"):
            parts.named("upload", gr.File(
                label="Add papers", file_count="multiple", height=130, elem_id="lq-upload",
            ))  # fmt: skip
            gr.HTML(render.FORMATS, apply_default_css=False)
            with gr.Row(elem_id="lq-fetching"):
                parts.named("names", gr.Textbox(
                    label="Fetch by PMID, DOI, PMCID or a PubMed query", lines=1, max_lines=4, scale=4,
                    placeholder="12345678 10.1000/xyz, or: metformin AND cancer", min_width=180,
                ))  # fmt: skip
                parts.named("look_up", gr.Button("Look up", scale=1, min_width=90))
            parts.html("lacking")
            parts.named("words", gr.Textbox(label="Search the table", elem_id="lq-words"))
            with gr.Row(elem_id="lq-seeking"):
                for name, label in (("kind", "Type"), ("year", "Year")):
                    parts.named(name, gr.Dropdown(
                        [(f"All {label.lower()}s", "")], value="", label=label, min_width=120,
                    ))  # fmt: skip
                parts.named("status", gr.Dropdown(
                    [("All", ""), *((word.capitalize(), word) for word in STATUSES)], value="",
                    label="Status", min_width=120,
                ))  # fmt: skip
            parts.html("shelf")
            with gr.Row(elem_id="lq-upkeep"):
                for name, label in (("rebuild", "Rebuild"), ("verify", "Verify"), ("rollback", "Roll back")):
                    parts.named(name, gr.Button(label, size="sm", min_width=90))
        with gr.Tab("Table", id="table"):
            parts.named("questions", gr.Textbox(
                label="Questions, one a line, to be asked of every paper that the filters leave",
                lines=3, max_lines=12, elem_id="lq-questions",
            ))  # fmt: skip
            parts.named("tabulate", gr.Button("Make the table", size="sm"))
            parts.html("table")
            parts.named("files", gr.File(
                label="The table as XLSX and CSV", interactive=False, visible=True, elem_id="lq-files"
            ))  # fmt: skip
        with gr.Tab("Notes", id="notes"):
            parts.html("notes")
        with gr.Tab("Libraries", id="libraries"):
            parts.html("rooms")


def _events(app: gr.Blocks, page: Page, parts: _Parts) -> None:
    """Which event of which part is answered how."""
    at, on = parts, parts.on
    chat = ("question", "talk", "log", "address", "notes")
    fields = ("years_from", "years_to", *(field.name for field in filters.FIELDS), "retracted")
    library = ("talk", "header", "shelf", "lacking", "kind", "year")
    worked = ("work", *library, *fields, "log", "rooms", "notes")
    asking: dict[str, Any] = {"concurrency_id": "ask", "concurrency_limit": 4, "trigger_mode": "multiple"}

    # One after the other: gradio makes a tab's state when it is first asked for, twice if by two at once.
    opened = on([app.load], page.opened, "talk", changes=(*chat, *fields, *library, "filtered", "rooms"),
                **asking)  # fmt: skip
    on(opened, page.examples, "talk", changes=("log",))
    on([gr.Timer(_LOOK).tick], page.ticked, "talk", changes=library)

    on([at["question"].submit, at["button"].click], page.ask, "question", "talk", "complete",
       changes=chat, **asking)  # fmt: skip
    on([at["log"].submit], page.example, "talk", changes=chat, **asking)
    on([at["log"].retry], page.again, "talk", changes=(*chat, *fields, "filtered"), **asking)
    on([at["log"].stop], page.stop, "talk", changes=("talk",))
    on([at["log"].clear], page.cleared, "talk", changes=(*chat, "panel"))
    on([at[name].input for name in fields], page.narrowed, "talk", *fields,
       changes=("talk", "filtered", "address"), trigger_mode="always_last")  # fmt: skip

    on([at[name].click for name in ("log", "shelf", "panel")], page.show, "talk", changes=("panel", "side"))
    moved = (*chat, *fields, *library, "filtered", "rooms", "panel", "work", "table", "files")
    on([at["rooms"].click], page.entered, "talk", changes=moved)
    on([at["rooms"].submit], page.created, "talk", changes=moved)
    on([at["rooms"].delete], page.erased, "talk", changes=moved)
    on([at["rooms"].edit], page.renamed, "talk", changes=("rooms", "header", "work"))

    tabled = ("table", "talk", "work", "files")
    on([at["tabulate"].click], page.tabulated, "questions", "talk", changes=tabled)
    on([at["table"].click], page.show, "talk", changes=("panel", "side"))
    on([at["table"].tick], page.marked_row, "talk", changes=tabled)
    on([at["table"].edit], page.noted_row, "talk", changes=tabled)

    noted = ("notes", "talk", "work")
    on([at["notes"].click], page.reopened, "talk", changes=("log", "talk", "panel", "side", "work"))
    on([at["notes"].double_click], page.show, "talk", changes=("panel", "side"))
    on([at["notes"].select], page.noted, "talk", changes=("notes",))
    on([at["notes"].edit], page.retitled, "talk", changes=noted)
    on([at["notes"].delete], page.deleted, "talk", changes=noted)
    on([at["notes"].input], page.kept, "talk", changes=noted)
    on([at["notes"].undo], page.forgotten, "talk", changes=noted)
    on([at["notes"].apply], page.rerun, "talk", changes=noted)
    on([at["log"].apply], page.saved, "talk", changes=noted)
    on([at["log"].expand], page.exported, "talk", changes=("file", "work"))
    on([at["log"].like], page.judged, "talk", changes=("log", "talk", "work"))

    on([at["shelf"].select], page.turned, "talk", changes=("shelf", "talk"))
    on([at["shelf"].expand], page.unfolded, "talk", changes=("shelf", "talk"))
    on([at["words"].change, *(at[name].input for name in ("kind", "year", "status"))], page.sought,
       "talk", "words", "kind", "year", "status", changes=("shelf", "talk"),
       trigger_mode="always_last")  # fmt: skip

    on([at["upload"].upload], page.add, "upload", "talk", changes=(*worked, "upload", "address"))
    on([at["look_up"].click, at["names"].submit], page.look_up, "names", "talk", changes=("work",))
    for name in ("log", "shelf", "panel", "work", "lacking"):
        on([at[name].download], page.fetch, "talk", changes=worked)
    on([at["work"].clear], page.dismissed, changes=("work",))
    on([at["shelf"].delete], page.remove, "talk", changes=worked, trigger_mode="multiple")
    for name, method in (("rebuild", page.rebuild), ("verify", page.verify), ("rollback", page.rollback)):
        on([at[name].click], method, "talk", changes=worked)


def serve(
    assistant: Assistant,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    open_browser: bool = True,
    own_library: Path | None = None,
    policy: Policy | None = None,
) -> None:
    """Show the page until stopped (Ctrl+C); ``port`` is by default 7860 or the next one free.

    ``own_library`` and ``policy`` as for :func:`build_app`.
    Raises UsageError when the address cannot be used, LitquoteError when the library cannot.
    """
    # Gradio looks at its own page first: with a proxy set, that look would leave the machine.
    for name in ("NO_PROXY", "no_proxy"):
        known = [part for part in os.environ.get(name, "").split(",") if part]
        os.environ[name] = ",".join(dict.fromkeys([*known, "127.0.0.1", "localhost", "::1", host]))
    app = build_app(assistant, own_library=own_library, policy=policy)
    system = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    try:
        _, address, _ = app.queue().launch(
            server_name=host,
            server_port=port,
            inbrowser=open_browser,
            theme=gr.themes.Base(
                primary_hue="teal", neutral_hue="slate", font=system, font_mono=["ui-monospace", "monospace"]
            ),
            css="\n".join(sheet.read_text(encoding="utf-8") for sheet in sorted(_WEB.glob("*.css"))),
            footer_links=[],
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            enable_monitoring=False,
            run_history=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            **programs.options(app, host),
        )
    except OSError as error:
        place = f"port {port} of {host}" if port else f"no port from 7860 on of {host}"
        raise UsageError(f"{place} is {'taken' if port else 'free'}; name another with --port") from error
    sys.stdout.write(f"litquote is open at {address} (stop it with Ctrl+C)\n")
    sys.stdout.flush()
    app.block_thread()


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m ui``: the same as ``litquote serve``, with its options and exit codes."""
    from qa.cli import main as command

    return command(["serve", *(sys.argv[1:] if argv is None else argv)])


if __name__ == "__main__":
    sys.exit(main())
