"""What a folder in the coco_captioning layout must be: one fault at a time, several, and a large folder."""

from __future__ import annotations

import json
import shutil
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest

from unroll.data import DataError, ensure, layout
from unroll.data.validate import problems, validate

WORDS = [*layout.SPECIALS, "a", "cat", "dog"]
CAPTIONS = {
    "train": [[1, 4, 5, 2, 0], [1, 6, 2, 0, 0], [1, 4, 3, 6, 2], [1, 2, 0, 0, 0]],
    "val": [[1, 5, 2, 0, 0], [1, 4, 6, 2, 0]],
}
IMAGE_IDXS = {"train": [2, 0, 2, 1], "val": [1, 1]}
IMAGES = {"train": 4, "val": 2}
H5 = "coco2014_captions.h5"
VOCABULARY = "coco2014_vocab.json"
TRAIN_PCA, VAL_PCA = "train2014_vgg16_fc7_pca.h5", "val2014_vgg16_fc7_pca.h5"


def _write(folder: Path, captions: dict, image_idxs: dict, images: dict, words: list[str]) -> None:
    arrays = {}
    for split in ("train", "val"):
        arrays[f"{split}_captions"] = np.array(captions[split], np.int32)
        arrays[f"{split}_image_idxs"] = np.array(image_idxs[split], np.int32)
        for pca, width in ((True, 3), (False, 6)):
            with h5py.File(folder / layout.features_name(split, pca), "w") as file:
                file["features"] = np.arange(images[split] * width, dtype=np.float32).reshape(images[split], width)
        for name in (layout.urls_name(split), layout.images_name(split)):
            layout.write_lines(folder / name, (f"http://images.invalid/{i}.jpg" for i in range(images[split])))
    layout.write_captions(folder, arrays)
    layout.write_vocabulary(folder, words)


@pytest.fixture
def good(tmp_path) -> Path:
    """A small good folder; the image in row 3 of train and that in row 0 of val have no captions."""
    folder = tmp_path / "small"
    folder.mkdir()
    _write(folder, CAPTIONS, IMAGE_IDXS, IMAGES, WORDS)
    return folder


def _set(folder: Path, name: str, value, at=...) -> None:
    """Change some entries of a dataset of the captions file."""
    with h5py.File(folder / H5, "a") as file:
        file[name][at] = value


def _put(folder: Path, name: str, array, file_name: str = H5) -> None:
    """Put another dataset in place of one; None removes it."""
    with h5py.File(folder / file_name, "a") as file:
        del file[name]
        if array is not None:
            file[name] = array


def _vocabulary(folder: Path, **changes) -> None:
    content = json.loads((folder / VOCABULARY).read_text()) | changes
    (folder / VOCABULARY).write_text(json.dumps(content))


# --- good ------------------------------------------------------------------------------------------------------


def test_a_good_folder_has_no_problems(good):
    assert problems(good) == problems(good, fc7=True) == []
    assert validate(good) == {
        "words": 7,
        "length": 5,
        "train": {"captions": 4, "images": 4, "width": 3},
        "val": {"captions": 2, "images": 2, "width": 3},
    }
    assert validate(str(good), fc7=True)["val"] == {"captions": 2, "images": 2, "width": 3, "fc7_width": 6}


def test_the_embedded_set_is_good(tmp_path):
    folder = ensure("tiny", tmp_path, progress=False)
    summary = validate(folder)
    assert summary["train"] == {"captions": 1500, "images": 300, "width": 512} and summary["length"] == 17
    assert problems(folder, fc7=True) == []
    assert validate(folder, fc7=True)["val"]["fc7_width"] == 960


def test_unsigned_indices_and_double_features_are_fine(good):
    _put(good, "train_captions", np.array(CAPTIONS["train"], np.uint16))
    _put(good, "train_image_idxs", np.array(IMAGE_IDXS["train"], np.uint8))
    _put(good, "features", np.ones((4, 3)), TRAIN_PCA)
    assert problems(good) == []


# --- files -----------------------------------------------------------------------------------------------------

FILES = [
    H5,
    VOCABULARY,
    TRAIN_PCA,
    VAL_PCA,
    *(f"{s}2014_{kind}.txt" for s in ("train", "val") for kind in ("urls", "images")),
]


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_and_a_folder_in_its_place_are_named(good, name):
    (good / name).unlink()
    assert f"{name}: expected a file, found nothing of that name" in problems(good)
    (good / name).mkdir()
    assert f"{name}: expected a file, found a folder" in problems(good)


@pytest.mark.parametrize("name", [H5, TRAIN_PCA])
def test_hdf5_files_that_cannot_be_read(good, name):
    content = (good / name).read_bytes()
    (good / name).write_bytes(b"")
    assert problems(good) == [f"{name}: expected contents, found an empty file"]
    (good / name).write_bytes(b"<html>404</html>")
    assert problems(good) == [f"{name}: expected an HDF5 file, found something else (16 bytes)"]
    (good / name).write_bytes(content[:-7])
    (problem,) = problems(good)
    assert problem.startswith(f"{name}: expected a whole HDF5 file, found a damaged or incomplete one (")
    assert "truncated file" in problem


def test_no_byte_flip_gives_a_traceback(good):
    content = (good / H5).read_bytes()
    rng = np.random.default_rng(0)
    for position in rng.choice(len(content), 150, replace=False):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        (good / H5).write_bytes(damaged)
        assert all(problem.startswith(f"{H5}: ") for problem in problems(good))


def test_no_folder(tmp_path):
    assert problems(tmp_path / "none") == ["none: expected a folder, found nothing"]
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="file: expected a folder, found a file"):
        validate(tmp_path / "file")


@pytest.mark.parametrize("kind", ["urls", "images"])
def test_lines(good, kind):
    name = f"train2014_{kind}.txt"
    path = good / name
    path.write_text("a\nb\nc\n")
    assert problems(good) == [f"{name}: expected 4 lines, one per row of the features, found 3"]
    path.write_text("a\n\n \nd\n")
    assert problems(good) == [f"{name}: line 2 is blank, expected one entry per line (2 lines in all)"]
    path.write_text("")
    assert problems(good) == [f"{name}: expected 4 lines, one per row of the features, found 0"]
    path.write_bytes(b"\xff\xfe\n")
    (problem,) = problems(good)
    assert problem.startswith(f"{name}: expected UTF-8 text, found something else (")
    path.write_text("a\nb\nc\nd")  # without an end of line after the last
    assert problems(good) == []


# --- datasets --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["train_captions", "train_image_idxs", "val_captions", "val_image_idxs"])
def test_datasets_of_captions(good, name):
    rank, shape = (2, (4, 5)) if name == "train_captions" else (1, (4,)) if name == "train_image_idxs" else (0, ())
    _put(good, name, None)
    others = sorted({"train_captions", "train_image_idxs", "val_captions", "val_image_idxs"} - {name})
    assert problems(good) == [f"{H5}: expected a dataset '{name}', found {', '.join(others)}"]
    if rank:
        with h5py.File(good / H5, "a") as file:
            file[name] = np.ones(shape)
        dimensions = f"{rank} dimension{'s' * (rank > 1)}"
        assert problems(good) == [f"{H5}: {name}: expected integers in {dimensions}, found float64 in shape {shape}"]
        _put(good, name, np.ones((*shape, 2), int))
        found = f"found int64 in shape {(*shape, 2)}"
        assert problems(good) == [f"{H5}: {name}: expected integers in {dimensions}, {found}"]


def test_a_group_in_place_of_a_dataset(good):
    _put(good, "features", None, TRAIN_PCA)
    with h5py.File(good / TRAIN_PCA, "a") as file:
        file.create_group("features")
    assert problems(good) == [f"{TRAIN_PCA}: expected a dataset 'features', found features"]


def test_numbers_of_captions_and_columns(good):
    _put(good, "train_image_idxs", np.int32([0, 1]))
    assert problems(good) == [f"{H5}: train_image_idxs: expected 4 entries as train_captions has, found 2"]
    _put(good, "train_image_idxs", np.int32(IMAGE_IDXS["train"]))
    _put(good, "val_captions", np.int32([[1, 5, 2, 0], [1, 6, 2, 0]]))
    assert problems(good) == [f"{H5}: val_captions: expected 5 columns as in train, found 4"]
    for split in ("train", "val"):
        _put(good, f"{split}_captions", np.int32([[1, 5, 2]] * len(CAPTIONS[split])))
    assert problems(good) == [f"{H5}: {s}_captions: expected at least 4 columns, found 3" for s in ("train", "val")]
    _put(good, "train_captions", np.zeros((0, 3), np.int32))
    assert f"{H5}: train_captions: expected at least one caption, found none" in problems(good)


# --- rows ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "value", "sentence"),
    [
        ((slice(1, 3), 0), 6, "row 1 has 6 at column 0, expected <START> there (2 rows in all)"),
        ((2, 2), 1, "row 2 has <START> at column 2, expected it at column 0 only (1 row in all)"),
        ((2, 4), 4, "row 2 has 0 <END>, expected exactly one (1 row in all)"),
        ((slice(0, 2), 4), 2, "row 0 has 2 <END>, expected exactly one (2 rows in all)"),
        ((1, slice(3, 5)), 5, "row 1 has 5 at column 3, expected <NULL> after <END> (1 row in all)"),
        ((0, 2), 0, "row 0 has <NULL> at column 2, expected it after <END> only (1 row in all)"),
        ((2, 2), 7, "row 2 has 7 at column 2, expected 0 to 6 (1 row in all)"),
        ((2, 2), -1, "row 2 has -1 at column 2, expected 0 to 6 (1 row in all)"),
    ],
)
def test_rows_of_captions(good, at, value, sentence):
    _set(good, "train_captions", value, at)
    assert problems(good) == [f"{H5}: train_captions: {sentence}"]


@pytest.mark.parametrize(("value", "found"), [(2, "image 2"), (-1, "image -1")])
def test_image_indices(good, value, found):
    _set(good, "val_image_idxs", value, 1)
    expected = "expected 0 to 1, the rows of the features (1 row in all)"
    assert problems(good) == [f"{H5}: val_image_idxs: row 1 has {found}, {expected}"]


# --- features --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.ones((4, 3), int), "expected floats in 2 dimensions, found int64 in shape (4, 3)"),
        (np.ones(4), "expected floats in 2 dimensions, found float64 in shape (4,)"),
        (np.float32([[0, 1, 2], [0, np.nan, 2], [0, 1, 2], [0, 1, np.inf]]),
         "row 1 has nan at column 1, expected finite numbers (2 rows in all)"),
    ],
)  # fmt: skip
def test_features(good, array, sentence):
    _put(good, "features", array, TRAIN_PCA)
    assert problems(good) == [f"{TRAIN_PCA}: features: {sentence}"]


def test_features_without_rows(good):
    _put(good, "features", np.ones((0, 3)), TRAIN_PCA)
    assert f"{TRAIN_PCA}: features: expected at least one image and number, found none" in problems(good)


def test_widths_and_rows_of_features_agree(good):
    _put(good, "features", np.ones((2, 5)), VAL_PCA)
    assert problems(good) == [f"{VAL_PCA}: features: expected width 3 as in {TRAIN_PCA}, found 5"]
    _put(good, "features", np.ones((2, 3)), VAL_PCA)
    _put(good, "features", np.ones((3, 6)), "train2014_vgg16_fc7.h5")
    assert problems(good) == []
    assert problems(good, fc7=True) == ["train2014_vgg16_fc7.h5: features: expected 4 rows as after PCA, found 3"]


def test_a_fault_behind_the_first_block_has_its_own_row(good):
    features = np.zeros((300, 4096), np.float32)
    features[270:, 9] = np.nan
    _put(good, "features", features, "train2014_vgg16_fc7.h5")
    sentence = "train2014_vgg16_fc7.h5: features: row 270 has nan at column 9, expected finite numbers (30 rows in all)"
    assert sentence in problems(good, fc7=True)


# --- vocabulary ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({"idx_to_word": "abc"}, ["expected idx_to_word to be a list, found str"]),
        ({"word_to_idx": [1]}, ["expected word_to_idx to be an object, found list"]),
        ({"idx_to_word": [*WORDS[:5], 7, None]}, ["idx_to_word: expected text, found 7 at 5 (2 entries in all)"]),
        ({"idx_to_word": [*WORDS[:6], "a"]},
         ["idx_to_word: expected distinct words, found 'a' at 4 and at 6 (1 entry in all)",
          "word_to_idx: has 'dog', expected only words of idx_to_word (1 word in all)"]),
        ({"word_to_idx": {word: i for i, word in enumerate([*WORDS[:5], "dog", "cat"])}},
         ["word_to_idx: expected 5 for 'cat', found 6 (2 words in all)"]),
        ({"word_to_idx": {word: float(i) for i, word in enumerate(WORDS)}},
         ["word_to_idx: expected 0 for '<NULL>', found 0.0 (7 words in all)"]),
        ({"word_to_idx": {word: i for i, word in enumerate(WORDS[:6])}},
         ["word_to_idx: expected 6 for 'dog', found no such word (1 word in all)"]),
        ({"idx_to_word": ["<START>", "<NULL>", *WORDS[2:]],
          "word_to_idx": {word: i for i, word in enumerate(["<START>", "<NULL>", *WORDS[2:]])}},
         ["idx_to_word: expected <NULL>, <START>, <END>, <UNK> at 0-3, "
          "found ['<START>', '<NULL>', '<END>', '<UNK>']"]),
    ],
)  # fmt: skip
def test_vocabulary(good, changes, sentences):
    _vocabulary(good, **changes)
    assert problems(good) == [f"{VOCABULARY}: {sentence}" for sentence in sentences]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "expected contents, found an empty file"),
        ("{", "expected JSON, found something else (JSONDecodeError: "),
        ("[" * 100_000, "expected JSON, found something else (RecursionError: "),
        ("[]", "expected an object with idx_to_word and word_to_idx, found list"),
        ('{"words": 1}', "expected an object with idx_to_word and word_to_idx, found one with words"),
    ],
)
def test_vocabulary_that_is_none(good, text, sentence):
    (good / VOCABULARY).write_text(text)
    (problem,) = problems(good)
    assert problem.startswith(f"{VOCABULARY}: {sentence}")


# --- all of them -----------------------------------------------------------------------------------------------


def test_several_problems_are_all_listed(good):
    (good / "val2014_urls.txt").unlink()
    _vocabulary(good, word_to_idx={})
    _set(good, "train_captions", 9, (2, 2))
    _set(good, "train_image_idxs", 9, 0)
    _put(good, "features", np.full((2, 3), np.nan), VAL_PCA)
    found = problems(good)
    assert [problem.partition(":")[0] for problem in found] == [VOCABULARY, VAL_PCA, H5, H5, "val2014_urls.txt"]
    with pytest.raises(DataError) as caught:
        validate(good)
    lines = str(caught.value).split("\n")
    assert lines == [f"{good}: 5 problems", *found, "Build or download the data set again."]


def test_a_large_folder_in_little_memory(tmp_path):
    rng = np.random.default_rng(0)
    count, images = 100_000, 20_000
    last = rng.integers(2, 17, count)
    rows = rng.integers(4, 7, (count, 17))
    rows[:, 0] = 1
    rows[np.arange(count), last] = 2
    rows[np.arange(17) > last[:, None]] = 0
    rows[99_999, 1] = 1
    image_idxs = rng.integers(0, images, count)
    numbers = {"train": images, "val": images}
    _write(tmp_path, {"train": rows, "val": rows[:-1]}, {"train": image_idxs, "val": image_idxs[:-1]}, numbers, WORDS)
    _put(tmp_path, "features", np.zeros((images, 512), np.float32), TRAIN_PCA)
    _put(tmp_path, "features", np.zeros((images, 512), np.float32), VAL_PCA)
    del rows, image_idxs, last
    tracemalloc.start()
    try:
        found = problems(tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    expected = "expected it at column 0 only (1 row in all)"
    assert found == [f"{H5}: train_captions: row 99999 has <START> at column 1, {expected}"]
    assert peak < 12e6  # the features alone are 41 MB each
    shutil.rmtree(tmp_path)
