"""Pictures by reference, with real servers that are gone, slow, or give something else."""

from __future__ import annotations

import http.server
import io
import socket
import threading
import time

import numpy as np
import pytest
from PIL import Image

from unroll import pictures
from unroll.pictures import image_from_url, placeholder


class _Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/slow":
            self.send_response(200)
            self.end_headers()
            for _ in range(50):
                time.sleep(0.05)
                try:
                    self.wfile.write(b".")
                except OSError:
                    return
        elif self.path in ("/picture.png", "/moved-here"):
            self._send(_png())
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/moved-here")
            self.end_headers()
        elif self.path == "/page":
            self._send(b"<html>This photo is no longer available</html>")
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(_png()[:40])
        elif self.path == "/huge":
            self._send(b"x" * 200_000)
        else:
            self.send_error(404)

    def _send(self, content: bytes):
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


def _png() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (9, 6), (20, 200, 30)).save(content, "png")
    return content.getvalue()


@pytest.fixture(scope="module")
def site():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def reasons(monkeypatch):
    """What the cards say."""
    said = []
    monkeypatch.setattr(
        pictures, "placeholder", lambda reason, caption=None: said.append((reason, caption)) or np.zeros((2, 2, 3))
    )
    return said


@pytest.mark.parametrize("path", ["/picture.png", "/moved"])
def test_a_picture_from_the_web(site, path):
    picture = image_from_url(site + path)
    assert picture.shape == (6, 9, 3) and picture.dtype == np.uint8 and picture[0, 0].tolist() == [20, 200, 30]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/gone", "the server says 404"),
        ("/page", "the link gives something else"),
        ("/cut", "the link gives something else"),
        ("/slow", "the server did not answer in time"),
        ("/huge", "it is too large"),
    ],
)
def test_why_there_is_no_picture(site, reasons, monkeypatch, path, reason):
    monkeypatch.setattr(pictures, "TIMEOUT", 0.3)
    monkeypatch.setattr(pictures, "_LARGEST", 100_000)
    begun = time.monotonic()
    image_from_url(site + path, "a dog")
    assert reasons == [(reason, "a dog")] and time.monotonic() - begun < 2


def test_no_server_and_no_name(reasons):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/1.jpg", "http://images.invalid/1.jpg"):
        image_from_url(url)
    assert reasons == [("the server cannot be reached", None)] * 2


def test_a_server_that_says_nothing(reasons, monkeypatch):
    monkeypatch.setattr(pictures, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        image_from_url(f"http://127.0.0.1:{silent.getsockname()[1]}/1.jpg")
    assert reasons == [("the server did not answer in time", None)]


def test_links_that_are_none():
    with pytest.raises(ValueError, match="expected a file:// or http"):
        image_from_url("ftp://images.invalid/1.jpg")


def test_the_card_shows_the_caption_inside_its_frame():
    bare, said = placeholder("gone"), placeholder("gone", "a small brown dog in the snow")
    assert bare.shape == said.shape == (240, 320, 3) and bare.dtype == np.uint8
    assert not np.array_equal(said, placeholder("gone", "a large black cat on the sofa"))
    long = placeholder("the server did not answer in time", "a very long caption " * 40)
    for card in (bare, said, long):
        assert len(np.unique(card.reshape(-1, 3)[np.r_[:320]], axis=0)) == 1  # nothing written over the edge
        margin = np.concatenate([card[:, :8].reshape(-1, 3), card[:, -8:].reshape(-1, 3)])
        assert margin.min() > 180
        assert (card < 120).any()  # dark letters
