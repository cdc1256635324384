"""Fetching CS231n's coco_captioning: a gigabyte over plain http, of which no length and no hash is published.

In the folder: coco_captioning.zip, the files unpacked from it, and download.json, which remembers the hash of the
archive and the sizes of the files. While it is being fetched, what came lies in coco_captioning.zip.part. An archive
that was no good is kept as coco_captioning.zip.bad, which nothing reads, until a good one was unpacked.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pooch
import requests
import urllib3
from tqdm import tqdm

from unroll.data import layout
from unroll.data.archive import BadArchive, check_space, unpack
from unroll.data.place import DataError

try:
    import fcntl
except ImportError:  # Windows: two downloads at once are not noticed there
    fcntl = None

URL = "http://cs231n.stanford.edu/coco_captioning.zip"
ARCHIVE = "coco_captioning.zip"
RECORD = "download.json"
LOCK = ".download.lock"
TIMEOUT = 30.0  # seconds without a byte
TRIES = 6  # without progress
PAUSE = 1.0  # seconds before the second try; doubled with each one that brings nothing
CHUNK = 1 << 16  # bytes: no more than this is lost when the connection breaks


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
        raise DataError(f"{folder}: {error}. {_kept(folder)}") from error
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
    return [name for name in names if _size(folder / name) != record["files"].get(name, -1)]


def _provide(folder: Path, names: list[str], url: str, sha256: str | None, progress: bool) -> None:
    """Unpack `names` from the archive, which is fetched if it is not there."""
    record = _read_record(folder)
    archive, part = folder / ARCHIVE, _part(folder)
    pooch.get_logger().setLevel("WARNING")  # it tells users to pass arguments to pooch
    # pooch would delete an archive with another hash; hence no hash here, and the comparison below
    pooch.retrieve(url, known_hash=None, fname=ARCHIVE, path=folder, downloader=_Downloader(part, progress))
    found = pooch.file_hash(archive)
    _check_hash(archive, found, sha256, record)
    if found != record["sha256"]:
        names, record["files"] = sorted({*names, *_names(fc7=False)}), {}
    try:
        files = unpack(archive, folder, names, progress)
    except BadArchive as error:
        if found == record["sha256"]:  # it was bad where nothing had been read: a good one will have another hash
            _write_json(folder / RECORD, record | {"sha256": None})
        aside = _set_aside(archive)
        anew = "Run the same command again to download the archive afresh."
        raise DataError(f"{error}. It was moved to {aside}. {anew}") from error
    record |= {"url": url, "bytes": archive.stat().st_size, "sha256": found, "files": record["files"] | files}
    record["date"] = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    _write_json(folder / RECORD, record)
    for left in (part, _notes(part), _bad(archive)):
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


class _Downloader:
    """What pooch calls to fetch a file. It goes on from what an earlier try, or an earlier process, has left.

    part: the file that grows. Beside it lie notes: its url, validator (ETag or Last-Modified) and total of bytes.
    """

    def __init__(self, part: Path, progress: bool):
        self.part = part
        self.progress = progress

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        os.remove(output_file)  # pooch's empty temporary file, which would stay behind if we were killed
        failures, furthest = 0, self._left(url)[0]
        options = {"unit": "B", "unit_scale": True, "disable": not self.progress}
        with tqdm(desc=ARCHIVE, initial=furthest, **options) as bar:
            while True:
                try:
                    self._try(url, bar)
                    break
                except (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError) as error:
                    why = _reason(error)
                except _Again as error:
                    why = str(error)
                except requests.RequestException as error:
                    raise self._error(url, f"{str(error).rstrip('.')}. Check the address") from error
                # Further than ever, not only further than before this try: a server that begins anew each time
                # and always breaks off at the same place makes no progress.
                reached, _ = self._left(url)
                failures = 0 if reached > furthest else failures + 1
                furthest = max(furthest, reached)
                if failures == TRIES:
                    raise self._error(url, f"{TRIES} tries brought nothing more; at the last one {why}")
                bar.set_postfix_str(f"trying again: {why}")
                time.sleep(PAUSE * 2**failures)
        os.replace(self.part, output_file)
        _notes(self.part).unlink()

    def _left(self, url: str) -> tuple[int, dict]:
        """How many bytes of this url are there, and the notes about them."""
        notes = {"url": url, "validator": None, "total": None}
        found = _read_json(_notes(self.part))
        if found.keys() == notes.keys() and found["url"] == url and (have := _size(self.part)):
            return have, found
        return 0, notes

    def _try(self, url: str, bar: tqdm) -> None:
        """Ask once for what is missing. Returns when all is there, raises _Again if it is worth another try."""
        have, notes = self._left(url)
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
            if notes["validator"]:
                headers["If-Range"] = notes["validator"]
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
            if have and answer.status_code == 416 and {_content_range(answer)[1], notes["total"]} - {None} == {have}:
                return
            have, notes = self._judge(answer, have, notes)
            self._receive(answer, have, notes, bar)
        size, total = _size(self.part), notes["total"]
        if total is not None and size != total:
            raise _Again(f"the server declared {total:,} bytes and its answer ended after {size:,}")

    def _judge(self, answer: requests.Response, have: int, notes: dict) -> tuple[int, dict]:
        """Where the bytes of an answer belong, and the notes about the file they are from."""
        status, validator = answer.status_code, _validator(answer)
        if status >= 500:
            raise _Again(f"the server answered {status} {answer.reason}")
        if status == 200:
            return 0, notes | {"validator": validator, "total": _content_length(answer)}
        if status == 206:
            first, total = _content_range(answer)
            same = validator in (None, notes["validator"]) and total in (None, notes["total"] or total)
            if first == have and (same or not have):
                return have, notes | {"validator": notes["validator"] or validator, "total": total or notes["total"]}
        elif status != 416 or not have:
            moved = f" at {answer.url}" if answer.history else ""
            found = f"{status} {answer.reason}{moved}"
            raise self._error(notes["url"], f"expected the archive, the server answered {found}. Check the address")
        self._discard()
        raise _Again(f"the server had something else than the bytes from {have:,} on, so it starts over")

    def _receive(self, answer: requests.Response, have: int, notes: dict, bar: tqdm) -> None:
        if not have:
            self._discard()
        rest = (notes["total"] or have) - have
        check_space(self.part.parent, rest, f"download the rest of the archive ({have:,} are kept)")
        _write_json(_notes(self.part), notes)
        if bar.n != have:
            bar.initial = bar.n = bar.last_print_n = have
        bar.total = notes["total"]
        with open(self.part, "ab") as file:
            # iter_content would drop the last bytes before a break, and undo a Content-Encoding nobody asked for
            while chunk := answer.raw.read(CHUNK, decode_content=False):
                file.write(chunk)
                bar.update(len(chunk))

    def _discard(self) -> None:
        self.part.unlink(missing_ok=True)

    def _error(self, url: str, why: str) -> DataError:
        folder = self.part.parent
        by_hand = f"Or fetch the archive by other means and put it at {folder / ARCHIVE}."
        return DataError(f"{url}: {why}. {_kept(folder)} {by_hand}")


class _Again(Exception):
    """A try that failed and says why, and that may go better the next time."""


def _validator(answer: requests.Response) -> str | None:
    """What tells one version of the file from another. A weak ETag does not do for a Range (RFC 9110, 13.1.5)."""
    etag = answer.headers.get("ETag")
    return etag if etag and not etag.startswith("W/") else answer.headers.get("Last-Modified")


def _content_range(answer: requests.Response) -> tuple[int | None, int | None]:
    """The first byte of the part sent and the size of the whole, each None if not said."""
    match = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(?:(\d+)|\*)", answer.headers.get("Content-Range", "").strip())
    first, total = match.groups() if match else (None, None)
    return first and int(first), total and int(total)


def _content_length(answer: requests.Response) -> int | None:
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _reason(error: Exception) -> str:
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        return f"nothing came for {TIMEOUT:g} seconds"
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return "the connection broke off before the end of the answer"
    return f"no connection was possible ({error})"


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
    record = _read_json(path)
    try:
        if {"url", "date"} <= record.keys() and isinstance(record["bytes"], int):
            if record["sha256"] is None or re.fullmatch("[0-9a-f]{64}", record["sha256"]):
                if all(isinstance(size, int) for size in record["files"].values()):
                    return record
    except (KeyError, TypeError, AttributeError):
        pass
    raise DataError(f"{path}: expected what an earlier download has written, found something else. Delete it.")


def _read_json(path: Path) -> dict:
    """The object in a JSON file; an empty one if there is none or it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_json(path: Path, contents: dict) -> None:
    written = path.with_name(f".{path.name}.new")
    written.write_text(json.dumps(contents, indent=1) + "\n", encoding="utf-8", newline="\n")
    os.replace(written, path)


def _part(folder: Path) -> Path:
    return folder / f"{ARCHIVE}.part"


def _notes(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _bad(archive: Path) -> Path:
    return archive.with_name(archive.name + ".bad")


def _set_aside(archive: Path) -> Path:
    """Move a bad archive out of the way, so that the next call fetches it anew."""
    os.replace(archive, _bad(archive))
    return _bad(archive)


def _size(path: Path) -> int | None:
    """Bytes of a file, None if it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def _kept(folder: Path) -> str:
    part = _part(folder)
    if size := _size(part):
        url = _read_json(_notes(part)).get("url")
        return f"{size:,} bytes of {url} are kept in {part}: run the same command again and it goes on from there."
    return "Nothing is kept: run the same command again and it starts anew."
