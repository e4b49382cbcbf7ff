"""What stands against a paper, or against a paper that a quote cites, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from index.records import Reference, Retraction

#: What a kind of notice is called.
WORDS = {"retracted": "Retracted", "concern": "Expression of concern", "correction": "Corrected"}

#: In a citation: a correction leaves the paper as good as it was.
_IN_CITATIONS = {"retracted": "retracted", "concern": "expression of concern"}


def word(notice: Retraction) -> str:
    """``"Retracted"``, ``"Expression of concern"``, ``"Corrected"``."""
    return WORDS.get(notice.kind, notice.kind.capitalize())


def told(notice: Retraction) -> str:
    """The notice and who says so: ``"PMID 9 [PubMed record]"``."""
    return " ".join(filter(None, (notice.notice, f"[{notice.origin}]" if notice.origin else "")))


def sentence(notice: Retraction) -> str:
    """``"Retracted 2021: PMID 9 [PubMed record]"``."""
    head = " ".join(filter(None, (word(notice), notice.date)))
    return ": ".join(filter(None, (head, told(notice))))


def in_citation(notice: Retraction | None) -> str:
    """``"[retracted 2019-05-01]"``, to go with a citation wherever it is copied; or nothing."""
    if notice is None or notice.kind not in _IN_CITATIONS:
        return ""
    return f"[{' '.join(filter(None, (_IN_CITATIONS[notice.kind], notice.date)))}]"


def noted(notice: Retraction | None) -> str:
    """``"retracted 2019-05-01: PMID 9"``, with the notice, where a citation has room for it; or nothing."""
    said = in_citation(notice).strip("[]")
    return f"{said}: {notice.notice}" if said and notice is not None and notice.notice else said


def notice_dict(notice: Retraction) -> dict[str, str]:
    """The stable JSON form of a notice."""
    return asdict(notice)


@dataclass(frozen=True, slots=True)
class CitedNotice:
    """A retracted (or doubted) paper that a quote cites: its ``number`` in the list, a short ``label``."""

    number: int | None
    label: str
    doi: str
    pmid: str
    retraction: Retraction

    def __str__(self) -> str:
        where = f"reference {self.number}" if self.number is not None else self.label
        what = _IN_CITATIONS.get(self.retraction.kind, self.retraction.kind)
        return f"{where}, {' '.join(filter(None, (what, self.retraction.date[:4])))}"

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {
            "number": self.number,
            "label": self.label,
            "doi": self.doi,
            "pmid": self.pmid,
            "retraction": notice_dict(self.retraction),
        }


def doubted(references: Iterable[Reference]) -> list[Reference]:
    """Those of ``references`` that are retracted, or that a concern is expressed about."""
    return [one for one in references if one.retraction and one.retraction.kind in _IN_CITATIONS]


def cites(notices: Iterable[CitedNotice]) -> str:
    """``"cites reference 12, retracted 2019; reference 13, expression of concern 2021"``, or nothing."""
    found = "; ".join(map(str, notices))
    return f"cites {found}" if found else ""
