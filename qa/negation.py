"""What denies or hedges the words after it, so that no part of a sentence is shown without it.

Cues, the words that end their reach and the window of five words are those of NegEx (Chapman et al. 2001,
A simple algorithm for identifying negated findings and diseases in discharge summaries, J Biomed Inform
34:301-310), as far as papers use them, with the hedges of Hyland (1998, Hedging in scientific research
articles) that stand directly before what they hedge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Span = tuple[int, int]

#: Characters of a sentence that is looked at.
LONGEST = 3000
#: Words between a cue and what it governs; NegEx's window.
WINDOW = 5
#: Characters within which a cue is sought at all; only a denied subject reaches as far.
_REACH = 400
#: Characters before a place that hold a modal or relative phrase.
_PHRASE = 60

_BE = r"(?:am|is|are|was|were|be|been|being)"
_DO = r"(?:do|does|did|has|have|had|can|could|may|might|must|should|shall|will|would|need)"
_NOT = (
    rf"(?:(?:{_BE}|{_DO})(?: (?:\w+ly|also|still|yet|however|therefore|thus))? (?:not|never)\b"
    r"|cannot|can not|\w+n['’]t)"
)
_HARDLY = r"(?:hardly|barely|scarcely|rarely|seldom|never)"

#: Phrases that hold a cue's words and deny nothing.
_PSEUDO = re.compile(
    r"\bnot (?:only|just|merely|simply|solely)\b|\bwhether or not\b|\bif not\b|\bno doubt\b"
    r"|\bwithout (?:a )?doubt\b"
    r"|\bgram[- ]negative\b|\b[Nn]o\. ?\d|\bno sooner\b|\bnot to mention\b",
    re.I,
)

#: Cues by what ends their reach: the clause (verbs and their subjects) or the noun phrase.
_VERBAL = re.compile(
    rf"\b(?:{_NOT}|not\b|fail(?:s|ed|ing)? to\b|{_HARDLY}\b|no longer\b|unable to\b|unlikely (?:to|that)\b"
    r"|(?:less|not) likely to\b|refrain(?:s|ed)? from\b|prevent(?:s|ed|ing)?\b.{0,30}? from\b"
    r"|rul(?:es?|ed) out\b|exclud(?:es?|ed)\b(?= that)"
    r"|(?:un(?:clear|certain|known|proven)|questionable|doubtful|debatable|controversial) (?:whether|if"
    r"|that)\b"
    r"|insufficient (?:evidence|data)(?: (?:that|for|to|of))?\b"
    r"|(?:little|limited|weak|scant) (?:or no )?evidence (?:that|for|of)\b)",
    re.I,
)
_NOMINAL = re.compile(
    r"\b(?:no (?:(?:significant|clear|consistent|convincing|further|apparent|statistically significant) )?"
    r"(?:evidence|sign|signs|indication|proof|difference|differences|association|effect|effects|benefit"
    r"|increase"
    r"|decrease|change|changes|correlation|improvement|reduction|support)(?: (?:that|of|in|on|for|with"
    r"|between))?\b"
    r"|no\b|none\b|without\b|nor\b|neither\b|nobody\b|nothing\b|lack(?:s|ed|ing)?(?: of)?\b|absen(?:ce"
    r"|t)(?: of)?\b"
    r"|free (?:of|from)\b|negative for\b|devoid of\b|few(?:er)?\b(?= of| if)|little or no\b)",
    re.I,
)
#: Modal words hedge what follows them directly.
_MODAL = re.compile(
    r"\b(?:may|might|could|possibly|perhaps|presumably|(?:is|are|was|were) (?:likely|thought|believed"
    r"|expected"
    r"|supposed|hypothesi[sz]ed|assumed|said) to|seems? to|appear(?:s|ed)? to|likely to|potentially|probably)"
    r"(?: (?:also|be|have|well|therefore|thus))*$",
    re.I,
)

#: Words after which a cue before them says nothing (NegEx's termination terms).
_ENDS = re.compile(
    r"[;:]|\b(?:but|however|nevertheless|yet|though|although|still|whereas|while|aside from|except|apart from"
    r"|because|since|secondary to|which|so that|and (?:we|it|they|this|these|there|he|she)|as the (?:cause"
    r"|reason) of"
    r"|as a (?:cause|reason|result) of)\b",
    re.I,
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|does|do|did|can|could|may|might|will|would|should|showed|shows"
    r"|increased|decreased|reduced|improved|remained|led|caused|developed|received|died|occurred)\b",
    re.I,
)
_RELATIVE = re.compile(r"\b(?:who|whom|whose|which|that|those)(?: \w+ly)? *$", re.I)
#: An opening like "Among patients with no history of stroke," is a part of its own.
_FRONTED = re.compile(
    r"(?:In|Among|For|With|Without|At|After|Before|During|On|By|Despite|When|If|Because|Since|As|Although"
    r"|Though"
    r"|While|Whereas|Unlike|Given|Even|Under|From|Until|Unless)\b[^,;()]{3,160},"
)
_WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")

#: A predicate that denies, directly behind its subject.
_DENIES = re.compile(
    rf"(?:\s*\([^()]*\))?\s*,?\s*(?:(?:also|still|however|therefore|thus|alone|\w+ly),?\s+)*"
    rf"(?:{_NOT}|fail(?:s|ed)? to\b|lack(?:s|ed)?\b|{_HARDLY}\b|(?:showed?|shown|had|has|have|found"
    rf"|(?:{_BE}))\s+"
    rf"(?:no\b(?! doubt)|neither\b|without\b|unlikely\b|unable\b|ineffective\b))",
    re.I,
)
_CLAUSE_ENDS = re.compile(
    r"[;:]|,? \b(?:but|however|whereas|while|although|though|because)\b|, (?:and|which)\b"
)


@dataclass(frozen=True, slots=True)
class Cue:
    """Words at ``[start:end]`` that deny or hedge; ``nominal`` ones reach to the next verb only."""

    start: int
    end: int
    nominal: bool


def cues(sentence: str) -> list[Cue]:
    """What denies in ``sentence``, in order."""
    pseudo = [found.span() for found in _PSEUDO.finditer(sentence)]
    found = [
        Cue(match.start(), match.end(), nominal)
        for pattern, nominal in ((_VERBAL, False), (_NOMINAL, True))
        for match in pattern.finditer(sentence)
        if not any(low < match.end() and match.start() < high for low, high in pseudo)
    ]
    return sorted(found, key=lambda cue: (cue.start, -cue.end))


def widened_focus(content: str, sentence: Span, focus: Span) -> Span:
    """``focus`` with the cue that governs its beginning, and the denial that follows its end.

    Positions in ``content``; the result holds ``focus`` and lies inside ``sentence``. What is too long for
    prose is marked whole: no rule holds there.
    """
    if sentence[1] - sentence[0] > LONGEST:
        return sentence
    text = content[sentence[0] : sentence[1]]
    start, end = (
        max(focus[0] - sentence[0], 0),
        min(focus[1] - sentence[0], len(text)),
    )
    if start >= end:
        return focus
    denying = cues(text)
    while (earlier := _governor(text, denying, start)) < start:
        start = earlier
    while (later := _denied(text, end)) > end:
        end = later
    return sentence[0] + start, sentence[0] + end


def _governor(text: str, denying: list[Cue], start: int) -> int:
    """Where the words begin that deny or hedge what stands at ``start``; ``start`` when none do."""
    near = [cue for cue in denying if start - _REACH <= cue.start < start]
    first = min((cue.start for cue in near if _governs(text, cue, start)), default=start)
    low = max(0, start - _PHRASE)
    hedge = _MODAL.search(text[low:start].rstrip())
    return min(first, low + hedge.start()) if hedge else first


def _governs(text: str, cue: Cue, start: int) -> bool:
    if cue.end > start:
        return True  # the focus begins inside the cue
    between = text[cue.end : start]
    fronted = _FRONTED.match(text)
    if _ENDS.search(between) or (fronted and cue.start < fronted.end() <= start):
        return False
    subject = cue.nominal and _opens_clause(text, cue.start)
    if not subject and len(_WORD.findall(between)) > WINDOW:
        return False
    bounded = (cue.nominal and not subject) or _RELATIVE.search(text[max(0, cue.start - _PHRASE) : cue.start])
    return not (bounded and _FINITE.search(between))


def _opens_clause(text: str, start: int) -> bool:
    """Whether a cue is, or begins, the subject of its clause: "No patient …", "…, and none …", "nor"."""
    if text[start : start + 3].casefold() == "nor":
        return True
    before = text[:start].rstrip()
    if not before or before[-1] in ",;:.":
        return re.match(r"(?:no|none|neither|nobody|nothing|few)\b", text[start:], re.I) is not None
    return (
        re.search(r"\b(?:that|and|but)$", before) is not None and text[start : start + 2].casefold() == "no"
    )


def _denied(text: str, end: int) -> int:
    """The end of the clause whose predicate denies what ends at ``end``; ``end`` when none does."""
    denial = _DENIES.match(text, end)
    if denial is None or any(low <= denial.end() - 1 < high for low, high in _pseudo(text)):
        return end
    clause = _CLAUSE_ENDS.search(text, denial.end())
    last = clause.start() if clause else len(text)
    return max(denial.end(), len(text[:last].rstrip(" .!?\n")))


def _pseudo(text: str) -> list[Span]:
    return [found.span() for found in _PSEUDO.finditer(text)]
