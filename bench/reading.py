"""Opening and drawing minibatches from data of COCO's size, 82,783 images: ours, all in memory, naive HDF5.

    python bench/reading.py

Writes random numbers into a temporary folder (0.3 GB), then measures in fresh processes, so that memory can be
compared, with the files in the system's cache. Prints the time to open, the median time of a minibatch of 100 random
rows, and by how much the process's own memory grew: first of one file of features, by how it is stored, then of
the whole data set, against a loader that reads everything as CS231n's does.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np

from unroll.data import layout

SPLITS = {"train": (82_783, 400_135), "val": (40_504, 195_954)}  # images, captions
IMAGES, WIDTH = SPLITS["train"][0], 512
STORED = {"in one piece": None, "chunks of 64 rows": (64, WIDTH), "chunks of one row": (1, WIDTH)}

_MEMORY = """
import sys, time
import h5py, numpy as np
from pathlib import Path
from unroll.coco import load_coco_data, sample_coco_minibatch
from unroll.data.reader import read

def memory():
    pages = next(line for line in open("/proc/self/status") if line.startswith("RssAnon"))
    return int(pages.split()[1]) / 1024
"""

_ONE_FILE = """
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

_WHOLE = """
base, way = Path(sys.argv[1]), sys.argv[2]
before, begun = memory(), time.perf_counter()
if way == "ours":
    data = load_coco_data(base)
else:
    data = {}
    with h5py.File(base / "coco2014_captions.h5") as file:
        for name in file:
            data[name] = np.asarray(file[name])
    for split in ("train", "val"):
        with h5py.File(base / f"{split}2014_vgg16_fc7_pca.h5") as file:
            data[f"{split}_features"] = np.asarray(file["features"])
        data[f"{split}_urls"] = np.asarray([line.strip() for line in open(base / f"{split}2014_urls.txt")])
opened, times = time.perf_counter() - begun, []
for _ in range(100):
    begun = time.perf_counter()
    sample_coco_minibatch(data)
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


def make_whole(folder: Path) -> None:
    """A data set of COCO's size in its layout."""
    rng = np.random.default_rng(0)
    arrays = {}
    for split, (images, count) in SPLITS.items():
        captions = np.full((count, layout.LENGTH), layout.NULL, np.int32)
        captions[:, 0], captions[:, 11] = layout.START, layout.END
        captions[:, 1:11] = rng.integers(layout.UNK, 1004, (count, 10))
        arrays[f"{split}_captions"] = captions
        arrays[f"{split}_image_idxs"] = rng.integers(images, size=count)
        layout.write_features(folder, split, rng.standard_normal((images, WIDTH), np.float32))
        urls = (f"http://farm{i % 9}.staticflickr.com/{i % 8000}/{i:010d}_{7 * i:010x}_z.jpg" for i in range(images))
        layout.write_lines(folder / layout.urls_name(split), urls)
    layout.write_captions(folder, arrays)
    layout.write_vocabulary(folder, [*layout.SPECIALS, *(f"word{i}" for i in range(1000))])


def measure(program: str, *arguments: object) -> list[float]:
    command = [sys.executable, "-c", _MEMORY + program, *map(str, arguments)]
    return [float(number) for number in subprocess.run(command, capture_output=True, check=True).stdout.split()]


def show(stored: str, results: dict[str, list[float]]) -> None:
    for way, (opened, batch, memory) in results.items():
        ratio = batch / results["ours"][1]
        print(f"{stored:<20}{way:<20}{opened:>7.1f} ms{batch:>9.2f} ms{ratio:>7.1f}x{memory:>9.1f} MB", flush=True)


def main() -> None:
    print(f"{'file':<20}{'reader':<20}{'open':>10}{'100 rows':>12}{'ratio':>8}{'memory':>12}")
    with tempfile.TemporaryDirectory() as folder:
        for stored, chunks in STORED.items():
            path = Path(folder, "features.h5")
            make(path, chunks)
            ways = ("ours", "all in memory", "h5py's fancy index")
            show(stored, {way: measure(_ONE_FILE, path, way, 100, IMAGES) for way in ways})
            path.unlink()
        make_whole(Path(folder))
        show("the whole data set", {way: measure(_WHOLE, folder, way) for way in ("ours", "all in memory")})


if __name__ == "__main__":
    main()
