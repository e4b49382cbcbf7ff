"""Ask a library: the one call everything else is built on."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from index.errors import EncoderError, UsageError
from index.library import Library
from index.reading import reading
from index.records import Filters, Hit
from qa import followups
from qa.calibration import LOOKED_THROUGH, OWN, READ_PASSAGES, Calibration, calibration_for, scheme
from qa.extract import Candidate, Judged, asks_for_list, covered, judge
from qa.leads import leads
from qa.quoting import quotes_of, studies_of
from qa.reader import Reader, SentenceReading, load_reader
from qa.readings import Place, ReadPairs, readings, worth_reading
from qa.records import Answer
from qa.retrieve import Retriever
from qa.roles import defines, novelty, role
from qa.stages import Clock, OnStage
from qa.stored_answers import filters_dict
from qa.turns import Completion

MAX_QUOTES = 5
#: With several papers at hand none may crowd the others out, nor may several papers of one study.
QUOTES_PER_DOCUMENT = 3
NEAREST = 3


#: The parts of a score that are rules on a sentence's words.
RULES: Mapping[str, Callable[[str, Candidate], float]] = {
    "role": lambda _, candidate: role(candidate.text, candidate.hit.passage.section),
    "defines": lambda question, candidate: defines(question, candidate.text),
    "novelty": lambda question, candidate: novelty(question, candidate.text),
}


class _Kept:
    """What an assistant loads once, for all threads that ask."""

    def __init__(self) -> None:
        self.loading = Lock()
        self.reader: tuple[str, Reader | None] | None = None
        self.calibration: tuple[tuple[object, ...], Calibration] | None = None
        self.pairs = ReadPairs()


class Assistant:
    """Answers questions with quotations from one library.

    ``reader`` is the reader itself or a name for :func:`qa.reader.load_reader` (``"none"`` reads nothing;
    default: the one that the library names); ``calibration`` what its scores mean (default: the one that
    was fitted for this encoder and reader).
    """

    def __init__(
        self,
        library: Library,
        *,
        reader: Reader | str | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self.library = library
        self.retriever = Retriever(library)
        self._asked_reader = reader
        self._asked_calibration = calibration
        self._kept = _Kept()

    @classmethod
    def open(
        cls, path: str | os.PathLike[str] | None = None, *, reader: Reader | str | None = None
    ) -> Assistant:
        """Open the library at ``path`` (default: ``LITQUOTE_LIBRARY``, else the user's own).

        Raises NoLibrary when there is none, LibraryDamaged or LibraryMismatch when it cannot be used.
        """
        return cls(Library.open(path), reader=reader)

    @property
    def reader(self) -> Reader | None:
        """What reads the passages, loaded when first asked for; None: they are only searched.

        Raises EncoderError when it cannot be loaded.
        """
        asked = self._asked_reader
        if asked is not None and not isinstance(asked, str):
            return asked
        name = asked or self.library.manifest.reader
        with self._kept.loading:
            if self._kept.reader is None or self._kept.reader[0] != name:
                try:
                    self._kept.reader = (name, load_reader(name))
                except (EncoderError, UsageError) as error:
                    if asked is not None or name == "default":
                        raise
                    place = self.library.path
                    raise EncoderError(
                        f"the reader of the library at {place} cannot be loaded ({error}); "
                        f"go back to the default with: litquote add --reader default --library {place}"
                    ) from error
            return self._kept.reader[1]

    @property
    def calibration(self) -> Calibration:
        """What a raw score means with this library's encoder and this reader."""
        if self._asked_calibration is not None:
            return self._asked_calibration
        own = self.library.path / OWN
        try:
            changed = own.stat().st_mtime_ns
        except FileNotFoundError:  # most libraries have none
            changed = None
        key = (*self.made_with, changed)
        known = self._kept.calibration
        if known is None or known[0] != key:
            known = self._kept.calibration = (key, calibration_for(*self.made_with, own))
        return known[1]

    @property
    def made_with(self) -> tuple[str, str | None, str]:
        """What a calibration must have been fitted for to hold here: encoder, reader, scheme."""
        manifest, reader = self.library.manifest, self.reader
        found = None if reader is None else reader.fingerprint
        return manifest.encoder.fingerprint, found, scheme(manifest.settings)

    @contextmanager
    def reading(self) -> Iterator[Assistant]:
        """The same on what the library holds now, whatever is published meanwhile (:mod:`index.reading`)."""
        with reading(self.library) as library:
            yield self.on(library)

    def on(self, library: Library) -> Assistant:
        """The same for another library, with what is loaded already."""
        if library is self.library:
            return self
        other = copy(self)
        other.library, other.retriever = library, self.retriever.on(library)
        return other

    def ask(
        self,
        question: str,
        filters: Filters | None = None,
        *,
        history: Sequence[Answer] = (),
        complete: bool = True,
        on_stage: OnStage | None = None,
    ) -> Answer:
        """Quotes that answer ``question``, best first, or ``not_found`` with the nearest sentences.

        A follow-up question ("And in children?") is completed from ``history``, the answers before it,
        oldest first (see :mod:`qa.followups`), unless ``complete`` is false; the answer's
        ``completed_question`` is what was searched. A question about the paper quoted before ("Who reported
        that?") is first asked of that paper alone. The newest generation of the library answers.
        ``on_stage`` follows the work (:data:`OnStage`). Raises UsageError for an empty question.
        """
        if not question.strip():
            raise UsageError("the question is empty; write what you want to know")
        with self.reading() as mine:
            if not (complete and history):
                return mine._ask(question, filters, on_stage)
            return mine._completed(question, filters, history, on_stage)

    def _completed(
        self, question: str, filters: Filters | None, history: Sequence[Answer], on_stage: OnStage | None
    ) -> Answer:
        whole = followups.complete(
            question, history, weight_of=self.retriever.weight_of, likeness=self._likeness
        )
        known = self._narrowed(whole, filters)
        answer = self._ask(whole.question, known, on_stage)
        if known is not filters and answer.status == "not_found":
            known, answer = filters, self._ask(whole.question, filters, on_stage)
        trace = dict(answer.trace)
        if known is not filters:  # the user set other ones, or none
            trace["filters"] = self.library.select(filters).to_dict() if filters else {}
            trace["limits"] = filters_dict(filters)
        if whole.rule:
            trace["completion"] = {
                "rule": whole.rule,
                "added": list(whole.added),
                "documents": list(whole.documents) if known is not filters else [],
            }
        return replace(answer, question=question, trace=trace)

    def _narrowed(self, whole: Completion, filters: Filters | None) -> Filters | None:
        """``filters``, narrowed to the papers the question is about unless the user named some."""
        filters_documents = filters.documents if filters else ()
        held = [name for name in whole.documents if self._holds(name)]
        if not held or filters_documents:
            return filters
        return replace(filters or Filters(), documents=tuple(held))

    def _holds(self, document_id: str) -> bool:
        try:
            self.library.resolve(document_id)
        except UsageError:  # removed since it was quoted
            return False
        return True

    def _likeness(self, text: str, others: Sequence[str]) -> list[float]:
        vectors = self.library.encoder.encode([text, *others])
        return [float(value) for value in vectors[1:] @ vectors[0]]

    def _ask(self, question: str, filters: Filters | None, on_stage: OnStage | None) -> Answer:
        clock = Clock(on_stage)
        ranked = self.rank(question, filters, clock=clock)
        quotes = quotes_of(self.library, self.calibration, self.judged(question, ranked))
        nearest = judge(ranked, most=NEAREST, per_document=NEAREST)
        near = () if quotes else quotes_of(self.library, self.calibration, nearest)
        found = (one.hit.passage.document_id for one in ranked)
        hints = () if quotes else leads(self.library, question, found, self.retriever.weight_of)
        clock.lap("extract", len(quotes))
        manifest = self.library.manifest
        return Answer(
            question=question,
            completed_question=question,
            status="answered" if quotes else "not_found",
            quotes=quotes,
            nearest=near,
            leads=hints,
            library={"generation": manifest.generation, "encoder": manifest.encoder.name},
            trace={
                "passages": len({id(one.hit) for one in ranked}),
                "sentences": len(ranked),
                "best_score": ranked[0].score if ranked else None,
                "bar": self.calibration.bar,
                "reader": None if self.reader is None else self.reader.name,
                "calibrated": self.calibration.holds_for(*self.made_with),
                "fingerprints": dict(zip(("encoder", "reader"), self.made_with, strict=False)),
                "filters": self.library.select(filters).to_dict() if filters else {},
                "limits": filters_dict(filters),
                "expansions": self.retriever.expansion(question).to_list(),
                "milliseconds": clock.laps,
            },
        )

    def judged(self, question: str, ranked: Sequence[Candidate], *, most: int | None = None) -> list[Judged]:
        """Each sentence of ``ranked`` (best first) that reaches the bar: chosen for a quote, or why not.

        ``most`` are chosen, from however few papers; without it, as many and as mixed as an answer shows.
        """
        calibration = self.calibration
        best = ranked[0].score if ranked else 0.0
        least = calibration.bar_beside(best) if best >= calibration.bar else math.inf
        good = [one for n, one in enumerate(ranked) if one.score >= (least if n else calibration.bar)]
        return list(
            judge(
                good,
                most=most or MAX_QUOTES,
                per_document=most or share_of_a_paper(good),
                studies=studies_of(self.library, good),
                distinct=asks_for_list(question),
            )
        )

    def rank(
        self, question: str, filters: Filters | None = None, *, clock: Clock | None = None
    ) -> list[Candidate]:
        """Every sentence of the best passages with its raw score, best first.

        The newest generation of the library answers. Raises UsageError for an empty question.
        """
        if not question.strip():
            raise UsageError("the question is empty; write what you want to know")
        clock = clock or Clock()
        with self.reading() as mine:
            vector = mine.library.encoder.encode_question(question)
            clock.lap("question", 1)
            hits = mine.passages(question, vector, filters)
            clock.lap("retrieve", len(hits))
            ranked = mine.read(question, vector, hits)
            clock.lap("read", len(ranked))
        return ranked

    def passages(
        self, question: str, vector: NDArray[np.float32], filters: Filters | None = None
    ) -> list[Hit]:
        """The passages that are read for a question, best first; ``vector`` is the question's.

        A reader takes time: of the best of the search it reads those whose best sentence scores highest
        without it.
        """
        search = self.retriever.search
        if self.reader is None:
            return search(question, READ_PASSAGES, filters, answers_only=True, vector=vector)
        hits = search(question, LOOKED_THROUGH, filters, answers_only=True, vector=vector)
        if len(hits) <= READ_PASSAGES:
            return hits
        return worth_reading(hits, self.looked_at(question, hits), self.calibration)

    def looked_at(self, question: str, hits: Sequence[Hit]) -> list[tuple[Candidate, dict[str, float]]]:
        """Every sentence of ``hits`` with the parts of its score that cost little."""
        return [
            (candidate, {"coverage": coverage, "retrieval": candidate.hit.score})
            for candidate, coverage in covered(self.retriever, question, hits)
        ]

    def read(self, question: str, vector: NDArray[np.float32], hits: Sequence[Hit]) -> list[Candidate]:
        """Every sentence of ``hits`` with its raw score, best first; ``vector`` is the question's."""
        looked_at = self.looked_at(question, hits)
        if not looked_at:
            return []
        calibration = self.calibration
        if calibration.weights.get("cosine"):
            vectors = self.library.encoder.encode([candidate.text for candidate, _ in looked_at])
            for (_, parts), cosine in zip(looked_at, vectors @ vector, strict=True):
                parts["cosine"] = float(cosine)
        read = self._readings(question, hits)
        size = math.log10(max(1, self.library.passage_count))
        rules = {name: judged for name, judged in RULES.items() if name in calibration.weights}
        scored = []
        for candidate, parts in looked_at:
            focus = None
            if read is not None:
                place = (candidate.hit.passage.document_id, candidate.start, candidate.end)
                sentence, passage = read[place]
                parts |= {"relevance": sentence.relevance, "passage": passage}
                focus = sentence.focus
            parts |= {name: judged(question, candidate) for name, judged in rules.items()}
            if "size" in calibration.weights:
                parts["size"] = size
            scored.append(replace(candidate, score=calibration.score(parts), parts=parts, focus=focus))
        return sorted(scored, key=lambda c: (-c.score, c.hit.passage.document_id, c.start))

    def _readings(
        self, question: str, hits: Sequence[Hit]
    ) -> dict[Place, tuple[SentenceReading, float]] | None:
        if self.reader is None:
            return None
        return readings(self.library, self.reader, question, hits, self._kept.pairs)


def share_of_a_paper(good: Sequence[Candidate]) -> int:
    """How many quotes one paper may have, given all candidates above the bar."""
    single = len({candidate.hit.passage.document_id for candidate in good}) == 1
    return MAX_QUOTES if single else QUOTES_PER_DOCUMENT
