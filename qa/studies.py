"""Papers of one study, told by its number in a registry of trials (:mod:`index.registrations`).

Cohorts are left out: a cohort's name stands in hundreds of papers that ask different
questions, and in reviews, so it shows no common study.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from index.records import Document
from index.registrations import REGISTRIES, Number, numbers, placed

__all__ = ["REGISTRIES", "numbers", "studies", "trial_numbers"]

#: The numbers of a record's own list stand alone; EudraCT's are bare there.
_BARE_EUDRACT = re.compile(r"\d{4}-\d{6}-\d{2}")
#: Where a paper says its own number; anywhere else it must say that it was registered.
_OWN = frozenset({"title", "abstract", "registration"})
_REGISTERED = re.compile(
    r"\bregist(?:ered|ration|ry|er)\b|\bclinicaltrials\.gov\b|\btrial (?:number|no\.|id)", re.I
)
_NEAR = 150


def trial_numbers(document: Document, content: str) -> tuple[str, ...]:
    """The numbers of the one trial that ``document`` (of the text ``content``) reports, or none.

    Those of its record; else those of its title, abstract and registration, and others beside which the text
    speaks of registration. A paper with two numbers of one registry is about several trials: it has none.
    """
    listed = [f"EudraCT {one}" if _BARE_EUDRACT.fullmatch(one) else one for one in document.reference.trials]
    found = numbers("\n".join(listed)) if listed else _in_text(document, content)
    registries = [number.registry for number in found]
    return tuple(number.text for number in sorted(found)) if len(set(registries)) == len(registries) else ()


def _in_text(document: Document, content: str) -> list[Number]:
    found: dict[Number, None] = {}
    for section in document.sections:
        if section.label == "references":
            continue
        part = content[section.start : section.end]
        for number, at in placed(part):
            near = part[max(0, at - _NEAR) : at + _NEAR]
            if section.label in _OWN or _REGISTERED.search(near):
                found[number] = None
    return list(found)


def studies(numbers_of: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The study of each paper by id: papers that share a number are of one, named by their first number.

    ``numbers_of`` are :func:`trial_numbers` by paper; papers without any are of no known study ("").
    """
    groups: list[tuple[set[str], set[str]]] = []
    for paper, own in numbers_of.items():
        papers, names = {paper}, set(own)
        for group in [group for group in groups if group[1] & names]:
            groups.remove(group)
            papers, names = papers | group[0], names | group[1]
        groups.append((papers, names))
    found = {paper: min(names, key=_rank, default="") for papers, names in groups for paper in papers}
    return {paper: found[paper] for paper in numbers_of}


def _rank(name: str) -> tuple[int, str]:
    return next((number.rank for number in numbers(name)), len(REGISTRIES)), name
