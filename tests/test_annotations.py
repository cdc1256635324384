"""Building the coco_captioning layout from annotations and tables of features, all invented here."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest

from unroll.coco import decode_captions, load_coco_data
from unroll.data import DataError, annotations, layout
from unroll.data.annotations import build, tokenise
from unroll.data.feature_table import FeatureTables
from unroll.data.validate import problems, validate

WIDTH = 6
TRAIN_IDS, VAL_IDS = [42, 7, 900_000, 13, 5], [21, 3]
FORMS = ["array.h5", "single.h5", "table.npz", "table.npy"]


def _image(identity: int, **more) -> dict:
    return {"id": identity, "file_name": f"COCO_made_up_{identity:012d}.jpg", **more}


def _caption(identity: int, image_id: int, text: str) -> dict:
    return {"id": identity, "image_id": image_id, "caption": text}


def _save(path: Path, images: list, captions: list) -> Path:
    path.write_text(json.dumps({"info": {}, "images": images, "annotations": captions}))
    return path


def _features(ids: list[int]) -> np.ndarray:
    """One row per id that depends on the id alone."""
    return np.float32([np.random.default_rng(identity).standard_normal(WIDTH) for identity in ids])


def _table(path: Path, ids: list[int], features: np.ndarray | None = None) -> Path:
    """Save a table of features in the form that its name tells."""
    features = _features(ids) if features is None else features
    if path.name == "array.h5":
        with h5py.File(path, "w") as file:
            file["image_ids"], file["features"] = ids, features
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            for identity, row in zip(ids, features, strict=True):
                file[str(identity)] = row
    elif path.suffix == ".npz":
        np.savez(path, image_ids=np.array(ids), features=features)
    else:
        np.save(path, np.column_stack([np.array(ids, np.float64), features]))
    return path


TRAIN_CAPTIONS = [
    _caption(1, 7, "A dog's bowl."),
    _caption(2, 42, "The dog sleeps,  on a MAT\n"),
    _caption(3, 7, "a dog and a bowl"),
    _caption(4, 900_000, "word " * 16),
    _caption(5, 13, " .!? "),
    _caption(6, 5, " ".join("abcdefghijklmno")),
]
VAL_CAPTIONS = [_caption(1, 3, "A cat"), _caption(2, 21, "a dog"), _caption(3, 3, "the mat")]


class Inputs:
    """Good annotation files and tables in a folder; `build` builds from them with some arguments changed."""

    def __init__(self, folder: Path):
        self.folder = folder
        links = {"coco_url": "http://images.invalid/c.jpg", "flickr_url": "http://images.invalid/f.jpg"}
        images = [_image(42, **links), _image(7, flickr_url=links["flickr_url"]), *map(_image, TRAIN_IDS[2:])]
        self.train = _save(folder / "train.json", images, TRAIN_CAPTIONS)
        self.val = _save(folder / "val.json", list(map(_image, VAL_IDS)), VAL_CAPTIONS)
        self.features = _table(folder / "table.npz", sorted(TRAIN_IDS + VAL_IDS))

    def build(self, name: str = "built", **changes) -> Path:
        arguments = {"train": [self.train], "val": [self.val], "features": [self.features], "min_count": 1} | changes
        return build(self.folder / "out" / name, **arguments, progress=False)

    def refused(self, **changes) -> str:
        """The message with which such a build is refused; nothing may be left of it."""
        out = self.folder / "out"
        before = list(out.iterdir()) if out.exists() else []
        with pytest.raises(DataError) as caught:
            self.build("refused", **changes)
        assert not out.exists() or list(out.iterdir()) == before
        return str(caught.value)


@pytest.fixture
def inputs(tmp_path) -> Inputs:
    return Inputs(tmp_path)


# --- words -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("A man's dog. ", "a mans dog"),
        ("it\u2019s \u201cgood\u201d \u2014 really\u2026", "its good really"),
        ("A T-shirt, a close-up", "a tshirt a closeup"),
        ("black/white and/or grey", "blackwhite andor grey"),
        ("two  spaces,\ttabs\nand\u00a0lines\n", "two spaces tabs and lines"),
        ("6 boats at 9:40 in the 1890s, mp4", "6 boats at 940 in the 1890s mp4"),
        ("Caf\u00e9 cre\u0300me na\u00efve", "cafe creme naive"),
        ("\u304c \u0939\u093f\u0928\u094d\u0926\u0940", "\u304c \u0939\u093f\u0928\u094d\u0926\u0940"),
        ("$5 & up <UNK> <END>", "5 up unk end"),
        ("zero\u200bwidth \ud800", "zerowidth"),
        ("...", ""),
        ("", ""),
    ],
)
def test_tokenise(caption, words):
    assert tokenise(caption) == words.split()


# --- a good build ----------------------------------------------------------------------------------------------


def test_every_caption_decodes_to_its_words_beside_its_features(inputs):
    folder = inputs.build()
    assert problems(folder) == []
    data = load_coco_data(folder)
    for split, ids, given in (("train", TRAIN_IDS, TRAIN_CAPTIONS), ("val", VAL_IDS, VAL_CAPTIONS)):
        assert np.array_equal(data[f"{split}_features"], _features(ids)) and data[f"{split}_features"].dtype == "f4"
        kept = [entry for entry in given if 1 <= len(tokenise(entry["caption"])) <= 15]
        assert [ids[row] for row in data[f"{split}_image_idxs"]] == [entry["image_id"] for entry in kept]
        for text, entry in zip(decode_captions(data[f"{split}_captions"], data["idx_to_word"]), kept, strict=True):
            words = [word if word in data["word_to_idx"] else "<UNK>" for word in tokenise(entry["caption"])]
            assert text.split() == ["<START>", *words, "<END>"]
    assert data["train_captions"].shape == (4, 17)
    assert "cat" not in data["word_to_idx"] and "dogs" in data["word_to_idx"]  # words of train only


def test_urls_and_names(inputs):
    folder = inputs.build()
    assert (folder / "train2014_urls.txt").read_text().split("\n")[:3] == [
        "http://images.invalid/c.jpg",
        "http://images.invalid/f.jpg",
        "COCO_made_up_000000900000.jpg",
    ]
    assert (folder / "val2014_images.txt").read_text() == (
        "val2014/COCO_made_up_000000000021\nval2014/COCO_made_up_000000000003\n"
    )
    with h5py.File(folder / "train2014_vgg16_fc7_pca.h5") as file:
        assert file["features"].chunks is None


def test_source(inputs):
    source = json.loads((inputs.build() / "source.json").read_text())
    digest = hashlib.sha256(inputs.train.read_bytes()).hexdigest()
    assert source["files"]["train"] == [{"name": "train.json", "sha256": digest}]
    assert source["counts"] == {"train": {"images": 5, "captions": 4}, "val": {"images": 2, "captions": 3}}
    assert source["left_out"]["train"] == {
        "images_without_features": 0,
        "captions_of_these": 0,
        "captions_over_15_words": 1,
        "captions_without_words": 1,
    }
    assert source["min_count"] == 1 and source["width"] == WIDTH and source["seed"] is None
    assert str(inputs.folder) not in json.dumps(source)


def test_two_builds_have_the_same_bytes(inputs):
    first, second = inputs.build("first"), inputs.build("second")
    assert {path.name for path in first.iterdir()} == {path.name for path in second.iterdir()}
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name


def test_the_report(inputs, capsys):
    build(inputs.folder / "loud", [inputs.train], [inputs.val], [inputs.features], min_count=1)
    err = capsys.readouterr().err
    assert "'captions_over_15_words': 1" in err and "7/7" in err
    inputs.build()
    assert capsys.readouterr() == ("", "")


def test_files_of_a_split_are_joined(inputs):
    more = _save(inputs.folder / "more.json", [_image(8), _image(5)], [_caption(9, 42, "a late one")])
    extra = _table(inputs.folder / "single.h5", [8])
    folder = inputs.build(train=[inputs.train, more], features=[inputs.features, extra])
    data = load_coco_data(folder)
    assert np.array_equal(data["train_features"], _features([*TRAIN_IDS, 8]))
    assert data["train_image_idxs"].tolist() == [1, 0, 1, 4, 0]


def test_min_count(inputs):
    words = load_coco_data(inputs.build(min_count=2))["idx_to_word"]
    assert words == [*layout.SPECIALS, "a", "bowl", "dog"]  # a 5 times, bowl and dog twice
    assert "expected words that occur 99 times, found none. Lower min_count." in inputs.refused(min_count=99)


def test_a_published_vocabulary_keeps_its_ids(inputs):
    words = [*layout.SPECIALS, "mat", "a", "never", "dog"]
    layout.write_vocabulary(inputs.folder, words)
    path = inputs.folder / layout.VOCABULARY
    folder = inputs.build(vocabulary=path)
    assert json.loads((folder / layout.VOCABULARY).read_text()) == json.loads(path.read_text())
    data = load_coco_data(folder)
    assert data["train_captions"][1, :8].tolist() == [1, 3, 7, 3, 3, 5, 4, 2]  # the dog sleeps on a mat
    source = json.loads((folder / "source.json").read_text())
    assert source["min_count"] is None and source["files"]["vocabulary"][0]["name"] == layout.VOCABULARY


# --- val as a share of train -----------------------------------------------------------------------------------


def _many(inputs: Inputs) -> dict:
    ids = list(range(100, 140))
    captions = [_caption(10 * i + k, i, f"image {i} caption {k}") for i in ids for k in range(1 + i % 3)]
    path = _save(inputs.folder / "many.json", list(map(_image, ids)), captions)
    return {"train": [path], "val": [], "features": [_table(inputs.folder / "table.npy", ids)]}


def _images(folder: Path, split: str) -> list[str]:
    return (folder / f"{split}2014_urls.txt").read_text().split()


def test_val_share_divides_by_image(inputs):
    folder = inputs.build(**_many(inputs), val_share=0.1)
    val, train = _images(folder, "val"), _images(folder, "train")
    assert len(val) == 4 and len(train) == 36 and not set(val) & set(train) and train == sorted(train)
    data = load_coco_data(folder)
    for split, names in (("train", train), ("val", val)):
        said = decode_captions(data[f"{split}_captions"], data["idx_to_word"])
        for text, row in zip(said, data[f"{split}_image_idxs"], strict=True):
            number = text.split()[2]
            assert number == "<UNK>" or names[row].endswith(f"{number}.jpg")
        assert np.array_equal(np.unique(data[f"{split}_image_idxs"]), np.arange(len(names)))
    assert json.loads((folder / "source.json").read_text())["val_share"] == 0.1


def test_the_seed_chooses(inputs):
    arguments = _many(inputs) | {"val_share": 0.1}
    assert _images(inputs.build("a", **arguments), "val") == _images(inputs.build("b", **arguments), "val")
    assert _images(inputs.build("a1", **arguments, seed=1), "val") != _images(inputs.build("b1", **arguments), "val")
    assert len(_images(inputs.build("few", **arguments | {"val_share": 0.001}), "val")) == 1
    assert len(_images(inputs.build("most", **arguments | {"val_share": 0.999}), "train")) == 1


# --- tables of features ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_table(inputs, form, monkeypatch):
    monkeypatch.setattr("unroll.data.feature_table._BLOCK", 2 * WIDTH)  # two images at once
    ids = [*range(50), 900_000]
    data = load_coco_data(inputs.build(features=[_table(inputs.folder / form, ids[::-1])]))
    assert np.array_equal(data["train_features"], _features(TRAIN_IDS))
    assert np.array_equal(data["val_features"], _features(VAL_IDS))


def test_a_file_with_one_dataset_per_image_may_pad_its_names(inputs):
    with h5py.File(inputs.folder / "padded.h5", "w") as file:
        for identity, row in zip(TRAIN_IDS + VAL_IDS, _features(TRAIN_IDS + VAL_IDS), strict=True):
            file[f"{identity:012d}"] = row
    data = load_coco_data(inputs.build(features=[inputs.folder / "padded.h5"]))
    assert np.array_equal(data["val_features"], _features(VAL_IDS))


def test_sparse_rows_of_a_large_array(tmp_path):
    path = tmp_path / "array.h5"
    with h5py.File(path, "w") as file:
        file["image_ids"] = np.arange(5000)[::-1]
        file["features"] = np.repeat(np.arange(5000.0)[::-1, None], 3, axis=1)
    with FeatureTables([path]) as tables:
        assert tables.width == 3 and tables.has(np.array([0, 4999, 5000])).tolist() == [True, True, False]
        assert tables.rows(np.array([4000, 3, 1999, 3])).tolist() == [[4000] * 3, [3] * 3, [1999] * 3, [3] * 3]


def test_images_without_features_are_left_out_and_counted(inputs):
    table = _table(inputs.folder / "array.h5", [7, 42, 900_000, 3])
    with pytest.warns(UserWarning) as caught:
        folder = inputs.build(features=[table])
    assert [str(warning.message) for warning in caught] == [
        "2 of 5 images of train have no features, the first is 13; they are left out",
        "1 of 2 images of val have no features, the first is 21; they are left out",
    ]
    assert caught[0].filename == __file__
    data = load_coco_data(folder)
    assert np.array_equal(data["train_features"], _features([42, 7, 900_000]))
    assert data["train_image_idxs"].tolist() == [1, 0, 1] and data["val_image_idxs"].tolist() == [0, 0]
    left_out = json.loads((folder / "source.json").read_text())["left_out"]
    assert left_out["train"]["images_without_features"] == 2 and left_out["train"]["captions_of_these"] == 2
    table = _table(inputs.folder / "single.h5", [1, 2])
    message = inputs.refused(features=[table])
    assert "expected features for the images of train, found none: the 5 ids, such as 42, are in none of" in message


def test_the_same_features_twice_are_fine_and_others_are_not(inputs):
    same = _table(inputs.folder / "single.h5", [7, 3])
    inputs.build(features=[inputs.features, same])
    other = _table(inputs.folder / "table.npy", [3, 7, 99], _features([3, 8, 99]))
    message = inputs.refused(features=[inputs.features, same, other])
    assert f"{other}: expected the features of image 7 that {same} has, found others. Keep one of the two." in message
    unused = _table(inputs.folder / "array.h5", [99], _features([98]))
    with_unused = [inputs.features, unused, _table(inputs.folder / "table.npy", [99])]
    inputs.build("unused", features=with_unused)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_features_that_are_not_finite(inputs, value):
    ids = TRAIN_IDS + VAL_IDS
    features = _features(ids).astype(np.float64)
    features[3, 2] = value
    path = _table(inputs.folder / "array.h5", ids, features)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        message = inputs.refused(features=[path])
    assert f"{path}: expected finite features that fit float32, found others for image 13. Compute" in message


def test_widths_agree(inputs):
    other = _table(inputs.folder / "array.h5", [1], np.ones((1, 4)))
    message = inputs.refused(features=[inputs.features, other])
    assert f"{other}: expected features of width 6 as in {inputs.features}, found 4" in message


def _npy(array) -> dict:
    return {"table.npy": lambda path: np.save(path, array, allow_pickle=True)}


def _npz(**arrays) -> dict:
    return {"table.npz": lambda path: np.savez(path, **arrays)}


def _h5(name: str = "array.h5", **arrays) -> dict:
    def write(path: Path) -> None:
        with h5py.File(path, "w") as file:
            for key, array in arrays.items():
                file[key] = array

    return {name: write}


ONES = np.ones((3, WIDTH))


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ({"table.csv": lambda path: path.write_text("1,2")},
         "expected a table of features in .h5, .npz or .npy, found .csv"),
        ({"table.h5": lambda path: path.mkdir()}, "expected a table of features, found a folder"),
        ({"table.h5": lambda path: None}, "expected a table of features, found no such file"),
        ({"table.h5": lambda path: path.write_bytes(b"no")}, "expected a .h5 file, found one that cannot be read ("),
        ({"table.npz": lambda path: path.write_bytes(b"PK\x03\x04")}, "expected a .npz file, found one that cannot"),
        ({"table.npy": lambda path: path.write_bytes(b"")}, "expected a .npy file, found one that cannot be read ("),
        ({"table.npy": lambda path: path.write_bytes(b"\x80\x04.")}, "which can run code and is not done"),
        (_npy(np.array([[1, "x"]], object)), "which can run code and is not done"),
        (_npz(image_ids=np.arange(1), features=np.array([[None]])), "which can run code and is not done"),
        (_npy(np.ones(3)), "(images, 1 + D), the first column the image id, found float64 in shape (3,)"),
        (_npy(np.ones((3, 4), int)), "found int64 in shape (3, 4)"),
        (_npy(np.ones((3, 1))), "expected features as floats (images, D), found float64 in shape (3, 1)"),
        (_npy(np.array([[7, 1.0], [7.5, 1]])), "integers from 0, in the first column, found 7.5 in row 1"),
        (_npy(np.array([[-1, 1.0]])), "in the first column, found -1.0 in row 0"),
        (_npy(np.array([[np.nan, 1.0]])), "in the first column, found nan in row 0"),
        (_npy(np.float32([[2**24, 1.0]])), "expected image ids below 16777216 in float32, found 16777216: this type"),
        (_npz(ids=np.arange(3), features=ONES), "expected arrays image_ids and features, found ids, features"),
        (_npz(image_ids=np.arange(2), features=ONES), "expected one id per row of features, (3,), found image_ids in"),
        (_npz(image_ids=np.ones(3), features=ONES), "expected image ids as integers, found float64"),
        (_npz(image_ids=-np.arange(3), features=ONES), "expected image ids from 0 up to 2**63 - 1, found -2 to 0"),
        (_npz(image_ids=np.arange(3), features=np.ones((3, 2), int)), "features as floats (images, D), found int64"),
        (_h5(image_ids=np.arange(3)), "expected datasets image_ids and features, found only image_ids"),
        (_h5(), "or one dataset per image named by its id, found none"),
        (_h5(cat=np.ones(3)), "or one dataset per image named by its id, found 'cat'"),
        (_h5("single.h5", **{"7": ONES}), "expected floats (D,) for every image, found something else for image 7"),
        (_h5("single.h5", **{"7": np.arange(3)}), "expected floats (D,) for every image, found something else for"),
        (_h5("single.h5", **{"21": np.ones(3), "7": np.ones(2)}), "3 numbers for every image, found 2 for image 7"),
    ],
)  # fmt: skip
def test_tables_that_are_not_as_expected(inputs, made, sentence):
    ((name, write),) = made.items()
    path = inputs.folder / "bad" / name
    path.parent.mkdir()
    write(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the other images of a table with two
        message = inputs.refused(features=[path])
    assert message.startswith(f"{path}: ") and sentence in message
    assert "Save the features again in one of the forms that" in message


def test_no_table(inputs):
    assert "expected at least one table of features, found none" in inputs.refused(features=[])


# --- annotations that are not as expected ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "expected an annotation file, found no such file"),
        ("", "expected JSON, found something else ("),
        ("[" * 100_000, "expected JSON, found something else ("),
        ("[]", "expected an object with the lists images and annotations, found list"),
        ('{"images": []}', "expected an object with the lists images and annotations, found images"),
        ('{"images": {}, "annotations": []}', "expected an object with the lists images and annotations, found images"),
        ('{"images": [], "annotations": []}', "expected at least one image, found none"),
    ],
)
def test_files_that_are_no_annotations(inputs, text, sentence):
    inputs.train.unlink()
    if text is not None:
        inputs.train.write_text(text)
    message = inputs.refused()
    assert message.startswith(f"{inputs.train}: {sentence}") and "Give caption annotations as COCO" in message


@pytest.mark.parametrize(
    ("images", "captions", "sentence"),
    [
        (["x"], [], "images[0]: expected an object, found 'x'"),
        ([_image(7), {"file_name": "a"}], [], "images[1]: expected id as an integer from 0, found none"),
        ([_image(7) | {"id": "7"}], [], "images[0]: expected id as an integer from 0, found '7'"),
        ([_image(7) | {"id": True}], [], "images[0]: expected id as an integer from 0, found True"),
        ([_image(7) | {"id": 7.0}], [], "images[0]: expected id as an integer from 0, found 7.0"),
        ([_image(7) | {"id": -7}], [], "images[0]: expected id as an integer from 0, found -7"),
        ([_image(7) | {"id": 2**63}], [], "images[0]: expected id as an integer from 0, found 9223372036854775808"),
        ([{"id": 7}], [], "images[0]: expected file_name as one line of text, found none"),
        ([_image(7, coco_url="a\nb")], [], "images[0]: expected coco_url as one line of text, found 'a\\nb'"),
        ([_image(7, flickr_url=5)], [], "images[0]: expected flickr_url as one line of text, found 5"),
        ([_image(7) | {"file_name": "\ud800"}], [], "expected file_name as one line of text, found '\\ud800'"),
        ([_image(7), _image(7, height=3)], [], "images[1]: expected the entry that image 7 had before, found another"),
        ([_image(7)], [5], "annotations[0]: expected an object, found 5"),
        ([_image(7)], [{"image_id": 7, "caption": "a"}], "annotations[0]: expected id as an integer from 0, found"),
        ([_image(7)], [_caption(1, "7", "a")], "annotations[0]: expected image_id as an integer from 0, found '7'"),
        ([_image(7)], [_caption(1, 7, "a"), _caption(1, 7, "b")],
         "annotations[1]: expected a caption id of its own, found 1, which another caption has"),
        ([_image(7)], [_caption(1, 7, ["a"])], "annotations[0]: expected a caption as text, found ['a']"),
        ([_image(7)], [_caption(4, 8, "a")], "caption 4: expected an image_id that is in images, found 8"),
    ],
)  # fmt: skip
def test_annotations_that_are_not_as_expected(inputs, images, captions, sentence):
    _save(inputs.train, images, captions)
    message = inputs.refused()
    assert message.startswith(f"{inputs.train}: ") and sentence in message and "Give caption annotations" in message


def test_a_caption_id_may_be_in_one_file_only(inputs):
    more = _save(inputs.folder / "more.json", [_image(42)], [_caption(1, 42, "a")])
    message = inputs.refused(train=[more, inputs.train])
    assert f"{inputs.train}: images[0]: expected the entry that image 42 had before, found another one" in message
    _save(more, [], [_caption(1, 42, "a")])
    assert f"{inputs.train}: annotations[0]: expected a caption id of its own" in inputs.refused(
        train=[more, inputs.train]
    )


def test_an_image_in_both_splits(inputs):
    _save(inputs.val, list(map(_image, [21, 13, 5])), VAL_CAPTIONS[1:2])
    assert "in train or in val, found image 5 in both (2 images in all). Give other files" in inputs.refused()


def test_a_split_without_captions(inputs):
    _save(inputs.val, list(map(_image, VAL_IDS)), [_caption(1, 3, "word " * 16)])
    message = inputs.refused()
    assert "expected captions for val, found none to keep; left out: " in message
    assert "'captions_over_15_words': 1" in message


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"train": []}, "expected an annotation file for train, found none"),
        ({"val": []}, "expected either annotation files for val or a val_share, found none"),
        ({"val_share": 0.5}, "expected either annotation files for val or a val_share, found both"),
        ({"val": [], "val_share": 1.0}, "expected val_share between 0 and 1, such as 0.1, found 1.0"),
        ({"val": [], "val_share": float("nan")}, "expected val_share between 0 and 1, such as 0.1, found nan"),
        ({"min_count": 0}, "expected min_count of 1 or more, found 0"),
    ],
)
def test_arguments(inputs, changes, sentence):
    assert sentence in inputs.refused(**changes)


def test_one_image_cannot_be_divided(inputs):
    _save(inputs.train, [_image(7)], [_caption(1, 7, "a")])
    assert "expected at least two images to divide into train and val, found 1" in inputs.refused(val=[], val_share=0.5)


def test_a_vocabulary_that_is_not_as_expected(inputs):
    path = inputs.folder / "words.json"
    assert "words.json: expected a file, found nothing of that name" in inputs.refused(vocabulary=path)
    path.write_text(json.dumps({"idx_to_word": ["a", "a"], "word_to_idx": {"a": 0}}))
    message = inputs.refused(vocabulary=path)
    assert "at 0-3, found ['a', 'a']" in message and "expected distinct words" in message
    assert message.endswith("Give CS231n's coco2014_vocab.json.")


# --- all or nothing --------------------------------------------------------------------------------------------


def test_what_is_there_is_never_overwritten(inputs):
    folder = inputs.build()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(DataError, match="expected nothing there, found something. Choose another name or delete it."):
        inputs.build()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    (inputs.folder / "out/empty").mkdir()
    with pytest.raises(DataError, match="empty: expected nothing there"):
        inputs.build("empty")


def test_a_folder_that_appears_meanwhile_stays(inputs, monkeypatch):
    def slow(work: Path) -> dict:
        (inputs.folder / "out/built").mkdir()
        return validate(work)

    monkeypatch.setattr(annotations, "validate", slow)
    with pytest.raises(DataError, match="built: expected nothing there, found something"):
        inputs.build()
    assert [path.name for path in (inputs.folder / "out").iterdir()] == ["built"]


def test_a_build_that_fails_leaves_nothing(inputs, monkeypatch):
    monkeypatch.setattr(annotations, "_write_features", lambda *arguments: None)
    assert "train2014_vgg16_fc7_pca.h5: expected a file, found nothing" in inputs.refused()  # validate found it
    monkeypatch.setattr(layout, "write_captions", lambda *arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        inputs.build()
    assert list((inputs.folder / "out").iterdir()) == []


def test_a_build_that_is_killed_leaves_no_folder(inputs):
    code = (
        "import sys, time; from pathlib import Path; from unroll.data import annotations, layout\n"
        "layout.write_captions = lambda *arguments: (print('here', flush=True), time.sleep(60))\n"
        "folder, train, val, features = map(Path, sys.argv[1:])\n"
        "annotations.build(folder, [train], [val], [features], min_count=1, progress=False)"
    )
    paths = [inputs.folder / "out/built", inputs.train, inputs.val, inputs.features]
    with subprocess.Popen([sys.executable, "-c", code, *map(str, paths)], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "here\n"
        run.send_signal(signal.SIGKILL)
    (left,) = (inputs.folder / "out").iterdir()
    assert left.name.startswith(".built-building-")
    os.utime(left, (0, 0))  # long ago: taken for dead
    assert problems(inputs.build()) == []
    assert [path.name for path in (inputs.folder / "out").iterdir()] == ["built"]
