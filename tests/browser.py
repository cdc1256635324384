"""A real browser, watched: every dialog it opens, every request it makes, what its pages became."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
import websocket

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
QUIET += " --disable-component-update --disable-sync --remote-debugging-port=0"


class Browser:
    """Chromium, steered through its own debugging protocol. A context manager.

    dialogs: the texts of alert, confirm, prompt. requests: addresses that were asked for. Only those that start with
    an entry of `allowed` are let through; to those in `answers` (start of an address -> folder) a file is the answer.
    """

    def __init__(self, folder: Path, allowed: tuple[str, ...], answers: dict[str, Path] | None = None):
        if PROGRAM is None:
            pytest.skip("needs a browser: install chromium (apt install chromium)")
        self.allowed, self.answers = allowed, answers or {}
        self.dialogs: list[str] = []
        self.requests: list[str] = []
        profile = folder / "profile"
        command = [PROGRAM, *QUIET.split(), f"--user-data-dir={profile}", "about:blank"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._number, self._loaded = 0, 0
        port = self._port(profile / "DevToolsActivePort")
        with urlopen(f"http://127.0.0.1:{port}/json") as answer:
            page = next(target for target in json.load(answer) if target["type"] == "page")
        self.socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=60, suppress_origin=True)
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")
        self.call("Fetch.enable", patterns=[{"urlPattern": "*"}])

    def _port(self, path: Path) -> int:
        for _ in range(600):
            if path.is_file() and path.read_text().strip():
                return int(path.read_text().split()[0])
            time.sleep(0.1)
        pytest.fail("the browser did not start")

    def call(self, method: str, **parameters) -> dict:
        """A command of the protocol, and its result; what happens meanwhile is noted."""
        number = self._send(method, parameters)
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self._note(message)

    def _send(self, method: str, parameters: dict) -> int:
        self._number += 1
        self.socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        return self._number

    def _note(self, message: dict) -> None:
        parameters = message.get("params", {})
        match message.get("method"):
            case "Page.javascriptDialogOpening":
                self.dialogs.append(parameters["message"])
                self._send("Page.handleJavaScriptDialog", {"accept": True})
            case "Page.loadEventFired":
                self._loaded += 1
            case "Fetch.requestPaused":
                self._decide(parameters["requestId"], parameters["request"]["url"])

    def _decide(self, request: str, url: str) -> None:
        self.requests.append(url)
        for start, folder in self.answers.items():
            file = folder / url.removeprefix(start).partition("?")[0]
            if url.startswith(start) and file.is_file():
                headers = [{"name": "Access-Control-Allow-Origin", "value": "*"}]
                answer = {"body": base64.b64encode(file.read_bytes()).decode(), "responseHeaders": headers}
                self._send("Fetch.fulfillRequest", {"requestId": request, "responseCode": 200, **answer})
                return
        if url.startswith(self.allowed):
            self._send("Fetch.continueRequest", {"requestId": request})
        else:
            self._send("Fetch.failRequest", {"requestId": request, "errorReason": "AddressUnreachable"})

    def visit(self, url: str, seconds: float = 1.0) -> None:
        """Load a page, and wait for what its scripts may do."""
        before = self._loaded
        self.call("Page.navigate", url=url)
        end = time.monotonic() + 60
        while self._loaded == before:
            assert time.monotonic() < end, f"{url} did not load"
            self._listen(0.2)
        self._listen(seconds)

    def _listen(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                self._note(json.loads(self.socket.recv()))
            except websocket.WebSocketTimeoutException:
                break
        self.socket.settimeout(60)

    def run(self, script: str) -> object:
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, userGesture=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, text: str) -> str:
        """The page's text, once `text` is in it."""
        end = time.monotonic() + 60
        while text not in (shown := self.run("document.body.innerText")):
            assert time.monotonic() < end, f"{text!r} did not appear in {shown!r}"
            self._listen(0.2)
        return shown

    def touch_everything(self, seconds: float = 1.0) -> None:
        """Point at every element, focus it, open it, click it, but for buttons and links to the web."""
        self.run(TOUCH)
        self._listen(seconds)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


TOUCH = """
for (const element of document.querySelectorAll("body *")) {
  for (const kind of ["mouseover", "mouseenter", "pointerenter", "focus", "toggle", "animationstart", "wheel"])
    element.dispatchEvent(new Event(kind, {bubbles: true}));
  const address = (element.getAttribute("href") || element.getAttribute("xlink:href") || "").trim();
  if (element.tagName != "BUTTON" && !/^(https?:|mailto:|[/#.])/i.test(address))
    element.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}));
}
"""
