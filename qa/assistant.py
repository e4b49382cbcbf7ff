"""Ask a library: the one call everything else is built on."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from index.chunks import passage_sentences
from index.errors import EncoderError, UsageError
from index.library import Library
from index.records import Filters, Hit
from qa import followups
from qa.calibration import LOOKED_THROUGH, OWN, READ_PASSAGES, Calibration, calibration_for, scheme
from qa.extract import Candidate, Judged, asks_for_list, covered, judge
from qa.leads import leads
from qa.quoting import quotes_of, studies_of
from qa.reader import Excerpt, Reader, SentenceReading, load_reader
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
        self._loaded: tuple[str, Reader | None] | None = None
        self._known: tuple[tuple[object, ...], Calibration] | None = None

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
        if self._loaded is None or self._loaded[0] != name:
            try:
                self._loaded = (name, load_reader(name))
            except (EncoderError, UsageError) as error:
                if asked is not None or name == "default":
                    raise
                place = self.library.path
                raise EncoderError(
                    f"the reader of the library at {place} cannot be loaded ({error}); "
                    f"go back to the default with: litquote add --reader default --library {place}"
                ) from error
        return self._loaded[1]

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
        if self._known is None or self._known[0] != key:
            self._known = (key, calibration_for(*self.made_with, own))
        return self._known[1]

    @property
    def made_with(self) -> tuple[str, str | None, str]:
        """What a calibration must have been fitted for to hold here: encoder, reader, scheme."""
        manifest, reader = self.library.manifest, self.reader
        found = None if reader is None else reader.fingerprint
        return manifest.encoder.fingerprint, found, scheme(manifest.settings)

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
        with self.library.lock:
            if not (complete and history and question.strip()):
                return self._ask(question, filters, on_stage)
            self.library.refresh(searching=True)
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
        self.library.refresh(searching=True)
        vector = self.library.encoder.encode_question(question)
        clock.lap("question", 1)
        hits = self.passages(question, vector, filters)
        clock.lap("retrieve", len(hits))
        ranked = self.read(question, vector, hits)
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
        readings = self._readings(question, hits)
        size = math.log10(max(1, self.library.passage_count))
        rules = {name: judged for name, judged in RULES.items() if name in calibration.weights}
        scored = []
        for candidate, parts in looked_at:
            focus = None
            if readings is not None:
                place = (candidate.hit.passage.document_id, candidate.start, candidate.end)
                sentence, passage = readings[place]
                parts |= {"relevance": sentence.relevance, "passage": passage}
                focus = sentence.focus
            parts |= {name: judged(question, candidate) for name, judged in rules.items()}
            if "size" in calibration.weights:
                parts["size"] = size
            scored.append(replace(candidate, score=calibration.score(parts), parts=parts, focus=focus))
        return sorted(scored, key=lambda c: (-c.score, c.hit.passage.document_id, c.start))

    def _readings(
        self, question: str, hits: Sequence[Hit]
    ) -> dict[tuple[str, int, int], tuple[SentenceReading, float]] | None:
        """What the reader makes of each sentence of ``hits``, in the passage where it reads it best."""
        reader = self.reader
        if reader is None:
            return None
        excerpts = []
        for hit in hits:
            passage = hit.passage
            content = self.library.text(passage.text_sha256).content
            spans = [(a - passage.start, b - passage.start) for a, b in passage_sentences(content, passage)]
            excerpts.append(Excerpt(self.library.summary(passage.document_id).title, hit.text, spans))
        found: dict[tuple[str, int, int], tuple[SentenceReading, float]] = {}
        for hit, reading in zip(hits, reader.read(question, excerpts), strict=True):
            for sentence in reading.sentences:
                moved = sentence.moved(hit.passage.start)
                place = (hit.passage.document_id, moved.start, moved.end)
                if place not in found or found[place][0].relevance < moved.relevance:
                    found[place] = (moved, reading.passage)
        return found


def worth_reading(
    hits: Sequence[Hit], looked_at: Iterable[tuple[Candidate, dict[str, float]]], calibration: Calibration
) -> list[Hit]:
    """The READ_PASSAGES of ``hits`` whose best sentence scores highest before it is read, in their order."""
    best: dict[int, float] = {}
    for candidate, parts in looked_at:
        place = id(candidate.hit)
        best[place] = max(best.get(place, -math.inf), calibration.score(parts))
    kept = {id(hit) for hit in sorted(hits, key=lambda h: -best.get(id(h), -math.inf))[:READ_PASSAGES]}
    return [hit for hit in hits if id(hit) in kept]


def share_of_a_paper(good: Sequence[Candidate]) -> int:
    """How many quotes one paper may have, given all candidates above the bar."""
    single = len({candidate.hit.passage.document_id for candidate in good}) == 1
    return MAX_QUOTES if single else QUOTES_PER_DOCUMENT
