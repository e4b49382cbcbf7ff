"""What ``litquote build-shard``, ``publish`` and ``rebuild --ray`` take."""

from __future__ import annotations

import argparse

from qa.user_arguments import MakeCommand


def add_cluster_commands(command: MakeCommand, rebuild: argparse.ArgumentParser) -> None:
    """Add the commands that build a library in parts with ``command``, and theirs to ``rebuild``."""
    rebuild.add_argument(
        "--ray",
        nargs="?",
        const="",
        metavar="ADDRESS",
        help="read and encode on a Ray cluster (HOST:PORT; default: RAY_ADDRESS, else on this machine "
        "alone); see docs/cluster.md",
    )
    rebuild.add_argument(
        "--ray-wait",
        type=float,
        default=120.0,
        metavar="SECONDS",
        help="how long the cluster may take to give a free core (default 120)",
    )
    _precision(rebuild)
    shard = command("build-shard", "read and encode one of N parts of the sources, for litquote publish")
    shard.add_argument("part", metavar="I/N", help="which part, from 1: 3/16")
    shard.add_argument("paths", nargs="+", metavar="PATH", help="all sources, the same for every part")
    shard.add_argument("--out", required=True, metavar="DIR", help="the folder that takes all parts")
    shard.add_argument(
        "--encoder", metavar="NAME", help="a sentence-transformers model or path (default: of --library)"
    )
    shard.add_argument("--ocr", action="store_true", help="recognise scanned PDFs with Tesseract")
    shard.add_argument(
        "--ocr-language", default="eng", metavar="LANG", help="Tesseract's names joined by + (default eng)"
    )
    _precision(shard)
    publish = command("publish", "add the sources of finished shards to the library (made if there is none)")
    publish.add_argument("folders", nargs="+", metavar="DIR", help="shards, or folders of shards")


def _precision(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--precision",
        choices=("auto", "bf16", "f32"),
        default="auto",
        help="what vectors are computed in (default: bf16 where this processor has it, else f32)",
    )
