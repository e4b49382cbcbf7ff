"""A methods paragraph in the manner of PRISMA-S (Rethlefsen et al. 2021) from the search log; its records.

Item numbers are those of the checklist, doi:10.1186/s13643-020-01542-z.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from index.errors import UsageError
from index.library import Library
from index.records import Reference
from qa.records import plural
from qa.search_log import LoggedSearch


def records(library: Library, searches: Sequence[LoggedSearch]) -> tuple[list[Reference], list[str]]:
    """The papers that the searches quoted, each once, in order; and the ids of those held no more."""
    found: dict[str, Reference] = {}
    gone: list[str] = []
    with library.lock:
        for name in dict.fromkeys(name for one in searches for name in one.papers):
            try:
                document = library.summary(name)
            except UsageError:
                gone.append(name)
                continue
            reference = document.reference
            found[document.id] = reference if reference.title else replace(reference, title=document.title)
    return list(found.values()), gone


def paragraph(searches: Sequence[LoggedSearch]) -> str:
    """The methods paragraph, then each search as it was run, as plain text. Raises UsageError without any."""
    if not searches:
        raise UsageError(
            "the search log is empty; ask something first, or switch it on: litquote history --on"
        )
    days = sorted(one.at[:10] for one in searches)
    when = f"on {days[0]}" if days[0] == days[-1] else f"between {days[0]} and {days[-1]}"
    versions = " and ".join(dict.fromkeys(one.litquote for one in searches))
    encoders = " and ".join(dict.fromkeys(one.encoder for one in searches if one.encoder))
    readers = " and ".join(dict.fromkeys(one.reader for one in searches if one.reader not in ("", "none")))
    papers = {name for one in searches for name in one.papers}
    found = sum(len(one.papers) for one in searches)
    reading = f", and sentences were scored by its reader ({readers})" if readers else ""
    text = (
        f"We searched our own library of documents with litquote {versions}, a program that runs on one "
        f"machine and quotes verbatim ({_held(searches)}; items 1 and 2). "
        f"{plural(len(searches), 'search was', 'searches were')} run {when} (item 13). Each question was "
        f"searched by meaning (embedding model {encoders}) and by words (BM25, English stems), both scores "
        f"summed{reading}; a paper counts as found where a sentence of it scored above the bar of “not "
        "found”. The questions are given in full as they were run (item 8), with the limits that were set "
        f"(items 9 and 10) and the numbers found: {plural(found, 'record')} in all, {len(papers):,} after "
        "papers found more than once were counted once (items 15 and 16)."
    )
    return "\n".join([text, "", *(f"{n}. {_strategy(one)}" for n, one in enumerate(searches, 1))]) + "\n"


def _held(searches: Sequence[LoggedSearch]) -> str:
    counts = dict.fromkeys(
        f"generation {one.generation}: {plural(one.all_documents, 'document')}, "
        f"{plural(one.all_passages, 'passage')}"
        for one in searches
    )
    return "; ".join(counts)


def _strategy(one: LoggedSearch) -> str:
    parts = [f"{one.at[:10]}, generation {one.generation}: “{one.completed}”"]
    if one.completed != one.question:
        parts.append(f"asked as “{one.question}”")
    if one.expansions:
        forms = ", ".join(f"{form.get('to')} ({form.get('from')})" for form in one.expansions)
        parts.append(f"also searched: {forms}")
    parts.append(f"limits: {limits(one)}")
    parts.append(f"searched: {plural(one.passages, 'passage')} of {plural(one.documents, 'document')}")
    parts.append(f"found: {plural(one.quotes, 'quote')} from {plural(len(one.papers), 'record')}")
    return "; ".join(parts) + "."


def limits(one: LoggedSearch) -> str:
    """The filters of a search in words, ``"none"`` without any."""
    said = []
    for name, value in one.filters.items():
        if name == "years":
            first, last = value
            said.append(f"years {first or 'any'} to {last or 'any'}")
        elif name == "retracted":
            said.append("retracted papers only" if value else "no retracted papers")
        else:
            said.append(f"{name.replace('_', ' ')} {' or '.join(map(str, value))}")
    return ", ".join(said) or "none"
