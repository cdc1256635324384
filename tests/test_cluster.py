"""Grading on a cluster: a real scheduler and real workers, which are killed, hang, differ or refuse."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from distributed import Client

from autograder.__main__ import main
from autograder.classroom import cluster, cluster_worker, course, demo, fingerprint, grading, results
from autograder.classroom.cluster_worker import ClusterFailed
from autograder.jail import JailUnavailable
from autograder.problem_set import ROOT
from autograder.submission import read
from tests.cluster_preload import ENDS, HANGS
from tests.clusters import Cluster, Running, kill, other_code, recorded, wait_for

PS = demo.PROBLEM_SET
SECRET = "a secret that no other machine is to see"
STUDENTS = ("avocet", "crane", "egret", "nuthatch")
UNREADABLE = "martin"  # that file is no notebook


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """A scheduler with three workers."""
    found = Cluster(tmp_path_factory.mktemp("cluster"))
    for _ in range(3):
        found.start_worker()
    with Client(found.address, set_as_default=False) as client:
        client.wait_for_workers(3, timeout=60)
    yield found
    found.close()


@pytest.fixture
def bare(tmp_path):
    """A scheduler without workers."""
    (tmp_path / "cluster").mkdir()
    found = Cluster(tmp_path / "cluster")
    yield found
    found.close()


@pytest.fixture(scope="module")
def locally(tmp_path_factory):
    """A small class and its outcomes, graded on this machine."""
    root = tmp_path_factory.mktemp("class") / "course"
    demo.build(root)
    for folder in (root / "submitted").iterdir():
        if folder.name not in (*STUDENTS, UNREADABLE):
            shutil.rmtree(folder)
    (root / ".unroll_secret").write_text(SECRET)
    return root, by_student(course.grade_class(root, PS, progress=False))


@pytest.fixture
def ungraded(locally, tmp_path):
    """A copy of the class of which nothing is graded yet."""
    return shutil.copytree(locally[0], tmp_path / "course", ignore=shutil.ignore_patterns("results"))


def by_student(outcomes):
    """What must be the same wherever it was graded; a student who comes twice is an error."""
    found = {}
    for outcome in outcomes:
        assert outcome.student not in found
        report = outcome.report
        found[outcome.student] = (
            outcome.problem,
            report and (report.student, report.key, report.result, report.printed),
        )
    return found


def tasks_of(root):
    released = grading.released_notebook(PS)
    paths = {student: notebook_of(root, student) for student in STUDENTS}
    return [grading.Task(root, PS, student, path, read(path, released)) for student, path in paths.items()]


def notebook_of(root, student):
    return root / "submitted" / student / PS / f"{PS}.ipynb"


def add_cell(root, student, source):
    nb = nbformat.read(notebook_of(root, student), 4)
    nb.cells.append(nbformat.v4.new_code_cell(source))
    notebook_of(root, student).write_text(json.dumps(nb))


def on_file(root):
    return {path.stem for path in (root / "results" / PS).glob("*.json")}


# What comes back.


def test_the_same_reports_as_locally(three, locally, ungraded):
    there = course.grade_class(ungraded, PS, progress=False, scheduler=three.address)
    assert not any(outcome.cached for outcome in there)
    saved = course.grade_class(ungraded, PS, progress=False)
    assert all(outcome.cached or outcome.problem for outcome in saved)
    assert by_student(there) == by_student(saved) == locally[1]
    assert {outcome.student for outcome in there if outcome.problem} == {UNREADABLE}


def test_a_killed_worker_loses_nothing_and_doubles_nothing(three, locally, ungraded):
    add_cell(ungraded, "crane", f"{HANGS} as killed")
    run = Running(lambda: list(cluster.in_parallel(tasks_of(ungraded), three.address)))
    hung = three.folder / "killed"
    wait_for(lambda: hung.exists() and hung.read_text() and len(on_file(ungraded)) > 1)
    os.killpg(os.getpgid(int(hung.read_text())), signal.SIGKILL)  # the worker, and its nanny, who would start another
    three.start_worker()
    found = by_student(run.end())
    assert found.pop("crane")[1][2].checks
    assert found == {student: locally[1][student] for student in STUDENTS if student != "crane"}
    assert on_file(ungraded) == {*STUDENTS}


def test_what_ends_every_worker_costs_only_itself(three, locally, ungraded):
    add_cell(ungraded, "crane", ENDS)
    found = by_student(cluster.in_parallel(tasks_of(ungraded), three.address))
    problem, report = found.pop("crane")
    assert report is None
    assert problem == "The grader itself failed on it: workers of the cluster died on it, one after the other."
    assert found == {student: locally[1][student] for student in STUDENTS if student != "crane"}


def test_a_straggler_is_sent_to_another_worker(three, ungraded, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 3.0)
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.3)
    add_cell(ungraded, "egret", f"{HANGS} as straggler")
    found = by_student(cluster.in_parallel(tasks_of(ungraded)[:3], three.address))
    assert (three.folder / "straggler").exists()  # one still has not answered, and holds up nobody
    shutil.rmtree(ungraded / "results")
    assert all(outcome.report for outcome in cluster.in_parallel(tasks_of(ungraded)[:3], three.address))
    (three.folder / "straggler.over").touch()
    assert all(report for _, report in found.values()) and set(found) == {*STUDENTS[:3]}


def test_a_fault_of_the_grader_costs_nobody_else(monkeypatch):
    monkeypatch.setattr(cluster_worker, "_require", lambda *_: 1 / 0)
    assert cluster_worker.answer(None, PS, {}, {}, False) == "ZeroDivisionError: division by zero"


def test_a_report_that_cannot_be_saved_is_a_problem(tmp_path):
    (tmp_path / "results").write_text("in the way")
    report = results.Report("", "", results.Result(PS, 3.0, 3.0, "landlock", (), ()), {})
    outcome = cluster._outcome(cluster.Job(grading.Task(tmp_path, PS, "ada", tmp_path, None), "key", b""), report)
    assert outcome.problem.startswith("The grader itself failed on it: ") and outcome.report is None


# What crosses.


def test_neither_the_secret_nor_a_name_leaves_the_machine(three, ungraded):
    with recorded(three.address) as (address, traffic):
        (outcome,) = cluster.in_parallel(tasks_of(ungraded)[:1], address)
    assert outcome.result.points == 70.0
    sent = b"".join(traffic) + three.logs()
    assert b"def rnn_step_forward" in sent
    for hidden in (SECRET, SECRET.encode().hex(), outcome.student, outcome.report.key, str(ungraded)):
        assert hidden.encode() not in sent, hidden


# Who may not grade.


def test_a_worker_with_other_code_is_refused(three, ungraded, tmp_path):
    with three.worker(PYTHONPATH=other_code(tmp_path / "other")) as address:
        with pytest.raises(ClusterFailed) as caught:
            list(cluster.in_parallel(tasks_of(ungraded), three.address))
    here = fingerprint.of_code(PS)[:16]
    said, _, rest = str(caught.value).partition(f" {here} was expected and ")
    assert said == f"The worker {address} cannot grade: the autograder's code"
    found, _, advice = rest.partition(" was found. ")
    assert len(found) == 16 and found != here
    assert advice == (
        "Give it the same commit of this repository, and the same Python and NumPy, as the machine that sends, and "
        "start it again"
    )
    assert on_file(ungraded) == set()


def test_a_worker_without_our_code_is_refused(three, ungraded):
    with three.worker("no code") as address:
        with pytest.raises(ClusterFailed) as caught:
            list(cluster.in_parallel(tasks_of(ungraded), three.address))
    said = str(caught.value)
    assert said.startswith(f"The worker {address} cannot grade: ") and "No module named 'autograder'" in said
    assert said.endswith(". Install the same commit of this repository there: pip install --editable '.[cluster]'")


@pytest.mark.parametrize("what", ["the autograder's code", "the problem set", "Python", "NumPy"])
def test_everything_that_decides_a_result_is_compared(what):
    versions = dict(cluster_worker.versions_here(PS)) | {what: "another"}
    with pytest.raises(ClusterFailed, match=f"^{what} another was expected and .* was found"):
        cluster_worker._require(PS, versions, False)


def test_a_worker_without_isolation_is_refused_before_anything_is_graded(three, ungraded, capsys):
    with three.worker("no isolation") as address:
        assert main(["grade", PS, "--course", str(ungraded), "--cluster", three.address]) == 1
    said = capsys.readouterr().err
    refusal = "Student code cannot be isolated on this machine, so nothing is graded.\n  bubblewrap: nothing works here"
    assert f"error: The worker {address} cannot grade: {refusal}" in said and "Traceback" not in said
    assert on_file(ungraded) == set()


def test_a_worker_that_comes_later_is_refused_too_unless_isolation_was_given_up(bare, ungraded, monkeypatch, capsys):
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.2)
    run = Running(lambda: list(cluster.in_parallel(tasks_of(ungraded)[:1], bare.address)))
    wait_for(lambda: "waiting for one" in run.said(capsys))
    assert "No worker is connected to the scheduler; waiting for one. Ctrl-C ends it." in run.text
    with bare.worker("no isolation") as address:
        error = run.end()
        assert isinstance(error, JailUnavailable)
        assert str(error).startswith(f"The worker {address} cannot grade: Student code cannot be isolated")
        monkeypatch.setenv(grading.UNSAFE_VARIABLE, "1")
        (outcome,) = cluster.in_parallel(tasks_of(ungraded)[:1], bare.address)
    assert outcome.result.sandbox == "none" and "graded without a sandbox" in outcome.result.flags


# When there is no cluster, or not any more.


def test_a_lost_scheduler_is_one_sentence_and_what_was_graded_is_kept(bare, ungraded, locally):
    bare.start_worker()
    command = [sys.executable, "-m", "autograder", "grade", PS, "--course", str(ungraded), "--cluster", bare.address]
    grader = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: on_file(ungraded))
    kill(bare.scheduler)
    out, said = grader.communicate(timeout=60)
    assert (grader.returncode, out) == (1, "")
    _, _, error = said.partition("error: ")
    assert error == (
        f"The connection to the scheduler {bare.address} was lost. What was graded so far is kept: when there is a "
        "scheduler again, start again.\n"
    )
    assert "Traceback" not in said
    kept = course.grade_class(ungraded, PS, progress=False, students=on_file(ungraded))
    assert all(outcome.cached for outcome in kept)
    assert kept and by_student(kept).items() <= locally[1].items()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x"])
def test_no_scheduler_is_one_sentence(address, ungraded, monkeypatch, capsys):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    assert main(["grade", PS, "--course", str(ungraded), "--cluster", address]) == 1
    said = capsys.readouterr().err
    assert f"error: A Dask scheduler was expected at {address}, and none could be reached: " in said
    assert "Start one with `dask scheduler` and give the address that it prints; docs/cluster.md says more." in said
    assert "Traceback" not in said


def test_with_certificates_nothing_crosses_in_the_clear(locally, ungraded, tmp_path, monkeypatch, capsys):
    pem, tls = str(ROOT / "tests" / "loopback.pem"), "DASK_DISTRIBUTED__COMM__TLS__"
    settings = {f"{tls}{who}__{what}": pem for who in ("SCHEDULER", "WORKER", "CLIENT") for what in ("CERT", "KEY")}
    settings |= {f"{tls}CA_FILE": pem, "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True"}
    (tmp_path / "cluster").mkdir()
    there = Cluster(tmp_path / "cluster", "--protocol", "tls", **settings)
    try:
        there.start_worker()
        assert there.address.startswith("tls://")
        command = [sys.executable, "-m", "autograder", "grade", PS, "--course", str(ungraded), "--jobs", "1"]
        with recorded(there.address) as (address, traffic):
            done = subprocess.run(
                [*command, "--cluster", address],
                env=os.environ | settings, cwd=ROOT, capture_output=True, text=True, timeout=120,
            )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert by_student(course.grade_class(ungraded, PS, progress=False)) == locally[1]
        crossed = b"".join(traffic)
        assert len(crossed) > 10_000 and b"rnn_step_forward" not in crossed

        plain = there.address.replace("tls://", "tcp://")
        wanted = f"Certificates were expected for {there.address} in Dask's configuration on this machine; "
        missing = settings | {f"{tls}CLIENT__KEY": str(tmp_path / "missing.pem")}
        nobody = f"A Dask scheduler was expected at {plain}, and none could be reached: "
        for address, environment, sentence in (
            (there.address, {}, f"{wanted}it names none. Put distributed.comm.tls.ca-file"),
            (there.address, missing, str(tmp_path / "missing.pem")),
            (plain, {}, nobody),
            (plain, settings, nobody + "encryption required"),
        ):
            start = time.monotonic()
            refused = subprocess.run(
                [*command, "--fresh", "--cluster", address],
                env=os.environ | environment, cwd=ROOT, capture_output=True, text=True,
            )  # fmt: skip
            assert refused.returncode == 1 and "Traceback" not in refused.stderr and time.monotonic() - start < 50
            assert "error: " in refused.stderr and sentence in refused.stderr
    finally:
        there.close()


def test_without_dask_one_sentence_says_what_to_install(ungraded, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["grade", PS, "--course", str(ungraded), "--cluster", "tcp://127.0.0.1:1"]) == 1
    said = capsys.readouterr().err
    assert "error: Grading on a cluster needs Dask, which is not installed here: pip install --editable" in said


def test_the_rest_of_the_grader_needs_no_dask():
    code = "import sys; import autograder.__main__, autograder.classroom.course; print('distributed' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True) == "False\n"


def test_what_a_worker_cannot_run_is_no_fault_of_the_submission():
    class Done:
        status = "error"

        def exception(self):
            return ModuleNotFoundError("No module named 'autograder'")

    with pytest.raises(ClusterFailed) as caught:
        cluster._answer(Done())
    assert str(caught.value) == (
        "A worker could not run what it was sent: ModuleNotFoundError: No module named 'autograder'. Each needs the "
        "same commit of this repository: pip install --editable '.[cluster]'"
    )


def test_a_cluster_is_for_a_class(capsys):
    assert main(["grade", PS, "--file", "x.py", "--cluster", "tcp://127.0.0.1:1"]) == 1
    assert "--cluster grades a class; one --file is graded here" in capsys.readouterr().err


def test_make_passes_the_address_on():
    done = subprocess.run(["make", "-n", "grade", "CLUSTER=tcp://h:1"], cwd=ROOT, capture_output=True, text=True)
    assert "autograder grade ps1_rnn --cluster tcp://h:1" in done.stdout
    assert (ROOT / "docs" / "cluster.md").exists()
