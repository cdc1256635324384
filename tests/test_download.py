"""Fetching coco_captioning from servers that break off, lie, change, and serve archives that must not be unpacked."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import re
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
import zipfile
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from unroll.data import archive, download, layout, transfer
from unroll.data.download import ARCHIVE, RECORD, download_coco
from unroll.data.place import DataError

PART = ARCHIVE + ".part"
BAD = ARCHIVE + ".bad"
FC7 = {layout.features_name(split, pca=False) for split in layout.SPLITS}
_random = random.Random(0)
CONTENTS = {  # of every file of the layout; random, so that they do not get smaller in the archive
    name: _random.randbytes(size)
    for name, size in {
        layout.CAPTIONS: 60_000,
        layout.VOCABULARY: 500,
        **{layout.features_name(split): 50_000 for split in layout.SPLITS},
        **{layout.features_name(split, pca=False): 30_000 for split in layout.SPLITS},
        **{layout.urls_name(split): 700 for split in layout.SPLITS},
        **{layout.images_name(split): 300 for split in layout.SPLITS},
    }.items()
}
WANTED = CONTENTS.keys() - FC7


def _zip(contents: dict[str, bytes] = CONTENTS, prefix: str = "coco_captioning/", more: tuple = ()) -> bytes:
    """An archive. more: further members, as pairs of a name or ZipInfo and bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        if prefix:
            file.writestr(prefix, b"")
        for name, data in contents.items():
            file.writestr(prefix + name, data)
            file.writestr(f"__MACOSX/{prefix}{name}", b"junk")
            file.writestr(f"__MACOSX/{prefix}._{name}", b"junk")
        for member, data in more:
            file.writestr(member, data)
    return buffer.getvalue()


GOOD = _zip()


# --- the server ------------------------------------------------------------------------------------------------


@dataclass
class Answer:
    """How one request is answered. Without arguments: as a good server does, with Range and If-Range."""

    cut: int | None = None  # break off after so many bytes
    at_once: int | None = None  # answer a Range with so many bytes at most
    hang: bool = False  # then do not close the connection but say nothing more
    reset: bool = False  # then reset the connection instead of closing it
    ranges: bool = True
    if_range: bool = True  # look at it
    length: bool = True  # send Content-Length
    chunked: bool = False  # send it in chunks instead
    declared: int = 0  # this much added to Content-Length
    etag: str | None = '"one"'
    content_range: str | None = None  # instead of the right one
    status: int | None = None
    location: str | None = None


Request = namedtuple("Request", "path range if_range")


class Web(ThreadingHTTPServer):
    """answers: one per request; the last one goes on for ever. seen: the requests."""

    daemon_threads = True

    def __init__(self, data: bytes = GOOD):
        super().__init__(("127.0.0.1", 0), Handler)
        self.data = data
        self.answers = [Answer()]
        self.seen: list[Request] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/{ARCHIVE}"

    def plan(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def starts(self) -> list[int]:
        """The first byte that each request asked for."""
        return [int(re.fullmatch(r"bytes=(\d+)-", request.range)[1]) if request.range else 0 for request in self.seen]

    def handle_error(self, request, client_address) -> None:
        pass  # clients that are killed or that hang up


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments) -> None:
        pass

    def end_headers(self) -> None:
        self.send_header("Connection", "close")
        super().end_headers()

    def do_GET(self) -> None:
        web, data = self.server, self.server.data
        assert self.headers["Accept-Encoding"] == "identity"
        web.seen.append(Request(self.path, self.headers["Range"], self.headers["If-Range"]))
        answer = web.answers.pop(0) if len(web.answers) > 1 else web.answers[0]
        start = web.starts()[-1]
        if not answer.ranges or (answer.if_range and self.headers["If-Range"] not in (None, answer.etag)):
            start = 0
        if answer.location or answer.status:
            self.send_response(answer.status or 302)
            if answer.location:
                self.send_header("Location", answer.location)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if start and start >= len(data):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        body = data[start:]
        if start:
            body = body[: answer.at_once]
            span = f"bytes {start}-{start + len(body) - 1}/{len(data)}"
            self.send_header("Content-Range", answer.content_range or span)
        if answer.etag:
            self.send_header("ETag", answer.etag)
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif answer.length:
            self.send_header("Content-Length", str(len(body) + answer.declared))
        self.end_headers()
        sent = body if answer.cut is None else body[: answer.cut]
        if answer.chunked:
            self.wfile.write(f"{len(sent):x}\r\n".encode() + sent + b"\r\n")
            self.wfile.write(b"0\r\n\r\n" if answer.cut is None else b"")
        else:
            self.wfile.write(sent)
        self.wfile.flush()
        if answer.reset:
            time.sleep(0.05)  # a reset throws away what the client has not read yet
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if answer.hang:
            web.released.wait(20)


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Where to download; it is not there yet. Pauses are short, and pieces small enough to break off anywhere."""
    monkeypatch.setattr(transfer, "PAUSE", 0.001)
    monkeypatch.setattr(transfer, "TRIES", 3)
    monkeypatch.setattr(transfer, "CHUNK", 1000)
    return tmp_path / "data" / "coco"


@pytest.fixture
def get(web, folder) -> Callable[..., Path]:
    """Run the same command again: get()."""

    def get(**options) -> Path:
        return download_coco(folder, **{"url": web.url, "progress": False} | options)

    return get


def _check(folder: Path, names: set[str] = WANTED) -> None:
    """Exactly the files of `names` are there, whole, with the archive and the record, and nothing else."""
    assert {path.name for path in folder.iterdir()} == names | {ARCHIVE, RECORD, download.LOCK}
    for name in names:
        assert (folder / name).read_bytes() == CONTENTS[name]
    assert json.loads((folder / RECORD).read_text())["files"] == {name: len(CONTENTS[name]) for name in names}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# --- good servers ----------------------------------------------------------------------------------------------


def test_everything_is_fetched_once_unpacked_and_remembered(web, folder, get, capfd):
    assert get() == folder
    _check(folder)
    assert capfd.readouterr().err == ""
    record = json.loads((folder / RECORD).read_text())
    assert record["url"] == web.url and record["bytes"] == len(GOOD) and record["sha256"] == _sha256(GOOD)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", record["date"])
    assert web.seen == [Request(f"/{ARCHIVE}", None, None)]
    (folder / download.LOCK).unlink()
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    folder.chmod(0o500)  # a folder on a course's server
    get()
    folder.chmod(0o700)
    assert len(web.seen) == 1
    assert before == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_features_before_pca_come_later_from_the_archive_kept(web, folder, get):
    get()
    get(fc7=True)
    assert len(web.seen) == 1
    _check(folder, set(CONTENTS))


def test_features_before_pca_without_the_archive_are_fetched(web, folder, get):
    get()
    (folder / ARCHIVE).unlink()
    get()
    assert len(web.seen) == 1
    before = (folder / layout.CAPTIONS).stat().st_mtime_ns
    get(fc7=True)
    assert len(web.seen) == 2
    assert (folder / layout.CAPTIONS).stat().st_mtime_ns == before  # not unpacked again
    _check(folder, set(CONTENTS))


@pytest.mark.parametrize("contents", [None, b"", b"too short"])
def test_a_file_lost_or_cut_later_is_unpacked_again(web, folder, get, contents):
    get()
    lost = folder / layout.VOCABULARY
    lost.unlink()
    if contents is not None:
        lost.write_bytes(contents)
    get()
    assert len(web.seen) == 1
    _check(folder)


def test_files_at_the_top_of_the_archive(web, folder, get):
    web.data = _zip(prefix="")
    get()
    _check(folder)


def test_an_archive_put_there_by_hand_needs_no_network(web, folder, get):
    folder.mkdir(parents=True)
    (folder / ARCHIVE).write_bytes(GOOD)
    (folder / PART).write_bytes(b"of an earlier try")
    get()
    assert web.seen == []
    _check(folder)


def test_a_redirect_is_followed_with_the_range(web, folder, get):
    moved = Answer(location="/elsewhere.zip")
    web.plan(moved, Answer(cut=70_000), moved, Answer())
    get()
    _check(folder)
    assert [request.path for request in web.seen] == [f"/{ARCHIVE}", "/elsewhere.zip"] * 2
    assert web.starts() == [0, 0, 70_000, 70_000]


def test_no_content_length(web, folder, get):
    web.plan(Answer(length=False, etag=None))
    get()
    _check(folder)
    assert len(web.seen) == 1


def test_a_server_that_sends_less_at_a_time_than_asked_for(web, folder, get):
    _leave_part(web, get, 70_000)
    web.plan(Answer(at_once=60_000))
    get()
    assert web.starts() == [70_000, 130_000, 190_000]
    _check(folder)


def test_an_empty_file_may_be_lost_too(web, folder, get):
    name = layout.images_name("val")
    web.data = _zip(CONTENTS | {name: b""})
    get()
    (folder / name).unlink()
    get()
    assert (folder / name).read_bytes() == b""


def test_a_folder_with_the_name_of_a_file_is_none(web, folder, get):
    web.data = _zip(more=[("coco2014_vocab.json/", b"")])
    get()
    _check(folder)


def test_chunks_that_break_off_are_not_taken_for_the_whole(web, folder, get):
    web.plan(Answer(chunked=True, cut=50_000), Answer(chunked=True))
    get()
    assert web.starts() == [0, 50_000]
    _check(folder)


@pytest.mark.parametrize("ranges", [True, False])
def test_the_bar_starts_where_it_goes_on(web, folder, get, monkeypatch, capfd, ranges):
    bars = []

    class Bar(transfer.tqdm):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            bars.append((self, self.n))

    monkeypatch.setattr(transfer, "tqdm", Bar)
    _leave_part(web, get, 70_000)
    assert capfd.readouterr().err == ""
    web.plan(Answer(ranges=ranges))
    get(progress=True)
    bar, initial = bars[-1]
    assert initial == 70_000 and bar.initial == (70_000 if ranges else 0) and bar.n == bar.total == len(GOOD)
    err = capfd.readouterr().err
    assert ARCHIVE in err and "unpacking" in err and "pooch" not in err


def _leave_part(web: Web, get: Callable, size: int, **answer) -> None:
    """Let a download fail with the first `size` bytes kept."""
    web.plan(Answer(cut=size, **answer), Answer(status=503))
    with pytest.raises(DataError, match=f"{size:,} bytes of {web.url} are kept"):
        get()
    web.seen.clear()


# --- connections that break ------------------------------------------------------------------------------------


def test_a_server_that_breaks_off_is_asked_for_the_rest(web, folder, get, monkeypatch):
    monkeypatch.setattr(transfer, "TRIES", 1)  # what brings something does not count
    web.plan(*[Answer(cut=40_000) for _ in range(4)], Answer())
    get()
    assert web.starts() == [0, 40_000, 80_000, 120_000, 160_000]
    assert [request.if_range for request in web.seen] == [None] + ['"one"'] * 4
    _check(folder)


def test_a_connection_that_is_reset(web, folder, get):
    web.plan(Answer(cut=50_000, reset=True), Answer())
    get()
    assert len(web.seen) == 2 and 45_000 <= web.starts()[1] <= 50_000
    _check(folder)


def test_a_server_that_hangs(web, folder, get, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT", 0.1)
    web.plan(Answer(cut=50_000, hang=True), Answer())
    started = time.monotonic()
    get()
    assert time.monotonic() - started < 3
    assert web.starts() == [0, 50_000]
    _check(folder)


def test_a_server_that_hangs_every_time(web, folder, get, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT", 0.1)
    web.plan(Answer(cut=50_000, hang=True), Answer(cut=0, hang=True))
    with pytest.raises(DataError) as caught:
        get()
    message = str(caught.value)
    assert (
        web.url in message and "3 tries brought nothing more; at the last one nothing came for 0.1 seconds" in message
    )
    assert (
        f"50,000 bytes of {web.url} are kept in {folder / PART}: run the same command again and it goes on from there"
        in message
    )
    assert f"put it at {folder / ARCHIVE}" in message
    assert web.starts() == [0, 50_000, 50_000, 50_000]
    assert (folder / PART).read_bytes() == GOOD[:50_000]
    web.plan(Answer())
    get()
    assert web.starts()[4:] == [50_000]
    _check(folder)


def test_nobody_answers(web, folder, get):
    with pytest.raises(
        DataError, match=r"3 tries brought nothing more; .* no connection was possible.*refused.*Nothing is kept"
    ):
        get(url="http://127.0.0.1:1/x.zip")


def test_a_server_that_breaks_off_at_the_same_place_and_knows_no_ranges_is_given_up(web, folder, get):
    web.plan(Answer(cut=50_000, ranges=False))
    with pytest.raises(
        DataError, match=r"3 tries .* broke off before the end of the answer\. 50,000 bytes of http.* are kept"
    ):
        get()
    assert len(web.seen) == 4
    assert (folder / PART).stat().st_size == 50_000


def test_the_pauses_grow(web, folder, get, monkeypatch):
    pauses = []
    monkeypatch.setattr(transfer, "PAUSE", 1)
    monkeypatch.setattr(transfer.time, "sleep", pauses.append)
    web.plan(Answer(status=503), Answer(status=503), Answer(cut=10_000), Answer(status=503), Answer())
    get()
    assert pauses == [2, 4, 1, 2]


@pytest.fixture
def start(web, folder) -> Iterator[Callable[[int], subprocess.Popen]]:
    """start(size): another process that downloads, has got `size` bytes, written most of them, and waits for more."""
    processes = []
    code = (
        "import signal, sys; from pathlib import Path; from unroll.data import download, transfer\n"
        "transfer.CHUNK = 1000\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # shells have background jobs ignore it\n"
        "download.download_coco(Path(sys.argv[1]), url=sys.argv[2], progress=False)"
    )

    def start(size: int) -> subprocess.Popen:
        web.plan(Answer(cut=size, hang=True))
        command = [sys.executable, "-c", code, str(folder), web.url]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        deadline = time.monotonic() + 30
        while not (folder / PART).exists() or (folder / PART).stat().st_size < size - 10_000:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.01)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_is_killed_or_stopped_keeps_its_part(web, folder, get, start, sign):
    process = start(80_000)
    process.send_signal(sign)
    _, err = process.communicate(timeout=10)
    assert process.returncode == -sign
    assert "KeyboardInterrupt" in err if sign == signal.SIGINT else err == ""  # pooch is silent, too
    kept = (folder / PART).stat().st_size
    assert (folder / PART).read_bytes() == GOOD[:kept]
    assert 70_000 <= kept <= 80_000
    assert _names(folder) == {PART, PART + ".json", download.LOCK}
    web.plan(Answer())
    get()
    assert web.starts() == [0, kept]
    _check(folder)


def test_ctrl_c_keeps_what_is_still_in_memory(web, folder, get, monkeypatch):
    def stop(pause):
        raise KeyboardInterrupt

    monkeypatch.setattr(transfer.time, "sleep", stop)
    web.plan(Answer(cut=33_333), Answer())
    with pytest.raises(KeyboardInterrupt):
        get()
    assert (folder / PART).read_bytes() == GOOD[:33_333]
    monkeypatch.undo()
    get()
    assert web.starts() == [0, 33_333]
    _check(folder)


def test_another_download_into_the_folder_is_running(web, folder, get, start):
    process = start(80_000)
    with pytest.raises(DataError, match=r"another download into this folder is running.*Wait for it to end"):
        get()
    assert len(web.seen) == 1
    assert process.poll() is None
    process.kill()
    process.wait()
    web.plan(Answer())
    get()
    _check(folder)


def test_a_platform_without_locks(web, folder, get, monkeypatch):
    monkeypatch.setattr(download, "fcntl", None)
    get()
    _check(folder)


# --- servers that answer strangely -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "requests"),
    [
        (Answer(ranges=False), 1),
        (Answer(etag='"two"'), 1),
        (Answer(etag='"two"', if_range=False), 2),
        (Answer(content_range=f"bytes 69999-{len(GOOD) - 1}/{len(GOOD)}"), 2),
        (Answer(content_range="bytes of some kind"), 2),
        (Answer(content_range=f"bytes 70000-{len(GOOD) - 1}/{len(GOOD) + 1}"), 2),
        (Answer(status=416), 2),
    ],
    ids=["no ranges", "changed", "changed, no If-Range", "wrong start", "no numbers", "other total", "416"],
)
def test_what_does_not_fit_the_part_starts_over(web, folder, get, answer, requests):
    _leave_part(web, get, 70_000)
    (folder / PART).write_bytes(b"x" * 70_000)  # of the file as it was before
    web.plan(answer, Answer(etag='"two"'))
    get()
    assert web.starts() == [70_000, 0][:requests]
    _check(folder)


def test_the_part_of_another_url_is_not_used_but_kept_until_bytes_come(web, folder, get):
    _leave_part(web, get, 70_000)
    web.plan(Answer(status=404))
    with pytest.raises(DataError, match=f"answered 404 .* 70,000 bytes of {web.url} are kept"):
        get(url=web.url + "?mistyped")
    assert (folder / PART).stat().st_size == 70_000
    web.plan(Answer())
    get(url=web.url + "?right")
    assert web.starts() == [0, 0]
    _check(folder)


def test_a_part_without_notes_starts_over(web, folder, get):
    _leave_part(web, get, 70_000)
    (folder / (PART + ".json")).write_text("{")
    web.plan(Answer())
    get()
    assert web.starts() == [0]
    _check(folder)


def test_a_part_without_etag_goes_on_if_the_total_is_the_same(web, folder, get):
    _leave_part(web, get, 70_000, etag=None)
    web.plan(Answer(etag=None))
    get()
    assert web.seen == [Request(f"/{ARCHIVE}", "bytes=70000-", None)]
    _check(folder)


def test_a_weak_etag_is_no_ground_for_a_range(web, folder, get):
    _leave_part(web, get, 70_000, etag='W/"one"')
    web.plan(Answer(etag='W/"two"'))
    get()
    assert web.seen == [Request(f"/{ARCHIVE}", "bytes=70000-", None)]


@pytest.mark.parametrize("length", [True, False])
def test_a_part_that_is_whole_already(web, folder, get, length):
    web.plan(Answer(length=length))
    get()
    (folder / ARCHIVE).rename(folder / PART)  # killed before it was put in place
    for name in WANTED:
        (folder / name).unlink()
    notes = {"url": web.url, "validator": '"one"', "total": len(GOOD) if length else None}
    (folder / (PART + ".json")).write_text(json.dumps(notes))
    get()
    assert web.starts() == [0, len(GOOD)]  # answered by 416
    _check(folder)


def test_a_part_longer_than_the_file_starts_over(web, folder, get):
    _leave_part(web, get, 70_000)
    with open(folder / PART, "ab") as file:
        file.truncate(len(GOOD) + 1)
    web.plan(Answer())
    get()
    assert web.starts() == [len(GOOD) + 1, 0]
    _check(folder)


def test_a_server_that_declares_more_than_it_sends(web, folder, get):
    web.plan(Answer(declared=1000))
    with pytest.raises(DataError, match=f"3 tries brought nothing more.*{len(GOOD):,}"):
        get()
    assert not (folder / layout.CAPTIONS).exists()
    web.plan(Answer())
    get()
    _check(folder)


def test_a_server_that_declares_less_than_it_sends(web, folder, get):
    web.plan(Answer(declared=-1000))
    with pytest.raises(DataError, match=rf"\({len(GOOD) - 1000:,} bytes\) is not a whole zip archive.*afresh"):
        get()
    web.plan(Answer())
    get()
    _check(folder)


def test_a_page_that_is_missing_is_not_asked_for_again(web, folder, get):
    web.plan(Answer(status=404))
    with pytest.raises(DataError, match=r"expected the archive, the server answered 404 Not Found. Check the address"):
        get()
    assert len(web.seen) == 1


def test_a_redirect_to_a_page_that_is_missing_names_it(web, folder, get):
    web.plan(Answer(location="/gone.html"), Answer(status=410))
    with pytest.raises(DataError, match=r"answered 410 Gone at http://127.*/gone.html"):
        get()


def test_redirects_in_a_circle(web, folder, get):
    web.plan(Answer(location=f"/{ARCHIVE}"))
    with pytest.raises(DataError, match=r"Exceeded 30 redirects. Check the address"):
        get()


def test_an_address_that_is_none(folder, get):
    with pytest.raises(DataError, match=r"Invalid URL.*Check the address"):
        get(url="coco_captioning.zip")


def test_a_server_that_is_overloaded_for_a_moment(web, folder, get):
    web.plan(Answer(status=503), Answer(status=500), Answer())
    get()
    assert len(web.seen) == 3
    _check(folder)


def test_a_server_that_is_overloaded_for_good(web, folder, get):
    web.plan(Answer(status=503))
    with pytest.raises(
        DataError, match=r"at the last one the server answered 503 Service Unavailable. Nothing is kept"
    ):
        get()
    assert len(web.seen) == 3


# --- archives that are bad -------------------------------------------------------------------------------------


def _flip(data: bytes, name: str, share: float = 0.5, mask: int = 1) -> bytes:
    """The archive with bits of one byte changed, which lies at that share of a member."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        member = file.getinfo(name)
    place = member.header_offset + 30 + len(name) + int(member.compress_size * share)
    return data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]


def _link() -> zipfile.ZipInfo:
    member = zipfile.ZipInfo("coco_captioning/readme")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


SLASHED = "coco_captioning\\..\\..\\evil"
WORDY = _zip(CONTENTS | {layout.VOCABULARY: str(list(range(3000))).encode()})
ONE_FEWER = {name: data for name, data in CONTENTS.items() if name != "val2014_urls.txt"}


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"<html>Please log in</html>", r"\(26 bytes\) is not a whole zip archive: File is not a zip file"),
        (b"", r"\(0 bytes\) is not a whole zip archive"),
        (GOOD[:150_000], r"\(150,000 bytes\) is not a whole zip archive: File is not a zip file"),
        (
            _flip(WORDY, "coco_captioning/coco2014_vocab.json", 0, 2),
            "at '.*vocab.json': Error -3 .* invalid block type",
        ),
        (_zip(prefix="")[10:], "not a whole zip archive"),
        (
            _flip(GOOD, "coco_captioning/val2014_vgg16_fc7_pca.h5"),
            "not a whole zip archive at 'coco_.*_pca.h5': Bad CRC",
        ),
        (_zip(more=[("../evil", b"x")]), r"the member '\.\./evil' has a path that leaves its folder"),
        (_zip(more=[("a/../../evil", b"x")]), r"the member 'a/\.\./\.\./evil' has a path that leaves its folder"),
        (_zip(more=[("/tmp/evil", b"x")]), "the member '/tmp/evil' has an absolute path"),
        (_zip(more=[("//host/evil", b"x")]), "the member '//host/evil' has an absolute path"),
        (_zip(more=[("C:evil", b"x")]), "the member 'C:evil' has an absolute path"),
        (_zip(more=[("\\evil", b"x")]), r"the member '\\\\evil' has an absolute path"),
        (_zip(more=[(SLASHED, b"x")]), r"the member 'coco_captioning\\\\.*evil' has a path that leaves its folder"),
        (_zip(more=[("a\\evil", b"x")]), r"the member 'a\\\\evil' has a backslash"),
        (_zip(more=[("__MACOSX/../evil", b"x")]), "leaves its folder"),
        (_zip(more=[("zero+byte", b"x")]).replace(b"zero+byte", b"zero\0byte"), "'zero.x00byte' has .* a zero byte"),
        (_zip(more=[(_link(), b"/etc/passwd")]), "the member 'coco_captioning/readme' is a symbolic link"),
        (_zip(more=[("b/coco2014_vocab.json", b"x")]), "the member 'b/coco2014_vocab.json' occurs twice"),
        (_zip(ONE_FEWER), "expected val2014_urls.txt in the archive, found none"),
        (_zip({}), "expected coco2014_captions.h5, coco2014_vocab.json, train2014_images.txt, .* in the archive"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value[:40],
)
def test_a_bad_archive_is_moved_away_and_nothing_unpacked(web, folder, get, data, match):
    web.data = data
    with pytest.raises(DataError, match=match) as caught:
        get()
    message = str(caught.value)
    assert f"Nothing was unpacked. It was moved to {folder / BAD}. Run the same command again" in message
    assert _names(folder) == {BAD, download.LOCK}
    assert {path.name for path in folder.parent.iterdir()} == {"coco"}
    web.data = GOOD
    web.seen.clear()
    get()
    assert web.starts() == [0]
    _check(folder)  # the bad one has gone


@pytest.mark.parametrize(("attribute", "value"), [("compress_type", 12), ("flag_bits", 1)])
def test_members_packed_in_other_ways_are_refused(web, folder, get, monkeypatch, attribute, value):
    infolist = zipfile.ZipFile.infolist

    def changed(file):
        members = infolist(file)
        setattr(members[1], attribute, value)
        return members

    monkeypatch.setattr(zipfile.ZipFile, "infolist", changed)
    with pytest.raises(DataError, match="is encrypted|is packed by method 12: expected stored"):
        get()


def test_a_member_that_claims_too_much(web, folder, get, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST", 59_999)
    with pytest.raises(DataError, match=r"coco2014_captions.h5' claims 60,000 bytes: expected at most 59,999"):
        get()


def _claim(data: bytes, size: int, claimed: int, times: int) -> bytes:
    """The archive with another size in the header before a member and in the directory."""
    size = size.to_bytes(4, "little")
    assert data.count(size) == times
    return data.replace(size, claimed.to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("stored", "claimed", "match"),
    [
        (False, 500, "Bad CRC-32"),
        (False, 2_000_000, "expected 2,000,000 bytes, found 1,234,567"),
        (True, 3_000_000, "ends"),
    ],
)
def test_a_member_of_another_size_than_it_claims(web, folder, get, stored, claimed, match):
    """The first is a bomb: the directory says 500 bytes, the data unpack to a megabyte."""
    others = {name: data for name, data in CONTENTS.items() if name != layout.VOCABULARY}
    member = zipfile.ZipInfo(layout.VOCABULARY)
    member.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    data = _zip(others, more=[(member, bytes(1_234_567))])
    web.data = _claim(data, 1_234_567, claimed, 4 if stored else 2)
    with pytest.raises(DataError, match=f"not a whole zip archive at 'coco2014_vocab.json': .*{match}"):
        get()
    assert _names(folder) == {BAD, download.LOCK}


def test_no_room_to_unpack(web, folder, get, monkeypatch):
    needed = sum(len(CONTENTS[name]) for name in WANTED)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda path: usage(0, 0, needed - 1))
    folder.mkdir(parents=True)
    (folder / ARCHIVE).write_bytes(GOOD)
    with pytest.raises(
        DataError, match=f"{needed:,} bytes are needed to unpack 8 files from .*, but only {needed - 1:,} are"
    ):
        get()
    assert _names(folder) == {ARCHIVE, download.LOCK}  # it is a good one
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda path: usage(0, 0, needed))
    get()
    assert web.seen == []


def test_no_room_for_the_archive(web, folder, get, monkeypatch):
    usage = namedtuple("usage", "total used free")
    _leave_part(web, get, 70_000)
    rest = len(GOOD) - 70_000
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda path: usage(0, 0, rest - 1))
    web.plan(Answer())
    with pytest.raises(
        DataError, match=rf"{rest:,} bytes are needed to download the .* \(70,000 are kept\), but only {rest - 1:,}"
    ):
        get()
    assert (folder / PART).stat().st_size == 70_000


@pytest.mark.parametrize("where", ["open", "replace"])
def test_a_disk_that_fails_is_no_reason_to_blame_the_archive(web, folder, get, monkeypatch, where):
    real = {"open": open, "replace": os.replace}[where]

    def fail(first, second):
        if ".h5" in Path(first).name:
            raise OSError(28, "No space left on device")
        return real(first, second)

    monkeypatch.setattr(archive if where == "open" else os, where, fail, raising=False)
    with pytest.raises(DataError, match="No space left on device"):
        get()
    assert {ARCHIVE, download.LOCK} <= _names(folder) <= {ARCHIVE, download.LOCK, layout.VOCABULARY}
    monkeypatch.undo()
    get()
    assert len(web.seen) == 1
    _check(folder)


def test_what_a_killed_process_had_begun_to_unpack_is_swept(web, folder, get):
    folder.mkdir(parents=True)
    (folder / ".train2014_vgg16_fc7.h5.unpacking").write_bytes(b"half")
    get()
    _check(folder)


# --- the hash --------------------------------------------------------------------------------------------------

OTHER = _zip(CONTENTS | {"readme": b"new"})


def test_another_archive_than_remembered(web, folder, get):
    get()
    date = json.loads((folder / RECORD).read_text())["date"]
    (folder / ARCHIVE).unlink()
    (folder / layout.CAPTIONS).unlink()
    web.data = OTHER
    for _ in range(2):  # the second time it is not stuck on the first one's archive
        web.seen.clear()
        with pytest.raises(DataError) as caught:
            get()
        assert len(web.seen) == 1
    message = str(caught.value)
    assert f"expected sha256 {_sha256(GOOD)} (as download.json remembers from {date}, {len(GOOD):,} bytes)" in message
    assert f"found {_sha256(OTHER)} ({len(OTHER):,} bytes). It was moved to {folder / BAD}" in message
    assert "If the archive was changed upstream on purpose, delete download.json, rename" in message
    assert "If not, run it again as it was, and the archive is downloaded afresh" in message
    assert not (folder / layout.CAPTIONS).exists()
    web.seen.clear()
    (folder / RECORD).unlink()  # the advice, followed
    (folder / BAD).rename(folder / ARCHIVE)
    get()
    assert web.seen == []
    _check(folder)


def test_an_archive_changed_on_disk_is_not_unpacked(web, folder, get):
    get()
    (folder / ARCHIVE).write_bytes(OTHER)
    with pytest.raises(DataError, match=rf"expected sha256 {_sha256(GOOD)} .* found {_sha256(OTHER)}"):
        get(fc7=True)
    get(fc7=True)
    assert len(web.seen) == 2
    _check(folder, set(CONTENTS))


def test_the_callers_hash_wins(web, folder, get):
    get()
    web.data = OTHER
    with pytest.raises(
        DataError, match=rf"expected sha256 {_sha256(OTHER)} \(as the caller asked\).*correct it, rename"
    ):
        get(sha256=_sha256(OTHER))  # the archive that lies there
    get(sha256=_sha256(OTHER).upper())
    assert len(web.seen) == 2
    assert json.loads((folder / RECORD).read_text())["sha256"] == _sha256(OTHER)
    get()
    get(sha256=_sha256(OTHER))
    assert len(web.seen) == 2
    _check(folder)


def test_a_hash_that_is_none_costs_no_download(web, folder, get):
    with pytest.raises(DataError, match="sha256 is 'abc': expected 64 hexadecimal digits"):
        get(sha256="abc")
    assert web.seen == [] and not folder.exists()


def test_an_archive_found_bad_later_is_no_longer_the_measure(web, folder, get):
    web.data = _flip(GOOD, "coco_captioning/val2014_vgg16_fc7.h5")
    get()  # which does not read that member
    with pytest.raises(
        DataError, match="not a whole zip archive at 'coco_captioning/val2014_vgg16_fc7.h5': Bad CRC-32"
    ):
        get(fc7=True)
    web.seen.clear()
    get()  # what is unpacked already is good
    assert web.seen == []
    words = CONTENTS[layout.VOCABULARY][::-1]
    web.data = _zip(CONTENTS | {layout.VOCABULARY: words})
    get(fc7=True)
    assert (folder / layout.VOCABULARY).read_bytes() == words  # every file is from one archive
    web.data = GOOD
    (folder / ARCHIVE).unlink()
    get(fc7=True, sha256=_sha256(GOOD))
    _check(folder, set(CONTENTS))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"url": "", "date": "", "bytes": 1, "sha256": 1, "files": {}}'])
def test_a_record_that_cannot_be_read(web, folder, get, text):
    folder.mkdir(parents=True)
    (folder / RECORD).write_text(text)
    with pytest.raises(DataError, match=r"download.json: expected what an earlier download has written.*Delete it"):
        get()
    assert web.seen == []


def test_a_folder_that_cannot_be_made(tmp_path, web):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="File exists|Not a directory"):
        download_coco(tmp_path / "file", url=web.url, progress=False)
