"""The chat page. The only importer of gradio; what the page shows is written in :mod:`web`.

The chat is drawn as HTML of our own and not by ``gr.Chatbot``, which would pass quotes through
Markdown and LaTeX: what stands in quotation marks must reach the reader character for character.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from index.privacy import go_offline

go_offline()

import gradio as gr  # noqa: E402  only after everything that calls home is switched off

from index.errors import UsageError  # noqa: E402
from qa.assistant import Assistant  # noqa: E402
from qa.policy import Policy  # noqa: E402
from qa.records import Answer  # noqa: E402
from web import papers, programs, render  # noqa: E402
from web.desk import Desk  # noqa: E402

_WEB = Path(render.__file__).parent


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
    desk = Desk(assistant, own_library=own_library)
    script = (_WEB / "page.js").read_text(encoding="utf-8")
    head, listed = desk.overview()

    def html(value: str, name: str) -> gr.HTML:
        return gr.HTML(value, elem_id=name, js_on_load=script, apply_default_css=False)

    def draw(turns: list[str]) -> str:
        return render.transcript(turns, empty=not len(desk.library))

    def ask(
        question: str, turns: list[str], history: list[Answer], complete: bool
    ) -> Iterator[tuple[str, list[str], list[Answer], str]]:
        yield "", turns, history, draw([*turns, render.question(question, render.pending())])
        body, history = desk.ask(question, history, complete=complete)
        turns = [*turns, render.question(question, body)]
        yield "", turns, history, draw(turns)

    def ask_example(
        turns: list[str], event: gr.EventData
    ) -> Iterator[tuple[str, list[str], list[Answer], str]]:
        yield from ask(str(event._data.get("ask", "")), turns, [], False)

    def show(event: gr.EventData) -> tuple[str, Any]:
        return desk.show(event._data), gr.Tabs(selected="paper")

    def add(paths: Sequence[str] | None, turns: list[str]) -> Iterator[tuple[Any, ...]]:
        done = ""
        for done in desk.add(paths or []):
            yield done, *[gr.skip()] * 5
        # The list is there at once; looking for examples asks questions, which takes longer.
        yield done, None, *desk.overview(), gr.skip(), draw(turns)
        yield *[gr.skip()] * 4, desk.examples(), gr.skip()

    with gr.Blocks(title="litquote", analytics_enabled=False, fill_width=True) as app:
        takes = {"takes_papers": lambda: desk.own_library is None}
        programs.publish(gr, app, lambda: desk.assistant, policy or Policy(), **takes)
        turns, history = gr.State([]), gr.State([])
        header = html(head, "lq-header")
        with gr.Row(elem_id="lq-main"):
            with gr.Column(scale=6, min_width=340):
                log = html(draw([]), "lq-chat")
                with gr.Row(elem_id="lq-ask"):
                    box = gr.Textbox(
                        label="Your question", placeholder="Ask in full words, as you would ask a colleague",
                        lines=1, max_lines=4, autofocus=True, scale=8, min_width=160, elem_id="lq-question",
                    )  # fmt: skip
                    button = gr.Button("Ask", variant="primary", scale=1, min_width=80)
                complete = gr.Checkbox(
                    True, label="Complete follow-up questions from the conversation",
                    container=False, elem_id="lq-complete",
                )  # fmt: skip
                tries = html(desk.examples(), "lq-examples")
            with (
                gr.Column(scale=5, min_width=340),
                gr.Tabs(selected="paper" if len(desk.library) else "sources", elem_id="lq-side") as tabs,
            ):
                with gr.Tab("In the paper", id="paper"):
                    panel = html(papers.nothing_shown(), "lq-panel")
                with gr.Tab("Sources", id="sources"):
                    upload = gr.UploadButton(
                        "Add papers (PDF, web pages, PubMed, RIS, BibTeX, JATS, Word, …)",
                        file_count="multiple", elem_id="lq-upload",
                    )  # fmt: skip
                    lacking = html("", "lq-lacking")
                    fetcher = gr.Button("Fetch them", visible=False, elem_id="lq-fetch")
                    report = html("", "lq-added")
                    shelf = html(listed, "lq-shelf")
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        chat = {
            "outputs": [box, turns, history, log],
            "concurrency_id": "ask",
            "concurrency_limit": 4,
            **hidden,
        }
        gr.on([box.submit, button.click], ask, [box, turns, history, complete], **chat)
        tries.click(ask_example, turns, **chat)
        for clicked in (log, shelf, panel):
            clicked.click(show, None, [panel, tabs], **hidden)
        added = upload.upload(add, [upload, turns], [report, upload, header, shelf, tries, log], **hidden)
        fetched = fetcher.click(_fetch(desk, draw), turns, [report, header, shelf, log], **hidden)
        for changed in (added, fetched, app.load):
            getattr(changed, "then", changed)(_offer(desk), None, [lacking, fetcher], **hidden)
        app.load(desk.overview, None, [header, shelf], **hidden)
        app.load(desk.examples, None, tries, **hidden)
    return app


def _offer(desk: Desk) -> Callable[[], tuple[str, Any]]:
    """What fetching would bring and send, and the button for it where there is something."""

    def offer() -> tuple[str, Any]:
        told = desk.lacking()
        return told, gr.Button(visible=bool(told))

    return offer


def _fetch(desk: Desk, draw: Callable[[list[str]], str]) -> Callable[[list[str]], Iterator[tuple[Any, ...]]]:
    """Fetch, telling how far it is, then draw what has changed."""

    def fetch(turns: list[str]) -> Iterator[tuple[Any, ...]]:
        done = ""
        for done in desk.fetch():
            yield done, *[gr.skip()] * 3
        yield done, *desk.overview(), draw(turns)

    return fetch


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
            css=(_WEB / "style.css").read_text(encoding="utf-8"),
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
