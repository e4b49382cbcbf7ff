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
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from index.errors import LitquoteError, UsageError
from index.files import sha256_of
from qa import reader_model
from qa.provenance import commit
from qa.reader_batches import Data, training_batches
from qa.reader_figures import evaluate
from qa.reader_loss import losses
from qa.reader_model import ReaderNet
from qa.readpack import Arrays, pack
from qa.train_options import Options, add_arguments, options_of


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
        line = {
            "step": self.step,
            "done": round(done, 4),
            **{k: round(float(v), 4) for k, v in found.items()},
        }
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


def device() -> str:
    """Where to train: ``"cuda"`` when there is a GPU that torch can use, else ``"cpu"``."""
    return "cuda" if torch.cuda.is_available() else "cpu"


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


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m qa.train_reader", description="Train the reader.")
    parser.add_argument("--data", type=Path, required=True, help="folder of training data, or a packed .npz")
    parser.add_argument("--model", type=Path, required=True, help="folder of the embedding model")
    parser.add_argument("--out", type=Path, help="the weights to write (.safetensors)")
    parser.add_argument("--evaluate", type=Path, metavar="FILE", help="only the figures of these weights")
    parser.add_argument("--pack", type=Path, metavar="FILE", help="only tokenise the data into this .npz")
    parser.add_argument("--checkpoint", type=Path, metavar="FOLDER")
    parser.add_argument("--device", default=device(), help="cuda or cpu")
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
        np.savez_compressed(arguments.pack, allow_pickle=False, **arrays)
        return {"examples": len(arrays["q_fold"]), "passages": len(arrays["p_at"]) - 1}
    data = Data(arrays, arguments.device)
    if arguments.evaluate:
        net = reader_model.load(arguments.evaluate, arguments.model).to(arguments.device)
        return evaluate(net, data, most=getattr(arguments, "held_out", 0))
    if not arguments.out:
        parser.error("give --out, --evaluate or --pack")
    options = options_of(arguments)
    result = train(
        data,
        arguments.model,
        arguments.out,
        options,
        checkpoint=arguments.checkpoint,
        source=arguments.data.name,
    )
    return {"steps": result["steps"], "seconds": result["seconds"], "held_out": result["figures"]}


if __name__ == "__main__":
    sys.exit(main())
