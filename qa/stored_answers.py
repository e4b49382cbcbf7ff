"""Answers as they are stored: whole, so that one from the store equals the one that was given.

``Answer.to_dict`` is what others read; it leaves out what only litquote needs: labels, scores,
the trace.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from index.errors import LibraryDamaged
from index.records import Filters
from qa.records import Answer, Quote

SCHEMA = 1


def stored(answer: Answer) -> str:
    """``answer`` as JSON in ASCII. Positions, scores and confidences keep every digit."""
    return json.dumps({"schema": SCHEMA, "answer": _plain(answer)})


def restored(text: str) -> Answer:
    """The answer that :func:`stored` wrote. Raises LibraryDamaged for what is none."""
    found: Answer = _made(text, "answer", Answer)
    return found


def stored_quotes(quotes: tuple[Quote, ...]) -> str:
    """Quotes as JSON in ASCII."""
    return json.dumps({"schema": SCHEMA, "quotes": _plain(quotes)})


def restored_quotes(text: str) -> tuple[Quote, ...]:
    """The quotes that :func:`stored_quotes` wrote. Raises LibraryDamaged for what are none."""
    found: tuple[Quote, ...] = _made(text, "quotes", tuple[Quote, ...])
    return found


def filters_dict(filters: Filters | None) -> dict[str, Any]:
    """The fields of ``filters`` that restrict, as JSON."""
    return {name: _plain(getattr(filters, name)) for name in filters.active} if filters else {}


def filters_of(values: dict[str, Any]) -> Filters | None:
    """The filters that :func:`filters_dict` was given; None for none. Raises LibraryDamaged."""
    try:
        return msgspec.convert(values, Filters) or None
    except msgspec.ValidationError as error:
        raise LibraryDamaged(f"stored filters cannot be read ({error}); store them anew") from error


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, enc_hook=float)  # a number of NumPy's is a number


def _made(text: str, name: str, kind: Any) -> Any:
    try:
        return msgspec.convert(json.loads(text)[name], kind)
    except (ValueError, KeyError, TypeError) as error:  # msgspec's are ValueErrors
        raise LibraryDamaged(
            f"a stored {name} cannot be read ({error!r}); delete it and ask again"
        ) from error
