"""Gradescope's zip, unpacked and run as the documented harness does, with this Python in place of setup.sh's."""

import ast
import contextlib
import dataclasses
import errno
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from autograder import parcel
from autograder.check import Result
from autograder.classroom import demo, grading, record
from autograder.classroom.gradescope import __main__ as container
from autograder.classroom.gradescope import build, results
from autograder.engine import seeds_for
from autograder.jail import Jail, JailUnavailable
from autograder.problem_set import ROOT, load, names
from autograder.submission import Unreadable, read

PS = "ps1_rnn"
PROBLEM_SET = load(PS)
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Gradescope's containers are Linux")
SECRET = "f" * 64

# Runs a program as in a container without any rights whose kernel has no Landlock either: no level of isolation.
BARE = f"""
import os, sys, pyseccomp as sc
rules = sc.SyscallFilter(defaction=sc.ALLOW)
for name in ("unshare", "mount", "setns", "pivot_root"):
    rules.add_rule(sc.ERRNO({errno.EPERM}), name)
rules.add_rule(sc.ERRNO({errno.ENOSYS}), "landlock_create_ruleset")
rules.load()
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    (folder / ".unroll_secret").write_text(SECRET)
    return folder


@pytest.fixture(scope="module")
def zipped(course, tmp_path_factory):
    return build.build_zip(PS, tmp_path_factory.mktemp("zip") / "autograder.zip", course=course)


class Harness:
    """The folders of a container, and what happens in it when a student submits."""

    def __init__(self, base: Path, zipped: Path):
        self.base = base
        for name in ("source", "submission", "results"):
            (base / name).mkdir(parents=True)
        with zipfile.ZipFile(zipped) as z:
            z.extractall(base / "source")
        shutil.copy(base / "source" / "run_autograder", base)
        os.chmod(base / "run_autograder", 0o755)
        metadata = {"id": 1, "users": [{"id": 7, "email": "ada@uni.edu", "name": "Ada"}], "previous_submissions": []}
        (base / "submission_metadata.json").write_text(json.dumps(metadata))

    def hand_in(self, files):
        shutil.rmtree(self.base / "submission")
        (self.base / "submission").mkdir()
        for name, text in files.items():
            path = self.base / "submission" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def run(self, *before, python=sys.executable):
        """(results.json, what was printed, exit status)."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("UNROLL")}
        environment |= {"UNROLL_GRADESCOPE_BASE": str(self.base), "UNROLL_GRADESCOPE_PYTHON": str(python)}
        environment["UNROLL_DATA"] = str(ROOT / "data")  # setup.sh builds it
        done = subprocess.run(
            [*before, str(self.base / "run_autograder")],
            cwd=self.base,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        text = (self.base / "results" / "results.json").read_text(encoding="utf-8")
        return json.loads(text), done.stdout + done.stderr, done.returncode


@pytest.fixture(scope="module")
def harness(zipped, tmp_path_factory):
    return Harness(tmp_path_factory.mktemp("container") / "autograder", zipped)


def notebook(change=demo.nothing):
    member = demo.Member("ada", "", change)
    return json.dumps(demo.notebook(member, PROBLEM_SET, grading.released_notebook(PS)))


@pytest.fixture(scope="module")
def isolated():
    try:
        with Jail():
            pass
    except JailUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def graded(harness, isolated):
    """What becomes of a notebook with one mistake, under another name, beside what macOS leaves behind."""
    mistake = demo.made("rnn_step_forward.tanh_missing")
    text = notebook(mistake)
    harness.hand_in({"my <b>work<b>.ipynb": text, "__MACOSX/._x.ipynb": "", "notes.txt": "hello"})
    (harness.base / "kept.ipynb").write_text(text, encoding="utf-8")
    return harness.run()


def check_document(document):
    """What Gradescope's documentation says of results.json."""
    assert set(document) <= {
        *("score", "execution_time", "output", "output_format", "test_output_format", "test_name_format"),
        *("visibility", "stdout_visibility", "extra_data", "tests", "leaderboard"),
    }
    known = {"score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags"}
    for test in document["tests"]:
        assert set(test) <= known | {"visibility", "extra_data"}
        assert test["status"] in ("passed", "failed")
        assert test["visibility"] in results.VISIBILITIES
        assert test.get("output_format", document["test_output_format"]) == "text"
    assert document["output_format"] == document["test_output_format"] == document["test_name_format"] == "text"
    assert document["stdout_visibility"] == "hidden"


@LINUX
def test_a_notebook_with_one_mistake(graded):
    document, printed, status = graded
    check_document(document)
    tests = {test["name"]: test for test in document["tests"]}
    assert status == 0
    assert list(tests) == [check.name for check in PROBLEM_SET.checks]
    assert [test["number"] for test in document["tests"]] == [str(i + 1) for i in range(len(tests))]
    assert {name: test["max_score"] for name, test in tests.items()} == PROBLEM_SET.points
    assert sum(test["score"] for test in tests.values()) == 65.0
    assert [name for name, test in tests.items() if test["status"] == "failed"] == ["rnn_step_forward"]
    assert "Hint: " in tests["rnn_step_forward"]["output"]
    assert "look for the nonlinearity" in tests["rnn_step_forward"]["output"]
    assert document["extra_data"]["sandbox"] in ("bubblewrap", "namespaces", "landlock")
    assert 0 < document["execution_time"] < 120
    assert "score" not in document  # it would take the place of the sum
    assert "65 of 70 points (isolation: " in printed


@LINUX
def test_the_output_tells_the_points_and_what_is_no_part_of_them(graded):
    output = graded[0]["output"]
    assert output.startswith("65 of 70 points in 11 automatic checks.\n")
    assert (
        "Written answers (written_derivation, written_errors, written_truncation; 30 points) are graded by a" in output
    )
    assert "<b>" not in json.dumps(graded[0])


@LINUX
def test_inputs_are_drawn_with_the_zips_secret_for_gradescopes_number_of_the_student(harness, graded):
    released = grading.released_notebook(PS)
    submission = read(harness.base / "kept.ipynb", released)
    secret = (harness.base / "source" / ".unroll_secret").read_text().strip().encode()
    seeds = seeds_for(secret, "gradescope 7", submission, PROBLEM_SET)
    assert {test["name"]: test["extra_data"]["seed"] for test in graded[0]["tests"]} == seeds


@LINUX
def test_a_submission_that_cannot_be_read_is_told_what_to_do(harness):
    harness.hand_in({f"{PS}.ipynb": ""})
    document, printed, status = harness.run()
    check_document(document)
    (test,) = document["tests"]
    assert status == 0
    assert (test["score"], test["max_score"], test["status"], test["visibility"]) == (0.0, 70.0, "failed", "visible")
    assert test["output"] == document["output"]
    assert test["output"].startswith(
        f"Nothing was graded, so this counts as 0 points until you submit again. {PS}.ipynb is empty."
    )
    assert f"{PS}.ipynb is empty." in printed


def hand_in(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ((), f"The notebook {PS}.ipynb was expected; the submission holds nothing. Submit {PS}.ipynb."),
        (
            ("work.py", ".ipynb_checkpoints/a.ipynb"),
            f"The notebook {PS}.ipynb was expected; the submission holds a.ipynb, work.py.",
        ),
        (
            ("a.ipynb", "sub/c.ipynb", "b.ipynb"),
            f"One notebook, {PS}.ipynb, was expected; the submission holds a.ipynb, b.ipynb. Submit only {PS}.ipynb.",
        ),
    ],
)
def test_no_notebook_or_several_are_told_by_name(files, sentence, tmp_path):
    hand_in(tmp_path, *files)
    with pytest.raises(Unreadable) as error:
        container.find_notebook(tmp_path, PS)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (("mine.ipynb",), "mine.ipynb"),
        (("scratch.ipynb", f"{PS}.ipynb"), f"{PS}.ipynb"),
        (("MINE.IPYNB", "old/x.ipynb", "._MINE.ipynb"), "MINE.IPYNB"),
        (("hw/mine.ipynb", "__MACOSX/hw/mine.ipynb", "hw/.ipynb_checkpoints/mine.ipynb"), "hw/mine.ipynb"),
    ],
)
def test_the_notebook_is_found(files, found, tmp_path):
    hand_in(tmp_path, *files)
    assert container.find_notebook(tmp_path, PS) == tmp_path / found


def test_without_metadata_it_is_graded_all_the_same(tmp_path, capsys):
    assert container.student_of(tmp_path) == "gradescope"
    assert "submission_metadata.json does not say whose submission this is" in capsys.readouterr().out
    (tmp_path / "submission_metadata.json").write_text('{"users": [{"id": 9}, {"id": 10}]}')
    assert container.student_of(tmp_path) == "gradescope 10 9"


def has_no_score(document):
    check_document(document)
    return "score" not in document and not any("score" in test for test in document["tests"])


@LINUX
def test_without_isolation_nothing_is_graded_and_nobody_gets_zero(harness):
    harness.hand_in({f"{PS}.ipynb": notebook()})
    document, printed, status = harness.run(sys.executable, "-c", BARE)
    assert status == 1
    assert has_no_score(document)
    assert document["output"] == results.FAULT
    assert "Student code cannot be isolated on this machine, so nothing is graded." in printed
    assert "docs/gradescope.md, Isolation" in printed
    assert "sandbox" not in json.dumps(document) and "isolat" not in json.dumps(document)  # students need not know


@LINUX
def test_without_isolation_it_grades_if_the_zip_says_so(course, tmp_path):
    zipped = build.build_zip(PS, tmp_path / "a.zip", course=course, allow_no_isolation=True)
    harness = Harness(tmp_path / "autograder", zipped)
    harness.hand_in({f"deep/down/{PS}.ipynb": notebook(), f"{PS} (1).ipynb.bak": ""})
    document, printed, status = harness.run(sys.executable, "-c", BARE)
    assert status == 0
    assert sum(test["score"] for test in document["tests"]) == 70.0
    assert document["extra_data"]["sandbox"] == "none"
    assert record.UNSAFE in document["output"]
    assert "- graded without a sandbox" in document["output"]


@LINUX
@pytest.mark.parametrize(("program", "said"), [("/nowhere/python", "status 127"), ("/bin/true", "status 0")])
def test_without_results_the_script_says_so_itself(harness, program, said):
    document, printed, status = harness.run(python=program)
    assert status != 0
    assert has_no_score(document)
    assert document["output"] == results.FAULT
    assert f"The autograder ended with {said} and wrote no results." in printed


def test_a_fault_of_the_grader_is_no_score(tmp_path, capsys):
    (tmp_path / "results").mkdir()
    assert not (ROOT / results.SETTINGS).exists()  # only a zip has it
    assert container.run(tmp_path) == 1
    document = json.loads((tmp_path / "results" / "results.json").read_text())
    assert has_no_score(document)
    assert document["output"] == results.FAULT
    printed = capsys.readouterr().out
    assert "The grader itself failed:\nTraceback" in printed and "FileNotFoundError" in printed


# What is shown when.


def result_of(document):
    """A Result like the one behind a document: one check right, one wrong with a hint, one carried forward."""
    output = {"name": "h", "error": 1.0, "tolerance": 1e-5, "ok": False, "message": "h is <script>wrong</script>"}
    row = {"points": 0.0, "max_points": 5.0, "hint": "look there", "mistake": "tanh_missing", "outputs": [output]}
    checks = [
        {**row, "name": "f", "status": "passed", "points": 5.0, "hint": "", "mistake": "", "outputs": [], "seed": 1},
        {**row, "name": "g", "status": "failed", "seed": 2},
        {**row, "name": "k", "status": "carried_forward", "points": 5.0, "hint": "", "mistake": "", "seed": 3},
    ]
    return Result.from_dict(document | {"checks": checks})


RESULT = result_of(
    {"problem_set": PS, "points": 10.0, "max_points": 15.0, "sandbox": "landlock", "flags": ["\x1b[1mlook\n=here"]}
)


def with_hints(policy):
    return dataclasses.replace(PROBLEM_SET, hints=policy)


def test_carried_forward_credit_is_a_pass():
    tests = results.graded(RESULT, PROBLEM_SET, "visible")["tests"]
    assert [test["status"] for test in tests] == ["passed", "failed", "passed"]
    assert tests[1]["extra_data"] == {"status": "failed", "seed": 2}


def test_flags_are_text_on_one_line():
    assert "For course staff to look at:\n- look =here" in results.graded(RESULT, PROBLEM_SET, "visible")["output"]


@pytest.mark.parametrize(
    ("policy", "visibility", "shown"),
    [
        ("notebook", "visible", True),
        ("feedback", "visible", False),
        ("feedback", "after_published", True),
        ("off", "after_published", False),
    ],
)
def test_hints_are_shown_to_whom_the_problem_set_says(policy, visibility, shown):
    test = results.graded(RESULT, with_hints(policy), visibility)["tests"][1]
    assert ("look there" in test["output"], "tanh" in json.dumps(test)) == (shown, shown)
    assert "Seed of the inputs: 2" in test["output"]


def test_hidden_checks_have_no_sum_in_the_open():
    document = results.graded(RESULT, PROBLEM_SET, "after_due_date")
    assert {test["visibility"] for test in document["tests"]} == {"after_due_date"}
    assert document["output"].startswith(f"{results.LATER}\nWritten answers (")
    assert "10" not in document["output"].splitlines()[0]


# The zip.


def contents(path):
    with zipfile.ZipFile(path) as z:
        return {info.filename: info for info in z.infolist()}


def test_the_same_course_gives_the_same_bytes_and_another_one_another_secret(course, zipped, tmp_path):
    again = build.build_zip(PS, tmp_path / "again.zip", course=course)
    assert again.read_bytes() == zipped.read_bytes()
    (tmp_path / ".unroll_secret").write_text("e" * 64)
    other = build.build_zip(PS, tmp_path / "other.zip", course=tmp_path)
    secrets = [zipfile.ZipFile(path).read(".unroll_secret") for path in (zipped, other)]
    assert len({*secrets, SECRET.encode()}) == 3
    assert all(len(secret.strip()) == 64 for secret in secrets)


def test_it_holds_what_grading_takes_and_nothing_else(zipped):
    files = contents(zipped)
    assert {"setup.sh", "run_autograder", "requirements.txt", "pyproject.toml", results.SETTINGS} <= set(files)
    assert {name for name in files if name.startswith("assignments/")} == {f"assignments/{PS}/{PS}.ipynb"}
    assert {name for name in files if name.startswith("solutions/")} == {f"solutions/{PS}/{PS}.ipynb"}
    checks = {name for name in files if name.startswith("autograder/checks/")}
    assert checks and not [name for name in checks if re.search(r"/ps[2-9]", name)]
    assert not [name for name in files if "__pycache__" in name or name.startswith(("tests/", "bench/", "data/"))]
    assert {info.date_time for info in files.values()} == {(1980, 1, 1, 0, 0, 0)}
    assert list(files) == sorted(files)
    modes = {name: info.external_attr >> 16 & 0o777 for name, info in files.items()}
    assert (modes["run_autograder"], modes["setup.sh"], modes[".unroll_secret"]) == (0o755, 0o755, 0o600)
    assert zipped.stat().st_mode & 0o077 == 0
    assert sum(info.file_size for info in files.values()) < 10_000_000


def imported(text, package):
    """The modules of a package that a source text imports, as far as they are modules."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(package):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("name", names())
def test_the_zip_of_a_problem_set_misses_no_module_and_no_solution(name, course, tmp_path):
    with zipfile.ZipFile(build.build_zip(name, tmp_path / "a.zip", course=course)) as z:
        files = {info.filename: z.read(info) for info in z.infolist()}
    for path in [path for path in files if path.startswith("autograder/checks/")]:
        for module in imported(files[path], "autograder.checks"):
            wanted = module.replace(".", "/")
            there = ROOT / f"{wanted}.py", ROOT / wanted / "__init__.py"
            if any(p.exists() for p in there):
                assert {f"{wanted}.py", f"{wanted}/__init__.py"} & set(files), (path, module)
    given = load(name).reference.given
    for earlier in re.findall(r"^# from (\w+)$", given.text if given else "", re.MULTILINE):
        assert f"solutions/{earlier}/{earlier}.ipynb" in files


def test_the_last_problem_set_loads_from_its_own_zip(course, tmp_path):
    name = names()[-1]
    with zipfile.ZipFile(build.build_zip(name, tmp_path / "a.zip", course=course)) as z:
        z.extractall(tmp_path / "source")
    code = f"from autograder import problem_set as p; print(p.load({name!r}).max_points, p.ROOT)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "source", capture_output=True, text=True)
    assert done.stdout.split() == [str(load(name).max_points), str(tmp_path / "source")], done.stderr


def closure(lines, extras=("",)):
    """The names of all distributions that installing these requirements brings here."""
    found, todo = set(), [Requirement(line) for line in lines]
    while todo:
        requirement = todo.pop()
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        marker = requirement.marker
        if name in found or (marker and not any(marker.evaluate({"extra": extra}) for extra in extras)):
            continue
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            todo += [Requirement(line) for line in importlib.metadata.requires(name) or ()]
            found.add(name)
    return found


def test_requirements_cover_all_that_grading_imports(harness):
    """This environment has more than what setup.sh installs; whatever is imported must belong to the latter."""
    code = (
        "import sys, autograder.classroom.gradescope.__main__, unroll.check, unroll.data.embedded;"
        "import IPython.core.inputtransformer2, pyseccomp, PIL;"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=harness.base / "source", capture_output=True, text=True, check=True
    )
    packages = parcel.requirements(build.NOT_FOR_GRADING, *build.OF_THOSE)
    installed = closure(packages.decode().splitlines())
    assert "numpy" in installed and not installed & {"nbgrader", "jupyterlab"}
    # What jsonschema takes if it is there, and what starts with every Python here.
    fine = installed | closure(["jsonschema"], ("", "format", "format-nongpl")) | {"setuptools", "unroll"}
    owners = importlib.metadata.packages_distributions()
    missing = {
        module: owners[module]
        for module in done.stdout.split()
        if module in owners and not {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners[module]} & fine
    }
    assert missing == {}


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize("script", build.SCRIPTS)
def test_the_scripts_are_proper_bash(script):
    path = Path(build.__file__).with_name(script)
    subprocess.run(["bash", "-n", path], check=True)
    assert path.read_bytes().startswith(b"#!/usr/bin/env bash\n") and b"\r" not in path.read_bytes()


@pytest.mark.skipif(shutil.which("apt-cache") is None, reason="needs the list of Debian's packages")
def test_setup_names_packages_that_exist():
    text = Path(build.__file__).with_name("setup.sh").read_text()
    lines = re.findall(r"apt-get install --yes --no-install-recommends (.*)", text)
    packages = [name for line in lines for name in line.split() if not name.startswith("python3.")]
    assert sorted(packages) == ["bubblewrap", "libseccomp2", "python3-venv"]
    known = subprocess.run(["apt-cache", "pkgnames"], capture_output=True, text=True).stdout.split()
    if len(known) < 10_000:
        pytest.skip("the list of packages was not fetched here")
    assert set(packages) <= set(known)


def test_what_is_off_is_said(course, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="visibility 'sometimes': expected one of visible, after_due_date"):
        build.build_zip(PS, tmp_path / "a.zip", course=course, visibility="sometimes")
    with pytest.raises(ValueError, match="no problem set 'ps9_none'"):
        build.build_zip("ps9_none", tmp_path / "a.zip", course=course)
    assert not list(tmp_path.iterdir())


def test_the_command_says_what_to_do_with_the_zip(course, tmp_path):
    path = tmp_path / "dist" / "a.zip"
    said = build.command(PS, course, path=path, visibility="hidden", allow_no_isolation=True)
    assert said.startswith(f"{path}: upload it to a Gradescope programming assignment of 70 autograder points")
    assert "It holds solutions and a secret: show it to nobody who hands in." in said
    assert "It grades WITHOUT ISOLATION where the container offers none" in said
    with zipfile.ZipFile(path) as z:
        settings = json.loads(z.read(results.SETTINGS))
    assert settings == {"problem_set": PS, "visibility": "hidden", "allow_no_isolation": True}
