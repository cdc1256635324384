"""Fetching CS231n's coco_captioning: a gigabyte over plain http, of which no length and no hash is published.

In the folder: coco_captioning.zip, the files unpacked from it, and download.json, which remembers the hash of the
archive and the sizes of the files. While it is being fetched, what came lies in coco_captioning.zip.part. An archive
that was no good is kept as coco_captioning.zip.bad, which nothing reads, until a good one was unpacked.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pooch

from unroll.data import layout
from unroll.data.archive import BadArchive, unpack
from unroll.data.place import DataError
from unroll.data.transfer import Downloader, kept, notes_of, read_json, size_of, write_json

try:
    import fcntl
except ImportError:  # Windows: two downloads at once are not noticed there
    fcntl = None  # type: ignore[assignment]

URL = "http://cs231n.stanford.edu/coco_captioning.zip"
ARCHIVE = "coco_captioning.zip"
PART = ARCHIVE + ".part"
RECORD = "download.json"
LOCK = ".download.lock"


def download_coco(
    folder: Path, *, fc7: bool = False, url: str = URL, sha256: str | None = None, progress: bool = True
) -> Path:
    """Fetch and unpack coco_captioning into `folder`, and return it. What is there already is not done again.

    fc7: unpack the features before PCA as well (2 GB). sha256: the hash the archive must have, 64 hexadecimal digits;
    without it, that of the first archive that unpacked well. progress: show bars.
    An archive put at `folder`/coco_captioning.zip by hand is used without asking the network.
    Raises DataError for every failure; what came so far is kept, and the next call goes on from there.
    """
    folder = Path(folder)
    if sha256 is not None:
        sha256 = sha256.lower()
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise DataError(f"sha256 is {sha256!r}: expected 64 hexadecimal digits")
    names = _names(fc7)
    try:
        if not _missing(folder, names, sha256):  # before the lock: the folder may be one that we must not write to
            return folder
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(folder):
            if missing := _missing(folder, names, sha256):
                _provide(folder, missing, url, sha256, progress)
    except OSError as error:
        raise DataError(f"{folder}: {error}. {kept(folder / PART)}") from error
    return folder


def _names(fc7: bool) -> list[str]:
    names = [layout.CAPTIONS, layout.VOCABULARY]
    for split in layout.SPLITS:
        names += [layout.features_name(split), layout.urls_name(split), layout.images_name(split)]
    if fc7:
        names += [layout.features_name(split, pca=False) for split in layout.SPLITS]
    return names


def _missing(folder: Path, names: list[str], sha256: str | None) -> list[str]:
    """Those of `names` that are not there as they were unpacked from the archive with that hash."""
    record = _read_record(folder)
    if sha256 not in (None, record["sha256"]):
        return names
    return [name for name in names if size_of(folder / name) != record["files"].get(name, -1)]


def _provide(folder: Path, names: list[str], url: str, sha256: str | None, progress: bool) -> None:
    """Unpack `names` from the archive, which is fetched if it is not there."""
    record = _read_record(folder)
    archive, part = folder / ARCHIVE, folder / PART
    pooch.get_logger().setLevel("WARNING")  # it tells users to pass arguments to pooch
    # pooch would delete an archive with another hash; hence no hash here, and the comparison below
    pooch.retrieve(url, known_hash=None, fname=ARCHIVE, path=folder, downloader=Downloader(part, archive, progress))
    found = pooch.file_hash(archive)
    _check_hash(archive, found, sha256, record)
    if found != record["sha256"]:
        names, record["files"] = sorted({*names, *_names(fc7=False)}), {}
    try:
        files = unpack(archive, folder, names, progress)
    except BadArchive as error:
        if found == record["sha256"]:  # it was bad where nothing had been read: a good one will have another hash
            write_json(folder / RECORD, record | {"sha256": None})
        aside = _set_aside(archive)
        anew = "Run the same command again to download the archive afresh."
        raise DataError(f"{error}. It was moved to {aside}. {anew}") from error
    record |= {"url": url, "bytes": archive.stat().st_size, "sha256": found, "files": record["files"] | files}
    record["date"] = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    write_json(folder / RECORD, record)
    for left in (part, notes_of(part), _bad(archive)):
        left.unlink(missing_ok=True)


def _check_hash(archive: Path, found: str, sha256: str | None, record: dict) -> None:
    """Compare with the caller's hash, or else with the one remembered. An archive with another one is set aside."""
    expected = sha256 or record["sha256"]
    if expected in (None, found):
        return
    size, aside = archive.stat().st_size, _set_aside(archive)
    put_back = f"rename {aside.name} to {archive.name} and run the same command again."
    if sha256:
        source, advice = "as the caller asked", f"If it is the sha256 given that is wrong, correct it, {put_back}"
    else:
        source = f"as {RECORD} remembers from {record['date']}, {record['bytes']:,} bytes"
        advice = f"If the archive was changed upstream on purpose, delete {RECORD}, {put_back}"
    raise DataError(
        f"{archive}: expected sha256 {expected} ({source}), found {found} ({size:,} bytes). It was moved to {aside}. "
        f"{advice} If not, run it again as it was, and the archive is downloaded afresh."
    )


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Keep other downloads out of the folder. The system releases the lock of a process that dies."""
    with open(folder / LOCK, "a") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DataError(
                    f"{folder}: another download into this folder is running. "
                    "Wait for it to end, or end it, and run the same command again."
                ) from None
            except OSError:
                pass  # a file system without locks
        yield


def _read_record(folder: Path) -> dict:
    """What download.json remembers: url, bytes, sha256, date and files {name: bytes}. Empty if there is none."""
    path = folder / RECORD
    if not path.exists():
        return {"sha256": None, "files": {}}
    record = read_json(path)
    try:
        if {"url", "date"} <= record.keys() and isinstance(record["bytes"], int):
            if record["sha256"] is None or re.fullmatch("[0-9a-f]{64}", record["sha256"]):
                if all(isinstance(size, int) for size in record["files"].values()):
                    return record
    except (KeyError, TypeError, AttributeError):
        pass
    raise DataError(f"{path}: expected what an earlier download has written, found something else. Delete it.")


def _bad(archive: Path) -> Path:
    return archive.with_name(archive.name + ".bad")


def _set_aside(archive: Path) -> Path:
    """Move a bad archive out of the way, so that the next call fetches it anew."""
    os.replace(archive, _bad(archive))
    return _bad(archive)
