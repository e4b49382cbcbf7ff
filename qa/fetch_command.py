"""``litquote fetch``: the one command that asks the network, and says so first."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from index.errors import UsageError
from index.library import Library
from index.remote.cache import Cache
from index.remote.polite import Offline, Polite
from index.remote.resolve import Found, Missed, Wanted, plan, resolve, search
from index.remote.services import Services, host_of
from qa import fetching, terminal
from qa.arguments import library_path, print_json
from qa.cite import vancouver
from qa.demo import demo_library, demo_path
from qa.fetching import Fetching
from qa.progress import announce, progress


def fetch(arguments: argparse.Namespace) -> int:
    """``litquote fetch``."""
    asked = (bool(arguments.ids), bool(arguments.references_of), bool(arguments.query))
    if sum(asked) != 1:
        raise UsageError("name identifiers, or --references-of, or --query: one of them")
    if arguments.number and not arguments.references_of:
        raise UsageError("--number goes with --references-of")
    services = Services.from_environment(arguments.contact)
    with _library(arguments) as library:
        if arguments.query:
            return _queried(arguments, library, services)
        wanted = (
            fetching.named(arguments.ids)
            if arguments.ids
            else fetching.references_of(library, arguments.references_of, arguments.number)
        )
        lacking = wanted
        if not arguments.refresh:
            lacking = fetching.lacking(library, wanted, full_text=arguments.full_text)
        done = Fetching(held=len(wanted) - len(lacking))
        if lacking:
            _say(plan(lacking, services, full_text=arguments.full_text))
        if lacking and not arguments.dry_run:
            with Polite(services) as polite, _bar(lacking, quiet=arguments.json) as step:
                found = resolve(
                    lacking,
                    services,
                    polite=polite,
                    cache=Cache(services=services, refresh=arguments.refresh),
                    full_text=arguments.full_text,
                )
                _bring(arguments, library, found, done, step)
        return _told(arguments, library, done)


def _library(arguments: argparse.Namespace) -> Library:
    """The user's library, made if there is none; with ``--demo`` the demo's."""
    if arguments.demo:
        if not (demo_path() / "CURRENT").exists():
            announce()
        with progress(quiet=arguments.json) as on_progress:
            return demo_library(on_progress=on_progress)
    path = library_path(arguments)
    if arguments.references_of or arguments.dry_run:
        return Library.open(path)
    if not (path / "CURRENT").exists():
        announce()
    return Library.create(path)


def _queried(arguments: argparse.Namespace, library: Library, services: Services) -> int:
    _say(
        f"Asking {host_of(services.ncbi)} (NCBI) for what it finds for {arguments.query!r}, at most "
        f"{arguments.most:,} records. The query is sent; no questions, no texts of yours."
    )
    done = Fetching()
    if not arguments.dry_run:
        with Polite(services) as polite:
            cache = Cache(services=services, refresh=arguments.refresh)
            try:
                count, found = search(
                    arguments.query,
                    services,
                    polite=polite,
                    cache=cache,
                    most=arguments.most,
                    full_text=arguments.full_text,
                )
            except Offline as error:
                raise Offline(
                    f"{error}; search PubMed in a browser, save what it finds, and add that"
                ) from None
            _say(f"PubMed finds {count:,}; fetching {min(count, arguments.most):,}.")
            with _bar(range(min(count, arguments.most)), quiet=arguments.json) as step:
                _bring(arguments, library, found, done, step)
    return _told(arguments, library, done)


def _bring(
    arguments: argparse.Namespace,
    library: Library,
    found: Iterable[Found | Missed],
    done: Fetching,
    step: Callable[[Found | Missed], None],
) -> None:
    started = time.perf_counter()
    try:
        fetching.bring(library, found, done, named=bool(arguments.ids), tell=step)
    except Offline as error:
        around = arguments.references_of
        remedy = (
            f"without network, write a list to take elsewhere: litquote references {around} --export ris"
            if around
            else "try again when there is one; what has arrived is kept"
        )
        raise Offline(f"{error}; {remedy}") from None
    finally:
        done.report.seconds = time.perf_counter() - started


@contextmanager
def _bar(items: range | list[Wanted], *, quiet: bool) -> Iterator[Callable[[Found | Missed], None]]:
    """A progress bar with rate and time left, where somebody watches."""
    if quiet or not sys.stderr.isatty():
        yield lambda outcome: None
        return
    from tqdm import tqdm

    with tqdm(total=len(items), unit=" papers", dynamic_ncols=True, leave=False) as bar:

        def step(outcome: Found | Missed) -> None:
            if isinstance(outcome, Missed) or not outcome.whole:
                bar.update()

        yield step


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def _told(arguments: argparse.Namespace, library: Library, done: Fetching) -> int:
    if arguments.json:
        print_json(done.to_dict())
    elif not arguments.dry_run:
        print(said(done))
    elif done.held:
        print(f"{done.held:,} held already.")
    return 1 if done.missed or done.report.failed else 0


def said(done: Fetching) -> str:
    """What a fetch brought, for people."""
    blocks = []
    if done.missed:
        lines = ["NOT FOUND"]
        for one in done.missed:
            lines.append(terminal.indented(f"{one.wanted.name}: {one.reason}", "  "))
            if one.candidate is not None:
                lines.append(terminal.indented(vancouver(one.candidate), "      "))
        blocks.append("\n".join(lines))
    report = done.report
    if any((report.added, report.merged, report.replaced, report.unchanged, report.skipped, report.failed)):
        blocks.insert(0, terminal.report(report))
    if done.held:
        blocks.append(f"{done.held:,} held already (--refresh asks for them again).")
    if not blocks:
        blocks.append("Nothing to fetch.")
    return "\n\n".join(blocks)
