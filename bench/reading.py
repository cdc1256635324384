"""Opening and drawing minibatches from the real-size layout, 82,783 images: ours, all in memory, naive HDF5.

    python bench/reading.py

Makes a file of random numbers in a temporary folder (0.2 GB a layout of the file), then measures in fresh processes,
so that memory can be compared, each alternative once warm. Prints the time to open, the median time of a minibatch of
100 random rows, and what the process's memory grew by.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np

IMAGES, WIDTH = 82_783, 512
STORED = {"in one piece": None, "chunks of 64 rows": (64, WIDTH), "chunks of one row": (1, WIDTH)}

_MEASURE = """
import sys, time
import h5py, numpy as np
from pathlib import Path
from unroll.data.reader import read

def memory():
    pages = next(line for line in open("/proc/self/status") if line.startswith("RssAnon"))
    return int(pages.split()[1]) / 1024

path, way, count, rows = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rng = np.random.default_rng(0)
before, begun = memory(), time.perf_counter()
if way == "ours":
    features = read(path, "features")
    draw = lambda idxs: features[idxs]
elif way == "all in memory":
    features = np.asarray(h5py.File(path)["features"])
    draw = lambda idxs: features[idxs]
else:
    dataset = h5py.File(path)["features"]
    def draw(idxs):
        rows, back = np.unique(idxs, return_inverse=True)
        return dataset[rows][back]
opened, times = time.perf_counter() - begun, []
for _ in range(count):
    idxs = rng.integers(rows, size=100)
    begun = time.perf_counter()
    draw(idxs)
    times.append(time.perf_counter() - begun)
print(1e3 * opened, 1e3 * np.median(times), memory() - before)
"""


def make(path: Path, chunks) -> None:
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("features", (IMAGES, WIDTH), np.float32, chunks=chunks)
        for start in range(0, IMAGES, 8192):
            size = min(8192, IMAGES - start)
            dataset[start : start + size] = rng.standard_normal((size, WIDTH), np.float32)


def measure(path: Path, way: str) -> list[float]:
    command = [sys.executable, "-c", _MEASURE, str(path), way, "100", str(IMAGES)]
    return [float(number) for number in subprocess.run(command, capture_output=True, check=True).stdout.split()]


def main() -> None:
    print(f"{'file':<20}{'reader':<16}{'open':>10}{'100 rows':>12}{'ratio':>8}{'memory':>12}")
    with tempfile.TemporaryDirectory() as folder:
        for stored, chunks in STORED.items():
            path = Path(folder, "features.h5")
            make(path, chunks)
            measure(path, "all in memory")  # warm
            results = {way: measure(path, way) for way in ("ours", "all in memory", "h5py's fancy index")}
            for way, (opened, batch, memory) in results.items():
                ratio = batch / results["ours"][1]
                print(f"{stored:<20}{way:<19}{opened:>6.1f} ms{batch:>9.2f} ms{ratio:>7.1f}x{memory:>9.1f} MB")
            path.unlink()


if __name__ == "__main__":
    main()
