"""Registration numbers of trials as they stand in a text.

The registries are the primary ones of WHO's network and those whose numbers papers print; formats as their
sites give them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.records import Section

__all__ = ["REGISTRIES", "Number", "numbers", "own_numbers", "placed"]

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


@dataclass(frozen=True, slots=True, order=True)
class Number:
    """A trial's number in a registry, spelled one way: ``"NCT01234567"``."""

    rank: int
    registry: str
    text: str


def numbers(text: str) -> list[Number]:
    """The registration numbers in ``text``, each once, in the order of REGISTRIES."""
    return list(dict.fromkeys(number for number, _ in placed(text)))


def placed(text: str) -> list[tuple[Number, int]]:
    """As :func:`numbers`, with repeats, and where each begins."""
    found = []
    for rank, (name, (signs, _)) in enumerate(REGISTRIES.items()):
        if any(sign in text for sign in signs):
            prefix = _PREFIX.get(name, name)
            found += [
                (Number(rank, name, prefix + match[1]), match.start())
                for match in _PATTERNS[name].finditer(text)
            ]
    return found


def own_numbers(content: str, sections: Sequence[Section], abstracts: int) -> list[Number]:
    """The numbers that the text ``content`` gives as its own trial's, as often as it does.

    Those of the abstract (the first ``abstracts`` of ``sections``) and of a part on registration, and those
    near words of the methods about registering: elsewhere a number may be another paper's.
    """
    found: list[Number] = []
    for place, section in enumerate(sections):
        text = content[section.start : section.end]
        if section.label == "registration" or place < abstracts:
            found += numbers(text)
        elif section.label in {"methods", "ethics", "notes"}:
            for match in re.finditer(r"regist", text, re.IGNORECASE):
                found += numbers(text[max(0, match.start() - 200) : match.end() + 200])
    return found
