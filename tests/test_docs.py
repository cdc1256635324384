"""The guides: every command in them is run, every link leads somewhere, and what they show is what comes out.

A new command needs a place in RUN, TESTED or NOT_HERE, or a test here fails.
"""

import argparse
import contextlib
import csv
import io
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from nbgrader.apps.nbgraderapp import NbGraderApp

from autograder.__main__ import main
from autograder.check import STATUSES, OutputVerdict, Result, Verdict
from autograder.classroom import demo, gradebook, report
from autograder.jail import Jail, JailUnavailable
from autograder.problem_set import ROOT
from autograder.submission.plain_text import in_words

PS = demo.PROBLEM_SET
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES = [*GUIDES, *(ROOT / name for name in ("CHANGELOG.md", "SECURITY.md", "data/README.md", "bench/README.md"))]
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PAGES}
TAS, INSTRUCTORS = TEXTS["docs/teaching_assistants.md"], TEXTS["docs/instructors.md"]
GRADING = TEXTS["docs/how_grading_works.md"]
PROGRAMS = (
    "make python .venv/bin/python .venv/bin/ruff .venv/bin/jupyter nbgrader pip git apt-get jupyter dask createdb "
    "export source mkdir tar unzip conda cp cd ruff pytest bash"
).split()
STUDENTS = ("avocet", "egret", "martin")  # of the demo class, in the course of these tests
EXCHANGE = "/srv/nbgrader/exchange"  # in the guides

# In this order: the command -> what it prints; "" also where nbgrader's log cannot be caught, of a command run twice.
# First in a course without submissions, then in one with those of STUDENTS too.
WITH_EXCHANGE = {
    "mkdir -p ~/rnn101": "",
    "source .venv/bin/activate": "",
    "export UNROLL_COURSE=~/rnn101": "",
    "nbgrader release_assignment ps1_rnn": "Released as: rnn101 ps1_rnn",
    "nbgrader release_assignment ps1_rnn --force": "",
    "nbgrader fetch_assignment ps1_rnn": "Fetched as: rnn101 ps1_rnn",
    "nbgrader submit ps1_rnn": "Submitted as: rnn101 ps1_rnn",
    "nbgrader collect ps1_rnn": "Collecting submission",
    "nbgrader collect ps1_rnn --update": "",
    "make grade": "0 / 70",
    "make feedback": "Feedback pages: ",
    "nbgrader release_feedback ps1_rnn": "Feedback released to:",
}
RUN = {
    "nbgrader zip_collect ps1_rnn": "submitted/4211/ps1_rnn/ps1_rnn.ipynb",
    "nbgrader db student import students.csv": "Creating/updating Student with id '4211'",
    'nbgrader db assignment add ps1_rnn --duedate "2026-11-20 18:00:00 UTC"': "Creating/updating assignment",
    "make grade PREVIEW=1": "Nothing was recorded. To record it",
    "python -m autograder grade ps1_rnn --student egret": "59.8 / 70",
    "python -m autograder grade ps1_rnn --student egret --fresh": "59.8 / 70",
    "python -m autograder grade ps1_rnn --file ~/rnn101/submitted/egret/ps1_rnn/ps1_rnn.ipynb --student egret": (
        "59.8 of 70 points"
    ),
    "python -m autograder grade ps1_rnn --file FILE --only rnn_backward --seed SEED": "Seed of the inputs: 12345",
    "python -m autograder grade ps1_rnn --file FILE --json": '"max_points": 70.0',
    "make report": "Mistakes of the class",
    "nbgrader export --to all_grades.csv": "Exporting grades",
    "make similar": "Likeness is no proof",
    "python -m autograder similar ps1_rnn": "Likeness is no proof",
    'python -m autograder canvas ps1_rnn export.csv --assignment "Problem set 1"': "to be imported in Canvas",
    "python -m autograder gradescope ps1_rnn": "show it to nobody who hands in",
    "python -m autograder gradescope ps1_rnn --unsafe-no-sandbox": "WITHOUT ISOLATION",
    "tar -C ~/rnn101 -czf ~/rnn101-backup.tar.gz submitted gradebook.db .unroll_secret": "",
}

# The command -> the test that does what it does: it would change this repository, take minutes, or need a server.
TESTED = {
    "make demo": "tests/test_demo.py::test_the_table_and_the_csv_say_it_all",
    "make doctor": "tests/test_cli.py::test_doctor_says_the_level",
    "make lab": "tests/test_docs.py::test_make_lab_opens_formgrader_on_the_course",
    "make verify PS=ps1_rnn": "tests/test_verify.py::test_a_sound_problem_set_has_nothing_to_put_right",
    "make verify PS=ps2_lstm": "tests/test_verify.py::test_a_sound_problem_set_has_nothing_to_put_right",
    "make verify PS=ps2_lstm ONLY=layer_norm_forward": (
        "tests/test_new_question.py::test_the_question_of_the_guide_has_nothing_to_put_right"
    ),
    "python -m autograder verify --quick": "tests/test_verify.py::test_several_sets_end_in_a_summary",
    "make release PS=ps1_rnn": "tests/test_release.py::test_releasing_twice_gives_the_same_bytes",
    "make release PS=ps2_lstm": "tests/test_release.py::test_assignments_are_in_step_with_solutions",
    "python -m autograder release": "tests/test_release.py::test_assignments_are_in_step_with_solutions",
    ".venv/bin/python -m autograder new-question ps2_lstm layer_norm_forward --points 3 --after gru_backward": (
        "tests/test_new_question.py::test_the_command_of_the_guide_fits_the_command_line_and_the_set"
    ),
    'python -m autograder new-set ps7_attention --title "Problem set 7: attention"': (
        "tests/test_new_set.py::test_it_has_nothing_to_put_right"
    ),
    "make grade CLUSTER=tcp://HOST:8786": "tests/test_cluster.py::test_the_same_reports_as_locally",
    "dask scheduler": "tests/test_cluster.py::test_the_same_reports_as_locally",
    "dask worker tcp://HOST:8786 --nthreads 1 --nworkers CORES": (
        "tests/test_cluster.py::test_the_same_reports_as_locally"
    ),
    "createdb grades": "tests/test_postgres.py::test_the_rows_are_those_of_sqlite",
    "export UNROLL_GRADEBOOK=postgresql://USER@HOST/grades": (
        "tests/test_postgres.py::test_the_course_in_this_repository"
    ),
}

NOT_HERE = {
    "make test": "it is what runs this test",
    ".venv/bin/python -m pytest tests/test_cli.py": "it is part of what runs this test",
    ".venv/bin/ruff check && .venv/bin/ruff format --check && .venv/bin/mypy autograder unroll": "tests/test_house.py",
    "pip install -e '.[postgres]'": "network",
    "pip install -r requirements.txt": "network",
    "apt-get install bubblewrap": "network, and it would change the machine",
    "git clone ... unroll && cd unroll && python -m venv .venv && .venv/bin/pip install --editable '.[cluster]'": (
        "network"
    ),
    "!python -m zipfile -e ps1_rnn.zip .": "Colab; what is in the zip is tested in tests/test_release.py",
    "jupyter lab ps1_rnn.ipynb": "a student's own JupyterLab; the notebook itself is run in tests/test_notebooks.py",
}


def outside_code(text):
    """The text without fenced blocks, and those blocks as (language, text)."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), blocks


def commands():
    """Every command that stands on a line of its own, without its comment, and the pages it stands on."""
    found = {}
    for page in GUIDES:
        name = page.relative_to(ROOT).as_posix()
        prose, blocks = outside_code(TEXTS[name])
        lines = [line[4:] for line in prose.splitlines() if line.startswith("    ")]
        lines += [line for language, block in blocks if language in ("", "bash", "sh") for line in block.splitlines()]
        for line in lines:
            command = re.sub(r"\s+# .*", "", line).strip()
            if command.split(" ")[0].lstrip("!") in PROGRAMS:
                found.setdefault(command, []).append(name)
    return found


COMMANDS = commands()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_test_or_a_reason(command):
    places = [table for table in (WITH_EXCHANGE, RUN, TESTED, NOT_HERE) if command in table]
    assert len(places) == 1, f"{command!r} in {COMMANDS[command]}: put it into RUN, TESTED or NOT_HERE"


def test_no_table_names_a_command_that_no_page_has():
    assert {*WITH_EXCHANGE, *RUN, *TESTED, *NOT_HERE} - {*COMMANDS} == set()


@pytest.mark.parametrize("test", sorted(set(TESTED.values())))
def test_a_named_test_exists(test):
    file, name = test.split("::")
    assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


class Parsed(Exception):
    """The command line was understood."""


@pytest.mark.parametrize("command", [c for c in TESTED if "autograder " in c or c.startswith("make ")])
def test_a_command_that_is_tested_elsewhere_is_understood(command, monkeypatch):
    parse = argparse.ArgumentParser.parse_args

    def only_parse(self, arguments=None, namespace=None):
        parse(self, arguments, namespace)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", only_parse)
    for line in recipe(command) if command.startswith("make ") else [command]:
        if "-m autograder " in line:
            with pytest.raises(Parsed):
                main(shlex.split(line.partition("-m autograder ")[2]))


# A course, and everything that is run in it


@dataclass(frozen=True)
class Course:
    root: Path
    said: dict  # command -> (exit status, what it said)


def recipe(command):
    """The lines that `make` would run."""
    arguments = shlex.split(command)[1:]
    stamp = ["--old-file", f"{sys.prefix}/.installed", f"VENV={sys.prefix}"]
    done = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", *stamp, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if line]


def configuration(text):
    """The Python blocks of a guide that are a configuration of nbgrader."""
    return [block for language, block in outside_code(text)[1] if language == "python" and "get_config()" in block]


@pytest.fixture(scope="module")
def course(graded_class, tmp_path_factory):
    """A course with the configuration of the guides; all of WITH_EXCHANGE and RUN was run in it, in order."""
    home = tmp_path_factory.mktemp("docs")
    root, student, exchange = home / "rnn101", home / "student", home / "exchange"
    for path in (root, student, exchange):
        path.mkdir()
    shutil.copy(graded_class.root / ".unroll_secret", root)
    exchange.chmod(0o777)
    blocks = [*configuration(INSTRUCTORS), *configuration(TAS)]
    assert len(blocks) == 3
    (root / "nbgrader_config.py").write_text("\n".join(blocks).replace(EXCHANGE, str(exchange)))
    (student / "nbgrader_config.py").write_text(blocks[0].replace(EXCHANGE, str(exchange)))
    (home / "students.csv").write_text("id,first_name,last_name\n4211,Ada,Doe\n")
    (home / "export.csv").write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Problem set 1 (12)\n"
        "    Points Possible,,,,,100\n"
        '"Egret, Eli",1,e1,egret,A,\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        for name in ("COURSE", "UNROLL_COURSE"):
            patch.setenv(name, str(root))
        patch.setenv("HOME", str(home))
        patch.setenv("JUPYTER_DATA_DIR", str(home / "jupyter"))
        said = {command: run(command, home, root, student) for command in WITH_EXCHANGE}
        for name in STUDENTS:
            shutil.copytree(graded_class.root / "submitted" / name, root / "submitted" / name)
        shutil.copytree(graded_class.root / "results", root / "results", dirs_exist_ok=True)
        archive = root / "downloaded" / PS / "archive"
        archive.mkdir(parents=True)
        with zipfile.ZipFile(archive / "submissions.zip", "w") as z:
            z.write(graded_class.root / "submitted" / "crane" / PS / f"{PS}.ipynb", f"doeada_LATE_4211_90_{PS}-1.ipynb")
        assert main(["grade", PS]) == 0
        said |= {command: run(command, home, root, student) for command in RUN}
    return Course(root, said)


def run(command, home, root, student):
    """Exit status and output of a command of the guides; in this process where that can be, for speed."""
    words = {"FILE": str(root / "submitted" / "egret" / PS / f"{PS}.ipynb"), "SEED": "12345"}
    words |= {name: str(home / name) for name in ("students.csv", "export.csv", "all_grades.csv")}
    for name, value in words.items():
        command = re.sub(rf"(?<![\w/-]){re.escape(name)}(?!\w)", value, command)
    command = command.replace("~/rnn101", str(root))
    program, *arguments = shlex.split(command)
    if program == "nbgrader":
        return nbgrader(arguments, student if arguments[0] in ("fetch_assignment", "submit") else ROOT)
    if command == "make report":  # one target as make runs it
        stamp = ["--old-file", f"{sys.prefix}/.installed", f"VENV={sys.prefix}"]
        return finished(["make", "--no-print-directory", *stamp, "report"], cwd=ROOT)
    if program not in ("make", "python"):
        return finished(["bash", "-c", command.replace(".venv", sys.prefix)], cwd=ROOT)
    out, status = io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        for line in recipe(command) if program == "make" else [command]:
            _, is_ours, rest = line.partition(" -m autograder ")
            assert is_ours, line
            status = status or main(shlex.split(rest))
    return status, out.getvalue()


def nbgrader(arguments, folder):
    """A command of nbgrader in this process, as if it were typed in `folder`."""
    out, status = io.StringIO(), 0
    NbGraderApp.clear_instance()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            NbGraderApp.launch_instance(arguments)
        except SystemExit as end:
            status = end.code or 0
    NbGraderApp.clear_instance()
    return status, out.getvalue()


def finished(command, cwd):
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    return done.returncode, done.stdout


@pytest.mark.parametrize("command", [*WITH_EXCHANGE, *RUN])
def test_the_command_does_what_the_guide_says(course, command):
    status, said = course.said[command]
    assert status == 0, said
    assert {**WITH_EXCHANGE, **RUN}[command] in said


def test_the_course_holds_what_the_guides_name(course):
    names = {path.name for path in course.root.iterdir()}
    assert {"grades.csv", "class_report.html", "similar.csv", "grades_canvas.csv", f"gradescope_{PS}.zip"} <= names
    assert [*course.root.glob(f"feedback/*/{PS}/{PS}.html")]
    assert (course.root.parent / "rnn101-backup.tar.gz").stat().st_size > 10_000
    rows = list(csv.DictReader((course.root.parent / "all_grades.csv").open()))
    assert {*STUDENTS, "4211"} < {row["student_id"] for row in rows}
    assert {row["student_id"]: row["last_name"] for row in rows}["4211"] == "Doe"


def test_penalties_are_those_of_the_guide(course, tmp_path):
    """Ten percent for each day begun, until an extension covers it."""
    root = shutil.copytree(course.root, tmp_path / "course")
    for folder in (root / "submitted").iterdir():
        if folder.name != "egret":
            shutil.rmtree(folder)
    (root / "submitted" / "egret" / PS / "timestamp.txt").write_text("2026-11-21 20:00:00 UTC")
    shutil.rmtree(root / "autograded")
    assert main(["grade", PS, "--course", str(root)]) == 0
    with gradebook.open_gradebook(root) as book:
        found = book.find_submission(PS, "egret")
        assert found.late_submission_penalty == pytest.approx(0.2 * found.score, abs=0.01)
    shown = re.search(r"^    (student,problem_set,days)\n((?:    .+\n)+)", TAS, re.MULTILINE)
    lines = [shown[1], *(line.strip() for line in shown[2].splitlines())]
    (root / "extensions.csv").write_text("\n".join(lines).replace("ada,", "egret,"))
    assert main(["grade", PS, "--course", str(root)]) == 0
    with gradebook.open_gradebook(root) as book:
        assert not book.find_submission(PS, "egret").late_submission_penalty


def test_names_of_files_from_canvas_and_moodle_are_understood():
    (block,) = (block for block in configuration(TAS) if "named_regexp" in block)
    canvas, moodle = re.findall(r'r"(.*)"', block)
    where = f"/somewhere/2026_27_ws/downloaded/{PS}/extracted/submissions"
    for name in re.findall(r"(doe\w+[\w-]*\.ipynb)", block):
        match = re.match(canvas, f"{where}/{name}")
        assert (match["student_id"], match["file_id"]) == ("4211", PS), name
    folder = re.search(r'"(Ada Doe_.*?/)', block)[1]
    for name in (f"{folder}{PS}.ipynb", f"{folder}{PS} (1).ipynb", f"{folder[:-1]}{PS}.ipynb"):
        match = re.match(moodle, f"{where}/{name}")
        assert (match["student_id"], match["file_id"]) == ("4211", PS), name


def test_make_lab_opens_formgrader_on_the_course(graded_class, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"ServerApp": {"open_browser": False, "port": port}, "IdentityProvider": {"token": "of-this-test"}}
    (tmp_path / "jupyter_server_config.json").write_text(json.dumps(settings))
    environment = {**os.environ, "COURSE": str(graded_class.root), "JUPYTER_CONFIG_DIR": str(tmp_path)}
    command = ["make", "--old-file", f"{sys.prefix}/.installed", f"VENV={sys.prefix}", "lab"]
    log = tmp_path / "log"
    with log.open("w") as out:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True)
    try:
        students = None
        for _ in range(300):
            with contextlib.suppress(OSError):
                url = f"http://127.0.0.1:{port}/formgrader/api/submissions/{PS}"
                with urlopen(Request(url, headers={"Authorization": "token of-this-test"})) as answer:
                    students = {row["student"] for row in json.load(answer)}
                break
            assert server.poll() is None, log.read_text()
            time.sleep(0.2)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    assert students == {*graded_class.outcomes}, log.read_text()
    assert "In JupyterLab choose Nbgrader > Formgrader, or go to /formgrader." in log.read_text()


# What the pages show, and where their links lead


def slugs(text):
    """The anchors of a page's headings, as GitHub makes them."""
    prose, _ = outside_code(text)
    heads = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", TEXTS)
def test_links_lead_to_files_and_headings(page):
    prose, _ = outside_code(TEXTS[page])
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if target.startswith(("http://", "https://")):
            continue
        file, _, heading = target.partition("#")
        path = ((ROOT / page).parent / file).resolve() if file else ROOT / page
        assert path.exists(), f"{page}: {target} leads nowhere"
        if heading:
            assert heading in slugs(path.read_text(encoding="utf-8")), f"{page}: no heading for {target}"


def test_targets_of_make_are_named_and_exist():
    targets = set(re.findall(r"^([a-z][a-z-]*):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = "\n".join(TEXTS.values())
    named = set(re.findall(r"(?:`|^    |&& )make (?:[A-Z]+=[^\s`]+ )*([a-z][a-z-]*)", text, re.MULTILINE))
    assert named - targets == set(), "there is no such target"
    assert targets - named == set(), "no page names them"


def test_commands_within_the_text_exist():
    ours = set(re.findall(r"^    ([a-z][a-z-]*)(?: |$)", help_text(), re.MULTILINE))
    theirs = set(NbGraderApp.subcommands)
    for page, text in TEXTS.items():
        for command in re.findall(r"`(?:\.venv/bin/)?python -m autograder ([a-z-]+)", text):
            assert command in ours, f"{page}: python -m autograder {command}"
        for command in re.findall(r"`nbgrader ([a-z_]+)", text):
            assert command in theirs, f"{page}: nbgrader {command}"


def help_text():
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        main(["--help"])
    return out.getvalue()


ELSEWHERE = {  # paths that are no files of this repository and of no graded course
    "~/.config/dask/distributed.yaml": "of Dask; the test with certificates names the same settings",
    "~/rnn101": "the course of the guides",
    "~/.pgpass": "of PostgreSQL's client",
    "~/.cache/unroll": "of a student",
    "/etc/jupyter/nbgrader_config.py": "of a JupyterHub",
    "downloaded/ps1_rnn/archive/": "made by a person for zip_collect",
    "downloaded/ps1_rnn/extracted/": "made by zip_collect",
    "extracted/": "made by zip_collect",
    "..._90210_ps1_rnn.ipynb": "a part of a name",
    "extensions.csv": "written by a person",
    "dist/ps1_rnn.zip": "made by make release",
    "dist/ps2_lstm.zip": "made by make release",
    "requirements.txt": "in the students' zip; tests/test_release.py",
    "timestamp.txt": "beside a submission",
    "solutions/ps7_attention/ps7_attention.ipynb": "made by new-set",
    "autograder/checks/ps7_attention.py": "made by new-set",
    "similar.csv": "made by make similar",
}
KINDS = "py|md|ipynb|toml|csv|html|json|h5|npz|zip|db|txt|svg|png|yml|cff"
PATH = re.compile(rf"(?:[\w.~-]+/)*[\w.-]+\.(?:{KINDS})|/?(?:[\w.~-]+/)+[\w.-]*|\.unroll_secret|/\S+/\S+")


@pytest.mark.parametrize("page", [p.relative_to(ROOT).as_posix() for p in GUIDES])
def test_paths_exist(page, graded_class):
    prose, _ = outside_code(TEXTS[page])
    folders = (
        ROOT,
        (ROOT / page).parent,
        graded_class.root,
        ROOT / "assignments" / PS,
        ROOT / "assignments" / "ps2_lstm",
    )
    for path in re.findall(r"`([^`\s]+)`", prose):
        if not PATH.fullmatch(path) or path in ELSEWHERE:
            continue
        path = path.replace("STUDENT", "egret").replace("NAME", PS)
        assert any((folder / path).exists() for folder in folders), f"{page}: there is no {path}"


def test_the_flags_of_the_guide_are_those_of_the_grader():
    """Every sentence in the table stands in the code, and every flag of the code in the table."""
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "autograder").rglob("*.py")))
    code = re.sub(r'"\s*\n\s*f?"', "", code)
    table = TAS[TAS.index("| flag | what it means") : TAS.index("## Written answers")]
    first_cells = [line.split(" | ")[0] for line in table.splitlines()[2:] if line.startswith("|")]
    shown = [piece.strip(" .:;,") for cell in first_cells for piece in re.findall(r"`([^`]+)`", cell)]
    for sentence in shown:
        for piece in filter(None, (part.strip(" :;,.") for part in sentence.split("..."))):
            assert re.search(re.escape(piece), code, re.IGNORECASE), f"no flag says {piece!r}"
    appended = re.findall(r'flags\.append\(\s*f?"([^"]+)"', code)
    assert len(appended) > 15
    for sentence in appended:
        fixed = [part.strip(" :;,.") for part in re.split(r"\{[^}]*\}", sentence)]
        assert any(near(part, shown) for part in fixed if len(part) > 8), f"the table lacks {sentence!r}"


def near(part, shown):
    """Whether a flag's text and one of the table's have one within the other."""
    pieces = [piece.strip(" :;,.").lower() for sentence in shown for piece in sentence.split("...")]
    return any(len(piece) > 8 and (piece in part.lower() or part.lower() in piece) for piece in pieces)


def test_the_table_of_the_guide_is_the_demo_classs(graded_class):
    start = TAS.index("    student   points      mistakes")
    shown = [line.strip() for line in TAS[start:].splitlines()[:4]]
    lines = report.table(list(graded_class.outcomes.values())).splitlines()
    for line in shown:
        beginning = " ".join(line.removesuffix("...").split())
        assert any(" ".join(found.split()).startswith(beginning) for found in lines), line


def test_the_example_of_carried_credit_is_the_demo_classs(graded_class):
    rows = re.findall(r"^    (\w+) +(failed|carried forward) +(\d+) of (\d+) +(.+)$", GRADING, re.MULTILINE)
    checks = [v for v in graded_class.outcomes["crane"].result.checks if v.status != "passed"]
    assert [(v.name, in_words(v.status), f"{v.points:g}", f"{v.max_points:g}") for v in checks] == [r[:4] for r in rows]
    for verdict, row in zip(checks, rows, strict=True):
        assert row[4] in (in_words(verdict.mistake), verdict.hint.split(";")[0]), row


def test_the_schema_is_that_of_the_result():
    start = GRADING.index('{"problem_set": "ps1_rnn"')
    shown = GRADING[start : GRADING.index("```", start)]
    keys = set(re.findall(r'"(\w+)":', shown))
    fields = {name for kind in (Result, Verdict, OutputVerdict) for name in kind.__dataclass_fields__}
    assert keys == fields
    assert all(re.search(rf"\b{status}\b", shown) for status in STATUSES)


def test_figures_are_what_their_code_draws(tmp_path):
    done = finished([sys.executable, "docs/figures.py", "--out", str(tmp_path)], cwd=ROOT)
    assert done[0] == 0, done[1]
    drawn = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(drawn) == {"check.svg", "grading.svg"}
    for name, picture in drawn.items():
        assert (ROOT / "docs" / name).read_bytes() == picture, f"run python docs/figures.py: {name} is out of date"
        assert b"<title" in picture and b"prefers-color-scheme: dark" in picture and b"<text" in picture


def test_the_citation_names_this_version_and_licence():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for field in ("version", "license"):
        value = re.search(rf'^{field} = "(.+)"', project, re.MULTILINE)[1]
        assert f"{field}: {value}" in citation
    assert "BSD 3-Clause" in (ROOT / "LICENSE").read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def isolation():
    try:
        with Jail():
            pass
    except JailUnavailable as error:
        pytest.skip(str(error))
