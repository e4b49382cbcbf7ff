"""The YAML block that may open a Markdown file: its title, authors, date and identifiers.

Only the plain shapes that such blocks have are read (YAML 1.2 scalars, one-line and dashed lists, a
dashed list of mappings with ``name``, folded text); anything else is passed over, never guessed.
"""

from __future__ import annotations

import re

from index.records import Author, Reference
from index.sources.vancouver import find_doi
from index.sources.vancouver_authors import western_name

__all__ = ["end_of", "record"]

_BLOCK = re.compile(r"---[ \t]*\n(.*?\n)??(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_LONGEST = 65536
_PAIR = re.compile(r"([A-Za-z][\w.-]*):(?:[ \t]+(.*))?$")
_ITEM = re.compile(r"\s*-\s+(?:name:\s+)?(?!\w+:\s)(.+)$|\s+name:\s+(?P<named>.+)$")
_DATE = re.compile(r"((?:1[5-9]|20)\d\d)(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?(?![\d])")


def end_of(text: str) -> int:
    """Where the front matter that opens ``text`` ends; 0 when there is none."""
    found = _BLOCK.match(text, 0, _LONGEST)
    if not found or not any(_PAIR.match(line) for line in (found[1] or "").split("\n")):
        return 0
    return found.end()


def record(front: str) -> Reference:
    """What front matter says of its paper; every field it does not tell is left empty."""
    values = _values(front)

    def one(*keys: str) -> str:
        return next((values[key][0] for key in keys if values.get(key)), "")

    date = _DATE.match(one("date", "year", "published"))
    printed = [
        name for value in values.get("author", []) or values.get("authors", [])
        for name in re.split(r"\s+and\s+|\s*;\s*", value)
    ]  # fmt: skip
    return Reference(
        title=one("title"),
        authors=tuple(_author(name) for name in printed if name),
        year=int(date[1]) if date else None,
        date=date[0] if date else "",
        journal=one("journal", "container-title"),
        doi=find_doi(one("doi")),
        keywords=tuple(values.get("keywords", [])),
        language=one("lang", "language"),
    )


def _author(name: str) -> Author:
    family, comma, given = name.partition(", ")
    return Author(family=family, given=given) if comma else western_name(name)


def _values(front: str) -> dict[str, list[str]]:
    """The top-level keys in small letters, each with its values as text."""
    values: dict[str, list[str]] = {}
    key, folded = "", False
    for line in front.split("\n"):
        pair = _PAIR.match(line)
        if pair:
            key, printed = pair[1].lower(), (pair[2] or "").strip()
            folded = printed.rstrip("+-") in {">", "|"}
            values[key] = [] if folded else _scalars(printed)
        elif key and folded and line.startswith((" ", "\t")) and line.strip():
            values[key] = [" ".join([*values[key], line.strip()])]
        elif key and not folded and (item := _ITEM.match(line)):
            values[key].extend(_scalars((item[1] or item["named"]).strip()))
    return values


def _scalars(printed: str) -> list[str]:
    """``'"A"'`` -> ``["A"]``; ``"[A, B]"`` -> ``["A", "B"]``; an empty or unread value -> ``[]``."""
    if printed.startswith("[") and printed.endswith("]"):
        items = re.findall(r"\"(?:\\.|[^\"\\])*\"|'(?:''|[^'])*'|[^,\"']+", printed[1:-1])
        return [value for item in items for value in _scalars(item.strip())]
    if printed.startswith('"') and printed.endswith('"') and len(printed) > 1:
        return [re.sub(r"\\(.)", r"\1", printed[1:-1])]
    if printed.startswith("'") and printed.endswith("'") and len(printed) > 1:
        return [printed[1:-1].replace("''", "'")]
    if not printed or printed[0] in "{[&*!|>%@`#":
        return []
    return [re.sub(r"\s+#.*$", "", printed)]
