"""What the page does at each event, as new values of its parts by name. The parts stand in :mod:`ui`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from index.errors import LitquoteError
from web import filters, jobs, libraries, papers, progress, render
from web.asking_events import AskingEvents
from web.desk import Desk
from web.export_events import ExportEvents
from web.notes_events import Values
from web.rooms import Rooms
from web.shelf import STATUSES, Asked
from web.table_events import TableEvents
from web.talk import Talk


@dataclass(frozen=True, slots=True)
class Choices:
    """What a field of the page offers from now on, and what it holds."""

    offered: Sequence[Any]
    value: Any


class Page(TableEvents, ExportEvents, AskingEvents):
    """The page over ``rooms``: each method answers an event of one tab, whose state is ``talk``.

    They give the new values of the parts that change; those that work long give them step by step.
    """

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self.anonymous = rooms.policy.read_only and rooms.policy.accounts is None
        self.tells_files = not rooms.policy.read_only

    def desk(self, talk: Talk) -> Desk:
        """The desk of the library that a tab looks at; the first one's when that is gone."""
        try:
            return self.rooms.desk(talk.key)
        except LitquoteError:
            return self.rooms.desk("")

    # -- opening -------------------------------------------------------------------------------------

    def opened(self, query: str, user: str, talk: Talk) -> Iterator[Values]:
        """The page as its address asks for it: library and filters, and the answer to its question.

        ``user`` is who has logged in, "" where nobody has to.
        """
        talk.user = user
        chosen, question, key = filters.from_address(query)
        talk.key = key
        talk.key, talk.filters = self.desk(talk).key, chosen
        values = self.redrawn(talk) | self._fields(talk)
        yield values | {"log": self._log(talk), "filtered": self._counts(talk)}
        # Folders are walked through and notes read for it: the page is drawn before.
        yield self.shelved(talk) | {"notes": self.notes(talk).notebook()}
        if question.strip():
            yield from self.ask(question, talk)

    def examples(self, talk: Talk) -> Values:
        """Example questions; finding them asks some, which takes a while."""
        self.desk(talk).examples()
        return {"log": self._log(talk)} if talk.fresh else {}

    def ticked(self, talk: Talk) -> Values:
        """What another tab or program changed meanwhile; nothing otherwise."""
        try:
            if self.desk(talk).generation == talk.generation:
                return {}
        except LitquoteError:
            return {}
        return self.redrawn(talk)

    def redrawn(self, talk: Talk) -> Values:
        """Head, table and what is lacking, over the newest generation."""
        desk = self.desk(talk)
        values: Values = {"header": desk.head(), "shelf": self._table(talk), "lacking": self._lacking(desk)}
        kinds, years = desk.kinds()
        asked = talk.asked
        values["kind"] = Choices([("All types", ""), *((kind, kind) for kind in kinds)], asked.kind)
        values["year"] = Choices([("All years", ""), *((year, year) for year in years)], asked.year)
        talk.generation = desk.library.manifest.generation
        return values | {"talk": talk}

    def _lacking(self, desk: Desk) -> str:
        if self.rooms.policy.read_only:
            return ""
        if desk.demo and self.rooms.own_library is not None:
            return progress.demo_note(str(self.rooms.own_library)) + desk.lacking()
        return desk.lacking()

    # -- libraries -----------------------------------------------------------------------------------

    def shelved(self, talk: Talk) -> Values:
        """The user's libraries."""
        first = self.rooms.desk("").library.path
        here = self.desk(talk).library.path
        shown = libraries.table(
            self.rooms.listed(), here=str(here), first=str(first), can_change=not self.rooms.served
        )
        return {"rooms": shown}

    def entered(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """Another library, with a conversation of its own."""
        try:
            desk = self.rooms.desk(str(value.get("library", "")))
        except LitquoteError as error:
            return {"work": render.error(str(error))}
        talk.leave()
        talk.key, talk.turns, talk.filters, talk.asked = desk.key, [], None, Asked()
        talk.conversation = talk.table = None
        shown = {
            "panel": papers.nothing_shown(),
            "work": "",
            "filtered": "",
            "address": self._address(talk),
        }
        return self._changed(talk) | shown

    def created(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """A new library, entered."""
        try:
            desk = self.rooms.create(str(value.get("title", "")))
        except LitquoteError as error:
            return {"work": render.error(str(error))}
        return self.entered({"library": desk.key}, talk)

    def renamed(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """Another title for a library."""
        try:
            self.rooms.rename(str(value.get("library", "")), str(value.get("title", "")))
        except LitquoteError as error:
            return {"work": render.error(str(error))}
        return self.shelved(talk) | {"header": self.desk(talk).head(), "work": ""}

    def erased(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """A library deleted for good."""
        key = str(value.get("library", ""))
        try:
            done = self.rooms.erase(key)
        except LitquoteError as error:
            return {"work": render.error(str(error))}
        kept = f" Not litquote's, and left there: {', '.join(map(str, done.left))}." if done.left else ""
        kept += " Files that are in use go when they are closed." if done.pending else ""
        told = {"work": progress.said(f"The library at {key} is erased.{kept}")}
        return (self.entered({}, talk) if talk.key == key else self.shelved(talk)) | told

    # -- filters --------------------------------------------------------------------------------------

    def narrowed(self, talk: Talk, *fields: Any) -> Values:
        """What new filters leave, and the address that names them."""
        chosen = filters.from_fields(fields)
        if chosen == talk.filters:
            return {"filtered": self._counts(talk)}
        talk.filters = chosen
        asked = talk.turns[-1].question if talk.turns else ""
        return {"talk": talk, "filtered": self._counts(talk), "address": self._address(talk, asked)}

    def _counts(self, talk: Talk) -> str:
        return self.desk(talk).counts(talk.filters)

    def _fields(self, talk: Talk) -> Values:
        """The filters' fields with what the library offers."""
        first, last, *lists, retracted = filters.to_fields(talk.filters)
        values: Values = {"years_from": first, "years_to": last, "retracted": retracted}
        offered = self.desk(talk).choices()
        for field, choices, value in zip(filters.FIELDS, offered, lists, strict=True):
            values[field.name] = Choices(_with(choices, value), value)
        return values

    # -- reading and the library ---------------------------------------------------------------------

    def show(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """The paper that a click names, in its panel."""
        desk = self.rooms.desk(str(value.get("library", talk.key)))
        return {"panel": desk.show(value, talk.kept()), "side": "paper"}

    def sought(self, talk: Talk, words: str, kind: str, year: str, status: str) -> Values:
        """The table narrowed to what is sought."""
        talk.asked = replace(
            talk.asked, words=words or "", kind=kind or "", year=year or "",
            status=status if status in STATUSES else "", page=0,
        )  # fmt: skip
        return {"shelf": self._table(talk), "talk": talk}

    def turned(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """Another order or page of the table."""
        if "order" in value:
            talk.asked = replace(talk.asked, order=str(value["order"]), down=bool(value.get("down")), page=0)
        elif isinstance(value.get("page"), int):
            talk.asked = replace(talk.asked, page=value["page"])
        return {"shelf": self._table(talk), "talk": talk}

    def unfolded(self, value: Mapping[str, Any], talk: Talk) -> Values:
        """A paper's reference list in the table, or folded away."""
        talk.asked = replace(talk.asked, open=str(value.get("id", "")))
        return {"shelf": self._table(talk), "talk": talk}

    def _table(self, talk: Talk) -> str:
        return self.desk(talk).table(talk.asked, can_change=not self.rooms.policy.read_only)

    # -- work ----------------------------------------------------------------------------------------

    def add(self, paths: Sequence[str] | None, talk: Talk) -> Iterator[Values]:
        """Uploaded files into the library; from a demo the tab moves to the user's own."""
        desk = self.desk(talk)
        own = self.rooms.own_library if desk.demo else None
        for told in jobs.add(desk, paths or [], into=own):
            yield {"work": told}
        if own is not None and (own / "CURRENT").exists():
            try:
                moved = self.rooms.own()
            except LitquoteError as error:
                yield {"work": render.error(str(error)), "upload": None}
                return
            if len(moved.library):
                talk.key, talk.asked = moved.key, Asked()
        yield {"upload": None, "address": self._address(talk)} | self._changed(talk)

    def dismissed(self) -> Values:
        """No more of what some work did."""
        return {"work": ""}

    def look_up(self, asked: str, talk: Talk) -> Values:
        """What fetching identifiers or a query would send to whom."""
        return {"work": jobs.look_up(self.desk(talk), asked)}

    def fetch(self, value: Mapping[str, Any], talk: Talk) -> Iterator[Values]:
        """Papers by identifiers, from a query or a reference list."""
        yield from self._worked(talk, jobs.fetch(self.rooms.desk(str(value.get("library", ""))), value))

    def remove(self, value: Mapping[str, Any], talk: Talk) -> Iterator[Values]:
        """A paper out of the library."""
        desk, name = self.desk(talk), str(value.get("id", ""))
        if any(one.id == name for one in desk.library.manifest.removed):  # a double click, or another tab
            yield self._changed(talk)
        else:
            yield from self._worked(talk, jobs.remove(desk, name))

    def rebuild(self, talk: Talk) -> Iterator[Values]:
        """All sources read anew."""
        yield from self._worked(talk, jobs.rebuild(self.desk(talk)))

    def verify(self, talk: Talk) -> Iterator[Values]:
        """Every file and position checked."""
        yield from self._worked(talk, jobs.verify(self.desk(talk)))

    def rollback(self, talk: Talk) -> Iterator[Values]:
        """The generation before the current one."""
        yield from self._worked(talk, jobs.rollback(self.desk(talk)))

    def _worked(self, talk: Talk, work: Iterator[str]) -> Iterator[Values]:
        for told in work:
            yield {"work": told}
        yield self._changed(talk)

    def _changed(self, talk: Talk) -> Values:
        """What a change of the library changes on the page."""
        values = self.redrawn(talk) | self._fields(talk) | self.shelved(talk)
        values["notes"] = self.notes(talk).notebook()  # which saved questions are due
        # A conversation is left alone: drawn anew under a click, a button would not get it.
        return values | {"log": self._log(talk)} if talk.fresh else values


def _with(choices: Sequence[tuple[str, str]], value: Sequence[str]) -> list[tuple[str, str]]:
    """The choices, and what is chosen although it is not among them."""
    known = {one for _, one in choices}
    return [*choices, *((one, one) for one in value if one not in known)]
