"""The matrix products of a BERT and nothing else: the least time that encoding can take on this machine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

LARGE = 2048

#: Rows of the left matrix, the inner and the right size, how often a layer multiplies so, how many at once.
Product = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Model:
    """The sizes of a BERT."""

    hidden: int
    inner: int
    heads: int
    layers: int

    @classmethod
    def of(cls, folder: Path) -> Model:
        """The sizes that a model's ``config.json`` tells."""
        told = json.loads((folder / "config.json").read_text("utf-8"))
        names = ("hidden_size", "intermediate_size", "num_attention_heads", "num_hidden_layers")
        return cls(*(int(told[name]) for name in names))

    def products(self, rows: int, width: int) -> dict[str, tuple[Product, ...]]:
        """The products of one layer over a batch, by what they are for."""
        tokens, head = rows * width, self.hidden // self.heads
        return {
            "projections": ((tokens, self.hidden, self.hidden, 4, 1),),
            "feed-forward": (
                (tokens, self.hidden, self.inner, 1, 1),
                (tokens, self.inner, self.hidden, 1, 1),
            ),
            "attention": (
                (width, head, width, 1, rows * self.heads),
                (width, width, head, 1, rows * self.heads),
            ),
        }


def timed(call: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    """Seconds by the clock and by the processors' time, and what the call gave."""
    time.sleep(0.02)  # threads of the one before go to sleep
    clock, processor = time.perf_counter(), time.process_time()
    found = call()
    return (time.perf_counter() - clock, time.process_time() - processor), found


class Products:
    """The products of the batches of these ``shapes`` (rows, width), timed in rounds; the fastest count."""

    def __init__(self, model: Model, shapes: Sequence[tuple[int, int]], *, precision: str) -> None:
        self._model, self._shapes, self._precision = model, shapes, precision
        self._engines = [_torch(precision), _openvino(precision)]
        self._best: dict[tuple[int, Product], list[float]] = {}
        self._peak = [float("inf")] * 2
        self._wanted = [
            (name, product)
            for rows, width in shapes
            for name, some in model.products(rows, width).items()
            for product in some
        ]

    def round(self) -> None:
        """Time every product once with each engine."""
        for number, engine in enumerate(self._engines):
            for product in dict.fromkeys(product for _, product in self._wanted):
                self._note(number, product, engine)
            self._note(number, (LARGE, LARGE, LARGE, 1, 1), engine)

    def _note(self, number: int, product: Product, engine: Callable[[Product], Callable[[], Any]]) -> None:
        call = engine(product)
        call()
        seconds, _ = timed(call)
        known = self._best.get((number, product), [float("inf")] * 2)
        self._best[number, product] = [min(pair) for pair in zip(known, seconds, strict=True)]

    def _least(self, product: Product) -> list[float]:
        """Seconds of all layers, by the faster engine."""
        both = [self._best[number, product] for number in range(len(self._engines))]
        return [self._model.layers * product[3] * min(column) for column in zip(*both, strict=True)]

    @property
    def seconds(self) -> list[float]:
        """Clock and processor seconds of everything."""
        return [sum(column) for column in zip(*self._parts().values(), strict=True)]

    def _parts(self) -> dict[str, list[float]]:
        parts: dict[str, list[float]] = {}
        for name, product in self._wanted:
            known = parts.setdefault(name, [0.0, 0.0])
            parts[name] = [one + more for one, more in zip(known, self._least(product), strict=True)]
        return parts

    def to_dict(self) -> dict[str, Any]:
        """The plain form."""
        flop = sum(2 * a * b * c * times * many for _, (a, b, c, times, many) in self._wanted)
        large = (LARGE, LARGE, LARGE, 1, 1)
        fastest = min(self._best[number, large][0] for number in range(len(self._engines)))
        return {
            "precision": self._precision,
            "gigaflop": self._model.layers * flop / 1e9,
            "parts": self._parts(),
            "seconds": self.seconds,
            "peak": 2 * LARGE**3 / fastest / 1e9,
        }


def _torch(precision: str) -> Callable[[Product], Callable[[], Any]]:
    import torch

    kind = torch.bfloat16 if precision == "bf16" else torch.float32

    def made(product: Product) -> Callable[[], Any]:
        rows, inner, columns, _, many = product
        first, second = (torch.randn(many, *shape).to(kind) for shape in ((rows, inner), (inner, columns)))
        out = torch.empty(many, rows, columns, dtype=kind)
        if many == 1:
            return lambda: torch.mm(first[0], second[0], out=out[0])
        return lambda: torch.bmm(first, second, out=out)

    return made


def _openvino(precision: str) -> Callable[[Product], Callable[[], Any]]:
    import openvino as ov
    from openvino import opset13 as op

    kind = ov.Type.bf16 if precision == "bf16" else ov.Type.f32
    core = ov.Core()

    def made(product: Product) -> Callable[[], Any]:
        rows, inner, columns, _, many = product
        first = op.parameter([many, rows, inner], np.float32)
        inputs = [first]
        if many == 1:  # weights, which may be laid out beforehand
            second = op.constant(np.random.default_rng(0).standard_normal((inner, columns), dtype=np.float32))
        else:
            second = op.parameter([many, inner, columns], np.float32)
            inputs.append(second)
        plan = ov.preprocess.PrePostProcessor(ov.Model([op.matmul(first, second, False, False)], inputs))
        for number in range(len(inputs)):
            plan.input(number).tensor().set_element_type(kind)
        plan.output(0).tensor().set_element_type(kind)
        settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
        request = core.compile_model(plan.build(), "CPU", settings).create_infer_request()
        for number, parameter in enumerate(inputs):
            request.set_input_tensor(number, ov.Tensor(kind, parameter.get_output_shape(0)))
        return request.infer

    return made
