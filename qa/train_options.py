"""How the reader is trained: the options, and their place on a command line. Imports nothing heavy."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, fields
from typing import Any

#: The learning rate for whole layers, where an adapter has more.
FULL_RATE = 1e-4


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each task counts beside the ranking of sentences (1)."""

    sentence: float = 0.3
    passage: float = 0.3
    span: float = 0.3


@dataclass(frozen=True, slots=True)
class Options:
    """``rank`` (with its ``alpha``) None trains the encoder's layers whole; ``minutes`` or ``steps`` end it.

    ``rate`` is the body's learning rate and ``head_rate`` the head's, reached after the share ``warm_up``
    of the training and falling to 0 as a cosine; ``decay`` is AdamW's. A batch is ``questions`` with
    ``passages`` each, computed in ``parts`` by length. ``human`` is how often a question that a person
    asked is drawn for one made by rule; ``title_drop`` the share of passages read without their title.
    ``develop`` is the seconds between development figures (0: only at the end), over at most
    ``held_out`` examples of each set and kind.
    """

    rank: int | None = 64
    alpha: float = 128.0
    rate: float = 5e-4
    head_rate: float = 1e-3
    decay: float = 0.01
    warm_up: float = 0.06
    minutes: float = 0.0
    steps: int = 0
    questions: int = 48
    passages: int = 8
    parts: int = 2
    human: float = 3.0
    title_drop: float = 0.3
    kinds: tuple[str, ...] = ()
    exclude_kinds: tuple[str, ...] = ()
    seed: int = 0
    develop: float = 0.0
    held_out: int = 200
    compile: bool = False
    weights: Weights = field(default_factory=Weights)


_HELP = {
    "rank": "rank of the adapter (default 64)",
    "minutes": "train so long, by the clock",
    "steps": "train so many steps",
    "questions": "in a batch (default 48)",
    "passages": "of each question in a batch (default 8)",
    "seed": "of weights and order (default 0)",
    "develop": "seconds between figures on the held-out fold (default 0: only at the end)",
    "kinds": "only these sets, kinds or set/kind (* stands for anything)",
    "exclude_kinds": "all but these",
    "compile": "torch.compile: slower to start, faster on a GPU",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """An argument for each option; one left out is not in the namespace."""

    def add(name: str, **settings: Any) -> None:
        parser.add_argument(f"--{name.replace('_', '-')}", default=argparse.SUPPRESS, **settings)

    plain = Options()
    for one in fields(Options):
        value = getattr(plain, one.name)
        text = _HELP.get(one.name, f"default {value}")
        if isinstance(value, bool):
            add(one.name, action="store_true", help=text)
        elif isinstance(value, tuple):
            add(one.name, nargs="+", metavar="PATTERN", help=text)
        elif not isinstance(value, Weights):
            add(one.name, type=type(value), metavar="N", help=text)
    for task in fields(Weights):
        add(f"{task.name}_weight", type=float, metavar="N", help=f"of that loss (default {task.default})")
    parser.add_argument("--full", action="store_true", help="train the layers whole, without an adapter")


def options_of(arguments: argparse.Namespace) -> Options:
    """What the arguments of :func:`add_arguments` ask for."""
    given = vars(arguments)
    chosen: dict[str, Any] = {one.name: given[one.name] for one in fields(Options) if one.name in given}
    chosen |= {name: tuple(value) for name, value in chosen.items() if isinstance(value, list)}
    if arguments.full:
        chosen = {"rate": FULL_RATE, **chosen, "rank": None}
    tasks = {task.name: f"{task.name}_weight" for task in fields(Weights)}
    weights = Weights(**{task: given[name] for task, name in tasks.items() if name in given})
    return Options(**chosen, weights=weights)
