"""Building the embedded data set: layout, determinism, atomicity, and what a damaged folder says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from unroll.data import embedded, layout, place, scenes_writer
from unroll.data.__main__ import main
from unroll.data.embedded import DIGESTS, MANIFEST, SIZES, ensure, verify
from unroll.data.place import DataError, data_root
from unroll.scenes import captions_at, image_at

FILES = {
    "coco2014_captions.h5",
    "coco2014_vocab.json",
    "train2014_vgg16_fc7_pca.h5",
    "val2014_vgg16_fc7_pca.h5",
    "train2014_vgg16_fc7.h5",
    "val2014_vgg16_fc7.h5",
    "train2014_urls.txt",
    "val2014_urls.txt",
    "train2014_images.txt",
    "val2014_images.txt",
    "images.h5",
    MANIFEST,
}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A root with the tiny data set in it. Tests that damage something copy it first."""
    root = tmp_path_factory.mktemp("data")
    ensure("tiny", root, progress=False)
    return root


@pytest.fixture
def damaged(root, tmp_path) -> Path:
    """A copy of the tiny data set, to be damaged."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    for path in (root / "tiny").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def _start(*arguments) -> subprocess.Popen:
    command = [sys.executable, "-m", "unroll.data", *map(str, arguments)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # two at once would wait for each other's threads
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def _unfinished(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if "building" in path.name]


# --- layout ----------------------------------------------------------------------------------------------------


def test_files_and_datasets_are_those_of_coco_captioning(root):
    folder = root / "tiny"
    assert {path.name for path in folder.iterdir()} == FILES
    with h5py.File(folder / "coco2014_captions.h5") as file:
        assert set(file) == {"train_captions", "train_image_idxs", "val_captions", "val_image_idxs"}
        for split, images in SIZES["tiny"].items():
            captions, image_idxs = file[f"{split}_captions"], file[f"{split}_image_idxs"]
            assert captions.shape == (5 * images, 17) and captions.dtype == np.int32
            assert image_idxs.shape == (5 * images,) and image_idxs.dtype == np.int32
            assert np.array_equal(np.unique(image_idxs), np.arange(images))
    for split, images in SIZES["tiny"].items():
        with h5py.File(folder / f"{split}2014_vgg16_fc7_pca.h5") as file:
            assert set(file) == {"features"}
            features = file["features"]
            assert features.shape == (images, 512) and features.dtype == np.float32
            assert features.chunks is None and features.id.get_offset() is not None  # contiguous
            assert np.isfinite(features[:]).all() and 0.8 < features[:].std() < 1.2
        with h5py.File(folder / "images.h5") as file:
            assert file[split].shape == (images, 128, 128, 3) and file[split].dtype == np.uint8
        for name in (f"{split}2014_urls.txt", f"{split}2014_images.txt"):
            lines = (folder / name).read_bytes().split(b"\n")
            assert lines.pop() == b"" and len(lines) == images == len(set(lines))
    for path in folder.iterdir():
        assert str(root).encode() not in path.read_bytes()  # the folder may be moved


def test_caption_rows(root):
    words = json.loads((root / "tiny/coco2014_vocab.json").read_text())["idx_to_word"]
    with h5py.File(root / "tiny/coco2014_captions.h5") as file:
        for split in ("train", "val"):
            rows = file[f"{split}_captions"][:]
            assert (rows[:, 0] == 1).all() and ((rows == 1).sum(axis=1) == 1).all()
            assert ((rows == 2).sum(axis=1) == 1).all()
            end = (rows == 2).argmax(axis=1)
            column = np.arange(17)
            assert ((rows == 0) == (column > end[:, None])).all()  # <NULL> after <END>, and only there
            assert rows.min() >= 0 and rows.max() < len(words)
            assert end.min() >= 6


def test_vocabulary(root):
    vocabulary = json.loads((root / "tiny/coco2014_vocab.json").read_text())
    words, index = vocabulary["idx_to_word"], vocabulary["word_to_idx"]
    assert set(vocabulary) == {"idx_to_word", "word_to_idx"}
    assert words[:5] == ["<NULL>", "<START>", "<END>", "<UNK>", "a"]
    assert index == {word: i for i, word in enumerate(words)}
    with h5py.File(root / "tiny/coco2014_captions.h5") as file:
        rows = file["train_captions"][:]
    assert set(range(len(words))) == set(np.unique(rows))
    unknown = (rows == 3).sum() / (rows > 2).sum()
    assert 0.002 < unknown < 0.03


def test_rare_words_become_unknown():
    captions = [["a", "dog"]] * 6 + [["a", "cat"]] * 5 + [["a", "newt"]] * 4
    words = layout.vocabulary(captions, scenes_writer.threshold(len(captions)))
    assert words == ["<NULL>", "<START>", "<END>", "<UNK>", "a", "dog", "cat"]
    rows = layout.encode([["a", "newt"]], {word: i for i, word in enumerate(words)})
    assert rows.tolist() == [[1, 4, 3, 2] + [0] * 13]


# --- determinism -----------------------------------------------------------------------------------------------


def test_one_image_made_alone_in_another_process_is_the_stored_one(root):
    code = (
        "import sys; from unroll.scenes import image_at\n"
        "for i in (211, 7, 40): sys.stdout.buffer.write(image_at('train', i).tobytes())"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    with h5py.File(root / "tiny/images.h5") as file:
        stored = b"".join(file["train"][i].tobytes() for i in (211, 7, 40))
        assert np.array_equal(file["val"][99], image_at("val", 99))
    assert made == stored


def test_stored_captions_are_those_of_the_scene(root):
    index = json.loads((root / "tiny/coco2014_vocab.json").read_text())["word_to_idx"]
    with h5py.File(root / "tiny/coco2014_captions.h5") as file:
        rows = file["val_captions"][file["val_image_idxs"][:] == 42]
    assert np.array_equal(rows, layout.encode(captions_at("val", 42), index))


def test_two_builds_at_once_give_one_whole_folder_with_the_same_bytes(root, tmp_path):
    builds = [_start("build", "--size", "tiny", "--root", tmp_path) for _ in range(2)]
    for build in builds:
        out, err = build.communicate(timeout=60)
        assert build.returncode == 0, err
        assert out.strip() == str(tmp_path / "tiny")
        assert "Warning" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]
    one, other = verify(tmp_path / "tiny"), verify(root / "tiny")
    assert one["digest"] == other["digest"] and one["files"].keys() == other["files"].keys()
    differ = {name for name in one["files"] if one["files"][name] != other["files"][name]}
    assert differ <= {name for name in one["files"] if "fc7" in name}
    for name in differ:  # sums of products round differently with another number of threads
        with h5py.File(tmp_path / "tiny" / name) as a, h5py.File(root / "tiny" / name) as b:
            assert np.allclose(a["features"], b["features"], rtol=0, atol=1e-4)


def test_the_digest_of_the_default_size_is_known():
    assert set(DIGESTS) == set(SIZES) and all(len(digest) == 64 for digest in DIGESTS.values())


# --- atomicity -------------------------------------------------------------------------------------------------


def test_a_build_that_is_killed_leaves_no_folder(tmp_path):
    build = _start("build", "--size", "default", "--root", tmp_path)
    deadline = time.monotonic() + 30
    while not any(path.stat().st_size for left in _unfinished(tmp_path) for path in left.iterdir()):
        assert time.monotonic() < deadline and build.poll() is None
        time.sleep(0.02)
    build.send_signal(signal.SIGKILL)
    build.communicate()
    assert not (tmp_path / "default").exists()
    (left,) = _unfinished(tmp_path)
    place._sweep(tmp_path / "default")
    assert left.exists()  # it may belong to a live process
    os.utime(left, (0, 0))
    place._sweep(tmp_path / "default")
    assert not left.exists()


def test_a_build_that_fails_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("unroll.data.scenes_writer.raw_features", lambda images: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ensure("tiny", tmp_path, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_an_older_version_is_built_again(damaged):
    manifest = json.loads((damaged / MANIFEST).read_text())
    (damaged / MANIFEST).write_text(json.dumps(manifest | {"version": 0}))
    ensure("tiny", damaged.parent, progress=False)
    assert verify(damaged)["version"] == embedded.VERSION
    assert [path.name for path in damaged.parent.iterdir()] == ["tiny"]


def test_a_folder_that_is_there_is_not_built_again(root, monkeypatch):
    monkeypatch.setattr("unroll.data.embedded.build", lambda *arguments: pytest.fail("built again"))
    assert ensure("tiny", root) == root / "tiny"


# --- damage ----------------------------------------------------------------------------------------------------


def test_other_captions_than_known_are_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(DIGESTS, "tiny", "0" * 64)
    with pytest.raises(DataError, match=r"expected digest 0{64}, found [0-9a-f]{64}.*raise VERSION"):
        ensure("tiny", tmp_path, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_and_a_cut_file_are_named(damaged):
    (damaged / "val2014_urls.txt").unlink()
    with open(damaged / "images.h5", "r+b") as file:
        file.truncate(1000)
    with pytest.raises(DataError) as caught:
        ensure("tiny", damaged.parent)
    message = str(caught.value)
    assert "val2014_urls.txt is missing" in message
    assert "images.h5 should have" in message and "and has 1000" in message
    assert "python -m unroll.data build --again --size tiny" in message


def test_one_changed_byte_is_found_by_verify(damaged, capsys):
    with open(damaged / "train2014_vgg16_fc7_pca.h5", "r+b") as file:
        file.seek(5000)
        byte = file.read(1)
        file.seek(5000)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(DataError, match=r"train2014_vgg16_fc7_pca.h5 should have sha256 \w+\.\.\. and has"):
        verify(damaged)
    arguments = ["--size", "tiny", "--root", str(damaged.parent)]
    assert main(["verify", *arguments]) == 1
    assert "is damaged" in capsys.readouterr().err
    assert main(["build", "--again", *arguments]) == 0
    assert main(["verify", *arguments]) == 0


@pytest.mark.parametrize(
    ("text", "found"), [(None, "found none"), ("{", "cannot be read"), ("{}", "cannot be read"), ("[]", "cannot be")]
)
def test_a_folder_without_a_good_manifest(tmp_path, text, found):
    folder = tmp_path / "tiny"
    folder.mkdir()
    if text is not None:
        (folder / MANIFEST).write_text(text)
    with pytest.raises(DataError, match=found):
        ensure("tiny", tmp_path)


# --- where -----------------------------------------------------------------------------------------------------


def test_root(monkeypatch, tmp_path):
    monkeypatch.delenv("UNROLL_DATA", raising=False)
    checkout = Path(embedded.__file__).resolve().parents[2]
    assert data_root() == checkout / "data"
    monkeypatch.setattr("unroll.data.place.__file__", str(tmp_path / "site-packages/unroll/data/place.py"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert data_root() == tmp_path / "cache/unroll"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_root() == tmp_path / ".cache/unroll"
    monkeypatch.setenv("UNROLL_DATA", str(tmp_path / "mine"))
    assert data_root() == tmp_path / "mine"


def test_size(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("UNROLL_DATA_SIZE", "tiny")
    assert main(["path", "--root", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'tiny'}\n"
    monkeypatch.setenv("UNROLL_DATA_SIZE", "huge")
    assert main(["path"]) == 1
    assert "UNROLL_DATA_SIZE is 'huge': expected one of tiny, default" in capsys.readouterr().err
    with pytest.raises(ValueError, match="unknown size 'huge'"):
        ensure("huge", tmp_path)
