"""Pronouns and class nouns that stand for something said before the question."""

from __future__ import annotations

import re

from qa.phrases import (
    AUXILIARIES,
    PREDICATES,
    PREPOSITIONS,
    QUESTION_WORDS,
    VERBS,
    WORD,
    Phrase,
    has_verb,
    is_plural,
    names,
    phrases,
    singular,
)
from qa.turns import CLASS, STUDY, Completion, Turn, noted, sentence

#: "it" that stands for nothing: "Is it possible to …", "Is it known whether …", "How long does it take …".
_EXPLETIVE = re.compile(
    r"\bit\s+(?:(?:be|been|generally|still|really|always|ever|very|more|most|not|also)\s+)*"
    r"(?:advisable|appropriate|bad|believed|better|beneficial|certain|clear|common|dangerous|difficult|easy|"
    r"enough|established|ethical|evident|feasible|good|hard|harmful|helpful|important|impossible|known|legal|"
    r"likely|necessary|normal|okay|possible|probable|proven|rare|reasonable|recommended|safe|said|shown|"
    r"sufficient|thought|true|understood|unlikely|unusual|useful|usual|wise|worth\w*)\s+"
    r"(?:for\b.*\s)?(?:to|that|if|whether|when|how|why|what|who|which|where|\w+ing)\b|"
    r"\bit\s+(?:\w+\s+){1,2}(?:that|whether|if)\b|\bit\s+(?:mean\s+for|time\s+to)\b|"
    r"\bit\s+(?:takes?|took|seems?|appears?)\b|"
    r"\bit\s+(?:announced|believed|decided|discovered|known|said|shown|thought)\s+"
    r"(?!(?:about|after|at|before|by|during|for|from|in|on|since|to|until|with)\b)\w",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"(?<![\w-])(?:it|its|they|them|their|theirs|this|that|these|those)(?![\w'’-])", re.IGNORECASE
)
_CLASS_NOUN = re.compile(
    r"\b(this|that|these|those|the|such)\s+([^\W\d_]+)(?=\s+[\w(]|\s*$|[,;:])", re.IGNORECASE
)
_DEMONSTRATIVE = {"this", "that", "these", "those"}
_POSSESSIVE = {"its", "their", "theirs"}
_PLURAL = {"they", "them", "their", "theirs", "these", "those"}
#: Elsewhere "that" begins a clause.
_DEMONSTRATIVE_AFTER = AUXILIARIES | PREPOSITIONS | QUESTION_WORDS | {"", "and", "or", "all", "like", "than"}
#: "Could that happen again?", "Does this mean …?"
_VERBS_AFTER = frozenset({
    "affect", "apply", "cause", "change", "depend", "explain", "happen", "help", "hold", "matter", "mean",
    "occur", "vary", "work",
})  # fmt: skip
_BE = frozenset({"are", "been", "has", "have", "is", "was", "were"})
#: What follows a noun that goes on: "the patients in …" are said there to be which.
_GOES_ON = frozenset({"of", "in", "for", "with", "that", "which", "who", "on", "to", "between"})
_QUANTIFIED = re.compile(r"\b(?:all|any|both|each|many|most|much|none|some) of\s+$", re.IGNORECASE)
#: Classes a topic can be told to belong to; of other classes the question keeps its own word.
_KIND_OF = {
    "drug": "drug", "medication": "drug", "medicine": "drug", "disease": "disease", "disorder": "disease",
    "illness": "disease", "infection": "disease", "syndrome": "disease",
}  # fmt: skip
#: With "the" they rather begin a new question.
_VAGUE = frozenset({
    "approach", "association", "effect", "finding", "method", "relationship", "result", "technique", "test",
    "therapy", "treatment",
})  # fmt: skip
#: "What did they find?": the authors of the paper quoted.
_AUTHORS = re.compile(
    r"\bthey\s+(?:also\s+)?(?:argue|claim|compare|conclude|examine|find|found|include|measure|observe|propose|"
    r"recommend|recruit|report|show|study|suggest|test)\b",
    re.IGNORECASE,
)
_SINGULAR_OF = {
    "do": "does",
    "are": "is",
    "were": "was",
    "have": "has",
    "don't": "doesn't",
    "aren't": "isn't",
}
_PLURAL_OF = {one: many for many, one in _SINGULAR_OF.items()}


# -- "this drug", "these patients", "the vaccine" ----------------------------------------------------


def noun(body: str, turn: Turn) -> Completion | None:
    """A class of things that the turn before named: its whole phrase, or its name, or a note in brackets."""
    for match in _CLASS_NOUN.finditer(body):
        word, head = match[1].casefold(), singular(match[2].casefold())
        if not _points_back(body, match, word):
            continue
        before, after = body[: match.start()], body[match.end() :]
        if head not in STUDY and (whole := _ending_in(head, turn)) is not None:
            text = _with_article(whole, plural=is_plural(match[2]), head=match[2])
            return Completion(f"{sentence(f'{before}{text}{after}')}?", "noun", (text.removeprefix("the "),))
        if head not in CLASS or (word in {"the", "such"} and head in STUDY | _VAGUE):
            continue
        if head in STUDY:
            return noted(f"{sentence(body)}?", turn, "noun", documents=turn.documents)
        if not (topic := turn.topic(kind=_KIND_OF[head]) if head in _KIND_OF else ""):
            return noted(f"{sentence(body)}?", turn, "noun")
        return Completion(f"{sentence(f'{before}{topic}{after}')}?", "noun", (topic,))
    return None


def _points_back(body: str, match: re.Match[str], word: str) -> bool:
    """Whether the noun of ``match`` is said by the question itself to be no particular one."""
    left = WORD.findall(body[: match.start()].casefold())
    after = next(iter(WORD.findall(body[match.end() :].casefold())), "")
    if word == "the" and after in _GOES_ON:
        return False
    right = WORD.findall(body[match.end() :].casefold())[:2]
    if word in {"the", "that"} and after and _goes_on(left[-1] if left else "", right):
        return False
    earlier = any(phrase.specific for phrase in phrases(body[: match.start()]))
    return not (earlier and (word in {"the", "such"} or re.search(r"[.:;,]", body[: match.start()])))


def _goes_on(before: str, right: list[str]) -> bool:
    """Whether a word after "the drug" belongs to it: "the drug elagolix", "the drug used in"."""
    after = right[0]
    if after.endswith("ed"):
        return before not in _BE
    if before in AUXILIARIES - _BE:  # "Does the drug cross …" but "Does the drug elagolix help …"
        return right[1:] != [] and right[1] in VERBS
    return after not in AUXILIARIES and names(after) and not has_verb(["x", after])


def _ending_in(head: str, turn: Turn) -> Phrase | None:
    """The phrase of the turn before whose last word is ``head``: "rotavirus vaccines" for "the vaccine"."""
    found = (p for p in reversed(turn.phrases) if p.head == head and len(p.words) > 1 and p.specific)
    return next(found, None)


def _with_article(phrase: Phrase, *, plural: bool, head: str) -> str:
    text = phrase.text if plural == phrase.plural else " ".join([*phrase.text.split()[:-1], head])
    bare = (plural and phrase.plural) or re.match(r"\S+[’']s\b", text)
    return text if bare else f"the {text}"


# -- it, its, they, them, their, this, that, these, those --------------------------------------------


def pronoun(body: str, turn: Turn) -> Completion | None:
    """A pronoun that stands for the topic of the turn before, which takes its place."""
    for match in _PRONOUN.finditer(body):
        word = match[0].casefold()
        acronym = match[0] == "IT" and not body.isupper()
        if acronym or not _unexplained(word, body, match):
            continue
        if word in _DEMONSTRATIVE:
            return noted(f"{sentence(body)}?", turn, "pronoun")
        if turn.about_paper or (turn.documents and _AUTHORS.match(body, match.start())):
            return noted(f"{sentence(body)}?", turn, "pronoun", documents=turn.documents)
        topic = turn.topic(plural=word in _PLURAL)
        text = _replaced(body, match, topic) if topic else body
        if not topic or re.search(r"\b(?:this|that)$", text, re.IGNORECASE):
            return noted(f"{sentence(body)}?", turn, "pronoun")
        return Completion(f"{sentence(text)}?", "pronoun", (topic,))
    return None


def _replaced(body: str, match: re.Match[str], topic: str) -> str:
    """``body`` with ``topic`` in the place of the pronoun, in the form that it has there."""
    start, end, word = body[: match.start()], body[match.end() :], match[0].casefold()
    if word in _POSSESSIVE:
        owned = _owned(end)
        if owned:
            return f"{start}the {owned} of {topic}{end.strip()[len(owned) :]}"
        return f"{start}{topic}{'’' if topic.endswith('s') else '’s'}{end}"
    if word == "them" and _QUANTIFIED.search(start):
        return f"{start}the {topic}{end}"
    plural = is_plural(topic.split(" of ")[0].split()[-1]) or " and " in topic
    forms = _PLURAL_OF if plural else _SINGULAR_OF

    def agree(found: re.Match[str]) -> str:
        form = forms.get(found[0].casefold(), found[0])
        return sentence(form) if found[0][0].isupper() else form

    inverted = start if _explaining(start) else re.sub(r"[\w']+(?=\s*$)", agree, start)
    return inverted + topic + re.sub(r"(?<=^\s)[\w']+", agree, end)


def _owned(end: str) -> str:
    """The noun phrase after "its", where it is plain that it ends there."""
    end = end.strip()
    first = next(iter(phrases(f"the {end}")), None)
    if first is None or first.before != "the" or not end.startswith(first.text):
        return ""
    after = next(iter(WORD.findall(end[len(first.text) :].casefold())), "")
    verbs = any(word in VERBS for word in first.words[1:])
    return first.text if not verbs and (not after or after in PREPOSITIONS) else ""


def _unexplained(word: str, body: str, match: re.Match[str]) -> bool:
    """Whether nothing in the question itself is what the pronoun stands for, and it stands for something."""
    start = body[: match.start()]
    left, right = WORD.findall(start.casefold()), WORD.findall(body[match.end() :].casefold())
    before = left[-1] if left else ""
    if re.search(r"[.:;]\s", start):
        return False
    if word in _DEMONSTRATIVE:
        return _demonstrates(word, before, right[0] if right else "") and not (
            word in _PLURAL and any(phrase.plural for phrase in _explaining(start))
        )
    if word == "it" and any(one.start() <= match.start() < one.end() for one in _EXPLETIVE.finditer(body)):
        return False
    asked = left[:1] == ["who"] or left[:1] == ["which"]
    if word in _PLURAL | {"its"} and asked and set(left[1:]) - AUXILIARIES - PREPOSITIONS:
        return False  # "Which band named an album after its singer?"
    found = _explaining(start)
    if found and word in {"it", "them"} and before in PREPOSITIONS and found[-1].words[-1:] == left[-2:-1]:
        found = found[:-1]  # "a vaccine against it": not the vaccine
    if word == "it":
        found = [phrase for phrase in found if not phrase.plural]
    return not any(phrase.specific for phrase in found)


def _explaining(start: str) -> list[Phrase]:
    """The phrases that a later pronoun may stand for: not "which country"."""
    return [phrase for phrase in phrases(start) if phrase.before not in {"which", "what", "many", "much"}]


def _demonstrates(word: str, before: str, after: str) -> bool:
    """Whether "this" or "that" stands alone for what was said, and neither opens a clause nor has a noun."""
    if after and before not in _DEMONSTRATIVE_AFTER:
        return False
    if word in {"that", "those"} and after in {"of", "in", "with", "for", "on"}:
        return False
    alone = AUXILIARIES | PREPOSITIONS | _VERBS_AFTER | PREDICATES
    return not after or after in alone or has_verb(["x", after])
