"""A transfer over http that goes on from what an earlier try, or an earlier process, has left.

What came lies in a .part file. Beside it lie notes: its url, validator (ETag or Last-Modified) and total of bytes.
"""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import requests
import urllib3
from tqdm import tqdm

from unroll.data.archive import check_space
from unroll.data.place import DataError

TIMEOUT = 30.0  # seconds without a byte
TRIES = 6  # without progress
PAUSE = 1.0  # seconds before the second try; doubled with each one that brings nothing
CHUNK = 1 << 16  # bytes: no more than this is lost when the connection breaks


class Downloader:
    """What pooch calls to fetch a file.

    part: the file that grows. target: where the whole will lie. progress: show a bar.
    """

    def __init__(self, part: Path, target: Path, progress: bool):
        self.part = part
        self.target = target
        self.progress = progress

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        os.remove(output_file)  # pooch's empty temporary file, which would stay behind if we were killed
        failures, furthest = 0, self._left(url)[0]
        options = {"unit": "B", "unit_scale": True, "disable": not self.progress}
        with tqdm(desc=self.target.name, initial=furthest, **options) as bar:
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
        notes_of(self.part).unlink()

    def _left(self, url: str) -> tuple[int, dict]:
        """How many bytes of this url are there, and the notes about them."""
        notes = {"url": url, "validator": None, "total": None}
        found = read_json(notes_of(self.part))
        if found.keys() == notes.keys() and found["url"] == url and (have := size_of(self.part)):
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
        size, total = size_of(self.part), notes["total"]
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
        write_json(notes_of(self.part), notes)
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
        by_hand = f"Or fetch the archive by other means and put it at {self.target}."
        return DataError(f"{url}: {why}. {kept(self.part)} {by_hand}")


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
    return int(first) if first else None, int(total) if total else None


def _content_length(answer: requests.Response) -> int | None:
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _reason(error: Exception) -> str:
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        return f"nothing came for {TIMEOUT:g} seconds"
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return "the connection broke off before the end of the answer"
    return f"no connection was possible ({error})"


def kept(part: Path) -> str:
    """What of a broken transfer is kept, and that it goes on from there."""
    if size := size_of(part):
        url = read_json(notes_of(part)).get("url")
        return f"{size:,} bytes of {url} are kept in {part}: run the same command again and it goes on from there."
    return "Nothing is kept: run the same command again and it starts anew."


def read_json(path: Path) -> dict:
    """The object in a JSON file; an empty one if there is none or it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, contents: dict) -> None:
    written = path.with_name(f".{path.name}.new")
    written.write_text(json.dumps(contents, indent=1) + "\n", encoding="utf-8", newline="\n")
    os.replace(written, path)


def size_of(path: Path) -> int | None:
    """Bytes of a file, None if it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def notes_of(part: Path) -> Path:
    """The file of the notes about a part."""
    return part.with_name(part.name + ".json")
