"""Which documents belong together because a record names the other's file (:mod:`index.attachments`).

It is looked up, whichever comes first: for a record among the files of the library and of this run, for
a file among the records. A wrong join is worse than a missed one: papers known to differ stay apart, and
a file that several records name goes with the one whose title it prints.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from index.attachments import (
    is_text_of,
    key_of,
    keys_of_place,
    names,
    place_of,
    record_like,
    titles_agree,
)
from index.identity import same_paper
from index.records import Document, Failure, Link, Source, identifiers, plain_key
from index.reports import Report
from index.session import Session
from index.view import Place

__all__ = ["Joins"]

_KIND = "supplement-to"


@dataclass(slots=True)
class Joins:
    """What this run has learnt of files and the records that name them.

    ``own_id`` gives a document an id of its own.
    """

    session: Session
    report: Report
    own_id: Callable[[Document], str]
    _files: dict[str, dict[str, str]] = field(default_factory=dict)
    _known: bool = False

    def placed(self, source: Source, document: Document, document_id: str, *, alone: bool) -> None:
        """Remember where a document of this run stands. A file of several documents is no attachment."""
        if document_id and not record_like(document) and (alone or document.member):
            place = place_of(source.uri, document)
            for key in keys_of_place(place):
                self._files.setdefault(key, {})[place] = document_id

    def mates(
        self, document: Document, source: Source, found: Collection[Place], *, alone: bool
    ) -> list[Place]:
        """The documents that ``document``, just read, joins because one names the other's file.

        ``found`` are those it joins anyway.
        """
        if record_like(document):
            pairs = list(self._attached(document, source, found))
        else:
            pairs = list(self._naming(document, source)) if alone or document.member else []
        sure = list(found)
        likely: list[Place] = []
        for place, agrees in sorted(pairs, key=lambda pair: not pair[1]):
            others = list(dict.fromkeys((*sure, *likely)))
            if place not in others and self._may_join(document, place, others):
                likely.append(place)
                if agrees:
                    sure.append(place)
        if not record_like(document) and len(likely) > 1:
            likely = [place for place in likely if place in sure]
        return [place for place in likely if place not in found]

    def _may_join(self, document: Document, place: Place, others: Collection[Place]) -> bool:
        view = self.session.view
        there = view.stored(place).document.reference
        records = [document.reference, *(view.stored(other).document.reference for other in others)]
        return all(same_paper(there, one) is not False for one in records)

    # -- a record looks for its files ------------------------------------------------------------

    def _attached(
        self, record: Document, source: Source, found: Collection[Place]
    ) -> Iterator[tuple[Place, bool]]:
        for place, parts, part, written in list(self._files_of(record, source)):
            if place in found or not self.session.view.alive(*place):
                continue
            verdict, agrees = is_text_of(record, part, written), _agrees(record, part)
            rivals = [one for one in parts if record_like(one) and not _akin(one, record)]
            if verdict and not rivals:
                yield place, agrees
            elif verdict and not any(_agrees(one, part) for one in rivals):
                # two records claim it and it agrees with neither, or with this one only
                alone = self._release(place, part)
                if agrees:
                    yield alone, agrees
            elif verdict is None:
                self._link(place, part, record)

    def _files_of(
        self, record: Document, source: Source
    ) -> Iterator[tuple[Place, list[Document], Document, str]]:
        """The files held that a record names: their documents, all parts, the file's own, and its name."""
        view = self.session.view
        here = place_of(source.uri, record)
        for written in record.attachments:
            for where, document_id in self._standing(key_of(written)).items():
                if not names(written, here, where):
                    continue
                for place in (view.places(document_id) or view.called(document_id))[:1]:
                    parts = view.parts(place)
                    if (part := self._part_at(where, parts)) is not None:
                        self._tell(record, part, written, where)
                        yield place, parts, part, written

    def _part_at(self, where: str, parts: Sequence[Document]) -> Document | None:
        """What was read from the file at ``where``, with its text."""
        files = [one for one in parts if not record_like(one)]
        held = self.session.view.source(where)
        own = [one for one in files if held is not None and one.text.source == held.sha256]
        own += [one for one in files if one.member and where.endswith(f"/{one.member}")]
        return next(map(self._whole, own), None)

    def _standing(self, key: str) -> dict[str, str]:
        """The places of files under a key, each with its document's id."""
        if not self._known:
            self._known = True
            for place, document_id in self._of_sources():
                for one in keys_of_place(place):
                    self._files.setdefault(one, {}).setdefault(place, document_id)
        return self._files.get(key, {})

    def _of_sources(self) -> Iterator[tuple[str, str]]:
        """The files of earlier runs that gave one document. Those in archives are read with their records."""
        view = self.session.view
        for _, store in view.stores():
            for _, source in store.records.sources():
                newest = view.source(source.uri)
                if newest is not None and len(newest.documents) == 1:
                    yield source.uri, newest.documents[0]

    def _link(self, place: Place, part: Document, record: Document) -> None:
        """Let a supplement that is held already name the paper of a record that comes now."""
        session = self.session
        link = self._link_to(record)
        document = session.view.stored(place).document
        if link in document.links:
            return
        parts = session.view.parts(place)
        changed = [
            replace(one, links=(*one.links, link)) if one.text.source == part.text.source else one
            for one in parts
        ]
        session.delete(place)
        session.write(changed, document.id, other_ids=document.aliases)

    def _release(self, place: Place, part: Document) -> Place:
        """Take what was read from one file out of the document at ``place``; where it stands then."""
        session, view = self.session, self.session.view
        joined = view.stored(place).document
        rest = [one for one in view.parts(place) if not _same_part(one, part)]
        session.delete(place)
        if rest:
            session.write(rest, joined.id)
        return self.free(part, joined.id)

    def free(self, part: Document, document_id: str) -> Place:
        """Write ``part``, which belonged to a document, as one of its own; where it stands then."""
        session, view = self.session, self.session.view
        own = self.own_id(part)
        session.write([part], own)
        for uri in view.uris(part.text.source):
            row = view.source(uri)
            if row is not None and row.documents == (document_id,):
                session.write_source(replace(row, documents=(own,)))
            for key in keys_of_place(where := place_of(uri, part)):
                self._files.setdefault(key, {})[where] = own
        return view.places(own)[0]

    def strays(
        self, document: Document, gone: Sequence[Document], kept: Sequence[Document]
    ) -> list[Document]:
        """The files among ``kept`` that only records among ``gone`` named, where ``document`` comes instead.

        A rebuild would not know that they belong together.
        """
        found = []
        for part in kept:
            others = [document, *(one for one in kept if one is not part)]
            places = [place_of(uri, part) for uri in self.session.view.uris(part.text.source)]
            keys = {key for place in places for key in keys_of_place(place)}
            named = [keys & set(map(key_of, one.attachments)) for one in (*gone, *others)]
            if record_like(part) or not any(named[: len(gone)]) or any(named[len(gone) :]):
                continue
            if not any(set(part.aliases) & {one.id, *one.aliases} for one in others):
                found.append(part)
        return found

    # -- a file looks for its records ------------------------------------------------------------

    def _naming(self, document: Document, source: Source) -> Iterator[tuple[Place, bool]]:
        for place, record, written in self._namers(document, source):
            self._tell(record, document, written, place_of(source.uri, document))
            if is_text_of(record, document, written):
                yield place, _agrees(record, document)

    def _namers(self, document: Document, source: Source) -> Iterator[tuple[Place, Document, str]]:
        """The records that name the file ``document`` was read from, and how they write it."""
        view = self.session.view
        here = place_of(source.uri, document)
        for key in keys_of_place(here):
            for place in view.called(f"attached:{key}"):
                for record in view.parts(place):
                    uris = [source.uri] if record.text.source == source.sha256 else []
                    uris += view.uris(record.text.source)
                    for written in record.attachments:
                        if any(names(written, place_of(uri, record), here) for uri in uris):
                            yield place, record, written
                            break

    def linked(self, document: Document, source: Source, *, alone: bool) -> Document:
        """``document`` with links to the papers that it is a supplement to."""
        if record_like(document) or not (alone or document.member):
            return document
        found = [
            self._link_to(record)
            for _, record, written in self._namers(document, source)
            if is_text_of(record, document, written) is None
        ]
        return replace(document, links=tuple(dict.fromkeys((*document.links, *found))))

    def concerns(self, source: Source) -> bool:
        """Whether a file like one that is held must be read again for where it lies: records name files."""
        view = self.session.view
        for key in keys_of_place(source.uri):
            for place in view.called(f"attached:{key}"):
                if view.stored(place).document.id not in source.documents:
                    return True
        held = (place for name in source.documents for place in view.places(name))
        return any(view.stored(place).document.attachments for place in held)

    # -- both --------------------------------------------------------------------------------------

    def _tell(self, record: Document, attached: Document, written: str, where: str) -> None:
        """Report a file that is another paper than the record which names it."""
        if is_text_of(record, attached, written) is not False:
            return
        reason = (
            f"it names another paper ({_told(attached)}) than the record it is attached to ({_told(record)});"
            " they stay apart: check the file in your reference manager"
        )
        said = Failure(where, reason)
        if said not in self.report.apart:
            self.report.apart.append(said)

    def _whole(self, document: Document) -> Document:
        text = replace(document.text, content=self.session.view.text(document.text.sha256).content)
        return replace(document, text=text)

    @staticmethod
    def _link_to(record: Document) -> Link:
        return Link(_KIND, next(iter(identifiers(record.reference)), record.id), record.title)


def _agrees(record: Document, attached: Document) -> bool:
    """Whether a file says itself that it is the record's paper."""
    same = same_paper(record.reference, attached.reference)
    return same is True or (same is None and titles_agree(record.reference, attached))


def _akin(one: Document, other: Document) -> bool:
    """Whether two records are of one paper, or of one title."""
    same = same_paper(one.reference, other.reference)
    titles = plain_key(one.reference.title) == plain_key(other.reference.title)
    return same is True or (same is None and titles)


def _same_part(one: Document, other: Document) -> bool:
    return (one.text.sha256, one.text.source, one.member) == (
        other.text.sha256,
        other.text.source,
        other.member,
    )


def _told(document: Document) -> str:
    """The surest name of a paper."""
    reference = document.reference
    doi = f"doi:{reference.doi}" if reference.doi else ""
    pmid = f"PMID {reference.pmid}" if reference.pmid else ""
    return ", ".join(filter(None, (doi, pmid, reference.pmcid))) or reference.title
