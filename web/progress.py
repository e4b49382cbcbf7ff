"""HTML of long work: how far it is, at what rate, how long it will take, and what it did."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from index.reports import Item, Report
from qa.records import plural
from web.render import button, text
from web.shelf import failed

_REPORT = (
    ("added", "Added"),
    ("merged", "Joined with a paper already in the library"),
    ("replaced", "Replaced by the new version"),
    ("unchanged", "Already in the library"),
    ("skipped", "Left out, removed earlier"),
)


class Pace:
    """Rate and time left of work whose steps are counted from when this is made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def words(self, done: int, total: int) -> str:
        """``"1.5 a second, 40 s left"``; nothing before the first step is done."""
        seconds = time.monotonic() - self._began
        if not done or seconds < 0.05:
            return ""
        rate = done / seconds
        speed = f"{rate:.1f} a second" if rate >= 1 else f"{60 * rate:.0f} a minute"
        left = (total - done) / rate
        if done >= total:
            return speed
        return f"{speed}, {left / 60:.0f} min left" if left > 90 else f"{speed}, {left:.0f} s left"


def running(words: str, done: int, total: int, pace: str = "", name: str = "") -> str:
    """Work at hand: ``done`` of ``total`` steps; ``name`` is the file."""
    told = ", ".join(filter(None, (words, pace)))
    now = f'<span class="lq-now">{text(name)}</span>' if name else ""
    whole = max(total, 1)
    return (
        f'<section class="lq-report" aria-label="Work in progress"><label>{text(told)}'
        f'<progress max="{whole}" value="{min(done, whole)}"></progress></label>{now}</section>'
    )


_CLOSE = button("Close", "clear", {}, kind="lq-plain lq-close")


def said(sentence: str, inner: str = "") -> str:
    """What came of some work, in a sentence."""
    return (
        f'<section class="lq-report" role="status" aria-label="What was done" '
        f'data-announce="{text(sentence)}">{_CLOSE}<p>{text(sentence)}</p>{inner}</section>'
    )


def report(done: Report, most: int = 20) -> str:
    """What adding files did, kind by kind."""
    parts = []
    for kind, words in _REPORT:
        items: list[Item] = getattr(done, kind)
        if items:
            more = f"<li>and {len(items) - most:,} more</li>" if len(items) > most else ""
            parts.append(f"<h3>{words} ({len(items):,})</h3><ul>{_items(items[:most])}{more}</ul>")
    parts.append(failed(done.failed, f"Failed ({len(done.failed):,})"))
    parts.append(failed(done.apart, f"Kept apart ({len(done.apart):,})"))
    told = "; ".join(
        f"{words.lower()}: {len(getattr(done, kind)):,}" for kind, words in (*_REPORT, ("failed", "Failed"))
        if getattr(done, kind)
    )  # fmt: skip
    if not told:
        parts.append("<p>Nothing to do.</p>")
    return (
        f'<section class="lq-report" role="status" aria-label="What was added" '
        f'data-announce="{text(told or "Nothing to do.")}">{_CLOSE}{"".join(parts)}</section>'
    )


def _items(items: Iterable[Item]) -> str:
    return "".join(f"<li>{text(item.title or PurePath(item.uri).name)}</li>" for item in items)


def demo_note(own: str) -> str:
    """In the demo: where papers that are added go."""
    return (
        '<p class="lq-note">This is the demo library. Papers you add start a library of your own at '
        f"<code>{text(own)}</code>, which this page then opens; the demo stays as it is.</p>"
    )


def lacking(count: int, plan: str, button: str) -> str:
    """How many papers that the library's papers cite are not in it, and what fetching them would send."""
    words = f"{plural(count, 'paper')} that yours cite {'is' if count == 1 else 'are'} not in this library."
    plan = plan.replace("Asking ", "Fetching them asks ", 1)
    return f'<p class="lq-note lq-lacking">{text(words)} {text(plan)} {button}</p>' if count else ""


def missed(reasons: Sequence[tuple[str, str]], most: int = 20) -> str:
    """What a fetch did not find, with the reasons."""
    if not reasons:
        return ""
    rows = "".join(f"<li><strong>{text(name)}</strong> {text(why)}</li>" for name, why in reasons[:most])
    more = f"<li>and {len(reasons) - most:,} more</li>" if len(reasons) > most else ""
    return f'<h3 class="lq-failed">Not found ({len(reasons):,})</h3><ul class="lq-failures">{rows}{more}</ul>'
