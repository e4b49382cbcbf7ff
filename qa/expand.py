"""Abbreviations in a question: what they stand for in this library, and how its long forms are abbreviated.

Only what the library's own texts define is used (:mod:`index.abbreviations`), and only what is clear.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from index.abbreviation_table import Abbreviation
from index.abbreviations import long_key, short_key, spelled
from index.lexical import Synonym
from index.library import Library
from index.words import STOPWORDS, terms

#: Words of a long form that a question is searched for.
LONGEST = 8
#: Characters of a short form, its plural and a hyphen or two included.
LONGEST_SHORT = 14
#: A form must be what more than this share of the documents mean.
MAJORITY = 0.5

_WORD = re.compile(r"[^\W_]+")
_TOKEN = re.compile(r"[^\W_]+(?:[-–‐‑/.+][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Expanded:
    """``source`` as the question has it, and the other form ``to`` as the library mostly spells it.

    ``replaced`` are the index terms of ``source``; ``added`` those of each form that says the same: ``to``
    and the other number of a short form, which stemming leaves apart ("MSC", "MSCs").
    """

    source: str
    to: str
    replaced: frozenset[str]
    added: tuple[tuple[str, ...], ...]

    def to_dict(self) -> dict[str, str]:
        """The JSON form."""
        return {"from": self.source, "to": self.to}


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a question is searched for besides its own words."""

    question: str
    forms: tuple[Expanded, ...] = ()

    def synonyms(self, weight: float) -> list[Synonym]:
        """What the lexical search is to take for the same, the other forms at ``weight``."""
        return [Synonym(form.replaced, form.added, weight) for form in self.forms]

    def covered(self, words: Collection[str]) -> set[str]:
        """``words`` (index terms) and what they stand for: the terms of a form whose other form is there."""
        present = set(words)
        met = [form.replaced for form in self.forms if any(present.issuperset(other) for other in form.added)]
        return present.union(*met)

    def to_list(self) -> list[dict[str, str]]:
        """The JSON form: ``from`` as the question has it, ``to`` what was searched too."""
        return [form.to_dict() for form in self.forms]


@dataclass(frozen=True, slots=True)
class _Span:
    """A run of the question's words with its key."""

    start: int
    end: int
    text: str
    key: str


def expand(asked: str, library: Library) -> Expansion:
    """The short and long forms in the question ``asked`` that ``library`` knows, each with its other form.

    A short form stands for the long form whose words are all in the question, else for the one that
    most of the documents mean, else for the only one that shares a word with the question; it is left
    alone otherwise. A long form gives its short form if that means it in most of the documents.
    """
    question = asked.encode("utf-8", "replace").decode()  # half a character is none
    said = frozenset(terms(spelled(question)))
    shorts = list(_short_spans(question))
    by_short = _by_key(library.abbreviations_of_short([span.key for span in shorts]), short=True)
    forms: list[tuple[_Span, str, str]] = []
    taken = 0
    for span in shorts:
        rows = by_short.get(span.key, [])
        if span.start >= taken and rows and _is_meant(span.text, rows, question, library):
            chosen = _chosen(rows, said - {*terms(spelled(span.text))})
            if chosen is not None:
                forms.append((span, chosen.long, span.text))
                taken = span.end
    forms += _abbreviated(question, library)
    found: dict[str, Expanded] = {}
    for span, to, short in sorted(forms, key=lambda form: form[0].start):
        spellings = (to, spelled(to), short, spelled(short), _other_number(short))
        added = tuple(dict.fromkeys(tuple(terms(form)) for form in spellings))
        if not said.issuperset(terms(spelled(to))):
            replaced = tuple(terms(span.text))
            others = tuple(form for form in added if form and form != replaced)
            found.setdefault(span.key, Expanded(span.text, to, frozenset(replaced), others))
    return Expansion(asked, tuple(found.values()))


def _by_key(rows: Sequence[Abbreviation], *, short: bool) -> dict[str, list[Abbreviation]]:
    found: dict[str, list[Abbreviation]] = {}
    for row in rows:
        found.setdefault(row.short_key if short else row.long_key, []).append(row)
    return found


def _other_number(short: str) -> str:
    """The plural of a short form, or the singular of a plural; itself where there is hardly a plural."""
    if len(short) > 2 and short[-1] == "s" and (short[-2].isupper() or short.islower()):
        return short[:-1]
    return f"{short}s" if len(short) > 2 and short.isascii() and short.isalpha() else short


# -- short forms -----------------------------------------------------------------------------------


def _short_spans(question: str) -> Iterator[_Span]:
    """What may be short forms: whole tokens ("IL-6"), then runs of parts ("MSC" in "MSC-derived")."""
    for match in _TOKEN.finditer(question):
        parts = [part.span() for part in _WORD.finditer(question, match.start(), match.end())]
        for length in range(len(parts), 0, -1):
            for first in range(len(parts) - length + 1):
                start, end = parts[first][0], parts[first + length - 1][1]
                text = question[start:end]
                common = text.islower() and text.isalpha() and (len(text) < 3 or text in STOPWORDS)
                if 2 <= len(text) <= LONGEST_SHORT and not common:
                    yield _Span(start, end, text, short_key(text))
                    if text.islower() and text[-1] == "s" != text[-2] and len(text) > 3:
                        yield _Span(start, end, text, short_key(text[:-1]))


def _is_meant(text: str, rows: Sequence[Abbreviation], question: str, library: Library) -> bool:
    """Whether ``text`` is the short form and no common word that is spelled like it.

    Capitals and digits say so ("MS", "p38"), also the very spelling of the library ("Dox"), unless the
    whole question is a sentence in capitals. Small letters ("mscs") are taken for one of at least three
    letters if the word is no more frequent than the documents that define it make likely.
    """
    words = {word.casefold() for word in _WORD.findall(question)}
    shouted = not any(c.islower() for c in question) and not STOPWORDS.isdisjoint(words)
    capitals = sum(c.isupper() for c in text)
    if not shouted and (capitals > 1 or ((capitals or len(text) > 2) and any(c.isdigit() for c in text))):
        return True
    if not shouted and capitals and any(text == row.short for row in rows):
        return True
    if sum(c.isalpha() for c in text) < 3 or text.casefold() in STOPWORDS or not (shouted or text.islower()):
        return False
    return _is_rare(text, sum(row.documents for row in rows), library)


def _is_rare(word: str, defining: int, library: Library) -> bool:
    """Whether ``word`` is no more frequent than the documents that define it make likely."""
    key = terms(word)
    lexical = library.lexical
    if len(key) != 1 or lexical is None:
        return False
    return lexical.document_frequency(key[0]) <= defining * max(2.0, len(lexical) / max(1, len(library)))


def _chosen(rows: Sequence[Abbreviation], said: Collection[str]) -> Abbreviation | None:
    """The long form that is meant among those of one short form, or None when that is not clear.

    A form that contains all the words of another votes for that one, too: "human mesenchymal stem cells".
    """
    words = {row.long_key: frozenset(row.long_key.split()) - STOPWORDS for row in rows}
    whole = [row for row in rows if words[row.long_key] and words[row.long_key].issubset(said)]
    if whole:
        return max(whole, key=lambda row: len(words[row.long_key]))
    total = sum(row.documents for row in rows)
    votes = {row.long_key: _votes(words[row.long_key], rows) for row in rows}
    best = max(rows, key=lambda row: (votes[row.long_key], row.documents))
    if votes[best.long_key] > MAJORITY * total:
        return best
    sharing = [row for row in rows if not words[row.long_key].isdisjoint(said)]
    if not sharing:
        return None
    most = max(len(words[row.long_key] & set(said)) for row in sharing)
    nearest = [row for row in sharing if len(words[row.long_key] & set(said)) == most]
    return nearest[0] if len(nearest) == 1 else None


def _votes(words: frozenset[str], rows: Sequence[Abbreviation]) -> int:
    return sum(row.documents for row in rows if words.issubset(row.long_key.split()))


# -- long forms ------------------------------------------------------------------------------------


def _abbreviated(question: str, library: Library) -> Iterator[tuple[_Span, str, str]]:
    """The long forms in the question, the longest first and none inside another, with their short form."""
    spans = list(_long_spans(question))
    known = _by_key(library.abbreviations_of_long([span.key for span in spans]), short=False)
    keys = [row.short_key for rows in known.values() for row in rows]
    meanings = _by_key(library.abbreviations_of_short(keys), short=True)
    taken: list[_Span] = []
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start)):
        if span.key not in known or any(s.start < span.end and span.start < s.end for s in taken):
            continue
        taken.append(span)
        if _WORD.fullmatch(span.text) and not _is_rare(span.text, known[span.key][0].documents, library):
            continue  # "transcription (TAT)" was not about every transcription
        for row in known[span.key]:
            meant = _chosen(meanings[row.short_key], ())
            if meant is not None and set(meant.long_key.split()).issubset(span.key.split()):
                yield span, row.short, row.short
                break


def _long_spans(question: str) -> Iterator[_Span]:
    """Runs of words that may be long forms: they begin and end with no function word."""
    words = list(_WORD.finditer(question))
    stops = [word.group().casefold() in STOPWORDS for word in words]
    keys = terms(spelled(question))
    if len(keys) != len(words):  # a word of two terms, or of none
        keys = [long_key(word.group()) for word in words]
    for first in range(len(words)):
        for last in range(first, min(len(words), first + LONGEST)):
            if not (stops[first] or stops[last]):
                start, end = words[first].start(), words[last].end()
                yield _Span(start, end, question[start:end], " ".join(filter(None, keys[first : last + 1])))
