"""The reference's RNN, LSTM and GRU beside torch.nn's and beside the bare matrix products, at the course's sizes.

    python bench/layers.py [--rounds 15] [--threads 1 2] [--sizes check captions]

PyTorch is no dependency of this project; where it is missing, its tables are left out. To install it beside:

    pip install --target /tmp/torchdir torch
    PYTHONPATH=/tmp/torchdir python bench/layers.py

Before anything is timed, outputs and gradients are compared with PyTorch's, with the same weights. The bare products
are those that no implementation can avoid, in NumPy, into arrays that are there already: all products with inputs and
for gradients of weights at once, those with states one step after the other.

Numbers of threads have a process each. With one thread the processor's time is taken, which other programs change
little; with two the time by the clock, and where other programs run, two threads wait for each other and the ratios
say next to nothing, so do that on a quiet machine. There the last table sets least time against least time.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from autograder.problem_set import load

SIZES = {  # N, T, D, H
    "check": (3, 4, 6, 5),  # the first case of most checks
    "characters": (32, 32, 26, 64),  # ps4_charlm
    "captions": (50, 16, 64, 128),  # ps5_captioning
    "captions, wide": (50, 16, 128, 256),  # bench/captioning.py
}
CELLS = {"rnn": ("ps1_rnn", 1), "lstm": ("ps2_lstm", 4), "gru": ("ps2_lstm", 3)}  # problem set, blocks of H columns
TOLERANCE = {"float64": 1e-11, "float32": 1e-4}
BLOCK = 0.005  # seconds that a timed block takes at least
QUIET = 0.03  # seconds after which OpenBLAS's and OpenMP's idle threads have stopped spinning
PASSES = ("forward", "backward")


def draw(cell: str, size: str, dtype: str) -> dict[str, np.ndarray]:
    """Inputs, parameters and an upstream gradient."""
    N, T, D, H = SIZES[size]
    K = CELLS[cell][1] * H
    rng = np.random.default_rng(0)
    shapes = {"x": (N, T, D), "h0": (N, H), "Wx": (D, K), "Wh": (H, K), "b": (K,), "dh": (N, T, H)}
    arrays = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    arrays["Wx"] /= np.sqrt(D)
    arrays["Wh"] /= np.sqrt(H)
    return {name: array.astype(dtype) for name, array in arrays.items()}


class Ours:
    """A layer of the reference."""

    def __init__(self, cell: str, arrays: dict[str, np.ndarray], **convention):
        functions = load(CELLS[cell][0]).reference.plain
        self._forward, self._backward = functions[f"{cell}_forward"], functions[f"{cell}_backward"]
        self._inputs, self._dh = [arrays[name] for name in ("x", "h0", "Wx", "Wh", "b")], arrays["dh"]
        self._convention = convention

    def forward(self):
        return self._forward(*self._inputs, **self._convention)

    def backward(self, outcome) -> tuple:
        return self._backward(self._dh, outcome[1])

    def results(self) -> list[np.ndarray]:
        """h, and the gradients with respect to x, h0, Wx, Wh, b."""
        outcome = self.forward()
        return [outcome[0], *self.backward(outcome)]


class Torch:
    """The layer of torch.nn, with the same weights; its second bias is zero."""

    def __init__(self, cell: str, arrays: dict[str, np.ndarray]):
        import torch

        K, H = len(arrays["b"]), arrays["h0"].shape[1]
        # PyTorch's blocks are i, f, g, o where ours are i, f, o, g. Exchanging the last two is its own inverse.
        blocks = [0, 1, 3, 2] if cell == "lstm" else range(K // H)
        self._columns = np.concatenate([np.arange(H) + k * H for k in blocks])
        self._torch, self._lstm = torch, cell == "lstm"
        kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
        dtype = getattr(torch, str(arrays["x"].dtype))
        self._layer = kind(arrays["x"].shape[2], H, batch_first=True, dtype=dtype)
        with torch.no_grad():
            self._layer.weight_ih_l0.copy_(torch.from_numpy(arrays["Wx"][:, self._columns].T.copy()))
            self._layer.weight_hh_l0.copy_(torch.from_numpy(arrays["Wh"][:, self._columns].T.copy()))
            self._layer.bias_ih_l0.copy_(torch.from_numpy(arrays["b"][self._columns]))
            self._layer.bias_hh_l0.zero_()
        self._x = torch.from_numpy(arrays["x"].copy()).requires_grad_()
        self._h0 = torch.from_numpy(arrays["h0"][None].copy()).requires_grad_()
        self._c0 = torch.zeros_like(self._h0)
        self._dh = torch.from_numpy(arrays["dh"])
        self._of = [self._x, self._h0, *(getattr(self._layer, f"{n}_l0") for n in ("weight_ih", "weight_hh"))]
        self._of.append(self._layer.bias_ih_l0)

    def forward(self):
        return self._layer(self._x, (self._h0, self._c0) if self._lstm else self._h0)[0]

    def backward(self, outcome) -> tuple:
        return self._torch.autograd.grad(outcome, self._of, self._dh)

    def results(self) -> list[np.ndarray]:
        """h and gradients, in our notation."""
        h = self.forward()
        dx, dh0, dWx, dWh, db = (gradient.numpy() for gradient in self.backward(h))
        own = np.argsort(self._columns)
        return [h.detach().numpy(), dx, dh0[0], dWx.T[:, own], dWh.T[:, own], db[own]]


class Products:
    """Nothing but the matrix products of a layer, of random numbers."""

    def __init__(self, cell: str, arrays: dict[str, np.ndarray]):
        x, h0, dh = arrays["x"], arrays["h0"], arrays["dh"]
        N, T, D = x.shape
        H, K = arrays["Wh"].shape
        dtype = x.dtype
        self._steps, self._Wx, self._h0 = range(T), arrays["Wx"], h0
        # r * h is multiplied with the last block of a GRU's Wh, and is not known before the product with the others.
        blocks = [slice(0, 2 * H), slice(2 * H, 3 * H)] if cell == "gru" else [slice(0, K)]
        self._Wh = [np.ascontiguousarray(arrays["Wh"][:, block]) for block in blocks]
        self._x, self._h = x.reshape(N * T, D), dh.reshape(N * T, H)
        self._da = np.tile(self._h, K // H)
        self._da_t = [np.ascontiguousarray(self._da[:N, block]) for block in blocks]
        self._xs, self._dx = np.empty((N * T, K), dtype), np.empty((N * T, D), dtype)
        self._a_t, self._dh_t = [np.empty_like(part) for part in self._da_t], np.empty((N, H), dtype)
        self._dWx, self._dWh = np.empty((D, K), dtype), np.empty((H, K), dtype)

    def forward(self) -> None:
        np.matmul(self._x, self._Wx, out=self._xs)
        for _ in self._steps:
            for Wh, a in zip(self._Wh, self._a_t, strict=True):
                np.matmul(self._h0, Wh, out=a)

    def backward(self, outcome: None) -> None:
        for _ in self._steps:
            for Wh, da in zip(self._Wh, self._da_t, strict=True):
                np.matmul(da, Wh.T, out=self._dh_t)
        np.matmul(self._da, self._Wx.T, out=self._dx)
        np.matmul(self._x.T, self._da, out=self._dWx)
        np.matmul(self._h.T, self._da, out=self._dWh)


def compare(cell: str, size: str, dtype: str) -> float:
    """The greatest difference from PyTorch's output and gradients, against the largest number in each.

    The GRU is compared in PyTorch's convention, reset_after=True. Raises SystemExit if they do not agree.
    """
    arrays = draw(cell, size, dtype)
    convention = {"reset_after": True} if cell == "gru" else {}
    pairs = list(zip(Ours(cell, arrays, **convention).results(), Torch(cell, arrays).results(), strict=True))
    worst = max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)
    if any(a.dtype != dtype or a.shape != b.shape for a, b in pairs) or not worst <= TOLERANCE[dtype]:
        raise SystemExit(f"{cell}, {size}, {dtype}: ours and torch.nn's do not agree, {worst:.1e}")
    return worst


def measure(cell: str, size: str, dtype: str, rounds: int, threads: int, torch: bool) -> dict[str, dict[str, list]]:
    """Way -> pass -> seconds of each round. In each round all ways have their turn, another one first each time."""
    arrays = draw(cell, size, dtype)
    ways = {"ours": Ours(cell, arrays), "products": Products(cell, arrays)}
    if torch:
        ways["torch"] = Torch(cell, arrays)
    clock = time.process_time if threads == 1 else time.perf_counter
    counts = {}
    for way, layer in ways.items():
        block(layer, 1, clock)  # the first call allocates and looks things up
        counts[way] = max(1, min(500, round(BLOCK / block(layer, 1, clock)[0])))
    seconds = {way: {name: [] for name in PASSES} for way in ways}
    order = list(ways)
    for number in range(rounds):
        for way in order[number % len(order) :] + order[: number % len(order)]:
            time.sleep(QUIET if threads > 1 else 0)
            block(ways[way], 1, clock)  # another way has had the processor's caches
            for name, took in zip(PASSES, block(ways[way], counts[way], clock), strict=True):
                seconds[way][name].append(took)
    return seconds


def block(layer, count: int, clock: Callable[[], float]) -> tuple[float, float]:
    """Seconds of one forward and of one backward pass, from so many of each."""
    start = clock()
    outcomes = [layer.forward() for _ in range(count)]
    between = clock()
    for outcome in outcomes:
        layer.backward(outcome)
    return (between - start) / count, (clock() - between) / count


def work(threads: int, sizes: list[str], rounds: int) -> None:
    """Print, as JSON, the times of every round in ours and theirs, and the greatest differences from PyTorch."""
    torch = importlib.util.find_spec("torch") is not None
    version = ""
    if torch:
        import torch as module

        module.set_num_threads(threads)
        version = module.__version__
    rows, worst = [], dict.fromkeys(TOLERANCE, 0.0)
    for dtype in TOLERANCE:
        for size in sizes:
            for cell in CELLS:
                if torch:
                    worst[dtype] = max(worst[dtype], compare(cell, size, dtype))
                seconds = measure(cell, size, dtype, rounds, threads, torch)
                ours = seconds.pop("ours")
                for way, theirs in seconds.items():
                    rows += [[dtype, way, size, cell, name, ours[name], theirs[name]] for name in PASSES]
    print(json.dumps({"torch": version, "worst": worst, "rows": rows}))


def in_own_process(threads: int, sizes: list[str], rounds: int) -> dict:
    limits = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    command = [sys.executable, __file__, "--worker", str(threads), "--rounds", str(rounds), "--sizes", *sizes]
    done = subprocess.run(command, env={**os.environ, **limits}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"the process with {threads} thread(s) failed")
    return json.loads(done.stdout)


def over_rounds(ours: list[float], theirs: list[float]) -> str:
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return f"{short(statistics.median(ratios))} ({short(min(ratios))}-{short(max(ratios))})"


def of_the_least(ours: list[float], theirs: list[float]) -> str:
    return short(min(ours) / min(theirs))


def short(ratio: float) -> str:
    return f"{ratio:.2g}" if ratio < 99 else f"{ratio:.0f}"


def table(columns: dict[str, tuple], times: dict, dtype: str, sizes: list[str], ratio: Callable) -> None:
    """columns: heading -> way, pass, number of threads."""
    print(f"\n| {dtype}: N, T, D, H | | {' | '.join(columns)} |\n|---|---|{'---|' * len(columns)}")
    for size in sizes:
        for row, cell in enumerate(CELLS):
            label = f"{size}: {', '.join(map(str, SIZES[size]))}" if row == 0 else ""
            values = [ratio(*times[dtype, way, size, cell, name, n]) for way, name, n in columns.values()]
            print(f"| {label} | {cell} | {' | '.join(values)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments.worker, arguments.sizes, arguments.rounds)
        return
    found = {threads: in_own_process(threads, arguments.sizes, arguments.rounds) for threads in arguments.threads}
    times = {(*row[:5], threads): row[5:] for threads, result in found.items() for row in result["rows"]}
    version = found[arguments.threads[0]]["torch"]
    if version:
        worst = ", ".join(f"{max(f['worst'][d] for f in found.values()):.0e} in {d}" for d in TOLERANCE)
        print(f"torch {version}, numpy {np.__version__}. Outputs and gradients differ by at most {worst}.")
        print(
            "torch.nn.GRU resets after the product. Ours was compared so, and timed in its default, resetting before."
        )
    else:
        print("torch is not installed, so there is nothing about torch.nn here; `--help` says how to install it.")
    print(f"Our time divided by theirs: median of {arguments.rounds} rounds by turns, with the least and the greatest;")
    print(
        "for two threads, also our least time divided by their least. The number in a heading is that of the threads."
    )
    columns = {
        f"{title}, {name}, {threads}": (way, name, threads)
        for way, title in (("torch", "torch.nn"), ("products", "products"))
        for threads in arguments.threads
        for name in PASSES
        if way == "products" or version
    }
    for dtype in TOLERANCE:
        for threads in arguments.threads:
            own = {heading: which for heading, which in columns.items() if which[2] == threads}
            table(own, times, dtype, arguments.sizes, over_rounds)
        several = {heading: which for heading, which in columns.items() if which[2] > 1}
        if several:
            table(several, times, dtype, arguments.sizes, of_the_least)


if __name__ == "__main__":
    main()
