"""A student's day on the unzipped release, in JupyterLab and Notebook in a real browser; and docs/students.md."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from autograder import session, trial
from autograder.problem_set import ROOT, load
from autograder.release import release
from tests.browser import Browser
from unroll import data
from unroll.data.place import data_root

PS1 = load("ps1_rnn")
GUIDE = (ROOT / "docs" / "students.md").read_text(encoding="utf-8")
BLOCKS = [re.sub("(?m)^    ", "", block).strip() for block in re.findall(r"(?:^(?:    .*|)\n)+", GUIDE, re.M)]
INLINE = re.findall(r"`([^`\n]+)`", GUIDE)
COMMANDS = next(block for block in BLOCKS if block.startswith("pip install")).splitlines()
TOKEN = "a-token-for-this-test"
WRONG = PS1.reference.cells["rnn_backward_solution"].replace("dh[:, t] + dprev_h", "dh[:, t]")
ENDLESS = "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    while True:\n        pass"
PROGRESS = "import unroll\nunroll.progress()"
FIGURE = """image => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  return [image.alt, image.naturalWidth, [...pen.getImageData(0, 0, 1, 1).data]];
}"""
COLOURS = """element => {
  const text = getComputedStyle(element).color;
  let ground;
  do {
    ground = getComputedStyle(element).backgroundColor;
    element = element.parentElement;
  } while (element && ground === "rgba(0, 0, 0, 0)");
  return [text, ground];
}"""


@pytest.fixture(scope="module")
def unzipped(tmp_path_factory):
    """The folder that a student has after unzipping, with the zip beside it."""
    folder = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(release(PS1.name, course=folder / "course", out=folder)) as z:
        z.extractall(folder)
    return folder / PS1.name


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A student's own home and settings; the small data set stands for the one that is built on first use."""
    data.ensure("tiny")
    ours = ("JUPYTER", "IPYTHON", "UNROLL", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    home = tmp_path_factory.mktemp("home")
    return {**kept, "PATH": path, "HOME": str(home), "UNROLL_DATA": str(data_root()), "UNROLL_DATA_SIZE": "tiny"}


def wear(theme: str, environment: dict) -> None:
    """Choose the theme of the pages that are loaded from now on, as the menu Settings does."""
    folder = Path(environment["HOME"]) / ".jupyter/lab/user-settings/@jupyterlab/apputils-extension"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "themes.jupyterlab-settings").write_text(json.dumps({"theme": theme}))


@pytest.fixture(scope="module")
def server(unzipped, environment):
    """The guide's own command, with what a machine without a screen needs; gives the server's address."""
    program, *arguments = shlex.split(COMMANDS[1])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments += ["--no-browser", "--allow-root", f"--port={port}", "--port-retries=0"]
    command = [shutil.which(program, path=environment["PATH"]), *arguments, f"--IdentityProvider.token={TOKEN}"]
    with (unzipped.parent / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=unzipped, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(300):
            try:
                urlopen(f"http://127.0.0.1:{port}/api").close()
                break
            except OSError:
                assert process.poll() is None, (unzipped.parent / "server.log").read_text()
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def browser(server, tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser"), (server, "data:", "blob:")) as browser:
        browser.call("Emulation.setDeviceMetricsOverride", width=1400, height=1000, deviceScaleFactor=1, mobile=False)
        yield browser


class Page:
    """A notebook in a browser, handled with mouse and keys."""

    def __init__(self, browser: Browser, address: str):
        self.browser = browser
        browser.visit(f"{address}?token={TOKEN}", 0.2)
        ready = "document.querySelectorAll('.jp-CodeCell').length > 20 && !document.querySelector('#jupyterlab-splash')"
        self.until(ready)
        self.until("document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status == 'idle'")
        browser._listen(0.5)

    def until(self, script: str, seconds: float = 60) -> object:
        """The value of an expression once it is true."""
        end = time.monotonic() + seconds
        while not (value := self.browser.run(script)):
            assert time.monotonic() < end, f"{script} stayed {value!r}"
            self.browser._listen(0.2)
        return value

    @staticmethod
    def cell(start: str) -> str:
        """The code cell whose text starts so, as an expression."""
        text = "[...cell.querySelectorAll('.cm-line')].map(line => line.textContent).join('\\n')"
        cells = "[...document.querySelectorAll('.jp-CodeCell')]"
        return f"{cells}.find(cell => {text}.startsWith({json.dumps(start)}))"

    def click(self, element: str) -> None:
        place = f"(r => [r.x + Math.min(r.width / 2, 60), r.y + r.height / 2])({element}.getBoundingClientRect())"
        x, y = self.browser.run(place)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, command: str) -> None:
        self.click(f"document.querySelector('.jp-NotebookPanel-toolbar [data-command=\"notebook:{command}\"]')")

    def key(self, key: str, code: int, modifiers: int = 0, text: str = "") -> None:
        what = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.browser.call("Input.dispatchKeyEvent", type="keyDown", **what, **({"text": text} if text else {}))
        self.browser.call("Input.dispatchKeyEvent", type="keyUp", **what)

    def enter(self, start: str) -> None:
        """Click into the text of a cell."""
        self.browser.run(f"{self.cell(start)}.scrollIntoView({{block: 'start'}})")
        self.browser._listen(0.3)
        self.click(f"{self.cell(start)}.querySelector('.cm-line')")

    def paste(self, text: str) -> None:
        """In place of all that the cell holds."""
        self.key("a", 65, modifiers=2)
        board = f"(d => (d.setData('text/plain', {json.dumps(text)}), d))(new DataTransfer())"
        event = f"new ClipboardEvent('paste', {{clipboardData: {board}, bubbles: true, cancelable: true}})"
        self.browser.run(f"void document.activeElement.dispatchEvent({event})")

    def write_and_run(self, start: str, text: str) -> None:
        self.enter(start)
        self.paste(text)
        self.run()

    def run(self) -> None:
        """Shift and Enter."""
        self.key("Enter", 13, modifiers=8, text="\r")

    def add_below_and_run(self, start: str, text: str) -> None:
        self.enter(start)
        self.key("Escape", 27)
        self.press("insert-cell-below")
        self.until("document.querySelector('.jp-CodeCell.jp-mod-active .cm-content')?.textContent === ''")
        self.key("Enter", 13, text="\r")
        self.until("document.activeElement.matches('.cm-content')")
        self.paste(text)
        self.run()

    def restart_and_run_all(self) -> None:
        self.press("restart-run-all")
        self.until("!!document.querySelector('.jp-Dialog .jp-mod-accept')")
        self.browser.run("document.querySelector('.jp-Dialog .jp-mod-accept').click()")
        self.until("!document.querySelector('.jp-Dialog')")

    def output(self, start: str, wanted: str) -> str:
        """What stands below a cell, once `wanted` is in it."""
        shown = f"({self.cell(start)}?.querySelector('.jp-OutputArea')?.textContent || '')"
        return self.until(f"{shown}.includes({json.dumps(wanted)}) && {shown}")

    def figure(self, start: str) -> list:
        """The figure below a cell: its words, its width, and the colour of its corner: [red, green, blue, alpha]."""
        image = f"{self.cell(start)}?.querySelector('.jp-OutputArea img')"
        self.until(f"({image})?.naturalWidth > 0")
        return self.browser.run(f"({FIGURE})({image})")


def contrast(page: Page, element: str) -> float:
    """Of a text with the ground it stands on, by WCAG: 1 to 21."""
    colours = page.browser.run(f"({COLOURS})({element})")
    light = []
    for colour in colours:
        parts = [int(p) / 255 for p in re.findall(r"\d+", colour)[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        light.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(light) + 0.05) / (min(light) + 0.05)


def fill_in(notebook: Path, target: Path, *, without: str) -> None:
    """The released notebook with all functions of the solution but one."""
    nb = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in nb["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if grade_id in PS1.reference.cells and grade_id != f"{without}_solution":
            cell["source"] = PS1.reference.cells[grade_id]
    target.write_text(json.dumps(nb), encoding="utf-8")


def test_jupyterlab_from_a_wrong_function_to_the_end_of_the_notebook(unzipped, server, browser, environment):
    fill_in(unzipped / f"{PS1.name}.ipynb", unzipped / "nearly.ipynb", without="rnn_backward")
    wear("JupyterLab Light", environment)
    page = Page(browser, f"{server}/lab/tree/nearly.ipynb")
    page.write_and_run("def rnn_backward(dh, cache)", WRONG)
    page.restart_and_run_all()
    report = page.output("check(rnn_backward)", "CheckFailed: ")
    example = next(block for block in BLOCKS if block.startswith("rnn_backward\n"))
    assert report.startswith(f"{example}\n"), report
    assert report.endswith("CheckFailed: rnn_backward: dx, dh0, dWx, dWh, db are not right yet; see the lines above")
    words, width, _ = page.figure("check(rnn_backward)")
    assert words == "dx is wrong by time step at 0, 1, 2, and right elsewhere." and width > 200
    assert not page.browser.run(
        f"!!{page.cell('check(rnn_backward_truncated)')}.querySelector('.jp-OutputArea-output')"
    )

    page.write_and_run("def rnn_backward(dh, cache)", PS1.reference.cells["rnn_backward_solution"])
    page.run()
    page.output("check(rnn_backward)", "All good.")
    page.restart_and_run_all()
    assert page.figure("def train_echo")[0].startswith("Loss per step over 400 iterations, four curves.")
    figures = page.browser.run("[...document.querySelectorAll('.jp-OutputArea img')].map(i => i.alt.length)")
    nb = json.loads((unzipped / f"{PS1.name}.ipynb").read_text(encoding="utf-8"))
    assert len(figures) == sum("plots.show(" in "".join(cell["source"]) for cell in nb["cells"]) and min(figures) > 80
    assert not page.browser.run("[...document.querySelectorAll('[data-mime-type*=stderr]')].length")
    page.add_below_and_run("check(rnn_backward_truncated)", PROGRESS)
    shown = page.output(PROGRESS, "check(f) says what is wrong with f.")
    assert shown.count("  done  ") == 11 and "70 of 70 points" in shown
    assert not browser.dialogs
    assert not [url for url in browser.requests if not url.startswith((server, "data:", "blob:"))]


def test_notebook_in_the_dark_from_stubs_to_a_first_function_and_an_interruption(
    unzipped, server, browser, environment
):
    shutil.copy(unzipped / f"{PS1.name}.ipynb", unzipped / "fresh.ipynb")
    wear("JupyterLab Dark", environment)
    page = Page(browser, f"{server}/notebooks/fresh.ipynb")
    assert page.browser.run("document.body.dataset.jpThemeLight") == "false"
    page.restart_and_run_all()
    page.output("check(VanillaRNN)", "CheckFailed: VanillaRNN.__init__ is not written yet")
    words, width, corner = page.figure("data = load_coco_data()")
    assert words.startswith("Six scenes, each with captions.") and width > 600
    assert corner == [255, 255, 255, 255]  # figures bring their own ground: dark lines stay readable
    page.write_and_run("def rnn_step_forward", PS1.reference.cells["rnn_step_forward_solution"])
    page.run()
    page.output("check(rnn_step_forward)", "All good.")
    page.add_below_and_run("check(rnn_step_forward)", PROGRESS)
    shown = page.output(PROGRESS, "5 of 70 points")
    assert "  done       rnn_step_forward           5 of  5\n" in shown
    assert "  not tried  rnn_forward                0 of  6  not defined: run its cell first\n" in shown
    assert contrast(page, f"{page.cell(PROGRESS)}.querySelector('.jp-OutputArea pre')") > 7

    page.write_and_run("def rnn_step_forward", ENDLESS)
    page.write_and_run(PROGRESS, f"{PROGRESS}  # once more")
    page.output(PROGRESS, "trying rnn_step_forward")
    page.press("interrupt-kernel")
    shown = page.output(PROGRESS, "and count its steps.")
    assert "  stopped    rnn_step_forward           0 of  5  interrupted\n" in shown
    assert re.search(r"Interrupted after \d+ s, while rnn_step_forward was tried\.", shown)
    assert "trying" not in shown


def test_the_first_command_asks_for_what_the_tests_run_with(unzipped, environment):
    """Its requirements are met here, so pip needs no network to say so."""
    assert COMMANDS == ["pip install -r requirements.txt", f"jupyter lab {PS1.name}.ipynb"]
    command = [sys.executable, "-m", *shlex.split(COMMANDS[0]), "--dry-run", "--no-index"]
    done = subprocess.run(command, cwd=unzipped, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Requirement already satisfied") >= 8 and "Would install" not in done.stdout


def test_an_environment_of_its_own(tmp_path):
    made, entered = (f"{command}\n" for command in INLINE if "venv" in command and "\\" not in command)
    script = made.replace("\n", " --without-pip\n") + entered + "command -v python"  # pip would take seconds
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "-ec", script]
    done = subprocess.run(command, cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True, timeout=60)
    assert done.stdout == f"{tmp_path}/.venv/bin/python\n", done.stderr


def test_students_install_only_what_the_helper_imports(unzipped):
    asked = {re.split("[<>=;]", line)[0] for line in (unzipped / "requirements.txt").read_text().splitlines()}
    text = "\n".join(p.read_text(encoding="utf-8") for p in (unzipped / "unroll").rglob("*.py"))
    imported = set(re.findall(r"^ *(?:import|from) (\w+)", text, re.M))
    assert asked - imported == {"jupyterlab", "pillow"} and "PIL" in imported


def test_a_notebook_opened_alone_as_on_colab(unzipped, tmp_path, environment):
    """The zip is uploaded beside it; the guide's lines make the notebook work."""
    lines = next(block for block in BLOCKS if block.startswith("!python"))
    shutil.copy(unzipped.parent / "dist" / f"{PS1.name}.zip", tmp_path)
    solution = PS1.reference.cells["rnn_step_forward_solution"]
    where = "import unroll\nprint(unroll.__file__)"
    (install,) = (command for command in INLINE if command.startswith("%"))
    install = f"{install} --dry-run --no-index"  # all is there: no network needed to say so
    texts = [lines, PS1.reference.cells["setup"], where, solution, "check(rnn_step_forward)", PROGRESS, install]
    nb = new_notebook(cells=[new_code_cell(text) for text in texts])
    client = NotebookClient(nb, timeout=60, resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env=environment)
    printed = ["".join(output.get("text", "") for output in cell.outputs) for cell in nb.cells]
    assert printed[2].strip() == str(tmp_path / PS1.name / "unroll" / "__init__.py")
    assert printed[4].endswith("  All good.\n")
    assert "  5 of 70 points" in printed[5]
    assert printed[6].count("Requirement already satisfied") >= 8 and "ERROR" not in printed[6]


def test_the_guide_says_what_is_so():
    """Numbers and messages in the guide, held against the code that makes them."""
    flat = " ".join(GUIDE.split())
    least, most = trial.CALL_SECONDS
    assert f"at least {least:g} and at most {most:g} seconds" in flat
    assert f"a cell of your own has {session.CELL_SECONDS:g}" in flat
    listing = next(block for block in BLOCKS if block.startswith(f"{PS1.name}: your points"))
    rows = re.findall(r"^(?:done|not yet|not tried) +(\w+) +\d+ of +(\d+)", re.sub("(?m)^ +", "", listing), re.M)
    assert rows == [(name, f"{points:g}") for name, points in list(PS1.points.items())[:4]]
    python = re.search(r"requires-python = \">=([\d.]+)\"", (ROOT / "pyproject.toml").read_text())[1]
    assert f"Python {python} or newer" in flat
    for message in ("No module named 'unroll'", "expected expected.h5 beside the notebook"):
        assert message in flat
