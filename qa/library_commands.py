"""``litquote libraries``: what libraries there are, and making, renaming and erasing them."""

from __future__ import annotations

import argparse

from index.errors import UsageError
from qa import libraries
from qa.arguments import print_json
from qa.records import plural


def manage(arguments: argparse.Namespace) -> int:
    """``litquote libraries``."""
    wanted = {"list": 0, "create": 1, "rename": 2, "erase": 1}[arguments.action]
    if len(arguments.names) != wanted:
        raise UsageError(
            f"libraries {arguments.action} takes {plural(wanted, 'title')}; quote those of words"
        )
    if arguments.action == "list":
        return _list(arguments)
    if arguments.action == "create":
        found = libraries.held(libraries.create(*arguments.names))
        said = f"{found.title} is made at {found.path}; add to it with: litquote add PATH --library TITLE"
    elif arguments.action == "rename":
        found = libraries.rename(*arguments.names)
        said = f"the library at {found.path} is called {found.title} now"
    else:
        return _erase(arguments)
    if arguments.json:
        print_json(found.to_dict())
    else:
        print(said)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    found = libraries.libraries()
    if arguments.json:
        print_json([one.to_dict() for one in found])
        return 0
    for one in found:
        size = f"{plural(one.documents, 'document')}, {one.bytes / 1e6:,.1f} MB"
        print(f"{one.title}: {one.problem or size}\n    {one.path}")
    if not found:
        print("no libraries yet; make one with: litquote add PATH")
    return 0


def _erase(arguments: argparse.Namespace) -> int:
    (name,) = arguments.names
    one = libraries.held(libraries.find(name))
    what = f"{one.title} at {one.path} ({plural(one.documents, 'document')}, {one.bytes / 1e6:,.1f} MB)"
    if not arguments.yes:
        raise UsageError(f"this erases {what} for good; say so with --yes")
    left = libraries.erase(name)
    if arguments.json:
        print_json({"erased": one.to_dict(), "left": [str(path) for path in left]})
    else:
        print(f"erased {what}")
        if left:
            print(f"not litquote's, and left there: {', '.join(path.name for path in left)}")
    return 0
