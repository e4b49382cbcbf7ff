"""The commands that open a library to others: serve (and demo), auth, mcp."""

from __future__ import annotations

import argparse
import getpass
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from index.errors import UsageError
from index.library import Library, default_path
from index.shelf import Shelf
from qa.arguments import is_demo, library_path, print_json
from qa.policy import MEGABYTE, Policy, Rate, warning
from qa.progress import announce, loaded_assistant, progress

if TYPE_CHECKING:
    from qa.accounts import Accounts


def policy_of(arguments: argparse.Namespace) -> Policy:
    """What the options of ``serve`` let others do. Raises UsageError."""
    accounts = None
    if arguments.auth:
        from qa.accounts import Accounts

        accounts = Accounts.open(arguments.auth)
    if arguments.max_upload is not None and arguments.max_upload < 1:
        raise UsageError(f"--max-upload is {arguments.max_upload}; a whole number of megabytes is meant")
    return Policy(
        read_only=arguments.read_only,
        max_upload=None if arguments.max_upload is None else arguments.max_upload * MEGABYTE,
        rate=Rate.parse(arguments.rate) if arguments.rate else None,
        accounts=accounts,
        hosts=tuple(name.casefold() for name in arguments.allow_host),
    )


def serve(arguments: argparse.Namespace) -> int:
    """``litquote serve`` and ``litquote demo``."""
    policy = policy_of(arguments)
    if not policy.read_only:
        Shelf().finish_erasing()
    demo = is_demo(arguments)
    if demo:
        from qa.demo import demo_library

        announce()
        with progress(quiet=arguments.json) as on_progress:
            library = demo_library(on_progress=on_progress)
    else:
        library = Library.open(library_path(arguments))
    assistant = loaded_assistant(arguments, library)
    if told := warning(arguments.host, policy):
        sys.stderr.write(f"litquote: {told}\n")
    import ui

    ui.serve(
        assistant,
        host=arguments.host,
        port=arguments.port,
        open_browser=not arguments.no_browser,
        own_library=default_path() if demo else None,
        policy=policy,
    )
    return 0


def auth(arguments: argparse.Namespace) -> int:
    """``litquote auth``: who may open a page that is served with ``--auth``."""
    from qa.accounts import Accounts, default_file

    accounts = Accounts(arguments.file or default_file())
    done = _AUTH[arguments.action](accounts, arguments.name)
    if arguments.json:
        print_json({"file": str(accounts.path), "names": accounts.names()})
    else:
        print(done)
    return 0


def _add(accounts: Accounts, name: str | None) -> str:
    if not name:
        raise UsageError("name whom to add: litquote auth add NAME")
    known = accounts.add(name, _password(name))
    return f"{'changed the password of' if known else 'added'} {name} in {accounts.path}"


def _remove(accounts: Accounts, name: str | None) -> str:
    if not name:
        raise UsageError("name whom to remove: litquote auth remove NAME")
    accounts.remove(name)
    return f"removed {name} from {accounts.path}"


def _list(accounts: Accounts, _: str | None) -> str:
    names = accounts.names()
    return "\n".join([f"{accounts.path}:", *(names or ["nobody yet; add somebody: litquote auth add NAME"])])


_AUTH = {"add": _add, "remove": _remove, "list": _list}


def _password(name: str) -> str:
    """Asked twice at a terminal; else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(f"password for {name}: ")
    if first != getpass.getpass("again: "):
        raise UsageError("the two passwords differ; nothing was changed")
    return first


def mcp(arguments: argparse.Namespace) -> int:
    """``litquote mcp``: the library as tools for language models, over stdio or HTTP."""
    from qa.mcp_server import at_address, at_stdio, needed

    needed()
    where = address(arguments.http) if arguments.http else None
    with redirect_stdout(sys.stderr):  # standard output belongs to the protocol
        library = Library.open(library_path(arguments))
        assistant = loaded_assistant(arguments, library)
    with library:
        if where is None:
            at_stdio(assistant)
        else:
            at_address(assistant, *where, names=arguments.allow_host)
    return 0


def address(text: str) -> tuple[str, int]:
    """``"HOST:PORT"`` or ``"PORT"`` (of this machine only); ``"[::1]:8000"``. Raises UsageError."""
    host, _, port = text.rpartition(":")
    if not port.isdigit() or not 0 < int(port) < 65536 or (":" in host.strip("[]") and host[0] != "["):
        raise UsageError(f"--http {text!r} is no address; write HOST:PORT, for example 127.0.0.1:8000")
    return host.strip("[]") or "127.0.0.1", int(port)
