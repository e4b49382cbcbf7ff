"""Examples made by rule from papers nobody asked about: titles, aims, findings, definitions, key words."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from index.words import STOPWORDS
from qa.readdata_echoes import CALLS, SPECIFIC, echoes, rows_of
from qa.readdata_forms import objective_questions, title_question
from qa.readdata_human import hardest
from qa.readdata_pool import Example, Pool, asked_terms, share_of
from qa.readdata_roles import DOES, FINDS, Line, lines_of
from qa.readdata_rules import Made, questions_of
from qa.readdata_words import abbreviations, exchanged, keywords, reworded, thinned, typed


def aims(pool: Pool, name: str, title: str | None, chance: random.Random) -> Iterator[Example]:
    """A title's or an aim's question against the paper's conclusions; the aim itself does not answer."""
    lines = lines_of(pool, name)
    concluding = [
        line
        for line in lines
        if line.role == "conclusion" and not CALLS.search(line.text) and len(line.text.split()) >= 7
    ]
    asked: list[tuple[str, str]] = [(title, "title")] if title else []
    for line in [line for line in lines if line.role == "objective"][:2]:
        options = objective_questions(line.text)
        if options:
            asked += [(one, "objective") for one in chance.sample(options, min(2, len(options)))]
    long = len(lines) > 40
    for number, (question, kind) in enumerate(asked):
        best = {line: pool.coverage(question, line.text) for line in lines}
        right = [line for line in concluding if best[line] >= 0.3]
        if not long:  # a finding that says most of what is asked answers it, too
            right += [
                line
                for line in lines[len(lines) // 3 :]
                if line.role == "results"
                and best[line] >= 0.55
                and FINDS.search(line.text)
                and not DOES.search(line.text)
            ]
        if not right and concluding and not long and kind == "title" and best[concluding[-1]] >= 0.15:
            right = concluding[-1:]
        if not right:
            continue
        label = {}
        for line in lines:
            unsure = line.role in ("results", "discussion", "conclusion") or (
                best[line] >= 0.35 and FINDS.search(line.text) and line.role not in ("methods", "objective")
            )
            label[line.passage, line.number] = (
                1 if line in right else -1 if unsure and (best[line] >= 0.15 or not long) else 0
            )
        rows = rows_of(pool, lines, label)
        gold = [entry for entry in rows.values() if entry.label == 1]
        also = [
            entry for entry in rows.values() if entry.label == 0 or (0 in entry.labels and entry.label == -1)
        ]
        shown = question
        if kind == "title" or chance.random() < 0.5:
            shown = reworded(thinned(question, chance) if chance.random() < 0.3 else question, chance)
        shown = exchanged(shown, abbreviations(pool.sources[name].text), chance, 0.4)
        yield Example(
            f"{name}#{kind}{number}",
            name.split("/")[0],
            kind,
            question,
            typed(shown, chance),
            gold[:3],
            hardest(pool, question, also, 4),
            frozenset([name]),
        )


#: How much a kind is wanted where a document offers several.
_WANTED = {
    "number": 2.0,
    "cause": 3.0,
    "which": 2.5,
    "list": 2.0,
    "definition": 2.5,
    "purpose": 2.5,
    "where": 2.5,
    "how": 1.5,
    "relation": 1.0,
    "effect": 1.2,
    "yesno": 0.2,
    "keywords": 0.4,
    "abbreviation": 0.2,
}


def findings(pool: Pool, name: str, most: int, chance: random.Random) -> Iterator[Example]:
    """Questions that single sentences of a paper answer, at most ``most``, of various kinds."""
    lines = lines_of(pool, name)
    short = abbreviations(pool.sources[name].text)
    options: list[tuple[float, Line, Made]] = []
    for line in lines:
        made = questions_of(line.text)
        if chance.random() < 0.5:  # easy to make, and of many sentences the only one
            made = [one for one in made if one.kind != "yesno"]
        if line.role in ("methods", "objective", "title"):
            made = [one for one in made if one.kind not in ("yesno", "relation", "effect")]
        if line.role not in ("methods", "objective", "title") and len(line.text.split()) >= 10:
            made += _searched(pool, line.text, chance)
        made += _stands_for(line.text, short)
        options += [(chance.random() ** (1 / _WANTED[one.kind]), line, one) for one in made]
    options.sort(key=lambda option: -option[0])
    taken: set[tuple[int, int]] = set()
    kinds: dict[str, int] = {}
    count = 0
    for _, line, one in options:
        if count >= most:
            return
        if (line.passage, line.number) in taken or kinds.get(one.kind, 0) >= _cap(one.kind, most):
            continue
        if found := _finding(pool, name, lines, line, one, short, chance):
            taken.add((line.passage, line.number))
            kinds[one.kind] = kinds.get(one.kind, 0) + 1
            count += 1
            yield found


def _cap(kind: str, most: int) -> int:
    """How many questions of a kind a document may give."""
    return max(1, most // 4) if kind in ("yesno", "keywords", "abbreviation") else max(2, most // 3)


def _finding(
    pool: Pool,
    name: str,
    lines: Sequence[Line],
    line: Line,
    one: Made,
    short: dict[str, str],
    chance: random.Random,
) -> Example | None:
    weight = sum(map(pool.weight, asked_terms(one.question)))
    narrow = weight < SPECIFIC and one.kind not in ("definition", "abbreviation")
    if (narrow and (len(lines) < 12 or weight < 2)) or (one.kind == "keywords" and weight < 18):
        return None
    label = {
        (other.passage, other.number): 1 if other is line else _doubt(pool, one, other) for other in lines
    }
    rows = rows_of(pool, lines, label)
    if line.passage not in rows:
        return None
    gold = rows.pop(line.passage)
    start, _ = pool.all[line.passage].sentences[line.number]
    gold.spans = [(start + one.span[0], start + one.span[1])] if one.span else []
    also = hardest(
        pool, one.question, [entry for entry in rows.values() if 0 in entry.labels], 8 if narrow else 3
    )
    if narrow and len([entry for entry in also if entry.label == 0]) < 2:
        return None
    return Example(
        f"{name}#{line.passage}.{line.number}.{one.kind}",
        name.split("/")[0],
        one.kind,
        one.question,
        _shown(one, short, chance),
        [gold],
        also,
        frozenset([name]),
        needs=one.needs,
        droppable=not narrow and one.kind not in ("definition", "abbreviation", "keywords"),
        narrow=narrow,
    )


def _doubt(pool: Pool, one: Made, other: Line) -> int:
    """-1 for another sentence of the paper that may answer a question, too; else 0."""
    if (one.needs and not one.needs.search(other.text)) or one.kind == "abbreviation":
        return 0
    if one.kind == "definition":
        return -1 if re.search(r"\b(?:is|are) (?:an?|the)\b", other.text) else 0
    if other.role in ("objective", "title"):
        return 0
    enough = 0.4 if one.kind in ("yesno", "effect", "relation", "keywords") else 0.55
    return -1 if pool.coverage(one.question, other.text) >= enough else 0


def _shown(one: Made, short: dict[str, str], chance: random.Random) -> str:
    """A question in other words than those of the sentence that it was made from."""
    shown = one.question
    if one.kind in ("keywords", "abbreviation"):
        return shown
    plainly = one.kind in ("yesno", "effect", "relation")  # in the sentence's own words, all too easy
    if chance.random() < (0.8 if plainly else 0.5):
        shown = reworded(shown, chance, 0.6)
    if one.kind != "definition" and chance.random() < (0.5 if plainly else 0.3):
        shown = thinned(shown, chance)
    return typed(exchanged(shown, short, chance, 0.4), chance)


def _searched(pool: Pool, text: str, chance: random.Random) -> list[Made]:
    """Key words for a sentence, as one searches: some of its rarer words in their order, not all."""
    if chance.random() > 0.05:
        return []
    words = re.findall(r"[^\W\d_][\w-]{2,}", re.sub(r"\([^)]*\)", "", text))
    words = [w for w in dict.fromkeys(words) if w.casefold() not in STOPWORDS and w.casefold() not in _PLAIN]
    weight = {w: max((pool.weight(term) for term in asked_terms(w)), default=0.0) for w in words}
    rare = sorted(words, key=lambda w: (-weight[w], w))[:7]
    if len(rare) < 5:
        return []
    kept = set(chance.sample(rare, chance.randint(3, 5)))
    query = reworded(" ".join(w for w in words if w in kept), chance, 0.7)
    return [Made(keywords(query, chance) or query, "keywords")]


_PLAIN = frozenset(
    """
    however study studies results result data findings patients found showed shown significantly
    significant respectively moreover furthermore therefore thus conclusion conclusions suggest
    suggests indicate indicates demonstrated demonstrate compared observed present may can also
    among although whereas including group groups used using background methods
    """.split()  # noqa: SIM905  read as prose
)


def _stands_for(text: str, short: dict[str, str]) -> list[Made]:
    found = []
    for form, whole in [pair for pair in short.items() if share_of(pair[1], "short") < 0.1]:
        start = text.find(f"{whole} ({form}")
        if start >= 0:
            question = (
                f"What does {form} stand for?",
                f"{form} full form",
                f"What is {form} short for?",
                f"{form} abbreviation",
            )
            found.append(
                Made(question[int(4 * share_of(form + whole))], "abbreviation", (start, start + len(whole)))
            )
    return found


def from_papers(pool: Pool, set_name: str, most: int, long: int) -> Iterator[Example]:
    """Examples from every document of a set: ``most`` findings of a short one, ``long`` of a full text."""
    for name in pool.sets[set_name]:
        source = pool.sources[name]
        chance = random.Random(name)
        title = title_question(source.title, chance) if name in pool.untitled else None
        yield from aims(pool, name, title, chance)
        full = len(source.text) > 8000
        yield from findings(pool, name, long if full else most, chance)
        yield from echoes(pool, name, 4 if full else 1, chance)
