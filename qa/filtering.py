"""Filters by the names that people and programs call them: those of the command line's options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from index.errors import UsageError
from index.records import Filters

#: The name outside (``--journal``, ``"journal"``) and the field of :class:`index.records.Filters`.
LISTS = {
    "journal": "journals",
    "author": "authors",
    "type": "publication_types",
    "design": "designs",
    "section": "sections",
    "document": "documents",
}
NAMES = ("years", *LISTS, "retracted")
#: A program's mistake must not become a search over a million conditions.
MOST_VALUES = 100
LONGEST_VALUE = 500


def years(text: str) -> tuple[int | None, int | None]:
    """The closed range that ``"2015-2020"``, ``"2015-"``, ``"-2020"`` or ``"2018"`` means; "" is any.

    Raises UsageError.
    """
    if not text:
        return None, None
    try:
        ends = text.split("-") if "-" in text else [text] * 2
        first, last = (int(end) if end else None for end in ends)
    except ValueError:
        raise UsageError(f"years {text!r} is no range; write 2015-2020, 2015- or -2020") from None
    return first, last


def filters_of(values: Mapping[str, Any] | None) -> Filters:
    """The filters that ``values`` ask for, under the names of :data:`NAMES`; empty ones restrict nothing.

    ``years`` is a text as for :func:`years` or a number, ``retracted`` is ``"only"`` or ``"no"``; each of the
    others is a text or a list of texts, any of which may fit. Raises UsageError for anything else.
    """
    if values is not None and not isinstance(values, Mapping):
        raise UsageError(f"filters are named values; the names are {', '.join(NAMES)}")
    given = {name: value for name, value in (values or {}).items() if value not in (None, "", [], ())}
    if unknown := [str(name)[:40] for name in given if name not in NAMES]:
        raise UsageError(f"no filter is called {unknown[0]!r}; those known are {', '.join(NAMES)}")
    retracted = given.pop("retracted", None)
    if retracted not in (None, "only", "no"):
        raise UsageError(f"retracted is {str(retracted)[:40]!r}; write only or no")
    when = given.pop("years", "")
    if isinstance(when, bool) or not isinstance(when, str | int) or len(str(when)) > 20:
        raise UsageError("years is no range; write 2015-2020, 2015- or -2020")
    return Filters(
        years=years(str(when)),
        retracted=None if retracted is None else retracted == "only",
        **{LISTS[name]: _texts(name, value) for name, value in given.items()},
    )


def _texts(name: str, value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(one, str) for one in values):
        raise UsageError(f"{name} is a text or a list of texts")
    if len(values) > MOST_VALUES or any(len(one) > LONGEST_VALUE for one in values):
        raise UsageError(
            f"{name} has more than {MOST_VALUES} values, or one of over {LONGEST_VALUE} characters"
        )
    return tuple(values)
