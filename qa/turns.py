"""One turn of a conversation as the next question sees it, and how a completed question is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from index.words import content_terms, terms
from qa.phrases import WORD, Phrase, is_plural, names, phrases
from qa.records import Answer

#: Phrases added in brackets, at most.
NOTES = 3

#: The likeness of a text to each of others, from -1 to 1.
Likeness = Callable[[str, Sequence[str]], Sequence[float]]

_TOLD = r"(?:report|f[io]+u?nd|show|wrote|write|sa(?:y|id)|publish|claim|observ|demonstrat|conclud)\w*"
#: "Who reported that?", "Which study shows it?", "Where was this published?", "Source?"
SOURCE = re.compile(
    rf"who\s+(?:\w+\s+)?(?:{_TOLD}|(?:discover|describ|stud)\w*(?=\s+th))\s+(?:that|this|it|so)|"
    r"(?:which|what)\s+(?:paper|study|studies|article|author|group|publication|source|trial)s?\s+"
    rf"(?:\w+\s+)?{_TOLD}\s+(?:that|this|it|so)|"
    r"(?:where|when|by whom)\s+(?:was|were|is)\s+(?:that|this|it)\s+(?:published|reported|shown|described)|"
    r"(?:(?:what|where)\s+is\s+)?(?:the\s+|your\s+)?(?:source|reference|citation)s?",
    re.IGNORECASE,
)
_NOTED = re.compile(r"(?P<question>.*\S)\s+\((?P<notes>[^()]*)\)", re.DOTALL)
#: Nouns that name a thing by its class: with "this" or "the" and nothing more they stand for one.
STUDY = frozenset(
    [
        "analysis",
        "article",
        "author",
        "cohort",
        "experiment",
        "paper",
        "publication",
        "researcher",
        "review",
        "study",
        "survey",
        "trial",
    ]
)
CLASS = STUDY | frozenset(
    """
    agent algorithm antibody approach association bacterium cell classifier compound condition
    disease disorder drug effect enzyme finding gene group illness infection intervention medication
    medicine method model molecule mutation network pathogen patient people protein receptor
    relationship result software substance syndrome system technique test therapy tool treatment
    tumor tumour vaccine virus
    """.split()  # noqa: SIM905  read as prose
)


@dataclass(frozen=True, slots=True)
class Completion:
    """What became of a question: ``question`` to search and show, the words ``added``, and the ``rule``.

    ``rule`` is empty and ``question`` unchanged where the question stands alone. ``documents`` are the
    papers to look in first, where the question asks about the paper quoted before.
    """

    question: str
    rule: str = ""
    added: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


class Turn:
    """The turn before: its question, the phrases it names, and the sentence quoted first."""

    def __init__(self, answer: Answer, weight_of: Callable[[str], float], likeness: Likeness | None) -> None:
        whole = answer.completed_question.strip()
        found = _NOTED.fullmatch(whole)
        self.about_paper = found is not None and bool(SOURCE.fullmatch(found["question"].rstrip("?")))
        if found is not None and self.about_paper:
            whole, found = found["notes"], None  # "Who reported that? (Is it …)" is about the latter
        self.question = (found["question"] if found else whole).rstrip("?!. ")
        self.notes = [note.strip() for note in found["notes"].split(",")] if found else []
        self.phrases = phrases(self.question)
        self.weight_of, self.likeness = weight_of, likeness
        self.documents = tuple(quote.document_id for quote in answer.quotes[:1])
        first = next(iter(answer.quotes), None)
        self.quote = (
            "" if first is None else first.text[first.focus[0] - first.start : first.focus[1] - first.start]
        )

    def weight(self, text: str) -> float:
        """The IDF of the most telling word of ``text``."""
        return max((self.weight_of(term) for term in content_terms(text)), default=0.0)

    def context(self, but: Sequence[str] = ()) -> list[str]:
        """The phrases that say what the conversation is about, the most telling, in order."""
        known = set(terms(" ".join(but)))
        found = [*self.notes, *(phrase.text for phrase in self.phrases if phrase.specific)]
        if self.unnamed() and (named := self.named()):
            found.insert(0, named)
        if len(found) < 2:  # "clinical trials" is no topic alone, but says more of one
            found += [phrase.text for phrase in self.phrases if not phrase.specific and len(phrase.words) > 1]
        found = [text for text in dict.fromkeys(found) if not known.issuperset(content_terms(text))]
        best = sorted(found, key=self.weight, reverse=True)[:NOTES]
        return [text for text in found if text in best]

    def unnamed(self) -> bool:
        """Whether the question asked for the name of something, so that only the quote can say it."""
        first = next(iter(self.phrases), None)
        return (
            first is not None
            and first.before in {"which", "what"}
            and first.head in CLASS
            and (len(first.words) == 1)
        )

    def named(self) -> str:
        """What the quoted sentence is about and the question did not say: its subject, most likely."""
        asked = set(content_terms(self.question))
        new = [
            phrase
            for phrase in phrases(self.quote)
            if phrase.specific and len(phrase.words) <= 4 and not asked & set(terms(phrase.text))
        ]
        return max(new[:2], key=lambda phrase: self.weight(phrase.text)).text if new else ""

    def topic(self, *, plural: bool | None = None, kind: str = "") -> str:
        """The phrase a pronoun stands for: the subject, or what a word like "the risk of" is about."""
        if self.unnamed():
            return ""
        leading: list[Phrase] = []
        spare: list[Phrase] = []
        for phrase, following in zip_longest(self.phrases, self.phrases[1:]):
            if self.notes and phrase.before in {"this", "that", "these", "those"}:
                continue
            complement = (
                following is not None and following.before in {"of", "to", "for"} and following.specific
            )
            if phrase.specific and not (complement and not names(phrase.head)):
                aside = phrase.before in {"in", "after", "during", "among", "by", "from"}
                (spare if leading or aside else leading).append(phrase)
        ranked = [*leading, *spare, *(Phrase(note, 0, len(note), "") for note in self.notes)]
        if kind:
            ranked = [p for p in ranked if p.kind == kind] or [p for p in ranked if not p.kind]
        if plural is not None:
            ranked.sort(key=lambda phrase: phrase.plural != plural)
        if not ranked:
            return ""
        return self._owned(ranked[0]) if plural and not ranked[0].plural else ranked[0].text

    def _owned(self, phrase: Phrase) -> str:
        """``"the symptoms of long COVID"`` for ``"long COVID"``, where the question was of its symptoms."""
        owner = next((one for one in self.phrases if one.end + len(" of ") == phrase.start), None)
        if owner is None or phrase.before != "of" or not owner.plural or owner.specific:
            return phrase.text
        return f"the {self.question[owner.start : phrase.end]}"


def what_is(noun: str, topic: str, turn: Turn, rule: str) -> Completion | None:
    """``"What are the side effects of X?"``, or with the context in brackets where no topic is known."""
    bare = re.sub(r"^(?:the|an?|any|some)\s+", "", noun, flags=re.IGNORECASE)
    first = next(iter(phrases(f"the {bare}")), None)
    cut = len(first.text) if first is not None and bare.startswith(first.text) else len(bare)
    kept, rest = lowered(bare[:cut]), bare[cut:]  # "its use | in pregnancy"
    words = WORD.findall(kept)
    is_are = "are" if is_plural(words[-1]) or "and" in words else "is"
    if not topic:
        return noted(f"What {is_are} the {kept}{rest}?", turn, rule)
    return Completion(f"What {is_are} the {kept} of {topic}{rest}?", rule, (topic,))


def noted(text: str, turn: Turn, rule: str, *, documents: tuple[str, ...] = ()) -> Completion | None:
    """``text`` with what the conversation is about in brackets; None when nothing is known of it."""
    notes = turn.context(but=[text])
    if not notes:
        return None
    return Completion(f"{text} ({', '.join(notes)})", rule, tuple(notes), documents)


def sentence(text: str) -> str:
    """``text`` with a capital first letter, unless its first word has an inner one (``mRNA``)."""
    text = text.strip()
    first = text.split(maxsplit=1)[0] if text else ""
    return text if first[1:] != first[1:].lower() else text[:1].upper() + text[1:]


def lowered(text: str) -> str:
    """``text`` with a small first letter, unless its first word is an acronym."""
    first = text.split(maxsplit=1)[0] if text else ""
    return text if first[1:] != first[1:].lower() or len(first) == 1 else text[:1].lower() + text[1:]
