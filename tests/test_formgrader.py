"""formgrader in a real browser and through its own buttons: it shows the class, and grades as we do."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from autograder.classroom import demo, gradebook, rubric
from autograder.problem_set import ROOT, load

PS = demo.PROBLEM_SET
TOKEN = "a-token-for-this-test"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Server:
    """A Jupyter server with formgrader on one course."""

    def __init__(self, root: Path, home: Path):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.root, self.log = root, home / "server.log"
        config = {"ServerApp": {"jpserver_extensions": {"nbgrader.server_extensions.formgrader": True}}}
        (home / "jupyter_server_config.json").write_text(json.dumps(config))
        command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={self.port}"]
        command += ["--port-retries=0", f"--IdentityProvider.token={TOKEN}", "--ServerApp.root_dir=/"]
        environment = {**os.environ, "UNROLL_COURSE": str(root), "JUPYTER_CONFIG_DIR": str(home)}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def request(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, headers={"Authorization": f"token {TOKEN}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def wait(self) -> None:
        for _ in range(300):
            if self.process.poll() is not None:
                break
            try:
                if self.request("GET", "/api")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        pytest.fail(f"the Jupyter server did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


@pytest.fixture(scope="module")
def server(graded_class, tmp_path_factory):
    home = tmp_path_factory.mktemp("formgrader")
    server = Server(graded_class.copy(home / "course"), home)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def browse(server: Server, path: str, tmp_path: Path, *, picture: Path | None = None) -> str:
    """The page as it stands in a browser after its scripts have run; also as a picture if wanted."""
    if BROWSER is None:
        pytest.skip("needs a browser: install chromium (apt install chromium)")
    what = [f"--screenshot={picture}", "--window-size=1400,1600"] if picture else ["--dump-dom"]
    quiet = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    options = [*quiet.split(), "--disable-component-update", "--disable-sync", "--virtual-time-budget=15000"]
    # The login page sets a cookie for all paths; formgrader's own pages set it for themselves only.
    url = f"http://127.0.0.1:{server.port}/login?token={TOKEN}&next={quote(path, safe='')}"
    command = [BROWSER, *options, f"--user-data-dir={tmp_path / 'profile'}", *what, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=120).stdout


def test_a_browser_shows_the_class_and_its_scores(server, graded_class, tmp_path):
    page = browse(server, f"/formgrader/manage_submissions/{PS}", tmp_path)
    for student in graded_class.outcomes:
        assert student in page, student
    assert "70 / 100" in page  # avocet: all checks; 30 points are for written answers
    assert "59.8 / 100" in page
    assert PS in browse(server, "/formgrader/manage_assignments", tmp_path)


def test_a_browser_shows_a_submission(server, tmp_path):
    with gradebook.open_gradebook(server.root) as book:
        submission = book.find_submission_notebook(PS, PS, "egret").id
    page = browse(server, f"/formgrader/submissions/{submission}/", tmp_path)
    assert "59.8 of 70 points in 11 automatic checks" in page
    assert "recurrent gradient missing" in page
    assert 'id="rnn_backward"' in page  # the box in which a TA may change the points


def test_a_browser_shows_the_rubric_beside_each_written_answer(server, tmp_path):
    with gradebook.open_gradebook(server.root) as book:
        submission = book.find_submission_notebook(PS, PS, "egret").id
    page = browse(server, f"/formgrader/submissions/{submission}/", tmp_path)
    written = load(PS).written
    assert page.count(f"<strong>{rubric.HEADING}</strong>") == len(written) >= 3
    for name, points in written.items():
        box = page.index(f'id="{name}"')  # the box for its points
        assert page.index(f"Rubric ({points:g} points)", box) > 0


def test_students_never_see_the_rubric(graded_class):
    pages = [*graded_class.root.glob("feedback/*/*/*.html")]
    assert len(pages) > 10
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert rubric.HEADING not in text and "Rubric (" not in text
    assert set(rubric.answers(PS)) == set(load(PS).written) and rubric.answers("ps99_none") == {}


def test_formgraders_autograde_button_gives_the_same_score(server, graded_class):
    path = f"/formgrader/api/submission/{PS}"
    assert json.loads(server.request("GET", f"{path}/egret")[1])["autograded"] is True
    shutil.rmtree(server.root / "autograded" / "egret")
    shutil.rmtree(server.root / "results")
    for student in ("egret", "martin"):
        status, body = server.request("POST", f"{path}/{student}/autograde")
        assert status == 200 and json.loads(body)["success"] is True, body
    graded = json.loads(server.request("GET", f"{path}/egret")[1])
    assert graded["score"] == pytest.approx(graded_class.outcomes["egret"].result.points)
    assert graded["needs_manual_grade"] is True  # the written answers
    assert json.loads(server.request("GET", f"{path}/martin")[1])["needs_manual_grade"] is True


def test_strangers_are_asked_for_the_token(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/formgrader/api/submissions/" + PS)
    assert connection.getresponse().status in (302, 403)
