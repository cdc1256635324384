"""The embedded data set: building it once, and proving that it is whole. Each size has a folder below the root."""

from __future__ import annotations

import json
import os
import platform
import shutil
from pathlib import Path

from tqdm import tqdm

from unroll.data.place import DataError, data_root, sha256_of, work_folder

VERSION = 2  # of the scenes: raise it together with DIGESTS
SIZES = {"tiny": {"train": 300, "val": 100}, "default": {"train": 8000, "val": 1600}}
DIGESTS = {  # of captions, indices and vocabulary: the same on every machine
    "tiny": "629d48d46e34020f40bf6819f20dc93a6e9bc5a99bce19e301179010af75607c",
    "default": "e6a11cd49c1e531911f34712ca981bcebab2ca12f97bc0f40f5c798ec031a98c",
}
MANIFEST = "manifest.json"


def default_size() -> str:
    """$UNROLL_DATA_SIZE if set, else "default"."""
    size = os.environ.get("UNROLL_DATA_SIZE") or "default"
    if size not in SIZES:
        raise DataError(f"UNROLL_DATA_SIZE is {size!r}: expected one of {', '.join(SIZES)}, or unset it")
    return size


def ensure(size: str = "default", root: str | os.PathLike | None = None, progress: bool = True) -> Path:
    """The folder of the embedded data set, built first if it is not there or is of an older version.

    size: "tiny" or "default". root: the folder that holds the data sets. progress: show a bar while building.
    Raises DataError if the folder is there but damaged.
    """
    if size not in SIZES:
        raise ValueError(f"unknown size {size!r}: expected one of {', '.join(SIZES)}")
    folder = (Path(root) if root is not None else data_root()) / size
    if folder.exists():
        manifest = _read_manifest(folder)
        if _is_current(manifest):
            _check_files(folder, manifest, contents=False)
            return folder
    build(folder, size, progress)
    return folder


def build(folder: Path, size: str, progress: bool = True) -> None:
    """Build the data set beside `folder` and move it there in one step, so that it is never half there.

    Of two processes that build at once the second to finish discards its copy.
    """
    from unroll.data import scenes_writer  # here: the modules that draw are needed only to build

    with work_folder(folder) as work:
        total = sum(SIZES[size].values())
        with tqdm(total=total, desc=f"{size} data set", unit="image", disable=not progress) as bar:
            digest = scenes_writer.write(work, SIZES[size], bar.update)
        _check_digest(size, digest)
        _write_manifest(work, size, digest)
        _move(work, folder)


def verify(folder: str | os.PathLike) -> dict:
    """Compare every file of a built folder with its manifest, and return the manifest.

    Raises DataError that names every file that is missing or different.
    """
    folder = Path(folder)
    manifest = _read_manifest(folder)
    _check_files(folder, manifest, contents=True)
    if manifest["version"] == VERSION:
        _check_digest(manifest["size"], manifest["digest"])
    return manifest


def _move(work: Path, folder: Path) -> None:
    """Put a finished build in place; an older version there goes."""
    if folder.exists() and _stale(folder):
        old = work.with_name(work.name + "-old")
        try:
            os.replace(folder, old)
        except FileNotFoundError:
            pass  # another process was quicker
        shutil.rmtree(old, ignore_errors=True)
    try:
        os.replace(work, folder)
    except OSError:
        if not (folder / MANIFEST).is_file():  # not simply another process that was quicker
            raise


def _stale(folder: Path) -> bool:
    """Whether what is there is damaged or of an older version."""
    try:
        manifest = _read_manifest(folder)
        _check_files(folder, manifest, contents=True)
    except DataError:
        return True
    return not _is_current(manifest)


def _is_current(manifest: dict) -> bool:
    return manifest["version"] == VERSION and manifest["digest"] == DIGESTS[manifest["size"]]


def _write_manifest(folder: Path, size: str, digest: str) -> None:
    files = {path.name: {"bytes": path.stat().st_size, "sha256": sha256_of(path)} for path in sorted(folder.iterdir())}
    manifest = {
        "name": "unroll scenes",
        "version": VERSION,
        "size": size,
        "images": SIZES[size],
        "digest": digest,
        "files": files,
    }
    text = json.dumps(manifest, indent=1) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


def _read_manifest(folder: Path) -> dict:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(manifest["version"], int) and manifest["size"] in SIZES and manifest["digest"]:
            if all(isinstance(entry["bytes"], int) and entry["sha256"] for entry in manifest["files"].values()):
                return manifest
        found = "one with other contents"
    except FileNotFoundError:
        found = "none"
    except (ValueError, KeyError, TypeError, AttributeError):
        found = "one that cannot be read"
    raise DataError(f"{folder}: expected a data set with a {MANIFEST}, found {found}. {_advice(folder)}")


def _check_files(folder: Path, manifest: dict, contents: bool) -> None:
    """Compare the files with the manifest: their sizes, and with `contents` their sha256."""
    problems = []
    for name, entry in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{name} is missing")
        elif path.stat().st_size != entry["bytes"]:
            problems.append(f"{name} should have {entry['bytes']} bytes and has {path.stat().st_size}")
        elif contents and (found := sha256_of(path)) != entry["sha256"]:
            problems.append(f"{name} should have sha256 {entry['sha256'][:12]}... and has {found[:12]}...")
    if problems:
        raise DataError(f"{folder} is damaged: {'; '.join(problems)}. {_advice(folder)}")


def _advice(folder: Path) -> str:
    if folder.name in SIZES:
        return f"Build it again: python -m unroll.data build --again --size {folder.name} --root {folder.parent}"
    return "Build a data set: python -m unroll.data build"


def _check_digest(size: str, digest: str) -> None:
    if digest != DIGESTS[size]:
        raise DataError(
            f"the captions of the {size} data set differ from those of version {VERSION}: expected digest "
            f"{DIGESTS[size]}, found {digest} (Python {platform.python_version()}). If you changed "
            "unroll/scenes, raise VERSION and put the digest found into DIGESTS in unroll/data/embedded.py; "
            "if not, please report this."
        )
