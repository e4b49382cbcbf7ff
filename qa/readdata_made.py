"""Examples made by rule from papers nobody asked about: titles, aims, findings, definitions, key words."""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.lexical import STOPWORDS
from qa.readdata_forms import (
    abbreviations,
    exchanged,
    is_objective,
    keywords,
    objective_questions,
    reworded,
    thinned,
    title_question,
    typed,
)
from qa.readdata_human import DOES, FINDS, hardest, row
from qa.readdata_pool import Example, Pool, Row, Source, asked_terms, share_of
from qa.readdata_rules import Made, questions_of

CONCLUDES = re.compile(
    r"^(?:In (?:conclusion|summary)|To conclude|Thus|Taken together|Overall|Therefore|Hence|We conclude|Conclusions?\b|CONCLUSIONS?\b|"
    r"Interpretation\b|It (?:is|was|may be|can be) concluded|(?:These|Our|The(?:se)? present|The) (?:results|data|findings|observations) "
    r"(?:\w+ )?(?:suggest|indicate|show|demonstrate|support|provide|confirm|imply|establish))|\b(?:we (?:therefore )?conclude|in conclusion|"
    r"it is concluded|(?:this study|these (?:results|data|findings|studies)|our (?:results|data|findings|study)|the (?:results|data|findings)) "
    r"(?:\w+ )?(?:suggests?|indicates?|shows?|demonstrates?|supports?|provides?|confirms?|highlights?))\b"
)
#: A conclusion that only calls for more work, or praises the method, answers nothing.
_CALLS = re.compile(
    r"\b(?:further|future|additional|more|larger|long-term) (?:\w+ ){0,3}(?:studies|research|trials?|work|investigations?|evaluation)\b|"
    r"\b(?:are|is) (?:needed|warranted|required|discussed|presented|reviewed)\b|\bshould be (?:investigated|studied|confirmed|evaluated)\b",
    re.I,
)
_ROLES = (
    ("conclusion", r"conclu|interpret|implication"),
    ("results", r"result|finding|outcomes?$"),
    ("objective", r"objective|aim|purpose|hypothes|question"),
    ("methods", r"method|design|setting|patient|subject|material|participant|intervention|measure|statistic|sampl|"
                r"procedure|analy|population|experimental|registration|data|search|source|selection|recruit|randomi"),
    ("background", r"background|introduction|context|rationale|importance|what is known"),
    ("discussion", r"discussion|comment|limitation"),
    ("title", r"^title$"),
)  # fmt: skip
_HEADING = re.compile(r"(?m)^[^\S\n]*((?:TITLE|ABSTRACT|BODY)(?:\.[A-Z0-9 .,&/()'’:-]+?)?|[A-Z][A-Z &/,-]{4,50}):+\s")
_INLINE = re.compile(
    r"(?:(?<=^)|(?<=[.!?)]\s)|(?<=\n))(BACKGROUND|INTRODUCTION|CONTEXT|RATIONALE|IMPORTANCE|OBJECTIVES?|AIMS?|AIM OF [A-Z ]+|PURPOSE|"
    r"METHODS?|MATERIALS? AND METHODS|PATIENTS AND METHODS|DESIGN|STUDY DESIGN|SETTING|PATIENTS|PARTICIPANTS|SUBJECTS|INTERVENTIONS?|MEASUREMENTS|"
    r"MAIN OUTCOME MEASURES?|RESULTS?|FINDINGS|MAIN RESULTS?|CONCLUSIONS?|DISCUSSION|INTERPRETATION|Background|Introduction|Objectives?|"
    r"Aims?|Purpose|Methods?|Results?|Findings|Conclusions?|Discussion|Interpretation)(?::|(?<=[A-Z])\s(?=[A-Z][a-z]))"
)


@lru_cache(maxsize=4096)
def _headings(source: Source) -> tuple[tuple[int, str], ...]:
    """Where sections begin and their role, by the set's labels, by headings, or by labels in the running text."""
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
    """The role of the section of ``source`` at a position: "methods", "results", …; "" where none is marked."""
    marks = _headings(source)
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
    marked = bool(_headings(source))
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
                role = "conclusion" if CONCLUDES.search(text) else "methods" if DOES.search(text) and not FINDS.search(text) else "results" if FINDS.search(text) else ""  # fmt: skip
            found.append(Line(index, number, text, role))
    if not marked and found and found[-1].role in ("", "results") and re.search(
        r"\b(?:may|might|should|appears?|suggest\w*|seems?|can be|is an? (?:effective|safe|useful)|indicat\w+|recommend\w*)\b", found[-1].text
    ):
        last = found[-1]
        found[-1] = Line(last.passage, last.number, last.text, "conclusion")
    return found


def _head(text: str) -> int:
    match = re.match(r"(?:[A-Z][A-Z0-9 .,&/()'’:-]*:+\s*)+", text)
    return match.end() if match else 0


def _rows(pool: Pool, lines: Sequence[Line], label: dict[tuple[int, int], int]) -> dict[int, Row]:
    """A row for each passage of ``lines``, labels by (passage, sentence)."""
    by: dict[int, list[int]] = {}
    for line in lines:
        by.setdefault(line.passage, []).append(label[line.passage, line.number])
    return {index: row(index, labels) for index, labels in by.items() if len(labels) == len(pool.all[index].sentences)}


def aims(pool: Pool, name: str, title: str | None, chance: random.Random) -> Iterator[Example]:
    """A title's or an aim's question against the paper's conclusions; the aim itself does not answer."""
    lines = lines_of(pool, name)
    concluding = [line for line in lines if line.role == "conclusion" and not _CALLS.search(line.text) and len(line.text.split()) >= 7]
    asked: list[tuple[str, str]] = [(title, "title")] if title else []
    for line in [line for line in lines if line.role == "objective"][:2]:
        options = objective_questions(line.text)
        if options:
            asked += [(one, "objective") for one in chance.sample(options, min(2, len(options)))]
    long = len(lines) > 40
    for number, (question, kind) in enumerate(asked):
        best = {line: pool.coverage(question, line.text) for line in lines}
        right = [line for line in concluding if best[line] >= 0.3]
        if not right and concluding and not long and kind == "title" and pool.coverage(question, " ".join(line.text for line in lines)) >= 0.5:
            right = concluding[-1:]
        if not right:
            continue
        label = {}
        for line in lines:
            unsure = line.role in ("results", "discussion", "conclusion") or (best[line] >= 0.35 and FINDS.search(line.text) and line.role not in ("methods", "objective"))  # fmt: skip
            label[line.passage, line.number] = 1 if line in right else -1 if unsure and (best[line] >= 0.15 or not long) else 0
        rows = _rows(pool, lines, label)
        gold = [entry for entry in rows.values() if entry.label == 1]
        also = [entry for entry in rows.values() if entry.label == 0 or (0 in entry.labels and entry.label == -1)]
        shown = question
        if kind == "title" or chance.random() < 0.5:
            shown = reworded(thinned(question, chance) if chance.random() < 0.3 else question, chance)
        shown = exchanged(shown, abbreviations(pool.sources[name].text), chance, 0.4)
        yield Example(f"{name}#{kind}{number}", name.split("/")[0], kind, question, typed(shown, chance), gold[:3],
                      hardest(pool, question, also, 4), frozenset([name]))  # fmt: skip


#: How much a kind is wanted where a document offers several.
_WANTED = {"number": 2.0, "cause": 3.0, "which": 2.5, "list": 2.0, "definition": 2.5, "purpose": 2.5, "where": 2.5, "how": 1.5,
           "relation": 1.0, "effect": 1.2, "yesno": 0.35, "keywords": 0.4, "abbreviation": 0.2}  # fmt: skip
#: A question whose words weigh less in sum could be put of any paper: only its own paper is searched.
SPECIFIC = 12.0


def findings(pool: Pool, name: str, most: int, chance: random.Random) -> Iterator[Example]:
    """Questions that single sentences of a paper answer, at most ``most``, of various kinds."""
    lines = lines_of(pool, name)
    short = abbreviations(pool.sources[name].text)
    options: list[tuple[float, Line, Made]] = []
    for line in lines:
        made = questions_of(line.text)
        if line.role in ("methods", "objective", "title"):
            made = [one for one in made if one.kind not in ("yesno", "relation", "effect")]
        if line.role not in ("methods", "objective", "title") and len(line.text.split()) >= 10:
            made += _searched(line.text, chance)
        made += _stands_for(line.text, short)
        options += [(chance.random() ** (1 / _WANTED[one.kind]), line, one) for one in made]
    options.sort(key=lambda option: -option[0])
    taken: set[tuple[int, int]] = set()
    kinds: dict[str, int] = {}
    count = 0
    for _, line, one in options:
        if count >= most:
            return
        if (line.passage, line.number) in taken or kinds.get(one.kind, 0) >= max(1, most // 3):
            continue
        if found := _finding(pool, name, lines, line, one, short, chance):
            taken.add((line.passage, line.number))
            kinds[one.kind] = kinds.get(one.kind, 0) + 1
            count += 1
            yield found


def _finding(
    pool: Pool, name: str, lines: Sequence[Line], line: Line, one: Made, short: dict[str, str], chance: random.Random
) -> Example | None:
    weight = sum(map(pool.weight, asked_terms(one.question)))
    narrow = weight < SPECIFIC and one.kind not in ("definition", "abbreviation")
    if (narrow and (len(lines) < 12 or weight < 2)) or (one.kind == "keywords" and weight < 18):
        return None
    label = {}
    doubt = 0.4 if one.kind in ("yesno", "effect", "relation", "keywords") else 0.55
    for other in lines:
        if other is line:
            value = 1
        elif one.needs and not one.needs.search(other.text):
            value = 0
        elif one.kind in ("definition", "abbreviation"):
            value = 0 if one.kind == "abbreviation" or not re.search(r"\b(?:is|are) (?:an?|the)\b", other.text) else -1
        elif other.role in ("objective", "title"):
            value = 0
        else:
            value = -1 if pool.coverage(one.question, other.text) >= doubt else 0
        label[other.passage, other.number] = value
    rows = _rows(pool, lines, label)
    if line.passage not in rows:
        return None
    gold = rows.pop(line.passage)
    start, _ = pool.all[line.passage].sentences[line.number]
    gold.spans = [(start + one.span[0], start + one.span[1])] if one.span else []
    also = hardest(pool, one.question, [entry for entry in rows.values() if 0 in entry.labels], 8 if narrow else 4)
    if narrow and len([entry for entry in also if entry.label == 0]) < 2:
        return None
    shown = one.question
    if one.kind not in ("keywords", "abbreviation"):
        if chance.random() < 0.45:
            shown = reworded(shown, chance, 0.5)
        if chance.random() < 0.3:
            shown = thinned(shown, chance)
        shown = typed(exchanged(shown, short, chance, 0.4), chance)
    return Example(
        f"{name}#{line.passage}.{line.number}.{one.kind}", name.split("/")[0], one.kind, one.question, shown, [gold], also,
        frozenset([name]), needs=one.needs, droppable=not narrow and one.kind not in ("definition", "abbreviation", "keywords"),
        narrow=narrow,
    )  # fmt: skip


def _searched(text: str, chance: random.Random) -> list[Made]:
    """Key words for a sentence, as one searches: some of its words, not all."""
    if chance.random() > 0.2:
        return []
    words = [w for w in re.findall(r"[^\W\d_][\w-]{2,}", re.sub(r"\([^)]*\)", "", text)) if w.casefold() not in STOPWORDS and w.casefold() not in _PLAIN]
    words = list(dict.fromkeys(words))
    if len(words) < 5:
        return []
    count = chance.randint(3, min(6, len(words) - 1))
    first = chance.randrange(0, max(1, len(words) - count - 2))
    near = words[first : first + count + 2]  # words that stand together are what one thing is asked by
    kept = sorted(chance.sample(range(len(near)), min(count, len(near))))
    query = reworded(" ".join(near[n] for n in kept), chance, 0.5)
    return [Made(keywords(query, chance) or query, "keywords")]


_PLAIN = frozenset(
    "however study studies results result data findings patients found showed shown significantly significant respectively "
    "moreover furthermore therefore thus conclusion conclusions suggest suggests indicate indicates demonstrated demonstrate "
    "compared observed present may can also among although whereas including group groups used using background methods".split()
)


def _stands_for(text: str, short: dict[str, str]) -> list[Made]:
    found = []
    for form, whole in [pair for pair in short.items() if share_of(pair[1], "short") < 0.1]:
        start = text.find(f"{whole} ({form}")
        if start >= 0:
            question = (f"What does {form} stand for?", f"{form} full form", f"What is {form} short for?", f"{form} abbreviation")
            found.append(Made(question[int(4 * share_of(form + whole))], "abbreviation", (start, start + len(whole))))
    return found


def from_papers(pool: Pool, set_name: str, most: int, long: int) -> Iterator[Example]:
    """Examples from every document of a set: ``most`` findings of a short one, ``long`` of a full text."""
    for name in pool.sets[set_name]:
        source = pool.sources[name]
        chance = random.Random(name)
        title = title_question(source.title, chance) if name in pool.untitled else None
        yield from aims(pool, name, title, chance)
        yield from findings(pool, name, long if len(source.text) > 8000 else most, chance)
