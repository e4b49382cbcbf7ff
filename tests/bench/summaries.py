"""What :mod:`encoding`, :mod:`ask` and :mod:`concurrency` measure, as rows with targets."""

from __future__ import annotations

from typing import Any

import rows
from rows import Row, row


def encoding(count: int = 600, rounds: int = 3) -> list[Row]:
    """The encoder against sentence-transformers and against the machine's own matrix products."""
    import encoding as bench

    found = bench.measure(count=count, rounds=rounds)
    ours, *_, reference = found["encoders"]
    half = "bf16" in ours["name"]
    least = 3.0 if half else 1.4
    ratio, fraction = ours["ratio"][0], found["fraction"][0]
    padding = found["padded_tokens"] / found["tokens"] - 1
    return [
        row(
            "encoding", f"tokens a second, {ours['name']}", ours["tokens_per_second"], "/s",
            against=reference["name"], baseline=reference["tokens_per_second"], ratio=ratio,
            target=f">= {least} times", met=ratio >= least,
            note=f"by processor time {ours['ratio'][1]:.2f}",
        ),
        row(
            "encoding", "share of the machine's matrix products", ours["seconds"][0], "s",
            against="products alone", baseline=found["limit"]["seconds"][0], ratio=fraction,
            target=">= 0.75" if half else "", met=fraction >= 0.75 if half else None,
            note=f"{padding:.0%} padding; by processor time {found['fraction'][1]:.2f}",
        ),
        row(
            "encoding", "smallest cosine to fp32", ours["cosine"], "", target=">= 0.9999",
            met=ours["cosine"] >= 0.9999,
        ),
    ]  # fmt: skip


def asking(passages: int = 100_000, count: int = 60, shared: int = 20_000, each: int = 6) -> list[Row]:
    """A question to a large library, by stage, and eight users at once."""
    import ask
    import concurrency

    if not rows.ROOT.parent.joinpath("shared", "eval", "bioasq-7-9").is_dir():
        return []
    return [
        *_asked(ask.measure(passages=passages, count=count)),
        *_many(concurrency.measure(passages=shared, each=each)),
    ]


def _asked(found: dict[str, Any]) -> list[Row]:
    made = []
    ours, plain, again = (found["rows"][name] for name in ("litquote", "baseline", "again"))
    large = found["passages"] >= 100_000
    for stage, of in ours.items():
        whole = stage == "all"
        what = f"p50 of {'all' if whole else stage} at {found['passages']:,} passages"
        made.append(row(
            "ask", what, of["p50"], "ms",
            against="all read in one batch", baseline=plain[stage]["p50"],
            target="< 350 ms" if whole and large else "", met=of["p50"] < 350 if whole and large else None,
            note=f"p95 {of['p95']:.0f}; again {again[stage]['p50']:.0f}",
        ))  # fmt: skip
    return made


def _many(found: dict[str, Any]) -> list[Row]:
    one, many = found["one"], found["many"]
    late = many["heartbeat_late_ms"]
    return [
        row(
            "concurrency", f"questions a second, {many['users']} users at once", many["questions_per_second"],
            "/s", against="one user", baseline=one["questions_per_second"],
            note=f"{found['passages']:,} passages; p50 {many['p50']:.0f}, p95 {many['p95']:.0f} ms",
        ),
        row(
            "concurrency", "slowest user's mean over the fastest's", many["slowest_over_fastest"], "",
            note=f"a thread that wakes every 10 ms is {late['p50']:.1f} ms late, p99 {late['p99']:.0f}",
        ),
        row("concurrency", "errors", float(len(many["errors"])), "", target="0", met=not many["errors"]),
    ]  # fmt: skip
