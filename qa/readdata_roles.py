"""What each sentence of a paper is for: aim, method, result, conclusion; by its sections or by its words."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from qa.readdata_forms import is_objective
from qa.readdata_pool import Pool, Source

#: A sentence that says what was found, by its words.
FINDS = re.compile(
    r"\bp\s?[<=>≤]|\bsignifican\w+|\b\d[\d.]*\s?%|\b(?:higher|lower|greater|less|more|fewer|better|"
    r"worse|improve[ds]?|reduc\w+|"
    r"increas\w+|decreas\w+|no (?:difference|effect|change)|similar|superior|inferior|effective|"
    r"differ\w*|associated|"
    r"correlat\w+|versus|vs\.?|compared)\b",
    re.I,
)
#: A sentence that says what was done.
DOES = re.compile(
    r"\b(?:was|were|will be|is|are) (?:\w+ly )?(?:measured|assessed|evaluated|recorded|defined|"
    r"calculated|randomi[sz]ed|"
    r"assigned|collected|obtained|analy[sz]ed|performed|determined|monitored|estimated|administered|"
    r"conducted|enrolled|"
    r"recruited|included|asked|instructed)\b|\b(?:primary|secondary) (?:end ?points?|outcomes?)\b|"
    r"\bwe (?:measured|assessed|"
    r"evaluated|used|recorded)\b",
    re.I,
)


CONCLUDES = re.compile(
    r"^(?:In (?:conclusion|summary)|To conclude|Thus|Taken together|Overall|Therefore|Hence|We "
    r"conclude|Conclusions?\b|CONCLUSIONS?\b|"
    r"Interpretation\b|It (?:is|was|may be|can be) concluded|(?:These|Our|The(?:se)? present|The) "
    r"(?:results|data|findings|observations) "
    r"(?:\w+ )?(?:suggest|indicate|show|demonstrate|support|provide|confirm|imply|establish))|\b(?:we "
    r"(?:therefore )?conclude|in conclusion|"
    r"it is concluded|(?:this study|these (?:results|data|findings|studies)|our (?:results|data|"
    r"findings|study)|the (?:results|data|findings)) "
    r"(?:\w+ )?(?:suggests?|indicates?|shows?|demonstrates?|supports?|provides?|confirms?|highlights?))\b"
)
_ROLES = (
    ("conclusion", r"conclu|interpret|implication"),
    ("results", r"result|finding|outcomes?$"),
    ("objective", r"objective|aim|purpose|hypothes|question"),
    (
        "methods",
        r"method|design|setting|patient|subject|material|participant|intervention|measure|statistic|sampl|"
        r"procedure|analy|population|experimental|registration|data|search|source|selection|recruit|randomi",
    ),
    ("background", r"background|introduction|context|rationale|importance|what is known"),
    ("discussion", r"discussion|comment|limitation"),
    ("title", r"^title$"),
)
_HEADING = re.compile(
    r"(?m)^[^\S\n]*((?:TITLE|ABSTRACT|BODY)(?:\.[A-Z0-9 .,&/()'’:-]+?)?|[A-Z][A-Z "
    r"&/,-]{4,50}):+\s"
)
_INLINE = re.compile(
    r"(?:(?<=^)|(?<=[.!?)]\s)|(?<=\n))(BACKGROUND|INTRODUCTION|CONTEXT|RATIONALE|IMPORTANCE|"
    r"OBJECTIVES?|AIMS?|AIM OF [A-Z ]+|PURPOSE|"
    r"METHODS?|MATERIALS? AND METHODS|PATIENTS AND METHODS|DESIGN|STUDY DESIGN|SETTING|PATIENTS|"
    r"PARTICIPANTS|SUBJECTS|INTERVENTIONS?|MEASUREMENTS|"
    r"MAIN OUTCOME MEASURES?|RESULTS?|FINDINGS|MAIN RESULTS?|CONCLUSIONS?|DISCUSSION|INTERPRETATION|"
    r"Background|Introduction|Objectives?|"
    r"Aims?|Purpose|Methods?|Results?|Findings|Conclusions?|Discussion|Interpretation)(?::|(?<=[A-Z])"
    r"\s(?=[A-Z][a-z]))"
)


@lru_cache(maxsize=4096)
def headings(source: Source) -> tuple[tuple[int, str], ...]:
    """Where sections begin and their role: by the set's labels, by headings, or by labels in the text."""
    marks = list(source.sections)
    if not marks:
        marks = [(match.start(), match[1]) for match in _HEADING.finditer(source.text)]
    if len(marks) < 2:
        marks = [(match.start(), match[1]) for match in _INLINE.finditer(source.text)]
    return tuple((start, _role(label)) for start, label in sorted(marks)) if len(marks) > 1 else ()


def _role(label: str) -> str:
    last = label.rstrip(": ").split(".")
    for part in reversed(last):
        for role, pattern in _ROLES:
            if re.search(pattern, part.strip(), re.I):
                return role
    return ""


def role_of(source: Source, at: int) -> str:
    """The role of the section at a position: "methods", "results", …; "" where none is marked."""
    marks = headings(source)
    place = bisect_right(marks, (at, "\uffff")) - 1
    return marks[place][1] if place >= 0 else ""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of a document: passage of the pool, its number there, its text and what it is for."""

    passage: int
    number: int
    text: str
    role: str


def lines_of(pool: Pool, name: str) -> list[Line]:
    """The sentences of a document with their roles: marked ones, else told by their words."""
    source, found = pool.sources[name], []
    marked = bool(headings(source))
    for index in pool.of[name]:
        passage = pool.all[index]
        if passage.start < 0:
            continue
        for number, (start, end) in enumerate(passage.sentences):
            text = passage.text[start:end]
            # a heading may begin the sentence: its section is told at the sentence's first letters of prose
            role = role_of(source, passage.start + min(start + _head(text), max(start, end - 1)))
            if is_objective(text):
                role = "objective"
            elif not marked:
                role = (
                    "conclusion"
                    if CONCLUDES.search(text)
                    else "methods"
                    if DOES.search(text) and not FINDS.search(text)
                    else "results"
                    if FINDS.search(text)
                    else ""
                )
            found.append(Line(index, number, text, role))
    if (
        not marked
        and found
        and found[-1].role in ("", "results")
        and re.search(
            r"\b(?:may|might|should|appears?|suggest\w*|seems?|can be|is an? (?:effective|"
            r"safe|useful)|indicat\w+|recommend\w*)\b",
            found[-1].text,
        )
    ):
        last = found[-1]
        found[-1] = Line(last.passage, last.number, last.text, "conclusion")
    return found


def _head(text: str) -> int:
    match = re.match(r"(?:[A-Z][A-Z0-9 .,&/()'’:-]*:+\s*)+", text)
    return match.end() if match else 0
