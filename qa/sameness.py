"""When two sentences say the same in the same words, so that one is quoted and both places are named.

Abstract and body of a paper repeat sentences, and a preprint those of its publication, with a word changed or
a citation added. Two sentences are the same when the index terms of the shorter, in their order, stand in the
longer and make up at least THRESHOLD of it. What carries the claim must be equal: numbers, negations, hedges,
directions ("higher", "decreased"), quantifiers, who was studied. Words that carry nothing are not compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.words import STOPWORDS, terms

#: The least share of the longer sentence's terms that stand in the shorter.
THRESHOLD = 0.9

_CITATION = re.compile(
    r"\[\d+(?:\s?[,–-]\s?\d+)*\]|\((?:[^()]*\bet al\b[^()]*|[^()]*[A-Z][^()\d]*,? (?:19|20)\d\d[a-z]?)\)"
)
#: "(MSC)" behind its long form, which another sentence of the paper leaves out.
_SHORT_FORM = re.compile(r"\((?=[^()]*[A-Z])[A-Za-z][\w-]{1,9}\)")
_LABEL = re.compile(
    r"(?:BACKGROUND|INTRODUCTION|OBJECTIVES?|AIMS?|PURPOSE|METHODS?|RESULTS?|FINDINGS|CONCLUSIONS?"
    r"|INTERPRETATION"
    r"|Background|Objectives?|Methods?|Results?|Findings|Conclusions?|Interpretation)(?::|\.)\s+"
)
_FRAME = re.compile(
    r"(?:(?:Here|In (?:conclusion|summary|addition|the present study|this study)|Moreover|Furthermore"
    r"|Additionally"
    r"|Finally|Importantly|Interestingly|Notably|Overall|Thus|Therefore|Hence|Indeed|Briefly),?\s+)*"
    r"(?:(?:[Ww]e|[Oo]ur (?:results|data|findings)|[Tt]h(?:e|ese) (?:results|data|findings)|[Ii]t was)\s+"
    r"(?:also\s+)?(?:found|show|showed|demonstrate|demonstrated|observed|report|reveal|revealed)\s+that\s+)?"
)
_NUMBER = re.compile(r"\d+(?:[.,·]\d+)*")

#: Function words that say which way, how many, when, or not: they count like any other word.
_TELLING = frozenset(
    """
    about above after against all and any before below between both but by can could down during each except
    few from further if least may might more most must no nor not off only or other out over own same should
    some than through to under until up very while will with without would
    """.split()  # noqa: SIM905  read as prose
)
_LIGHT = (STOPWORDS - _TELLING) | frozenset(
    """
    also among here however show shows showed shown demonstrate demonstrates demonstrated find finds found
    observe observed report reported reveal reveals revealed present current study thus therefore moreover
    furthermore via with by to
    """.split()  # noqa: SIM905
)

#: Words of which one more or less makes another claim.
_CLAIM_WORDS = """
    no not nor never none neither without cannot fail failed lack absence absent unable hardly rarely little
    few fewer may might could can should will would must likely unlikely possible possibly potential
    potentially probable probably perhaps suggest suggests appear appears seem seems unclear uncertain
    unknown increase increased increases decrease decreased decreases higher lower high low more less
    greater smaller larger reduce reduced reduces reduction raise raised rise rose fall fell decline
    declined improve improved worsen worsened enhance enhanced inhibit inhibited promote promoted activate
    activated suppress suppressed induce induced prevent prevented upregulate upregulated downregulate
    downregulated up down gain loss positive negative better worse longer shorter earlier later before after
    above below over under against similar different equal same significant significantly nonsignificant
    marginally all any some most each both either only except half third quarter twice double once one two
    three four five six seven eight nine ten eleven twelve first second men women man woman male female
    males females boys girls children adolescents adults elderly older younger infants newborns pregnant
    mice mouse rat rats human humans patients controls animals cells vitro vivo placebo or than between from
    until if and
"""


@lru_cache(maxsize=1)
def _claims() -> frozenset[str]:
    return frozenset(terms(_CLAIM_WORDS))


@lru_cache(maxsize=1)
def _light() -> frozenset[str]:
    return frozenset(terms(" ".join(_LIGHT))) - _claims()


@dataclass(frozen=True, slots=True)
class Wording:
    """What of a sentence is compared: all its terms, and those that count in order, with its numbers."""

    whole: tuple[str, ...]
    counted: tuple[str, ...]
    numbers: tuple[str, ...]


def wording(text: str) -> Wording:
    """What :func:`same` compares of ``text``."""
    plain = _CITATION.sub(" ", _SHORT_FORM.sub(" ", text))
    label = _LABEL.match(plain)
    plain = plain[label.end() :] if label else plain
    frame = _FRAME.match(plain)
    plain = plain[frame.end() :] if frame else plain
    numbers = tuple(sorted(_NUMBER.findall(plain.replace(" ", " "))))
    spoken = terms(re.sub(r"(?<=\w)n['’]t\b", " not", plain))
    counted = tuple(term for term in spoken if term not in _light())
    return Wording(tuple(terms(text)), counted, numbers)


def same(one: Wording, other: Wording) -> bool:
    """Whether two sentences say the same: see the module. Symmetric; equal words always are."""
    if one.whole == other.whole:
        return True
    short, long = sorted((one.counted, other.counted), key=len)
    if one.numbers != other.numbers or not short or len(short) < THRESHOLD * len(long):
        return False
    extra = _extra(short, long)
    return extra is not None and not any(term in _claims() or term.isdigit() for term in extra)


def _extra(short: Sequence[str], long: Sequence[str]) -> list[str] | None:
    """The terms of ``long`` beyond ``short``; None when ``short`` is not in it in its order."""
    found, at = [], 0
    for term in long:
        if at < len(short) and term == short[at]:
            at += 1
        else:
            found.append(term)
    return found if at == len(short) else None
