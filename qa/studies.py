"""Which papers report the same study: those that carry one trial registration number.

The numbers' forms are those of the primary registries of the WHO's network and of ClinicalTrials.gov
(ICTRP, "Primary registries"). Cohorts have no such numbers and are not told apart.
"""

from __future__ import annotations

import re

from index.records import Document

_NUMBER = re.compile(
    r"""(?<![A-Za-z0-9])(?:
        NCT\s?\d{8}
      | ISRCTN\s?\d{8}
      | (?:EudraCT\D{0,12})?20\d\d-\d{6}-\d\d(?:-\d\d)?
      | ChiCTR[\s-]?(?:[A-Z]{2,4}-)?\d{8,10}
      | ACTRN\s?\d{14}p?
      | UMIN\s?\d{9}
      | jRCTs?\d{10,}
      | JapicCTI-\d{6}
      | DRKS\s?\d{8}
      | CTRI/20\d\d/\d{2,3}/\d{6}
      | IRCT\d{8,}N\d+
      | KCT\s?\d{7}
      | SLCTR/20\d\d/\d{3}
      | TCTR\d{11}
      | RBR-?[0-9a-z]{6,8}
      | PACTR\d{15,}
      | NTR\s?\d{3,5}
      | NL-OMON\d+
    )(?![0-9])""",
    re.VERBOSE,
)


def registrations(text: str) -> list[str]:
    """The registration numbers in ``text``, in one spelling each, in order of appearance."""
    found = (re.sub(r"^EudraCT\D*|\s", "", match.group()) for match in _NUMBER.finditer(text))
    return list(dict.fromkeys(found))


def study_of(document: Document, content: str) -> str:
    """The study ``document`` reports, by its registration number; ``""`` where none is known.

    Its record names it, or ``content``, its text, names just one: a review names many, none of them its own.
    """
    for found in (registrations(" ".join(document.reference.trials)), registrations(content)):
        if found:
            return found[0] if len(found) == 1 else ""
    return ""
