"""The author list at the beginning of a printed reference, and names as web pages print them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.records import Author

__all__ = ["AuthorList", "is_group", "leading_authors", "western_name"]

_PARTICLE = (
    r"(?:van(?: de[nr]?| 't)?|von(?: de[nr]?)?|v[oa]n|de(?: l[ao]s?)?|del(?:la)?|de[nr]|d[aiou]s?|l[ae]|el|al"
    r"|ten?|ter|zu[mr]?|af|av|bin|ibn|'t)"
)
_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽȘȚΑ-ΩЀ-Я"
_WORD = rf"(?:[dDlLO]['’ʼ])?[{_UPPER}][^\W\d_]*(?:['’ʼ‐‑-][^\W\d_]+)*"
_SUFFIX = r"(?:,?\s+(?:Jr|Sr|[1-4](?:st|nd|rd|th)|I{2,3}|IV)\b\.?)"
_FAMILY = rf"(?:{_PARTICLE}[ '’-]){{0,3}}{_WORD}(?:\s+(?:(?:{_PARTICLE}|y|e)\s+){{0,2}}{_WORD}){{0,3}}?"
_LETTER = rf"[{_UPPER}](?:h|u|a|e|o)?"
_PLAIN = rf"{_LETTER}(?:[-‐ ]?[{_UPPER}]){{0,4}}(?![^\W\d_])\.?(?=[\s,;:]|$|[^\W\d_])"
_DOTTED = rf"(?:{_LETTER}\.[-‐ ]?){{1,5}}(?<! )"
_PERSON = re.compile(
    rf"(?P<family>{_FAMILY})(?P<early>{_SUFFIX})?(?:,\s*(?P<dotted>{_DOTTED})|,?\s+(?P<initials>{_PLAIN}|{_LETTER}(?:\.[-‐]?[{_UPPER}])+\.?))(?P<suffix>{_SUFFIX})?"
)
_BETWEEN = re.compile(r"\s*(?:[,;]\s*(?:and|&)\s+|[,;]\s*|\s+(?:and|&)\s+)")
#: A name printed otherwise between names that are not.
_ODD = re.compile(r"([^\W\d_][^,;.:()]{1,40}),\s+")
_ET_AL = re.compile(
    r"[,;]?\s*(?:\bet\.?\s*al\b|\band (?:others|colleagues)\b|\.\.\.|…)\s*\.?(?:\s*\.)?\s*", re.IGNORECASE
)
_END = re.compile(
    r"\s*,?\s*(?:\((?:eds?|editors?)\.?\)|,?\s*(?:eds?\.|editors?\b\.?))?\s*"
    r"(?:(?=\()|[.:](?:\s+|(?=[^\W_]))|(?<=\.)\s+|(?<=\.)(?=[^\W\d_]{2})|$)"
)
#: "et al.; on behalf of a group. Title"
_GROUP_BEHIND = re.compile(r";\s*([^.;]{3,90})\.\s+")
_END_ALONE = re.compile(r"\.(?=\s|$)|:(?=\s)")
_END_INSIDE = re.compile(r"[.;,:](?=\s|$)|\s+(?=\()")
_GROUP = re.compile(
    r"\b(?:group|collaborat\w*|consortium|investigators|committee|organi[sz]ation|society|association|network"
    r"|initiative|teams?|foundation|institutes?|centers?|centres?|agency|council|department|ministry"
    r"|administration|task ?force|panel|trialists|federation|college|academy|union|programme?"
    r"|bureau|commission|service|alliance|community|authority|board|who|nice|cdc|fda|ema)\b",
    re.IGNORECASE,
)
_SMALL = re.compile(
    r"(?:an?|and|at|by|for|from|in|of|on|the|to|with|against|among|d[eu]s?|et|la|le|für|der|y)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class AuthorList:
    """The authors, whether the list is whole, and where in the string the rest begins."""

    authors: tuple[Author, ...] = ()
    complete: bool = True
    end: int = 0


def is_group(text: str) -> bool:
    """Whether ``text`` is the name of a group: it holds a word like "Consortium", all in capitals."""
    words = [word for word in re.findall(r"[^\W\d_][\w'’-]*", text) if not _SMALL.fullmatch(word)]
    return 0 < len(words) <= 14 and bool(_GROUP.search(text)) and all(not word[0].islower() for word in words)


def western_name(printed: str) -> Author:
    """A person printed given name first (``"Lei Wu"``), or a group as ``literal``.

    Lower-case particles belong to the family name, as does "Jr".
    """
    words = printed.split()
    if len(words) < 2 or is_group(printed):
        return Author(literal=" ".join(words))
    last = len(words) - 1
    while last > 1 and re.fullmatch(r"(?:Jr|Sr|[1-4](?:st|nd|rd|th)|I{2,3}|IV)\.?", words[last]):
        last -= 1
    start = last
    while start > 1 and words[start - 1][0].islower():
        start -= 1
    return Author(family=" ".join(words[start:]), given=" ".join(words[:start]))


def leading_authors(text: str) -> AuthorList:
    """The author list that ``text`` opens with; ``end`` is 0 when it opens with none.

    Understood: ``Wu L, van der Berg AB, Müller-Lüdenscheidt K Jr, et al. Title``, initials with full
    stops and commas (``Frischmann, M.E. and Soufi, M. (2012) Title``), a colon as the end
    (BioMed Central), groups inside and alone (``World Health Organization. Title``).
    """
    found: list[Author] = []
    position, complete = 0, True
    while True:
        person = _person_at(text, position)
        odd = None if person or not found else _ODD.match(text, position)
        if person:
            found.append(_author(person))
            position = person.end()
        elif group := _group_at(text, position, alone=not found):
            found.append(Author(literal=text[position:group].strip()))
            position = group
        elif odd and _person_at(text, odd.end()):
            found.append(Author(literal=odd[1]))
            position = odd.end(1)
        else:
            break
        if truncated := _ET_AL.match(text, position):
            position, complete = truncated.end(), False
            if behind := _GROUP_BEHIND.match(text, position):
                found.append(Author(literal=behind[1]))
                position = behind.end()
            break
        between = _BETWEEN.match(text, position)
        if not between:
            break
        position = between.end()
    if not found:
        return AuthorList()
    closing = _END.match(text, position)
    if complete and not closing:
        return AuthorList()
    return AuthorList(tuple(found), complete, closing.end() if closing else position)


def _person_at(text: str, position: int) -> re.Match[str] | None:
    person = _PERSON.match(text, position)
    if person and any(pattern.match(text, person.end()) for pattern in (_BETWEEN, _ET_AL, _END)):
        return person
    return None


def _author(person: re.Match[str]) -> Author:
    initials = (person["dotted"] or person["initials"]).strip()
    if "." not in initials[:-1]:
        initials = initials.rstrip(".").replace(" ", "")
    suffix = (person["suffix"] or person["early"] or "").strip(" ,.")
    return Author(family=f"{person['family']} {suffix}".strip(), given=initials)


def _group_at(text: str, position: int, *, alone: bool) -> int:
    """Where the group's name that begins at ``position`` ends, or 0. ``alone``: nobody is before it."""
    ending = (_END_ALONE if alone else _END_INSIDE).search(text, position)
    if not ending or not is_group(text[position : ending.start()]):
        return 0
    if alone and not re.search(r"[.?!]", text[ending.end() :].strip()):
        return 0  # one sentence before the journal is a title, not an author
    return ending.start()
