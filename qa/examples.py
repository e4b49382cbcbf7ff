"""Questions to begin with, made from what a library holds and tried before they are offered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain, islice, zip_longest

from index.library import Library
from index.records import Document, plain_key
from qa.assistant import Assistant

#: MeSH headings that PubMed gives to most papers; they say nothing of one.
_CHECK_TAGS = frozenset(
    {
        "adolescent", "adult", "aged", "aged 80 and over", "animals", "child", "child preschool", "female",
        "humans", "infant", "infant newborn", "male", "mice", "middle aged", "pregnancy", "rats",
        "retrospective studies", "prospective studies", "treatment outcome", "young adult",
    }
)  # fmt: skip
#: Documents looked at, at most, however large the library is.
_DOCUMENTS = 500
_MOST_WORDS = 7
_DISCLOSURE = "Did the authors declare a conflict of interest?"


def example_questions(
    library: Library,
    n: int = 4,
    *,
    assistant: Assistant | None = None,
    before_each: Callable[[], None] = lambda: None,
) -> list[str]:
    """Up to ``n`` questions this library answers, spread over its documents.

    At most ``4 * n`` candidates are asked, so that it stays quick; those the library does not answer
    are left out. ``assistant`` asks them (default: one over ``library``), ``before_each`` is called
    before each. An empty library gives none.
    """
    if n < 1 or not len(library):
        return []
    assistant = assistant or Assistant(library)
    documents = list(islice(library.documents(), _DOCUMENTS))
    step = max(1, len(documents) // (2 * n))
    chosen = documents[::step][: 4 * n]
    found: list[str] = []
    for question in islice(_questions(chosen), 4 * n):
        before_each()
        if assistant.ask(question).status == "answered":
            found.append(question)
        if len(found) == n:
            break
    return found


def _questions(documents: list[Document]) -> Iterator[str]:
    """Candidates, each once: the documents' topics in turn, the disclosure question in third place."""
    turns = zip_longest(*(_topics(document) for document in documents))
    topics = (topic for turn in turns for topic in turn if topic)
    asked = (f"What is known about {topic}?" for topic in topics)
    disclosed = any(section.label == "disclosure" for document in documents for section in document.sections)
    seen = set()
    for question in chain(islice(asked, 2), [_DISCLOSURE] if disclosed else [], asked):
        if (key := plain_key(question)) not in seen:
            seen.add(key)
            yield question


def _topics(document: Document) -> Iterator[str]:
    """What a document says it is about, those its title names first; else the title itself."""
    reference = document.reference
    title = f" {plain_key(document.title)} "
    terms = [_plain(term) for term in (*reference.keywords, *reference.mesh)]
    terms = [term for term in terms if term and len(term.split()) <= _MOST_WORDS]
    # Longer terms are more telling: "stem cell therapy" rather than "MS".
    terms.sort(key=lambda t: (-_share(t, title), -min(len(t.split()), 3)))
    yield from terms
    if not terms and (words := _title_words(document.title)):
        yield words


def _share(term: str, title: str) -> float:
    """The share of a term's words that the title has, in the singular or the plural."""
    words = [
        word[:-1] if word.endswith("s") else word[:-1] if word.endswith("y") else word
        for word in plain_key(term).split()
    ]
    return sum(f" {word}" in title for word in words) / max(1, len(words))


def _plain(term: str) -> str:
    """A term as one says it, nothing for a check tag.

    ``"Diabetes Mellitus, Type 2/therapy"`` -> ``"Type 2 Diabetes Mellitus"``.
    """
    head = term.split("/")[0].strip().strip("*.;,")
    if plain_key(head) in _CHECK_TAGS:
        return ""
    first, comma, second = head.partition(", ")
    return f"{second} {first}" if comma and "," not in second else "" if comma else head


def _title_words(title: str) -> str:
    """The title's topic: what stands before its colon, when it is short enough to ask about."""
    words = re.split(r"[:?.!–—]\s", f"{title} ", maxsplit=1)[0].strip(" .:?!")
    if not re.fullmatch(r"[^\W\d_][\w\s'’(),/+-]*", words) or len(words.split()) > _MOST_WORDS:
        return ""
    first = words.split()[0]
    return words[0].lower() + words[1:] if first[1:].islower() and "-" not in first else words
