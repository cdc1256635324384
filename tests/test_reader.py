"""Reading rows where they lie: every index NumPy takes, for every way HDF5 stores a dataset."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest

from unroll.data import DataError, reader
from unroll.data.reader import Rows, read

ROWS, WIDTH = 1000, 12
WAYS = {
    "in one piece": {},
    "chunks": {"chunks": (64, WIDTH)},
    "one-row chunks": {"chunks": (1, WIDTH)},
    "columns apart": {"chunks": (100, 5)},
    "compressed": {"chunks": (37, WIDTH), "compression": "gzip"},
    "big-endian": {"dtype": ">f4"},
}
INDICES = {
    "one": 7,
    "last": -1,
    "slice": slice(3, 90),
    "backwards": slice(None, None, -3),
    "empty slice": slice(5, 5),
    "list": [3, 1, 2],
    "double, in no order": np.array([999, 0, 5, 5, 0]),
    "negative": np.array([-1, -1000, 4]),
    "none": np.array([], int),
    "two axes": np.arange(6).reshape(2, 3) * 100,
    "mask": np.arange(ROWS) % 7 == 2,
    "row and column": (5, 2),
    "rows and columns": (np.array([5, 1]), slice(2, 4)),
    "all": slice(None),
    "dots": ...,
}


@pytest.fixture(params=WAYS)
def stored(request, tmp_path, monkeypatch):
    """A file stored one way, read as if it were large, and its contents."""
    monkeypatch.setattr(reader, "_SMALL", 0)
    contents = np.random.default_rng(0).standard_normal((ROWS, WIDTH)).astype(np.float32)
    with h5py.File(tmp_path / "file.h5", "w") as file:
        file.create_dataset("features", data=contents, **WAYS[request.param])
    return read(tmp_path / "file.h5", "features"), contents


@pytest.mark.parametrize("name", INDICES)
def test_every_index_gives_what_numpy_gives(stored, name):
    rows, contents = stored
    found, expected = rows[INDICES[name]], contents[INDICES[name]]
    assert np.shape(found) == expected.shape and np.array_equal(found, expected)


def test_whole(stored):
    rows, contents = stored
    assert rows.shape == contents.shape and len(rows) == ROWS and rows.ndim == 2 and rows.size == contents.size
    assert rows.dtype == np.float32 or rows.dtype == np.dtype(">f4")
    assert np.array_equal(np.asarray(rows), contents) and np.asarray(rows, np.float64).dtype == np.float64


def test_indices_outside_are_refused(stored):
    for index in (ROWS, -ROWS - 1, [0, ROWS], np.ones(ROWS + 1, bool), 1.5):
        with pytest.raises(IndexError):
            stored[0][index]


def test_one_piece_is_an_ordinary_array_that_leaves_the_file_alone(tmp_path):
    path = tmp_path / "file.h5"
    with h5py.File(path, "w") as file:
        file["features"] = np.zeros((4, 3), np.float32)
    before = path.read_bytes()
    features = read(path, "features")
    assert type(features) is np.ndarray
    features[1] += 5  # what a student may do
    assert features[1].tolist() == [5, 5, 5] and path.read_bytes() == before
    assert read(path, "features").sum() == 0


def test_small_chunked_and_odd_datasets_are_read_whole(tmp_path):
    with h5py.File(tmp_path / "file.h5", "w") as file:
        file.create_dataset("chunked", data=np.arange(6).reshape(2, 3), chunks=(1, 3))
        file["scalar"], file["empty"] = 5, np.zeros((0, 3))
        file.create_dataset("unwritten", (3, 2), np.float32)
    assert type(read(tmp_path / "file.h5", "chunked")) is np.ndarray
    assert read(tmp_path / "file.h5", "scalar") == 5
    assert read(tmp_path / "file.h5", "empty").shape == (0, 3)
    assert read(tmp_path / "file.h5", "unwritten").tolist() == [[0, 0]] * 3


@pytest.mark.parametrize("way", ["in one piece", "chunks"])
def test_little_memory(tmp_path, way):
    shape = (20_000, 512)  # 41 MB
    with h5py.File(tmp_path / "file.h5", "w") as file:
        file.create_dataset("features", shape, np.float32, **({} if way == "in one piece" else {"chunks": (64, 512)}))
        file["features"][::1000] = 1
    tracemalloc.start()
    features = read(tmp_path / "file.h5", "features")
    assert isinstance(features, Rows) == (way == "chunks")
    batch = features[np.random.default_rng(0).integers(shape[0], size=100)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert batch.shape == (100, 512) and peak < 2e6, peak


def test_what_cannot_be_read_is_named(tmp_path):
    good = tmp_path / "good.h5"
    with h5py.File(good, "w") as file:
        file["features"] = np.zeros((100, 100), np.float32)
        file.create_group("group")
    with pytest.raises(DataError, match="expected a dataset 'labels', found features, group"):
        read(good, "labels")
    with pytest.raises(DataError, match="expected a dataset 'group'"):
        read(good, "group")
    cut = Path(tmp_path, "cut.h5")
    cut.write_bytes(good.read_bytes()[:5000])
    with pytest.raises(DataError, match="cut.h5: expected an HDF5 file, found one that cannot be read"):
        read(cut, "features")


def test_rows_tell_what_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "_SMALL", 0)
    with h5py.File(tmp_path / "file.h5", "w") as file:
        file.create_dataset("features", (5, 2), np.float32, chunks=(2, 2))
    assert repr(read(tmp_path / "file.h5", "features")).startswith("Rows(shape=(5, 2), dtype=float32, file=")
