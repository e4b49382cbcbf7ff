"""Train the reader: ``python -m qa.train_reader --data FOLDER --model FOLDER --out FILE``.

Needs torch, transformers, tokenizers, safetensors and numpy only, so that it also runs on a machine lent
for the purpose. A seed fixes the order of the data, a checkpoint continues it; with ``--minutes`` the
schedule follows the clock.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from index.errors import LitquoteError, UsageError
from index.files import sha256_of
from qa import metrics, reader_model
from qa.provenance import commit
from qa.reader_batches import Data, training_batches
from qa.reader_loss import Weights, forward, losses
from qa.reader_model import FAR, ReaderNet
from qa.readpack import Arrays, pack

#: Passages of each held-out example that are read for a development figure.
HELD_OUT_PASSAGES = 12
#: The learning rate for whole layers, where an adapter has 5e-4.
FULL_RATE = 1e-4


@dataclass(frozen=True, slots=True)
class Options:
    """How to train. ``rank`` None trains the encoder's layers whole; ``minutes`` or ``steps`` end it.

    A batch is ``questions`` with ``passages`` each. ``human`` is how often a question that a person asked
    is drawn for one made by rule; ``title_drop`` the share of passages read without their title.
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


def train(
    data: Data, model: Path, out: Path, options: Options, *, checkpoint: Path | None = None, source: str = ""
) -> dict[str, Any]:
    """Train over the embedding model in ``model`` and write the best weights to ``out``.

    Beside them a log, ``out`` with ``.json``. The best are those of the highest mean hit@1 over the
    sets of fold 0. With a folder ``checkpoint`` the state is kept there every five minutes and at the
    end, and an earlier one is continued; the result is that of a run without a break (exactly so on the
    CPU, by ``steps``). Raises UsageError when there is nothing to train on or nothing that ends it.
    """
    examples = data.examples(options.kinds, options.exclude_kinds)
    if not len(examples):
        raise UsageError("no example outside fold 0 is of these kinds; give others")
    if not options.minutes and not options.steps:
        raise UsageError("nothing ends the training; give minutes or steps")
    run = _Run(data, model, options, checkpoint)
    stream = training_batches(
        data,
        examples,
        groups=options.questions,
        most=options.passages,
        human=options.human,
        title_drop=options.title_drop,
        seed=options.seed,
        step=run.step,
        parts=options.parts,
    )
    for batch in stream:
        done = run.done()
        if done >= 1:
            break
        with torch.autocast(data.device, dtype=torch.bfloat16):
            found = losses(run.net_in_use, batch, options.weights)
        run.advance(found, done, batch.rows)
    figures = run.develop()
    weights = {name: value.to(data.device) for name, value in run.best.items()}
    run.net.load_state_dict(weights, strict=False)
    meta = {
        "base": sha256_of(model / "model.safetensors"),
        "options": asdict(options),
        "data": source,
        "examples": len(examples),
        "steps": run.step,
        "commit": commit(),
        "figures": run.best_figures,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    reader_model.save(run.net, out, meta)
    result = meta | {"seconds": round(run.spent()), "last": figures, "log": run.log}
    out.with_suffix(".json").write_text(json.dumps(result, indent=1), "utf-8")
    return result


class _Run:
    """The state of a training run: what a checkpoint holds."""

    def __init__(self, data: Data, model: Path, options: Options, checkpoint: Path | None) -> None:
        torch.manual_seed(options.seed)
        torch.set_float32_matmul_precision("high")
        self.data, self.options = data, options
        self.net: ReaderNet = reader_model.build(model, rank=options.rank, alpha=options.alpha)
        self.net.to(data.device).train()
        self.net_in_use: Any = torch.compile(self.net, dynamic=True) if options.compile else self.net
        named = [(name, one) for name, one in self.net.named_parameters() if one.requires_grad]
        body = [one for name, one in named if name.startswith("body.")]
        head = [one for name, one in named if not name.startswith("body.")]
        self.parameters = [*body, *head]
        self.optimizer = torch.optim.AdamW(
            [{"params": body, "lr": options.rate}, {"params": head, "lr": options.head_rate}],
            weight_decay=options.decay,
            betas=(0.9, 0.98),
            fused=data.device == "cuda",
        )
        self.step, self.read = 0, 0
        self.best: dict[str, Any] = {}
        self.best_figures: dict[str, Any] = {}
        self.log: list[dict[str, Any]] = []
        self.state_file = checkpoint / "reader.pt" if checkpoint else None
        before = 0.0
        if self.state_file is not None and self.state_file.exists():
            before = self._restore(self.state_file)
        self.began = time.monotonic() - before
        self.told = self.saved = self.developed = time.monotonic()
        self.read_then = self.read

    def spent(self) -> float:
        """Seconds of training, earlier runs counted in."""
        return time.monotonic() - self.began

    def done(self) -> float:
        """How much of the training is behind: 0 to 1."""
        options = self.options
        by_step = self.step / options.steps if options.steps else 0.0
        by_clock = self.spent() / (60 * options.minutes) if options.minutes else 0.0
        return max(by_step, by_clock)

    def advance(self, found: dict[str, Any], done: float, rows: int) -> None:
        """One step of the optimizer, and whatever is due by the clock."""
        options = self.options
        factor = min(done / options.warm_up, 1.0) if options.warm_up else 1.0
        factor *= 0.5 * (1 + math.cos(math.pi * done))
        for group, peak in zip(self.optimizer.param_groups, (options.rate, options.head_rate), strict=True):
            group["lr"] = max(factor, 1e-3) * peak
        found["loss"].backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.read += rows
        now = time.monotonic()
        if self.step == 1 or now - self.told >= 15:
            self._tell(found, now)
        if self.state_file is not None and now - self.saved >= 300:
            self.saved = now
            self._keep(self.state_file)
        if options.develop and now - self.developed >= options.develop:
            self.develop()
            self.developed = time.monotonic()

    def _tell(self, found: dict[str, Any], now: float) -> None:
        rate = (self.read - self.read_then) / max(now - self.told, 1e-9)
        self.told, self.read_then = now, self.read
        done = max(self.done(), 1e-9)
        line = {"step": self.step, "done": round(done, 4), **{k: round(float(v), 4) for k, v in found.items()}}
        self.log.append(line)
        left = self.spent() * (1 - done) / done
        shown = " ".join(f"{name} {value}" for name, value in line.items())
        sys.stderr.write(f"{shown} · {rate:.0f} passages/s · {left / 60:.1f} min left\n")
        sys.stderr.flush()

    def develop(self) -> dict[str, Any]:
        """The figures of fold 0 now; the weights are kept when they are the best so far."""
        figures = evaluate(self.net, self.data, most=self.options.held_out)
        self.net.train()
        self.log.append({"step": self.step, "held_out": figures})
        sys.stderr.write(f"step {self.step}, fold 0: {json.dumps(figures['mean'])}\n")
        if not self.best or _merit(figures) >= _merit(self.best_figures):
            self.best_figures = figures
            self.best = {name: one.cpu().clone() for name, one in reader_model.trained(self.net).items()}
        if self.state_file is not None:
            self._keep(self.state_file)
        return figures

    def _keep(self, path: Path) -> None:
        state = {
            "net": reader_model.trained(self.net),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "random_gpu": torch.cuda.get_rng_state() if self.data.device == "cuda" else None,
            "best": self.best,
            "numbers": json.dumps([self.step, self.read, self.spent(), self.best_figures, self.log]),
            "options": json.dumps(asdict(self.options)),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.tmp")
        torch.save(state, partial)
        partial.replace(path)

    def _restore(self, path: Path) -> float:
        """Take up the state in ``path``; seconds spent before. Raises UsageError for other options."""
        state = torch.load(path, map_location=self.data.device, weights_only=True)
        ours = json.loads(json.dumps(asdict(self.options)))
        free = {"minutes", "steps", "develop", "held_out", "parts", "compile"}
        changed = [name for name, value in json.loads(state["options"]).items() if ours[name] != value]
        if set(changed) - free:
            raise UsageError(
                f"the checkpoint {path} was made with other options ({', '.join(changed)}); continue with the"
                " same ones, or name another folder"
            )
        self.net.load_state_dict(state["net"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"].cpu())
        if state["random_gpu"] is not None and self.data.device == "cuda":
            torch.cuda.set_rng_state(state["random_gpu"].cpu())
        self.best = {name: value.cpu() for name, value in state["best"].items()}
        self.step, self.read, before, self.best_figures, self.log = json.loads(state["numbers"])
        return float(before)


def _merit(figures: dict[str, Any]) -> float:
    return float(figures["mean"]["hit@1"])


@torch.no_grad()
def evaluate(net: ReaderNet, data: Data, *, most: int = 0, batch: int = 64) -> dict[str, Any]:
    """Figures of fold 0 by ``"set/kind"``, by ``"set"``, and their ``"mean"`` over the sets.

    ``hit@1``: the best sentence of an answerable example's own passages is right (unknown ones left
    out). ``passage``: the best passage is. ``auroc``: the best sentence's score tells the answerable
    from the others, within a set. ``most`` examples of each set and kind (0: all).
    """
    net.eval()
    examples = data.examples(held_out=True)
    kind_of = data.host["q_kind"][examples]
    if most:
        examples = np.concatenate(
            [examples[kind_of == kind][:most] for kind in np.unique(kind_of)] or [examples]
        )
    columns = [_figures_of(net, data, examples[at : at + batch]) for at in range(0, len(examples), batch)]
    table = np.concatenate(columns) if columns else np.empty((0, 4))
    kinds = np.asarray(data.kinds, dtype=object)[data.host["q_kind"][examples]]
    sets = data.sets[examples]
    figures: dict[str, Any] = {
        "kinds": {str(kind): _summary(table[kinds == kind]) for kind in sorted(set(kinds))},
        "sets": {str(name): _summary(table[sets == name]) for name in sorted(set(sets))},
    }
    names = ("hit@1", "passage", "auroc")
    known = {name: [one[name] for one in figures["sets"].values() if one[name] is not None] for name in names}
    figures["mean"] = {name: round(float(np.mean(known[name])), 4) if known[name] else 0.0 for name in names}
    return figures


def _figures_of(net: ReaderNet, data: Data, examples: Any) -> Any:
    """For each example: sentence hit, passage hit (nan where nothing is right), best score, answerable."""
    batch = data.batch(examples, data.rows(examples, HELD_OUT_PASSAGES), parts=4)
    with torch.autocast(data.device, dtype=torch.bfloat16):
        scores, passage, _ = forward(net, batch)
    groups = len(examples)
    labels, label = batch.labels.view(groups, -1), batch.label.view(groups, -1)
    best = scores.view(groups, -1).masked_fill(labels < 0, FAR).max(1)
    hit = labels.gather(1, best.indices[:, None])[:, 0] == 1
    first = passage.view(groups, -1).masked_fill(label < 0, FAR).argmax(1, keepdim=True)
    found = label.gather(1, first)[:, 0] == 1
    some, any_passage = (labels == 1).any(1), (label == 1).any(1)
    nan = torch.tensor(float("nan"), device=hit.device)
    columns = [
        torch.where(some, hit.float(), nan),
        torch.where(any_passage, found.float(), nan),
        scores.view(groups, -1).max(1).values - net.null,
        any_passage.float(),
    ]
    return torch.stack(columns, 1).double().cpu().numpy()


def _summary(rows: Any) -> dict[str, Any]:
    def mean(column: Any) -> float | None:
        known = column[~np.isnan(column)]
        return round(float(known.mean()), 4) if len(known) else None

    area = metrics.auroc(rows[:, 2], rows[:, 3], metrics.once(len(rows)))[0]
    return {
        "n": len(rows),
        "hit@1": mean(rows[:, 0]),
        "passage": mean(rows[:, 1]),
        "auroc": None if np.isnan(area) else round(float(area), 4),
    }


def arrays_of(data: Path, model: Path) -> Arrays:
    """The training data in the folder or packed file (``.npz``) ``data``, tokenised for ``model``."""
    if data.suffix == ".npz":
        with np.load(data) as packed:
            return {name: packed[name] for name in packed.files}
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return pack(data, tokenizer)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of training, each with the default that :class:`Options` gives it."""
    plain = Options()
    helps = {
        "rank": "of the adapter (default 64)",
        "minutes": "train so long, by the clock",
        "steps": "train so many steps",
        "questions": "in a batch (default 48)",
        "passages": "of each question in a batch (default 8)",
        "seed": "of weights and order (default 0)",
        "develop": "seconds between figures on the held-out fold (default 0: only at the end)",
    }
    for one in fields(Options):
        value = getattr(plain, one.name)
        if one.name in ("kinds", "exclude_kinds"):
            kind: dict[str, Any] = {"nargs": "+", "metavar": "PATTERN", "help": "sets, kinds or set/kind, * for anything"}
        elif one.name == "weights":
            continue
        elif one.name == "compile":
            kind = {"action": "store_true", "help": "torch.compile: slower to start, faster on a GPU"}
        else:
            kind = {"type": type(value), "metavar": "N", "help": helps.get(one.name, f"default {value}")}
        parser.add_argument(f"--{one.name.replace('_', '-')}", **{"default": argparse.SUPPRESS, **kind})
    for task in fields(Weights):
        parser.add_argument(
            f"--{task.name}-weight", type=float, metavar="N", default=argparse.SUPPRESS, help="of that task's loss"
        )
    parser.add_argument("--full", action="store_true", help="train the layers whole, without an adapter")


def options_of(arguments: argparse.Namespace) -> Options:
    """What the command line asks for."""
    given = vars(arguments)
    chosen: dict[str, Any] = {one.name: given[one.name] for one in fields(Options) if one.name in given}
    for name in ("kinds", "exclude_kinds"):
        if name in chosen:
            chosen[name] = tuple(chosen[name])
    if arguments.full:
        chosen = {"rate": FULL_RATE, **chosen, "rank": None}
    tasks = {one.name: given[f"{one.name}_weight"] for one in fields(Weights) if f"{one.name}_weight" in given}
    return Options(**chosen, weights=Weights(**tasks))


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m qa.train_reader", description="Train the reader.")
    parser.add_argument("--data", type=Path, required=True, help="folder of training data, or a packed .npz")
    parser.add_argument("--model", type=Path, required=True, help="folder of the embedding model")
    parser.add_argument("--out", type=Path, help="the weights to write (.safetensors)")
    parser.add_argument("--evaluate", type=Path, metavar="FILE", help="only the figures of these weights")
    parser.add_argument("--pack", type=Path, metavar="FILE", help="only tokenise the data into this .npz")
    parser.add_argument("--checkpoint", type=Path, metavar="FOLDER")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_arguments(parser)
    arguments = parser.parse_args(argv)
    try:
        sys.stdout.write(f"{json.dumps(_run(arguments, parser), indent=1)}\n")
    except LitquoteError as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, UsageError) else 1
    return 0


def _run(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> dict[str, Any]:
    arrays = arrays_of(arguments.data, arguments.model)
    if arguments.pack:
        np.savez_compressed(arguments.pack, **arrays)
        return {"examples": len(arrays["q_fold"]), "passages": len(arrays["p_at"]) - 1}
    data = Data(arrays, arguments.device)
    if arguments.evaluate:
        net = reader_model.load(arguments.evaluate, arguments.model).to(arguments.device)
        return evaluate(net, data, most=getattr(arguments, "held_out", 0))
    if not arguments.out:
        parser.error("give --out, --evaluate or --pack")
    options = options_of(arguments)
    result = train(
        data, arguments.model, arguments.out, options, checkpoint=arguments.checkpoint, source=arguments.data.name
    )
    return {"steps": result["steps"], "seconds": result["seconds"], "held_out": result["figures"]}


if __name__ == "__main__":
    sys.exit(main())
