"""The options of the commands that open a library to others: serve, demo, auth, mcp."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_serve_arguments(sub: argparse.ArgumentParser) -> None:
    """The options of ``serve`` and ``demo``."""
    sub.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    sub.add_argument("--port", type=int, default=None, help="default: 7860 or the next free one")
    sub.add_argument("--no-browser", action="store_true", help="do not open a browser window")
    group = sub.add_argument_group("for others", "off by default")
    group.add_argument(
        "--auth", metavar="FILE", help="ask for a name and password of this file: litquote auth"
    )
    group.add_argument(
        "--read-only", action="store_true", help="nothing can be added, changed, removed or fetched"
    )
    group.add_argument("--max-upload", type=int, metavar="MB", help="the largest file that is taken")
    group.add_argument(
        "--rate", metavar="N/minute", help="requests from one address (also N/second and N/hour)"
    )
    group.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="answer under this name, too: that of a proxy before the page (repeatable)",
    )


def add_auth_arguments(sub: argparse.ArgumentParser) -> None:
    """The options of ``auth``."""
    sub.add_argument("action", choices=("add", "remove", "list"), help="passwords are never shown")
    sub.add_argument("name", nargs="?", metavar="NAME")
    sub.add_argument(
        "--file", metavar="FILE", type=Path, help="default: accounts.json in your settings folder"
    )


def add_mcp_arguments(sub: argparse.ArgumentParser) -> None:
    """The options of ``mcp``."""
    sub.add_argument(
        "--http", metavar="HOST:PORT", help="serve over HTTP, at /mcp (default: standard input and output)"
    )
    sub.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="answer over HTTP under this name, too; beyond this machine one is needed (repeatable)",
    )
