"""python -m unroll.data, as a person uses it: what it prints, what it leaves, and what it says when it fails."""

from __future__ import annotations

import functools
import http.server
import json
import re
import shutil
import subprocess
import threading
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from autograder.problem_set import ROOT
from unroll.coco import load_coco_data
from unroll.data import embedded
from unroll.data.__main__ import main


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return embedded.ensure("tiny", tmp_path_factory.mktemp("data"), progress=False)


@pytest.fixture(scope="module")
def archive(tiny, tmp_path_factory) -> Path:
    """The tiny data set packed as CS231n's archive is."""
    path = tmp_path_factory.mktemp("site") / "coco_captioning.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name in sorted(path.name for path in tiny.iterdir()):
            file.write(tiny / name, f"coco_captioning/{name}")
    return path


@pytest.fixture
def site(archive):
    handler = functools.partial(_Quiet, directory=str(archive.parent))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def test_coco_is_downloaded_unpacked_checked_and_read(site, tmp_path, capsys):
    command = ["coco", "--root", str(tmp_path), "--url", f"{site}/coco_captioning.zip"]
    assert main(command) == 0
    out, err = capsys.readouterr()
    folder = tmp_path / "coco"
    assert f"{folder}: good: train 300 images with 1,500 captions, val 100 images with 500 captions" in out
    assert f"load_coco_data({str(folder)!r}) reads it" in out
    assert "coco_captioning.zip" in err  # the bar
    assert load_coco_data(folder)["train_features"].shape == (300, 512)
    assert not (folder / "train2014_vgg16_fc7.h5").exists()
    assert main([*command, "--fc7"]) == 0
    assert load_coco_data(folder, pca_features=False)["val_features"].shape == (100, 960)


def test_a_download_whose_contents_are_wrong_is_told_line_by_line(site, archive, tmp_path, capsys):
    bad = archive.with_name("bad.zip")
    with zipfile.ZipFile(archive) as good, zipfile.ZipFile(bad, "w") as file:
        for name in good.namelist():
            content = good.read(name)
            if name.endswith("vocab.json"):
                words = json.loads(content)
                words["idx_to_word"][7] = words["idx_to_word"][8]
                content = json.dumps(words)
            if name.endswith("val2014_urls.txt"):
                content = b"\n".join(content.split(b"\n")[:40]) + b"\n"
            file.writestr(name, content)
    assert main(["coco", "--root", str(tmp_path), "--url", f"{site}/bad.zip"]) == 1
    err = capsys.readouterr().err
    assert re.search(r"coco: \d problems\n", err)
    assert "coco2014_vocab.json: " in err and "val2014_urls.txt: expected 100 lines" in err
    assert f"delete {tmp_path / 'coco'}: all is downloaded afresh" in err


def test_a_file_that_was_damaged_is_unpacked_anew(site, tmp_path, capsys):
    command = ["coco", "--root", str(tmp_path), "--url", f"{site}/coco_captioning.zip"]
    assert main(command) == 0
    path = tmp_path / "coco/val2014_vgg16_fc7_pca.h5"
    whole = path.read_bytes()
    path.write_bytes(bytes(len(whole)))
    assert main(command) == 1
    assert "val2014_vgg16_fc7_pca.h5: " in (err := capsys.readouterr().err)
    assert "Delete the files named and run the same command again" in err
    path.unlink()
    assert main(command) == 0 and path.read_bytes() == whole


def test_a_download_that_fails_says_so_without_a_traceback(site, tmp_path, capsys):
    assert main(["coco", "--root", str(tmp_path), "--url", f"{site}/nothing.zip"]) == 1
    err = capsys.readouterr().err
    assert "404" in err and "Traceback" not in err


def test_verify_without_a_folder_looks_at_the_scenes(tiny, capsys):
    assert main(["verify", "--size", "tiny", "--root", str(tiny.parent), "--fc7"]) == 0
    out = capsys.readouterr().out
    assert "good: train 300 images" in out and f"as built, version {embedded.VERSION}" in out


def test_verify_a_folder(tiny, tmp_path, capsys):
    shutil.copytree(tiny, tmp_path / "mine")
    assert main(["verify", str(tmp_path / "mine")]) == 0
    with h5py.File(tmp_path / "mine/coco2014_captions.h5", "a") as file:
        file["train_captions"][17, 3] = 1
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "mine")]) == 1
    assert "coco2014_captions.h5: train_captions: " in (err := capsys.readouterr().err) and "row 17" in err
    assert main(["verify", str(tmp_path / "nowhere")]) == 1
    assert "expected a folder, found nothing" in capsys.readouterr().err


def test_annotations(tmp_path, capsys):
    images = [{"id": 5 * i, "file_name": f"{i}.jpg", "coco_url": f"http://images.invalid/{i}.jpg"} for i in range(10)]
    told = [{"id": i, "image_id": 5 * (i % 10), "caption": f"A dog number {i % 3}."} for i in range(30)]
    (tmp_path / "captions.json").write_text(json.dumps({"images": images, "annotations": told}))
    np.savez(tmp_path / "features.npz", image_ids=5 * np.arange(10), features=np.eye(10, 6, dtype=np.float32))
    command = ["annotations", str(tmp_path / "mine"), "--train", str(tmp_path / "captions.json")]
    command += ["--features", str(tmp_path / "features.npz"), "--val-share", "0.2", "--min-count", "2"]
    assert main(command) == 0
    assert "good: train 8 images with 24 captions, val 2 images with 6 captions" in capsys.readouterr().out
    assert load_coco_data(tmp_path / "mine")["train_features"].shape == (8, 6)
    assert main(command) == 1  # it is there
    assert str(tmp_path / "mine") in capsys.readouterr().err


def test_sheet(tiny, tmp_path, capsys):
    target = tmp_path / "sheet.png"
    assert main(["sheet", str(target), str(tiny), "--images", "4"]) == 0
    assert capsys.readouterr().out.strip() == str(target)
    with Image.open(target) as picture:
        assert picture.width > 600 and len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0)) > 100


def test_make_data_coco_runs_the_command():
    planned = subprocess.run(
        ["make", "--dry-run", "data-coco", "FC7=1"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "-m unroll.data coco --fc7" in planned
