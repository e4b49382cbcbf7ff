"""Papers of one study, told by its number in a registry of trials.

The registries are the primary ones of WHO's network and those whose numbers papers print; formats as their
sites give them. Cohorts are left out: a cohort's name stands in hundreds of papers that ask different
questions, and in reviews, so it shows no common study.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.records import Document

_NO = r"(?:\s(?:[Nn]umber|[Nn]o\.?))?"
#: Registries by name, the first to name a study first: what is sought in a text before its numbers are.
REGISTRIES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "ClinicalTrials.gov": (("NCT",), r"NCT[- ]?(\d{8})"),
    "ISRCTN": (("ISRCTN",), r"ISRCTN[- ]?(\d{8})"),
    "EudraCT": (("Eudra", "EUDRA"), rf"(?:Eudra|EUDRA)\s?-?C[Tt]{_NO}:?\s?(\d{{4}}-\d{{6}}-\d{{2}})"),
    "ANZCTR": (("ACTRN",), r"ACTRN[- ]?(126\d{11})"),
    "ChiCTR": (("ChiCTR", "CHICTR"), r"(?:ChiCTR|CHICTR)-?((?:[A-Z]{2,5}-)?\d{8,10})"),
    "CTRI": (("CTRI",), r"CTRI/?\s?(\d{4}/\d{2,3}/\d{6})"),
    "DRKS": (("DRKS",), r"DRKS[- ]?(\d{8})"),
    "IRCT": (("IRCT",), r"IRCT[- ]?(\d{11,14}N\d{1,3})"),
    "UMIN": (("UMIN",), r"(?:JPRN-)?UMIN(?:-?CTR)?[- ]?(\d{9})"),
    "jRCT": (("jRCT", "JRCT"), r"(?:JPRN-)?[jJ]RCT(s?\d{9,10})"),
    "JapicCTI": (("Japic", "JAPIC"), r"(?:JPRN-)?(?:Japic|JAPIC)CTI-?(\d{6})"),
    "CRiS": (("KCT",), r"KCT(\d{7})"),
    "PACTR": (("PACTR",), r"PACTR(\d{15,16})"),
    "SLCTR": (("SLCTR",), r"SLCTR/(\d{4}/\d{3})"),
    "TCTR": (("TCTR",), r"TCTR(\d{11})"),
    "ReBec": (("RBR-",), r"RBR-?([0-9a-z]{6,9})"),
    "RPCEC": (("RPCEC",), r"RPCEC(\d{8})"),
    "NTR": (("NTR", "NL-OMON"), r"(?:NTR\s?|NL-OMON)(\d{3,5})"),
}  # fmt: skip
_PREFIX = {
    "ClinicalTrials.gov": "NCT", "ANZCTR": "ACTRN", "CTRI": "CTRI/", "CRiS": "KCT", "SLCTR": "SLCTR/",
    "ReBec": "RBR-", "EudraCT": "EudraCT ", "UMIN": "UMIN",
}  # fmt: skip
_PATTERNS = {name: re.compile(rf"(?<!\w){pattern}(?![\w-])") for name, (_, pattern) in REGISTRIES.items()}
#: The numbers of a record's own list stand alone; EudraCT's are bare there.
_BARE_EUDRACT = re.compile(r"\d{4}-\d{6}-\d{2}")
#: Where a paper says its own number; anywhere else it must say that it was registered.
_OWN = frozenset({"title", "abstract", "registration"})
_REGISTERED = re.compile(
    r"\bregist(?:ered|ration|ry|er)\b|\bclinicaltrials\.gov\b|\btrial (?:number|no\.|id)", re.I
)
_NEAR = 150


@dataclass(frozen=True, slots=True, order=True)
class Number:
    """A trial's number in a registry, spelled one way: ``"NCT01234567"``."""

    rank: int
    registry: str
    text: str


def numbers(text: str) -> list[Number]:
    """The registration numbers in ``text``, each once, in the order of REGISTRIES."""
    return list(dict.fromkeys(number for number, _ in _found(text)))


def _found(text: str) -> list[tuple[Number, int]]:
    found = []
    for rank, (name, (signs, _)) in enumerate(REGISTRIES.items()):
        if any(sign in text for sign in signs):
            prefix = _PREFIX.get(name, name)
            found += [
                (Number(rank, name, prefix + match[1]), match.start())
                for match in _PATTERNS[name].finditer(text)
            ]
    return found


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
        for number, at in _found(part):
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
