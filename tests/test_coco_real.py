"""The build from annotations on a little real COCO that lies beside the project, never in it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from unroll.coco import decode_captions, load_coco_data
from unroll.data import layout
from unroll.data.annotations import build, tokenise
from unroll.data.validate import validate

WIDTH = 16


@pytest.fixture(scope="module")
def real() -> Path:
    beside = Path(__file__).resolve().parents[2] / "shared/coco_real"
    folder = Path(os.environ.get("UNROLL_COCO_REAL") or beside)
    if not folder.is_dir():
        pytest.skip("no real COCO beside the project")
    return folder


@pytest.fixture(scope="module")
def words(real) -> list[str]:
    return json.loads((real / layout.VOCABULARY).read_text(encoding="utf-8"))["idx_to_word"]


def _annotations(real: Path, split: str) -> Path:
    return real / f"annotations/captions_{split}2017.json"


def _content(real: Path, split: str) -> dict:
    return json.loads(_annotations(real, split).read_text(encoding="utf-8"))


def _captions(real: Path) -> list[list[str]]:
    """The words of all captions of both splits."""
    return [tokenise(entry["caption"]) for split in layout.SPLITS for entry in _content(real, split)["annotations"]]


def _features(ids: list[int]) -> np.ndarray:
    return np.float32([np.random.default_rng(identity).standard_normal(WIDTH) for identity in ids])


def _table(path: Path, ids: list[int]) -> Path:
    """Features that depend on the image's id alone, in the form that the file's name tells."""
    features = _features(ids)
    if path.suffix == ".npz":
        np.savez(path, image_ids=ids, features=features)
    elif path.suffix == ".npy":
        np.save(path, np.column_stack([np.float32(ids), features]))
    else:
        with h5py.File(path, "w") as file:
            if path.name == "array.h5":
                file["image_ids"], file["features"] = ids, features
            else:
                for identity, row in zip(ids, features, strict=True):
                    file[str(identity)] = row
    return path


def test_words_of_the_published_vocabulary_survive_the_tokeniser(words):
    assert len(words) == 1004
    for word in words[4:]:
        assert tokenise(word) == tokenise(f" {word.upper()}. ") == [word]


def test_left_out_and_unknown_are_as_rare_as_in_the_published_captions(real, words):
    captions = _captions(real)
    kept = [caption for caption in captions if 1 <= len(caption) <= layout.LONGEST]
    assert 0.01 < 1 - len(kept) / len(captions) < 0.06  # 3.8 % here, 3.4 % of CS231n's 414,113
    known = set(words[4:])
    tokens = [word for caption in kept for word in caption]
    assert 0.05 < sum(word not in known for word in tokens) / len(tokens) < 0.10  # measured: 7.7 %


@pytest.mark.parametrize("form", ["array.h5", "single.h5", "table.npz", "table.npy"])
def test_the_whole_build_with_the_published_vocabulary(real, words, tmp_path, form):
    content = {split: _content(real, split) for split in layout.SPLITS}
    ids = {split: [image["id"] for image in content[split]["images"]] for split in layout.SPLITS}
    table = _table(tmp_path / form, sorted(ids["train"] + ids["val"]))
    folder = build(
        tmp_path / "built",
        [_annotations(real, "train")],
        [_annotations(real, "val")],
        [table],
        vocabulary=real / layout.VOCABULARY,
        progress=False,
    )
    summary = validate(folder)
    assert summary["words"] == 1004 and summary["length"] == 17
    data = load_coco_data(folder)
    assert data["idx_to_word"] == words
    published = {word: index for index, word in enumerate(words)}
    for split in layout.SPLITS:
        assert np.array_equal(data[f"{split}_features"], _features(ids[split]))
        assert all(url.startswith("http://images.cocodataset.org/") for url in data[f"{split}_urls"])
        said = [(entry["image_id"], tokenise(entry["caption"])) for entry in content[split]["annotations"]]
        kept = [(image_id, caption) for image_id, caption in said if 1 <= len(caption) <= layout.LONGEST]
        assert [ids[split][row] for row in data[f"{split}_image_idxs"]] == [image_id for image_id, _ in kept]
        decoded = decode_captions(data[f"{split}_captions"], words)
        for row, text, (_, caption) in zip(data[f"{split}_captions"], decoded, kept, strict=True):
            assert row[1 : len(caption) + 1].tolist() == [published.get(word, layout.UNK) for word in caption]
            assert text.split()[1:-1] == [word if word in published else "<UNK>" for word in caption]


def test_the_whole_build_with_a_vocabulary_of_its_own_and_a_share_for_val(real, tmp_path):
    ids = [image["id"] for image in _content(real, "train")["images"]]
    table = _table(tmp_path / "array.h5", ids)
    folder = build(
        tmp_path / "built", [_annotations(real, "train")], [], [table], min_count=2, val_share=0.1, progress=False
    )
    summary = validate(folder)
    assert (summary["train"]["images"], summary["val"]["images"]) == (72, 8)
    data = load_coco_data(folder)
    assert not set(data["train_urls"]) & set(data["val_urls"])
    assert data["idx_to_word"][4] == "a"
