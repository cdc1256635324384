"""Releases: the same bytes every time, in step with the solutions, and nothing in them that gives answers away."""

import hashlib
import json
import os
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest

from autograder import parcel
from autograder import release as releasing
from autograder.problem_set import ROOT, load, names
from autograder.release import STAFF_ONLY, bundle, release, same_content, source_of
from unroll.expected import FILE, Packer, Unpacker, rounded


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """A fresh release of every problem set, in a folder and a course of its own."""
    folder = tmp_path_factory.mktemp("release")
    for name in names():
        release(name, course=folder / "course", out=folder)
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and "course" not in p.parts
    }


def test_releasing_twice_gives_the_same_bytes(out, tmp_path):
    for name in names():
        release(name, course=tmp_path / "course", out=tmp_path)
    assert contents(tmp_path) == contents(out)


@pytest.mark.parametrize("name", names())
def test_assignments_are_in_step_with_solutions(name, out):
    """If this fails: run `make release` and commit assignments/."""
    fresh, committed = out / "assignments" / name, ROOT / "assignments" / name
    assert {p.name for p in committed.iterdir()} == {p.name for p in fresh.iterdir()}
    assert (committed / f"{name}.ipynb").read_bytes() == (fresh / f"{name}.ipynb").read_bytes()
    assert same_content(committed / FILE, fresh / FILE)


@pytest.mark.parametrize("name", names())
def test_no_solution_text_is_released(name, out):
    """No line of a solution's body is in anything a student gets, but for lines that what is given has too."""
    reference = load(name).reference
    cells, given = reference.cells, reference.given.text if reference.given else ""
    secret = set()
    for key, text in cells.items():
        if key.endswith("_solution"):
            body = text.split("### BEGIN SOLUTION")[1:]
            lines = [line.strip() for part in body for line in part.split("### END SOLUTION")[0].splitlines()]
            secret.update(line for line in lines if len(line) > 20 and line not in given)
    assert len(secret) > 20
    with zipfile.ZipFile(out / "dist" / f"{name}.zip") as z:
        for file in z.namelist():
            text = z.read(file).decode("utf-8", "replace")
            if file.endswith(".ipynb"):
                assert "SOLUTION" not in text
                text = "\n".join("".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "code")
            assert not [line for line in secret if line in text], file


@pytest.mark.parametrize("name", names())
def test_the_zip_holds_all_a_student_needs(name, out):
    with zipfile.ZipFile(out / "dist" / f"{name}.zip") as z:
        files = set(z.namelist())
        requirements = z.read(f"{name}/requirements.txt").decode().split()
    assert {f"{name}/{f}" for f in (f"{name}.ipynb", FILE, "requirements.txt", "unroll/__init__.py")} <= files
    assert not [f for f in files if "autograder" in f or "__pycache__" in f]
    assert not [r for r in requirements if r.startswith(("nbgrader", "pyseccomp"))]
    assert any(r.startswith("jupyterlab") for r in requirements)


def test_helpers_of_one_set_go_with_that_set_alone(out):
    def helpers(name: str) -> set[str]:
        with zipfile.ZipFile(out / "dist" / f"{name}.zip") as z:
            return {f.rpartition("/")[2] for f in z.namelist() if "/unroll/plots_" in f or f.endswith("/charlm.py")}

    assert helpers("ps1_rnn") == set()
    assert helpers("ps2_lstm") == {"plots_gates.py"}
    assert helpers("ps4_charlm") == {"plots_charlm.py", "charlm.py"}


def test_what_students_install_is_what_the_kit_installs():
    packages = parcel.requirements(without=STAFF_ONLY).decode().splitlines()
    assert all("nbgrader" not in package for package in packages)
    assert any(package.startswith("numpy") for package in packages)


def test_a_call_may_use_nothing_but_numpy_and_its_arguments():
    def call(code, x):
        return releasing.load(x)

    with pytest.raises(ValueError, match="call in .* uses releasing; its text is shipped to students"):
        source_of(call)


def test_rounding_keeps_nine_digits_and_what_is_not_finite():
    x = np.array([1 / 3, -2e300, 5e-320, 0.0, np.inf, np.nan, 7.0])
    y = rounded(x)
    assert np.allclose(y[:2], x[:2], rtol=1e-9, atol=0)
    assert y[3] == 0 and y[4] == np.inf and np.isnan(y[5]) and y[6] == 7
    assert np.array_equal(rounded(x * (1 + 1e-16))[:2], y[:2])


def test_a_file_that_says_the_same_is_kept(tmp_path):
    def write(name, value, note="a"):
        packer = Packer()
        packer.write(tmp_path / name, {"x": packer.put(np.array([value])), "note": note})
        return tmp_path / name

    a = write("a", 1.0)
    assert same_content(a, write("b", 1 + 1e-8))
    assert not same_content(a, write("c", 1.01))
    assert not same_content(a, write("d", 1.0, "b"))
    (tmp_path / "broken").write_bytes(b"not hdf5")
    assert not same_content(tmp_path / "broken", a)


def test_arrays_come_back_from_the_file(tmp_path):
    packer = Packer()
    values = {"i": np.arange(6).reshape(2, 3), "b": np.array([True]), "n": None, "s": 3, "e": np.zeros((0, 2))}
    packer.write(tmp_path / "x.h5", {"all": packer.put_all(values), "none": packer.put_all(None)})
    unpacker = Unpacker(tmp_path / "x.h5")
    back = unpacker.get_all(unpacker.index["all"])
    assert unpacker.get_all(unpacker.index["none"]) is None
    for key, value in values.items():
        assert np.array_equal(back[key], value) and getattr(back[key], "dtype", 0) == getattr(value, "dtype", 0)


def test_lists_and_dicts_come_back_from_the_file(tmp_path):
    packer = Packer()
    nested = {"w": np.eye(2), "at": 3, "items": {"n": [None, np.arange(2)]}}
    values = {"words": ["a", "<END>"], "nested": nested, "t": ("x",)}
    packer.write(tmp_path / "x.h5", {"all": packer.put_all(values)})
    unpacker = Unpacker(tmp_path / "x.h5")
    back = unpacker.get_all(unpacker.index["all"])
    assert back["words"] == ["a", "<END>"] and back["t"] == ["x"]
    assert np.array_equal(back["nested"]["w"], np.eye(2)) and back["nested"]["at"] == 3
    assert back["nested"]["items"]["n"][0] is None and np.array_equal(back["nested"]["items"]["n"][1], [0, 1])


def test_a_zip_has_the_same_bytes_whenever_it_is_made(tmp_path):
    folder = tmp_path / "assignment"
    folder.mkdir()
    (folder / "x.ipynb").write_text("{}")
    first = bundle("x", folder, tmp_path / "one.zip").read_bytes()
    (folder / "x.ipynb").touch()
    assert bundle("x", folder, tmp_path / "two.zip").read_bytes() == first


def test_a_zip_with_a_secret_is_private_from_the_first_byte(tmp_path):
    class Watched(dict):
        def __getitem__(self, name):
            (partial,) = tmp_path.iterdir()
            assert stat.S_IMODE(partial.stat().st_mode) == 0o600
            return super().__getitem__(name)

    before = os.umask(0)
    try:
        (tmp_path / "x.zip.partial").touch()
        made = parcel.write_zip(tmp_path / "x.zip", Watched(secret=b"s", other=b"o"), secrets=["secret"])
    finally:
        os.umask(before)
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    with zipfile.ZipFile(made) as z:
        assert {info.filename: info.external_attr >> 16 & 0o777 for info in z.infolist()} == {
            "other": 0o644,
            "secret": 0o600,
        }
