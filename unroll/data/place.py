"""Where data sets lie, how one is built beside its place, and the error that every bad one raises."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

_ABANDONED = 3600  # seconds after which an unfinished build is taken for a dead one


class DataError(RuntimeError):
    """A data set that is not as it should be: what was expected, what was found, what to do."""


def data_root() -> Path:
    """The folder that holds the data sets.

    $UNROLL_DATA if set, else `data/` of the checkout the package lies in, else a cache folder of the user.
    """
    if os.environ.get("UNROLL_DATA"):
        return Path(os.environ["UNROLL_DATA"]).expanduser().absolute()
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file():
        return checkout / "data"
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "unroll"


@contextlib.contextmanager
def work_folder(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder` to build in, gone afterwards unless it was moved; so nothing is ever half there.

    What builds of the same folder that were killed have left behind is removed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    work = folder.with_name(f".{folder.name}-building-{os.getpid()}-{secrets.token_hex(4)}")
    work.mkdir()
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def sha256_of(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sweep(folder: Path) -> None:
    for left in folder.parent.glob(f".{folder.name}-building-*"):
        try:
            if time.time() - left.stat().st_mtime > _ABANDONED:
                shutil.rmtree(left, ignore_errors=True)
        except FileNotFoundError:
            pass
