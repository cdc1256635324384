"""Loading data in the coco_captioning layout: the embedded set and a small folder made by hand."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from unroll.coco import decode_captions, load_coco_data, sample_coco_minibatch, sample_scenes
from unroll.data import DataError, ensure
from unroll.pictures import image_from_url
from unroll.scenes import captions_at, image_at
from unroll.scenes.features import principal

WORDS = ["<NULL>", "<START>", "<END>", "<UNK>", "a", "cat", "dog"]
KEYS = {
    "train_captions", "train_image_idxs", "val_captions", "val_image_idxs", "train_features", "val_features",
    "idx_to_word", "word_to_idx", "train_urls", "val_urls",
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return ensure("tiny", tmp_path_factory.mktemp("data"), progress=False)


@pytest.fixture(scope="module")
def data(tiny) -> dict:
    return load_coco_data(tiny)


@pytest.fixture
def by_hand(tmp_path) -> Path:
    """A folder as real COCO has it: http links, images with two, one and no captions, in no order."""
    with h5py.File(tmp_path / "coco2014_captions.h5", "w") as file:
        file["train_captions"] = np.int32([[1, 4, 5, 2, 0], [1, 6, 2, 0, 0], [1, 4, 3, 6, 2]])
        file["train_image_idxs"] = np.int32([2, 0, 2])
        file["val_captions"] = np.int32([[1, 5, 2, 0, 0]])
        file["val_image_idxs"] = np.int32([0])
    for split, count in (("train", 3), ("val", 1)):
        for suffix, width in (("_pca", 4), ("", 8)):
            with h5py.File(tmp_path / f"{split}2014_vgg16_fc7{suffix}.h5", "w") as file:
                file["features"] = np.arange(count * width, dtype=np.float32).reshape(count, width)
        Image.new("RGB", (5, 4), (250, 10, 20)).save(tmp_path / f"{split}.png")
        urls = ["http://images.invalid/1.jpg", (tmp_path / f"{split}.png").as_uri(), f"{split}.png"][-count:]
        (tmp_path / f"{split}2014_urls.txt").write_text("".join(url + "\n" for url in urls))
    vocabulary = {"idx_to_word": WORDS, "word_to_idx": {word: i for i, word in enumerate(WORDS)}}
    (tmp_path / "coco2014_vocab.json").write_text(json.dumps(vocabulary))
    return tmp_path


# --- load ------------------------------------------------------------------------------------------------------


def test_keys_shapes_and_types(data):
    assert set(data) == KEYS
    assert data["train_captions"].shape == (1500, 17) and data["train_captions"].dtype == np.int32
    assert data["train_features"].shape == (300, 512) and data["train_features"].dtype == np.float32
    assert data["val_features"].shape == (100, 512)
    assert data["train_urls"].shape == (300,) and data["val_urls"].shape == (100,)
    assert isinstance(data["idx_to_word"], list) and data["word_to_idx"]["<NULL>"] == 0


def test_without_a_folder_the_embedded_set_is_built(monkeypatch, tmp_path):
    monkeypatch.setenv("UNROLL_DATA", str(tmp_path / "new"))
    monkeypatch.setenv("UNROLL_DATA_SIZE", "tiny")
    assert len(load_coco_data()["train_urls"]) == 300
    assert (tmp_path / "new/tiny/manifest.json").is_file()


def test_a_folder_made_by_hand(by_hand):
    data = load_coco_data(str(by_hand))
    assert set(data) == KEYS
    assert data["train_image_idxs"].tolist() == [2, 0, 2]
    assert data["train_features"].shape == (3, 4)
    assert data["train_urls"][0] == "http://images.invalid/1.jpg"
    assert data["train_urls"][1] == data["train_urls"][2] == (by_hand / "train.png").as_uri()
    assert load_coco_data(by_hand, pca_features=False)["train_features"].shape == (3, 8)


def test_features_before_pca(tiny, data):
    raw = load_coco_data(tiny, pca_features=False)
    assert raw["train_features"].shape == (300, 960) and raw["val_features"].dtype == np.float32
    assert np.allclose(principal(raw["val_features"]), data["val_features"], atol=1e-4)


def test_max_train_draws_with_replacement_and_leaves_features_whole(tiny, data):
    np.random.seed(7)
    few = load_coco_data(tiny, max_train=50)
    np.random.seed(7)
    chosen = np.random.randint(1500, size=50)  # what CS231n's loader draws
    assert np.array_equal(few["train_captions"], data["train_captions"][chosen])
    assert np.array_equal(few["train_image_idxs"], data["train_image_idxs"][chosen])
    assert few["train_features"].shape == (300, 512) and few["val_captions"].shape == (500, 17)
    again = [load_coco_data(tiny, max_train=9, rng=np.random.default_rng(1))["train_captions"] for _ in range(2)]
    assert np.array_equal(*again)


def test_what_is_missing_is_named(by_hand):
    (by_hand / "train2014_vgg16_fc7.h5").unlink()
    with pytest.raises(DataError, match="expected train2014_vgg16_fc7.h5 for pca_features=False.* coco --fc7 for COCO"):
        load_coco_data(by_hand, pca_features=False)
    (by_hand / "val2014_urls.txt").unlink()
    with pytest.raises(DataError, match="expected val2014_urls.txt, found no such file"):
        load_coco_data(by_hand)
    (by_hand / "coco2014_vocab.json").write_text("{}")
    (by_hand / "val2014_urls.txt").write_text("val.png\n")
    with pytest.raises(DataError, match="expected JSON with idx_to_word and word_to_idx"):
        load_coco_data(by_hand)
    (by_hand / "val2014_vgg16_fc7_pca.h5").write_bytes(b"no")
    with pytest.raises(DataError, match="expected an HDF5 file"):
        load_coco_data(by_hand)
    with h5py.File(by_hand / "coco2014_captions.h5", "a") as file:
        del file["val_image_idxs"]
    with pytest.raises(DataError, match="expected a dataset 'val_image_idxs', found train_captions"):
        load_coco_data(by_hand)
    with pytest.raises(DataError, match="expected coco2014_captions.h5"):
        load_coco_data(by_hand / "nowhere")


# --- minibatches -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_minibatch_belongs_together(data, split):
    np.random.seed(3)
    captions, features, urls = sample_coco_minibatch(data, batch_size=20, split=split)
    assert captions.shape == (20, 17) and features.shape == (20, 512) and urls.shape == (20,)
    np.random.seed(3)
    chosen = np.random.choice(len(data[f"{split}_captions"]), 20)
    image_idxs = data[f"{split}_image_idxs"][chosen]
    assert np.array_equal(captions, data[f"{split}_captions"][chosen])
    assert np.array_equal(features, data[f"{split}_features"][image_idxs])
    assert np.array_equal(urls, data[f"{split}_urls"][image_idxs])
    for url, index in zip(urls[:3], image_idxs, strict=False):
        assert np.array_equal(image_from_url(url), image_at(split, int(index)))


def test_minibatch_defaults_and_rng(data):
    assert len(sample_coco_minibatch(data)[0]) == 100
    state = np.random.get_state()[1].copy()
    batches = [sample_coco_minibatch(data, 5, rng=np.random.default_rng(0))[0] for _ in range(2)]
    assert np.array_equal(*batches) and np.array_equal(np.random.get_state()[1], state)
    with pytest.raises(ValueError, match="unknown split 'test'"):
        sample_coco_minibatch(data, split="test")


# --- decode ----------------------------------------------------------------------------------------------------


def test_decode_captions():
    assert decode_captions(np.array([1, 4, 5, 2, 0, 0]), WORDS) == "<START> a cat <END>"
    assert decode_captions(np.array([1, 4, 0, 6, 2, 5]), WORDS) == "<START> a dog <END>"
    assert decode_captions(np.array([[4, 5], [0, 0], [3, 2]]), WORDS) == ["a cat", "", "<UNK> <END>"]
    assert decode_captions(np.zeros((0, 5), int), WORDS) == []
    assert decode_captions(np.array([], int), WORDS) == ""
    assert isinstance(decode_captions(np.array([[4]]), WORDS), list)


def test_decoded_captions_are_those_of_the_image(data):
    rows = data["train_captions"][data["train_image_idxs"] == 12]
    for text, words in zip(decode_captions(rows, data["idx_to_word"]), captions_at("train", 12), strict=True):
        said = [word if word in data["word_to_idx"] else "<UNK>" for word in words]
        assert text == " ".join(["<START>", *said, "<END>"])


# --- images ----------------------------------------------------------------------------------------------------


def test_images_follow_a_moved_folder(tiny, tmp_path):
    moved = tmp_path / "a folder # with (odd) name"
    moved.mkdir()
    for path in tiny.iterdir():
        (moved / path.name).write_bytes(path.read_bytes())
    url = load_coco_data(moved)["val_urls"][8]
    assert url.startswith("file:///") and "odd" in url
    assert np.array_equal(image_from_url(url), image_at("val", 8))


def test_pictures_in_files(by_hand):
    picture = image_from_url(load_coco_data(by_hand)["train_urls"][2])
    assert picture.shape == (4, 5, 3) and picture.dtype == np.uint8 and picture[0, 0].tolist() == [250, 10, 20]


def test_references_that_lead_nowhere(data):
    with pytest.raises(ValueError, match="expected a file:// or http"):
        image_from_url("images.h5#train/7")
    base = data["train_urls"][0].partition("#")[0]
    for fragment in ("train/300", "test/0", "train/x", "7"):
        with pytest.raises(ValueError, match="expected a split and a row such as train/7"):
            image_from_url(f"{base}#{fragment}")
    with pytest.raises(DataError, match="found no such file"):
        image_from_url("file:///nowhere/images.h5#train/0")


def test_no_network(tiny, monkeypatch):
    def refuse(*arguments, **keywords):
        pytest.fail("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    data = load_coco_data(tiny)
    assert all(image_from_url(url).any() for url in sample_coco_minibatch(data, 10)[2])


# --- contact sheet ---------------------------------------------------------------------------------------------


def test_sample_scenes(data, by_hand):
    scenes = sample_scenes(data, 6, "val", rng=np.random.default_rng(2))
    assert len(scenes) == 6
    for image, captions in scenes:
        assert image.shape == (128, 128, 3) and image.dtype == np.uint8
        assert len(captions) == 5 and all("<START>" not in text and "<END>" not in text for text in captions)
    assert len({image.tobytes() for image, _ in scenes}) == 6
    own = load_coco_data(by_hand)
    own["train_urls"] = np.repeat(own["train_urls"][2], 3)
    captions = {tuple(texts) for _, texts in sample_scenes(own, 2)}
    assert captions == {("a cat", "a <UNK> dog"), ("dog",)}
    with pytest.raises(ValueError, match="asked for 3 images of train, which has 2 with captions"):
        sample_scenes(own, 3)
