"""Folds that keep documents and repeated questions together, and the passages that do not answer."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from qa.readdata_human import row
from qa.readdata_pool import Example, Pool, Row, Span, alike, said, share_of

FOLDS = 5
#: Passages of an example that do not answer: from its own paper and from others.
NEGATIVES = 8
#: So many of them are the hardest whether or not the data holds them already.
FIRST = 1
#: One question in so many loses what answers it.
UNANSWERABLE = 0.2
#: A sentence of another paper that says so much of the question, by weight, may well answer it.
DOUBT = 0.75

OnCount = Callable[[int, str], None]


def normalised(question: str) -> str:
    """A question string as repeated ones are recognised."""
    return " ".join(re.findall(r"\w+", question.casefold()))


def folds(pool: Pool, examples: Sequence[Example]) -> dict[str, int]:
    """The fold of each document, by connected components; each set's examples are spread evenly."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    def join(names: Iterable[str]) -> None:
        one, *others = map(root, names)
        for other in others:
            parent[root(other)] = root(one)

    for names in _groups(pool, examples):
        join(sorted(names))
    members: dict[str, list[str]] = defaultdict(list)
    for name in pool.sources:
        members[root(name)].append(name)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for example in examples:
        counts[root(min(example.documents))][example.set] += 1
    load: dict[str, list[int]] = defaultdict(lambda: [0] * FOLDS)
    found: dict[str, int] = {}
    order = sorted(
        members, key=lambda name: (-sum(counts[name].values()), share_of(min(members[name]), "fold"))
    )
    for name in order:
        own = counts[name]
        main = max(sorted(own), key=lambda one: own[one]) if own else ""
        fold = (
            min(range(FOLDS), key=lambda n: (load[main][n], n))
            if own
            else int(FOLDS * share_of(min(members[name]), "fold"))
        )
        for one, count in own.items():
            load[one][fold] += count
        found.update(dict.fromkeys(members[name], fold))
    return found


def _groups(pool: Pool, examples: Sequence[Example]) -> Iterator[set[str]]:
    """Documents that have to stay together."""
    strings: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        yield set(example.documents)
        strings[normalised(example.asked)].update(example.documents)
    yield from strings.values()
    titles: dict[tuple[str, str], set[str]] = defaultdict(set)
    sentences: dict[str, set[str]] = defaultdict(set)
    for name, source in pool.sources.items():
        if source.title:
            titles[name.split("/")[0], normalised(source.title)].add(name)
        for index in pool.of.get(name, ()):
            for line in pool.lines(index):
                if line.count(" ") >= 12:
                    sentences[normalised(line)].add(name)
    yield from titles.values()
    # a sentence of many papers is boilerplate and joins nothing
    yield from (names for names in sentences.values() if 1 < len(names) <= 6)


class Finisher:
    """Gives examples their hard negatives and takes some answers away."""

    def __init__(self, pool: Pool, fold_of: dict[str, int], excerpts: Iterable[str], seed: int) -> None:
        self.pool, self.fold_of, self.seed = pool, fold_of, seed
        self.excerpts = frozenset(excerpts)
        self.used: set[int] = set()

    def fold(self, example: Example) -> int:
        """The fold of an example."""
        return self.fold_of[min(example.documents)]

    def finished(self, examples: Sequence[Example], tell: OnCount) -> Iterator[Example]:
        """``examples`` with their negatives, without those for which too few can be had."""
        self.used.update(r.passage for example in examples for r in (*example.gold, *example.also))
        for count, example in enumerate(examples, 1):
            if (done := self.finish(example)) is not None:
                yield done
            if count % 10_000 == 0:
                tell(count, "examples with negatives")

    def finish(self, example: Example) -> Example | None:
        """``example`` with negatives by search; None when too few can be had."""
        chance = random.Random(f"{self.seed}/{example.set}/{example.id}")
        negatives = [] if example.narrow else self._negatives(example, NEGATIVES - min(len(example.also), 4))
        rows = [*example.also, *negatives]
        gold = example.gold
        if gold and example.set in self.excerpts and example.kind != "claim" and chance.random() < 0.6:
            gold, rows = self._set_in(example, gold, rows, chance)
        if gold and example.droppable and chance.random() < UNANSWERABLE:
            gold = []
        if not gold:
            rows = [entry for entry in rows if entry.label == 0]
        elif example.narrow:
            rows = [entry for entry in rows if 0 in entry.labels]
        if len(rows) < 2:
            return None
        example.gold, example.also = gold[:3], rows[: NEGATIVES + 2]
        return example

    def _negatives(self, example: Example, most: int) -> list[Row]:
        pool, held = self.pool, self.fold(example) == 0
        answers = [
            said(pool.sentence(entry.passage, n))
            for entry in example.gold
            for n, label in enumerate(entry.labels)
            if label == 1
        ]
        strings = [s.casefold() for s in example.strings if len(s) > 2]
        taken = {entry.passage for entry in (*example.gold, *example.also)}
        short = len([w for w in normalised(example.asked).split()]) <= 6
        found: list[Row] = []
        hits = pool.search(example.asked, 8 * most)
        # the hardest whatever they are, then those that the data holds anyway: it has to travel
        for index in (*hits[: 2 * most], *(i for i in hits[2 * most :] if i in self.used)):
            document = pool.all[index].document
            if document in example.documents or index in taken or (not held and self.fold_of[document] == 0):
                continue
            if len(found) >= FIRST and index not in self.used:
                continue
            lines = pool.lines(index)
            if any(alike(said(line), answer) for line in lines for answer in answers):
                continue
            labels = [self._doubt(example, line, strings, short) for line in lines]
            if 0 in labels:
                found.append(row(index, labels))
                self.used.add(index)
            if len(found) >= most:
                break
        return found

    def _doubt(self, example: Example, line: str, strings: list[str], short: bool) -> int:
        """-1 for a sentence of another paper that may answer, else 0."""
        coverage = self.pool.coverage(example.asked, line)
        low = line.casefold()
        if strings and coverage >= 0.35 and any(re.search(rf"\b{re.escape(s)}\b", low) for s in strings):
            return -1
        if example.kind == "abbreviation":
            return -1 if re.search(r"\([A-Z]", line) and coverage > 0.9 else 0
        if example.kind == "definition" or (short and re.match(r"what (?:is|are) ", example.asked, re.I)):
            return (
                -1
                if coverage > 0.6
                and re.search(r"\b(?:is|are) (?:an?|the|one|defined|characteri[sz]ed)\b|, an? |\(", line)
                else 0
            )
        if example.kind == "topic":
            return -1 if coverage >= 0.6 else 0
        if example.needs and not example.needs.search(line):
            return 0
        return -1 if coverage >= DOUBT else 0

    def _set_in(
        self, example: Example, gold: list[Row], rows: list[Row], chance: random.Random
    ) -> tuple[list[Row], list[Row]]:
        """Excerpts set among the sentences of other papers, answering ones and others alike.

        Where a set's documents are nothing but what answers, neither a passage's look nor the place in it
        may tell the answer.
        """
        pool, fold = self.pool, self.fold(example)
        hosts = []
        for index in pool.search(example.asked, 60):
            passage = pool.all[index]
            usable = passage.document.split("/")[0] not in self.excerpts and len(passage.sentences) >= 3
            if (
                usable
                and passage.document in self.fold_of
                and (self.fold_of[passage.document] == 0) == (fold == 0)
                and passage.document not in example.documents
            ):
                hosts.append(index)
        chance.shuffle(hosts)
        made: list[Row] = []
        others: list[Row] = []
        for entry in gold:
            made.append(self._inside(example, entry, hosts.pop(), chance) if hosts else entry)
        for entry in rows:
            own = pool.all[entry.passage].document.split("/")[0] in self.excerpts
            others.append(
                self._inside(example, entry, hosts.pop(), chance)
                if own and hosts and chance.random() < 0.35
                else entry
            )
        return made, others

    def _inside(self, example: Example, entry: Row, host: int, chance: random.Random) -> Row:
        pool = self.pool
        passage, other = pool.all[entry.passage], pool.all[host]
        start = next((n for n, label in enumerate(entry.labels) if label == 1), 0)
        own = list(range(start, min(start + 2, len(passage.sentences))))
        around = [other.text[s:e] for s, e in other.sentences]
        room = 950 - sum(len(pool.sentence(entry.passage, n)) for n in own)
        while around and sum(map(len, around)) > room:
            around.pop(chance.choice([0, -1]))
        at = chance.randint(0, len(around))
        strings = [s.casefold() for s in example.strings if len(s) > 2]
        parts: list[tuple[str, int, list[Span]]] = [
            (line, self._doubt(example, line, strings, False), []) for line in around
        ]
        kept = []
        for n in own:
            s, e = passage.sentences[n]
            kept.append(
                (
                    passage.text[s:e],
                    entry.labels[n],
                    [(a - s, b - s) for a, b in entry.spans if s <= a and b <= e],
                )
            )
        parts[at:at] = kept
        text, places, spans = "", list[Span](), list[Span]()
        for line, _, inside in parts:
            low = len(text) + bool(text)
            text += f"{' ' if text else ''}{line}"
            places.append((low, len(text)))
            spans += [(low + a, low + b) for a, b in inside]
        index = pool.aside(other, text, places, f"+{passage.document}")
        return row(index, [label for _, label, _ in parts], spans)
