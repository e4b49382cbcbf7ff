"""Evaluation sets: a folder with ``questions.jsonl`` and ``corpus.jsonl`` (either may be gzipped, ``.gz``).

docs/evaluation.md describes the layout. A set with a corpus gets a library of its own, built once and
kept in the cache folder; a set without one asks the user's library.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from index import abbreviations, chunks, lexical, sentence_rules, sentences, words
from index.encoders import Encoder
from index.errors import UsageError
from index.library import Library
from index.manifest import FORMAT, Settings
from index.model_files import cache_folder
from index.records import Document, Reference, Section, Text

#: A distractor that repeats so many words from a line's beginning in a set is taken for the same paper.
SHARED_WORDS = 13

OnCount = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a set says an answer stands: code points of the document's text; ``start`` None: wherever."""

    document_id: str
    start: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """``relevant`` are grades by document id; ``gold`` the answers' places, else those of the evidence."""

    id: str
    text: str
    relevant: Mapping[str, int] = field(default_factory=dict)
    answers: tuple[Span, ...] = ()
    evidence: tuple[Span, ...] = ()
    answerable: bool = True

    @property
    def gold(self) -> tuple[Span, ...]:
        """The spans a right quote or passage overlaps."""
        return self.answers or self.evidence


def records(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """The lines of ``name`` (``"corpus.jsonl"``) in ``folder``. Raises UsageError with the line's number."""
    path = _file(folder, name)
    if path is None:
        raise UsageError(f"{folder} holds no {name}; see docs/evaluation.md for what a set consists of")
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as stream
    ):
        for number, line in enumerate(stream, 1):
            if line.strip():
                try:
                    record = json.loads(line)
                except ValueError as error:
                    raise UsageError(f"{path}, line {number} is not JSON ({error}); mend it") from None
                if not isinstance(record, dict) or "id" not in record:
                    raise UsageError(f"{path}, line {number} has no id; each line is an object with one")
                yield record


def has_corpus(folder: Path) -> bool:
    """Whether the set brings its own documents."""
    return _file(folder, "corpus.jsonl") is not None


def _file(folder: Path, name: str) -> Path | None:
    if folder.is_file() and name == "questions.jsonl":
        return folder
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def questions(folder: Path) -> list[Question]:
    """The questions of a set (its folder, or the file itself), in order.

    Raises UsageError for what is missing or given twice.
    """
    found: dict[str, Question] = {}
    for record in records(folder, "questions.jsonl"):
        question = _question(folder, record)
        if question.id in found:
            raise UsageError(f"{folder}: two questions have the id {question.id!r}; give each its own")
        found[question.id] = question
    if not found:
        raise UsageError(f"{folder} holds no questions; write one JSON object a line into questions.jsonl")
    return list(found.values())


def only(path: Path, name: str) -> set[str]:
    """The ids that a file names for the set ``name``: one a line, a JSON list, or JSON {set: [ids]}.

    Raises UsageError when it cannot be read.
    """
    try:
        content = path.read_text("utf-8")
        found = json.loads(content) if content.lstrip()[:1] in ("[", "{") else content.split("\n")
        ids = found.get(name, []) if isinstance(found, dict) else found
        return {str(one).strip() for one in ids if str(one).strip()}
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{path} cannot be read as a list of question ids ({error}); mend it") from None


def _question(folder: Path, record: Mapping[str, Any]) -> Question:
    name = str(record["id"])
    text = record.get("question")
    if not isinstance(text, str) or not text.strip():
        raise UsageError(f"{folder}: the question {name!r} has no text; give it as 'question'")
    try:
        answers, evidence = (
            tuple(Span(str(s["doc_id"]), s.get("start"), s["text"]) for s in record.get(kind) or ())
            for kind in ("answers", "evidence")
        )
        relevant = {str(document): int(grade) for document, grade in (record.get("relevant") or {}).items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{folder}: the question {name!r} is not as docs/evaluation.md has it ({error!r}); mend it"
        ) from None
    for span in answers or evidence:
        relevant.setdefault(span.document_id, 1)
    return Question(name, text, relevant, answers, evidence, bool(record.get("answerable", True)))


def documents(folder: Path, *, exclude_kinds: Iterable[str] = (), prefix: str = "") -> Iterator[Document]:
    """The corpus of a set; positions in a document are positions in the set's own ``text``.

    Documents whose field ``kind`` is among ``exclude_kinds`` are left out; ``prefix`` precedes each id.
    """
    left_out = frozenset(exclude_kinds)
    for record in records(folder, "corpus.jsonl"):
        if record.get("kind") in left_out or not str(record.get("text") or "").strip():
            continue
        name = f"{prefix}{record['id']}"
        title = record.get("title") or ""
        text = Text.of(record["text"], source=f"{folder.name}/{record['id']}", extractor="evaluation/1")
        sections = (Section(0, len(text.content), "abstract"),)
        yield Document(name, text, title, Reference(title=title), sections, aliases=(name,))


def set_library(
    folder: Path,
    encoder: Encoder,
    *,
    distractors: Sequence[Path] = (),
    exclude_kinds: Sequence[str] = (),
    root: Path | None = None,
    on_count: OnCount | None = None,
) -> Library:
    """The library of a set's corpus, of ``distractors`` mixed in, built unless it is in the cache.

    ``root`` is the folder to keep it in (default: ``eval`` in the cache folder); ``on_count`` hears how
    many documents are written. Distractors that repeat a document of the set are left out.
    Raises UsageError when there are no documents.
    """
    key = _key(folder, encoder, distractors, exclude_kinds)
    plain = re.sub(r"[^\w.-]+", "_", folder.name)[:40]
    library = Library.create((root or cache_folder() / "eval") / f"{plain}-{key[:16]}", encoder=encoder)
    if len(library) == 0:
        corpora = _mixed(folder, distractors, exclude_kinds)
        with library._write() as session:  # documents without a file: for measuring only
            for count, document in enumerate(corpora, 1):
                session.write([document], document.id)
                if on_count:
                    on_count(count, "documents")
    if len(library) == 0:
        library.close()
        raise UsageError(f"the corpus of {folder} holds no documents; write one JSON object a line")
    return library


def _mixed(folder: Path, distractors: Sequence[Path], exclude_kinds: Sequence[str]) -> Iterator[Document]:
    openings: set[tuple[str, ...]] = set()
    for document in documents(folder, exclude_kinds=exclude_kinds):
        yield document
        if distractors:
            for line in document.text.content.splitlines():
                if len(words := _words(line)) >= SHARED_WORDS:
                    openings.add(tuple(words[:SHARED_WORDS]))
    for other in distractors:
        for document in documents(other, exclude_kinds=exclude_kinds, prefix=f"{other.name}/"):
            words = _words(document.text.content)
            if openings.isdisjoint(zip(*(words[n:] for n in range(SHARED_WORDS)), strict=False)):
                yield document


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _key(folder: Path, encoder: Encoder, distractors: Sequence[Path], exclude_kinds: Sequence[str]) -> str:
    """SHA-256 over all that a set's library is made from."""
    digest = hashlib.sha256()
    made = (encoder.fingerprint, encoder.precision, str(FORMAT), repr(Settings()))
    for part in (*made, *sorted(exclude_kinds)):
        digest.update(f"{part}\0".encode())
    # How passages and terms are cut has no version number: the code that does it stands for one.
    for module in (chunks, sentences, sentence_rules, lexical, words, abbreviations):
        digest.update(hashlib.sha256(Path(str(module.__file__)).read_bytes()).digest())
    for place in (folder, *distractors):
        digest.update(f"{place.name}\0".encode())
        path = _file(place, "corpus.jsonl")
        if path is None:
            raise UsageError(f"{place} holds no corpus.jsonl; see docs/evaluation.md")
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def places(library: Library, question: Question) -> list[tuple[str, int, int]]:
    """Document id, start and end of each gold span of ``question``.

    A span without a start is every occurrence of its words. Raises UsageError when the words do not stand
    where the set says, or the library has no such document.
    """
    found = []
    for span in question.gold:
        try:
            document = library.document(span.document_id)
        except UsageError as error:
            raise UsageError(f"question {question.id!r} names an answer elsewhere: {error}") from None
        content = document.text.content
        if span.start is None:
            starts = [match.start() for match in re.finditer(re.escape(span.text), content)]
        else:
            starts = [span.start] if content.startswith(span.text, span.start) else []
        if not starts or not span.text:
            raise UsageError(
                f"question {question.id!r}: the words {span.text[:60]!r} do not stand in {span.document_id} "
                f"{'at ' + str(span.start) if span.start is not None else 'anywhere'}; copy them from the "
                "document's text (litquote show), positions counted in code points"
            )
        found += [(document.id, start, start + len(span.text)) for start in starts]
    return found


def grades(library: Library, question: Question) -> dict[str, int]:
    """The relevant documents of ``question`` by the library's own ids (a set may name a DOI or PMID).

    A document that the corpus leaves out keeps its name: it cannot be found, and counts so.
    """
    found = {}
    for name, grade in question.relevant.items():
        try:
            found[library.resolve(name)] = grade
        except UsageError:
            found[name] = grade
    return found
