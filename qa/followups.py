"""Follow-up questions, completed from the conversation by rules: no language model writes anything.

"And in children?", "What about its side effects?", "Who reported that?" lean on the turn before.
:func:`complete` finds out whether a question does, and if so writes one that can be searched and shown:
words of the previous question, or of the sentence quoted for it, are put in, and nothing else is made up.
A question that names its own topic is left exactly as it is.

The rules, tried in this order (``Completion.rule`` names the one that held):

``source``         "Who reported that?", "Which study showed this?", "Source?": the previous question, in the
                   paper quoted first.
``ellipsis``       no verb: "And in children?", "What about mice?", "And gonorrhoea?" The part of the previous
                   question that is of the same kind is replaced, else the words are added to it.
``question word``  no verb: "Why?", "At what dose?", "Since when?": put in front of the previous question.
``open``           nothing specific: "Side effects?", "What is the odds ratio?", "How many patients died?"
``noun``           "this drug", "these patients", "the vaccine" (after "rotavirus vaccines").
``pronoun``        it, its, they, them, their, this, that, these, those, unless the question itself says
                   before what they stand for, or they stand for nothing ("Is it possible to …").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from index.words import content_terms
from qa.anaphora import noun, pronoun
from qa.phrases import (
    AUXILIARIES,
    PREPOSITIONS,
    QUESTION_WORDS,
    VERBS,
    WORD,
    Phrase,
    has_verb,
    names,
    phrases,
)
from qa.records import Answer
from qa.turns import SOURCE, Completion, Likeness, Turn, lowered, noted, sentence, what_is

#: Fragments longer than this are taken for questions of their own (or for keywords).
FRAGMENT_WORDS = 7
#: A question of more words says itself what it is about; so does a statement longer than a fragment.
QUESTION_WORDS_AT_MOST = 16
#: Cosine from which two phrases of no known kind count as of one kind, and its lead over the next phrase.
SAME_KIND, LEAD = 0.3, 0.1

_OPENING = re.compile(r"(?:(?:and|but|so|ok|okay|or|then|well|even|only|especially)\b[\s,]*)+", re.IGNORECASE)
_ABOUT = re.compile(r"(?:(?:what|how)\s+about|what\s+of)\s+", re.IGNORECASE)
_TOO = re.compile(r"[\s,]+(?:too|also|as well|then|though)$", re.IGNORECASE)
_YES_NO = re.compile(
    r"(?:do|does|did|is|are|was|were|can|could|will|would|should|may|might|must|has|have|had)\b",
    re.IGNORECASE,
)


def complete(
    question: str,
    history: Sequence[Answer],
    *,
    weight_of: Callable[[str], float] = lambda term: 1.0,
    likeness: Likeness | None = None,
) -> Completion:
    """``question`` as it stands, or completed from the last answer of ``history`` (oldest first).

    The last turn is enough: its completed question carries what came before. ``weight_of`` gives the IDF of
    an index term and chooses what is added in brackets; ``likeness`` compares phrases of no known kind
    (default: none are alike).
    """
    asked = question.strip()
    if not history or not asked:
        return Completion(question)
    turn = Turn(history[-1], weight_of, likeness)
    body = asked.rstrip("?!. \t\n")
    if not WORD.search(body) or _long(asked, body):
        return Completion(question)
    for rule in (_source, _fragment, noun, pronoun, _open):
        found = rule(body, turn)
        if found is not None and content_terms(found.question) != content_terms(asked):
            return found
    return Completion(question)


def _long(asked: str, body: str) -> bool:
    """Whether the question is too long to lean on another, or a statement of some length."""
    words = [word.casefold() for word in WORD.findall(_opened(body))]
    asks = asked.endswith("?") or (bool(words) and words[0] in QUESTION_WORDS | AUXILIARIES | PREPOSITIONS)
    return len(words) > (QUESTION_WORDS_AT_MOST if asks else FRAGMENT_WORDS)


def _opened(body: str) -> str:
    """``body`` without an "And" or "But" in front."""
    opening = _OPENING.match(body)
    return body[opening.end() :] if opening else body


def _source(body: str, turn: Turn) -> Completion | None:
    """The previous question once more, in the paper quoted."""
    bare = _opened(body)
    if not SOURCE.fullmatch(bare):
        return None
    before = ": ".join(filter(None, (turn.question, ", ".join(turn.notes))))
    return Completion(f"{sentence(bare)}? ({before})", "source", (before,), turn.documents)


def _fragment(body: str, turn: Turn) -> Completion | None:
    """A question without a verb."""
    rest = _opened(body)
    marked = rest != body
    about = _ABOUT.match(rest)
    rest = rest[about.end() :] if about else rest
    too = _TOO.search(rest)
    rest = rest[: too.start()] if too else rest
    words = [word.casefold() for word in WORD.findall(rest)]
    if len(words) > FRAGMENT_WORDS or has_verb(words) or "," in rest.rstrip(","):
        return None
    marked = marked or about is not None or too is not None
    if not words:
        return None
    asking = words[1:2] if words[0] in PREPOSITIONS else words[:1]
    if QUESTION_WORDS.intersection(asking):
        specific = any(names(word) for word in words)
        return None if about or (specific and len(words) > 3) else _asking(rest, turn)
    if (
        not marked
        and words[0] not in PREPOSITIONS | {"compared"}
        and (words[0] in VERBS or any(names(word) for word in words))
    ):
        return None  # a bare noun phrase that names something: keywords
    if words[0] in {"this", "that", "these", "those"}:
        return noted(f"{sentence(rest)}?", turn, "noun")
    if words[0] in {"its", "their"}:
        topic = turn.topic(plural=words[0] == "their")
        return what_is(rest.split(maxsplit=1)[-1], topic, turn, "pronoun") if len(words) > 1 else None
    return _ellipsis(rest, words, turn)


def _asking(rest: str, turn: Turn) -> Completion | None:
    """``"At what dose"`` before the previous yes-no question, else with its phrases in brackets."""
    plain = not any(names(word.casefold()) for word in WORD.findall(rest))
    if plain and not turn.notes and _YES_NO.match(turn.question):
        negated = rest.casefold().endswith(" not")
        joint = ": " if negated else " "
        added = turn.context()
        return Completion(f"{sentence(rest)}{joint}{lowered(turn.question)}?", "question word", tuple(added))
    return noted(f"{sentence(rest)}?", turn, "question word")


def _ellipsis(rest: str, words: Sequence[str], turn: Turn) -> Completion | None:
    """What is of one kind with the fragment is replaced in the previous question; else it is added."""
    preposition = words[0] if words[0] in PREPOSITIONS | {"compared"} else ""
    bare = re.sub(r"^\w+\s+", "", rest) if preposition else rest
    bare_words = words[1:] if preposition else list(words)
    new = next(iter(phrases(f"{preposition or 'of'} {bare}")), None)
    place = _counterpart(new, bare, preposition, turn) if new is not None and not turn.notes else None
    if place is None and preposition and not turn.notes:
        return _merged(f"{turn.question} {lowered(rest)}?", rest, turn)
    compared = (bare_words[:1] and bare_words[0].endswith(("er", "est"))) or bare_words[:1] == ["more"]
    if place is None and not compared and not any(names(word) for word in bare_words):
        return what_is(bare, turn.topic(), turn, "open")
    if place is None:
        return noted(f"What about {lowered(rest)}?", turn, "ellipsis")
    if bare_words[-1] in {"one", "ones"}:
        bare = " ".join([*bare.split()[:-1], *place.text.split()[1:]])
    before, after = turn.question[: place.start], turn.question[place.end :]
    if re.match(r"(?:an?|the)\s", bare, re.IGNORECASE):
        before = re.sub(r"\b(?:an?|the)\s+$", "", before, flags=re.IGNORECASE)
    return _merged(f"{before}{bare}{after}?", rest, turn)


def _counterpart(new: Phrase, bare: str, preposition: str, turn: Turn) -> Phrase | None:
    """The phrase of the previous question that the fragment stands in for."""
    ones = bare.casefold().split()[-1] in {"one", "ones"}
    same = [phrase for phrase in turn.phrases if preposition and phrase.before == preposition]
    others = [] if preposition else [phrase for phrase in turn.phrases if phrase not in same]
    for phrase in reversed(same):
        if ones or phrase.kind == new.kind or not {phrase.kind, new.kind} & {"population", "place", "time"}:
            return phrase
    if new.kind:
        alike = [phrase for phrase in others if phrase.kind == new.kind]
        if alike:
            return alike[-1]
    if re.match(r"an?\s", bare, re.IGNORECASE):
        return next((phrase for phrase in others if phrase.before in {"a", "an"}), None)
    whole = new.text == re.sub(r"^(?:the|some|any)\s+", "", bare, flags=re.IGNORECASE)
    if turn.likeness is None or not new.specific or not whole or new.words[0].endswith("ing"):
        return None
    others = [phrase for phrase in others if phrase.specific]
    if not others:
        return None
    values = list(turn.likeness(new.text, [phrase.text for phrase in others]))
    first, second = sorted([*values, -1.0], reverse=True)[:2]
    return others[values.index(first)] if first >= SAME_KIND and first >= second + LEAD else None


def _open(body: str, turn: Turn) -> Completion | None:
    """A whole question that names nothing: "What is the odds ratio?", "Who is most at risk?"."""
    words = [word.casefold() for word in WORD.findall(body)]
    bare = [word for word in words if word not in {"and", "but", "so"}]
    if any(names(word) for word in words) or len(bare) > 9:
        return None
    return noted(f"{sentence(_opened(body))}?", turn, "open")


def _merged(text: str, rest: str, turn: Turn) -> Completion:
    added = (words for words in turn.context(but=[rest]) if words in text)
    return Completion(sentence(text), "ellipsis", tuple(added))
