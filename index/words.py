"""Index terms: what the words of a text and of a question are searched by, and what they weigh."""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache
from typing import Any

_WORD = re.compile(r"\w+")
_COMPOUND = re.compile(r"[^\W_]+(?:[-\u2010-\u2015/][^\W_]+)*")
_RUN = re.compile(r"[^\W\d_]+|\d+")
TOKEN = re.compile(r"[^\W_]+")
#: A word of more Greek letters is a Greek word, not a name like TNFα.
_MOST_GREEK = 3
#: A longer compound of plain words is as well known by its parts.
_JOINED = 12
#: BM25 as tantivy has it.
K1 = 1.2

#: English function words and question words: they say nothing about what is asked.
STOPWORDS = frozenset(
    """
    a about above after again against all also am an and any are as at be because been before being
    below between both but by can could did do does doing down during each either few for from further
    had has have having he her here hers him his how however i if in into is it its itself just may me
    might more most must my no nor not of off on once only onto or other our ours out over own per same
    shall she should so some such than that the their theirs them then there these they this those
    through to too under until up upon us very was we were what when where whether which while who whom
    whose why will with within without would you your yours
    """.split()  # noqa: SIM905  read as prose
)


@lru_cache(maxsize=1)
def analyzer() -> Any:
    """How tantivy cuts text into terms: words in lower case, English stems."""
    import tantivy

    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(64))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def terms(text: str) -> list[str]:
    """The index terms of ``text`` in order: words in lower case, English stems, function words kept."""
    found: list[str] = analyzer().analyze(text)
    return found


def content_terms(question: str) -> list[str]:
    """The distinct index terms of a question that say what is asked, in order of appearance.

    A question of function words only keeps them all, so that it can still be searched.
    """
    words = [word for word in _WORD.findall(question) if word.casefold() not in STOPWORDS]
    said = " ".join(words) or question.encode("utf-8", "replace").decode()
    return list(dict.fromkeys(terms(said)))


@lru_cache(maxsize=4096)
def greek(letter: str) -> str:
    """The name of a Greek letter (or micro sign, or math letter): ``α`` -> ``alpha``; else ``""``."""
    if letter.isascii():
        return ""
    plain = unicodedata.normalize("NFKC", letter).casefold()
    name = unicodedata.name(plain[0], "").split()
    if name[:1] != ["GREEK"] or "LETTER" not in name[:-1]:
        return ""
    return name[name.index("LETTER") + 1].casefold().replace("lamda", "lambda")


def _spelt(word: str) -> str:
    """``word`` with its Greek letters by their names, unless it is a Greek word."""
    names = [greek(letter) for letter in word]
    if not 0 < sum(map(bool, names)) <= _MOST_GREEK:
        return word
    return "".join(f" {name} " if name else letter for name, letter in zip(names, word, strict=True))


def variants(text: str) -> list[str]:
    """Other spellings of the words of ``text`` that are written in several ways, as index words.

    ``IL-6`` and ``IL6`` meet in ``il6``, ``TNF-α``, ``TNFα`` and ``TNF-alpha`` in ``tnfalpha``, ``25mg`` and
    ``25 mg`` in their parts.
    """
    found: dict[str, None] = {}
    for word in _COMPOUND.findall(text):
        if word.isalpha() and word.isascii():
            continue
        spelt = _spelt(word)
        if spelt == word and (word.isalpha() or word.isdigit()):
            continue
        parts = [run.casefold() for run in _RUN.findall(spelt)]
        joined = "".join(parts)
        if len(joined) <= _JOINED or spelt != word or not joined.isalpha():
            found[joined] = None
        found.update(dict.fromkeys(parts))
    if not found:
        return []
    said = {word.casefold() for word in _WORD.findall(text)}
    return [word for word in found if word not in said]


def search_terms(question: str) -> list[str]:
    """The index terms to search ``question`` by: :func:`content_terms` and other spellings of its words."""
    return list(dict.fromkeys([*content_terms(question), *terms(" ".join(variants(question)))]))


def idf(frequency: int, count: int) -> float:
    """Inverse document frequency as BM25 in Lucene has it: ``ln(1 + (N - n + 0.5) / (n + 0.5))``."""
    frequency = min(frequency, count)
    return math.log(1 + (count - frequency + 0.5) / (frequency + 0.5))
