"""Long work on a library, told as it goes: adding, fetching, removing, rebuilding, checking, rolling back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any, TypeVar

from index.errors import UsageError
from index.library import Library
from index.remote.cache import Cache
from index.remote.polite import Polite
from index.remote.resolve import Found, Missed, Wanted, plan, resolve, search
from index.remote.services import Services, host_of
from index.reports import Progress
from qa import fetching
from qa.fetching import Fetching
from qa.records import plural
from web import progress, render
from web.desk import Desk
from web.render import button, text
from web.watched import told

Told = TypeVar("Told")
Result = TypeVar("Result")
#: Records of a PubMed query that the page fetches; the command line has no such bound.
MOST = 200


def _told(
    work: Callable[[Callable[[Told], None]], Result],
    running: Callable[[Told], str],
    said: Callable[[Result], str],
    remedy: str = "",
) -> Iterator[str]:
    """``work`` as HTML; where it fails, the reason and the ``remedy``."""
    yield from told(work, running, said, lambda error: render.error(str(error)) + remedy)


def _changed(desk: Desk, call: Callable[[Library], Result], said: Callable[[Result], str]) -> Iterator[str]:
    """What ``call`` does to the library, which tells nothing until it is done."""

    def work(_: Callable[[str], None]) -> Result:
        with _writer(desk) as writer:
            return call(writer)

    yield from _told(work, str, said)


def _files(pace: progress.Pace) -> Callable[[Progress], str]:
    def draw(step: Progress) -> str:
        words = f"{step.files:,} of {plural(step.total_files, 'file')}, {plural(step.passages, 'passage')}"
        name = PurePath(step.uri).name
        return progress.running(
            words, step.files, step.total_files, pace.words(step.files, step.total_files), name
        )

    return draw


def add(desk: Desk, paths: Sequence[str], *, into: Path | None = None) -> Iterator[str]:
    """Add uploaded files to the library of ``desk``, or to the one at ``into``, made if there is none.

    The files go afterwards: the library keeps the bytes of what it reads.
    """
    pace = progress.Pace()
    yield progress.running(f"0 of {plural(len(paths), 'file')}", 0, len(paths))

    def work(tell: Callable[[Progress], None]) -> Any:
        encoder = None if into is not None else desk.library.encoder
        with Library.create(into or desk.library.path, encoder=encoder) as writer:
            return writer.add(paths, on_progress=tell)

    try:
        yield from _told(work, _files(pace), progress.report)
    finally:
        for path in paths:
            with suppress(OSError):
                Path(path).unlink()


def remove(desk: Desk, name: str) -> Iterator[str]:
    """Remove a paper; a rebuild does not bring it back."""
    yield from _changed(
        desk,
        lambda writer: writer.remove([name]),
        lambda gone: progress.said(f"Removed: {', '.join(one.title for one in gone)}."),
    )


def rebuild(desk: Desk) -> Iterator[str]:
    """Read all sources anew."""
    pace = progress.Pace()
    yield progress.running("Reading all sources anew", 0, 1)

    def work(tell: Callable[[Progress], None]) -> Any:
        with _writer(desk) as writer:
            return writer.rebuild(on_progress=tell)

    yield from _told(work, _files(pace), progress.report)


def verify(desk: Desk) -> Iterator[str]:
    """Check every file and position of the library."""
    yield progress.running("Checking every file and position", 0, 1)

    def said(problems: Sequence[Any]) -> str:
        if not problems:
            return progress.said("Everything is as it was published.")
        rows = "".join(f"<li>{text(one.path)}: {text(one.what)}</li>" for one in problems)
        return progress.said(
            f"{plural(len(problems), 'problem')}. Roll back to the generation before, or rebuild.",
            f'<ul class="lq-failures">{rows}</ul>',
        )

    yield from _changed(desk, Library.verify, said)


def rollback(desk: Desk) -> Iterator[str]:
    """Publish the generation before the current one again."""
    yield from _changed(
        desk,
        Library.rollback,
        lambda manifest: progress.said(f"Generation {manifest.generation} is published again."),
    )


def _writer(desk: Desk) -> Library:
    return Library.open(desk.library.path, encoder=desk.library.encoder)


# -- fetching ----------------------------------------------------------------------------------------


def look_up(desk: Desk, asked: str) -> str:
    """What fetching ``asked`` (identifiers, or a PubMed query) would ask of whom, and the button for it."""
    services = Services.from_environment()
    if not asked.strip():
        return render.error("write PMIDs, DOIs or PMCIDs, or a PubMed query")
    names = asked.replace(",", " ").replace(";", " ").split()
    value: dict[str, Any] = {"library": desk.key}
    try:
        wanted = fetching.named(names)
    except UsageError:
        value["query"] = asked.strip()
        words = (
            f"Fetching asks {host_of(services.ncbi)} (NCBI) for what it finds for “{asked.strip()}”, at most "
            f"{MOST} records. The query is sent; no questions, no texts of yours."
        )
    else:
        value["names"] = names
        words = plan(wanted, services).replace("Asking ", "Fetching asks ", 1)
    return progress.said(words, button("Fetch", "download", value, kind="lq-do"))


def fetch(desk: Desk, asked: Mapping[str, Any]) -> Iterator[str]:
    """Fetch what a click asks for: ``missing``, ``names``, a ``query``, or ``numbers`` of ``references_of``.

    What arrived before an error is kept.
    """
    pace = progress.Pace()
    services = Services.from_environment()
    done = Fetching()

    def work(tell: Callable[[tuple[int, int]], None]) -> Fetching:
        with Polite(services) as polite, _writer(desk) as writer:
            cache = Cache(services=services)
            found: Iterator[Found | Missed]
            if "query" in asked:
                count, found = search(
                    str(asked["query"]), services, polite=polite, cache=cache, most=MOST, full_text=False
                )
                total = min(count, MOST)
            else:
                wanted = _wanted(desk, asked)
                total = len(wanted)
                found = resolve(wanted, services, polite=polite, cache=cache)
            tell((0, total))
            seen = 0

            def step(_: Found | Missed) -> None:
                nonlocal seen
                seen += 1
                tell((seen, total))

            fetching.bring(writer, found, done, named="names" in asked, tell=step)
            return done

    def running(step: tuple[int, int]) -> str:
        seen, total = step
        words = f"{seen:,} of {plural(total, 'paper')} asked for"
        return progress.running(words, seen, total, pace.words(seen, total))

    def said(result: Fetching) -> str:
        reasons = [(one.wanted.name, one.reason) for one in result.missed]
        held = f'<p class="lq-note">{result.held:,} held already.</p>' if result.held else ""
        return progress.report(result.report) + held + progress.missed(reasons)

    yield progress.running("Asking", 0, 1)
    yield from _told(
        work, running, said, '<p class="lq-note">Without network: litquote references --export ris</p>'
    )


def _wanted(desk: Desk, asked: Mapping[str, Any]) -> list[Wanted]:
    """What is asked for and not held. Raises UsageError for what is not there."""
    library = desk.library
    with library.lock:
        library.refresh()
        if asked.get("missing"):
            return desk.wanted()
        if "names" in asked:
            wanted = fetching.named(map(str, asked["names"]))
        else:
            numbers = [int(number) for number in asked.get("numbers", ())]
            if not numbers:
                raise UsageError("tick the references to fetch first")
            wanted = fetching.references_of(library, str(asked.get("references_of", "")), numbers)
        return fetching.lacking(library, wanted, full_text=False)
