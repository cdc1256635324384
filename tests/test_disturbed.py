"""A grader that is killed, has no disk, no gradebook or a clock that jumps: afterwards every grade is there, once."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter

import pytest

from autograder import engine, whole_file
from autograder.classroom import course, database, gradebook, grading, recording, results
from autograder.jail import Jail, WorkerDied
from autograder.problem_set import ROOT, course_secret, load
from autograder.submission import from_python
from bench import crashes
from bench.crashes import PS, STUDENTS, decide, differences, make_class, on_file, undisturbed

KILLS = 12


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """A class that was graded in peace, with a TA's decisions, and its state."""
    root = tmp_path_factory.mktemp("settled") / "course"
    make_class(root)
    undisturbed(root)
    decide(root)
    return root, undisturbed(root)


@pytest.fixture
def course_copy(settled, tmp_path):
    root, wanted = settled
    shutil.copytree(root, tmp_path / "course")
    return tmp_path / "course", wanted


# Killed.


def test_after_a_dozen_kills_a_plain_run_leaves_every_grade_right(course_copy):
    root, wanted = course_copy
    rng, kills = random.Random(7), Counter()
    shutil.rmtree(root / "results")
    start = time.monotonic()
    while sum(kills.values()) < KILLS and time.monotonic() - start < 40:  # fewer on a very busy machine
        killed, wrong = crashes.disturbed(root, rng, seconds=3.0)
        kills.update(killed)
        assert not wrong
        if len(on_file(root)) == 2:
            crashes.forget(root, rng)
    before = on_file(root)
    assert differences(undisturbed(root), wanted) == []
    assert all(on_file(root)[student] == file for student, file in before.items())
    assert sum(kills.values()) >= 3 and len(+kills) >= 2


def test_an_interrupted_run_says_so_and_is_gone_on_with(course_copy):
    root, wanted = course_copy
    shutil.rmtree(root / "results")
    others = [root / "submitted" / f"z{i:02}" for i in range(20)]  # graded last
    for other in others:
        shutil.copytree(root / "submitted" / "egret", other)
    # A shell starts what is put in the background with Ctrl-C ignored; this is as at a terminal.
    start = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
    start += "; from autograder.__main__ import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", start, "grade", PS, "--course", str(root), "--jobs", "2"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True) as process:
        end = time.monotonic() + 60
        while not on_file(root) and time.monotonic() < end:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C at a terminal: all of its processes get it
        said = process.stderr.read().decode()
    assert process.returncode == 130
    assert said.endswith("\ninterrupted: what was done is kept; run the same command again to go on\n")
    assert "Traceback" not in said
    kept = on_file(root)
    assert 0 < len(kept) < 20  # what had not begun was not begun
    for other in others:
        shutil.rmtree(other)
        results.path(root, PS, other.name).unlink(missing_ok=True)
        kept.pop(other.name, None)
    assert undisturbed(root) == wanted
    assert all(on_file(root)[student] == file for student, file in kept.items())


def _one_by_one(tasks, jobs):
    return (results.Outcome(task.student, task.notebook, report=grading.graded(task)) for task in tasks)


def test_a_plain_run_grades_what_is_missing_and_nothing_else(course_copy, monkeypatch):
    root, wanted = course_copy
    graded = Counter()
    original = engine.grade
    monkeypatch.setattr(course, "_in_parallel", _one_by_one)

    def counted(*arguments, student, **options):
        graded[student] += 1
        return original(*arguments, student=student, **options)

    monkeypatch.setattr(engine, "grade", counted)
    assert undisturbed(root) == wanted and graded == {}
    results.path(root, PS, "egret").unlink()
    assert undisturbed(root) == wanted and graded == {"egret": 1}
    shutil.rmtree(root / "autograded")  # recording again is not grading again
    assert undisturbed(root) == wanted and graded == {"egret": 1}
    (root / "gradebook.db").unlink()
    assert undisturbed(root).scores == wanted.scores and graded == {"egret": 1}


@pytest.fixture(scope="module")
def jail():
    with Jail() as jail:
        yield jail


def interrupted(jail, monkeypatch, end, source="def rnn_step_forward(*a):\n    return 1\n", tmp="/tmp"):
    """Grade a file while `end(worker)` is called after the cells of the first workers ran; the Result and calls."""
    from autograder import session

    run, calls = session.Session._run_cells, []

    def run_and_end(self, worker):
        done = run(self, worker)
        calls.append(worker)
        end(worker, len(calls))
        return done

    monkeypatch.setattr(session.Session, "_run_cells", run_and_end)
    path = tmp / "functions.py"
    path.write_text(source)
    result = engine.grade(from_python(path), load(PS), jail, student="ada", secret=b"s" * 32).result
    monkeypatch.setattr(session.Session, "_run_cells", run)
    return result, calls


@pytest.fixture(scope="module")
def solved():
    return "import numpy as np\n\n\n" + "\n\n\n".join(load(PS).reference.cells.values())


def kill(worker):
    import signal

    signal.pidfd_send_signal(worker._fds["pidfd"], signal.SIGKILL)


def test_a_worker_that_something_killed_costs_the_student_nothing(jail, monkeypatch, tmp_path, solved):
    result, calls = interrupted(jail, monkeypatch, lambda w, n: kill(w) if n == 1 else None, solved, tmp_path)
    assert result.points == result.max_points and result.flags == () and len(calls) > 1


def test_what_kills_the_worker_twice_is_the_submissions_own(jail, monkeypatch, tmp_path, solved):
    result, _ = interrupted(jail, monkeypatch, lambda w, n: kill(w), solved, tmp_path)
    assert result.points == 0
    assert any("most likely because it used too much memory" in flag for flag in result.flags)


def test_a_jail_that_is_killed_is_opened_again(jail, monkeypatch, tmp_path, solved):
    def end(worker, number):
        if number == 1:
            jail._zygote._process.kill()
            jail._zygote._process.wait()

    result, calls = interrupted(jail, monkeypatch, end, solved, tmp_path)
    assert result.points == result.max_points and result.flags == ()


def test_a_jail_that_is_always_killed_is_no_verdict_on_anybody(jail, monkeypatch, tmp_path, solved):
    def gone(worker, number):
        worker._die("killed", "The jail around it was ended by something outside.")

    def end(worker, number):
        with pytest.raises(WorkerDied):
            gone(worker, number)

    with pytest.raises(engine.JailKilled, match="ended from outside 3 times; grade it again"):
        interrupted(jail, monkeypatch, end, solved, tmp_path)


# No disk.


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 12 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root can make a small file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def filler(place, left):
    """Fill the disk up to `left` bytes."""
    with (place / "filler").open("wb") as file:
        while True:
            stat = os.statvfs(place)
            room = stat.f_bavail * stat.f_frsize - left
            if room <= 0:
                return
            file.write(bytes(min(room, 1 << 16)))
            file.flush()


@pytest.mark.parametrize("left", [0, 65_536])
def test_a_full_disk_loses_nothing(settled, small_disk, left):
    root, wanted = small_disk / "course", settled[1]
    shutil.copytree(settled[0], root)
    for folder in ("results", "autograded"):
        shutil.rmtree(root / folder)
    filler(small_disk, left)
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "grade", PS, "--course", str(root)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert "full" in said or "No space left" in said, said
    assert "Traceback" not in said
    (small_disk / "filler").unlink()
    assert differences(undisturbed(root), wanted) == []
    assert not [path for path in root.rglob(".*") if path.name.startswith((".grades.csv", ".egret", ".avocet"))]


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "grades.csv"
    whole_file.write(path, "old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        whole_file.write(path, "new")
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["grades.csv"]


def test_a_secret_is_made_once(tmp_path, monkeypatch):
    monkeypatch.delenv("UNROLL_SECRET", raising=False)
    link = os.link

    def somebody_was_faster(scratch, path):
        path.write_text("f" * 64)
        link(scratch, path)

    monkeypatch.setattr(os, "link", somebody_was_faster)
    assert course_secret(tmp_path) == b"f" * 64
    assert [p.name for p in tmp_path.iterdir()] == [".unroll_secret"]


# No gradebook.


def test_a_locked_gradebook_is_said_and_loses_nothing(course_copy, monkeypatch):
    root, wanted = course_copy
    shutil.rmtree(root / "autograded")
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.2)
    other = sqlite3.connect(root / "gradebook.db")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(gradebook.Unavailable) as refused:
        course.grade_and_record(root, PS, progress=False)
    assert str(refused.value) == (
        f"{root}/gradebook.db has been in use by another program for a while: a running nbgrader command, or a "
        "program that shows databases. Close it. What was graded is kept; run the same command again."
    )
    other.rollback()
    other.close()
    assert undisturbed(root) == wanted


def test_a_gradebook_that_is_locked_half_way_through(course_copy, monkeypatch):
    root, wanted = course_copy
    shutil.rmtree(root / "autograded")
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.2)
    monkeypatch.setattr(recording, "BATCH", 1)
    other, enter = sqlite3.connect(root / "gradebook.db"), recording._Recorder._enter

    def enter_and_lock(*arguments):
        enter(*arguments)
        other.execute("BEGIN IMMEDIATE")

    with monkeypatch.context() as patch:
        patch.setattr(recording._Recorder, "_enter", enter_and_lock)
        with pytest.raises(gradebook.Unavailable, match="in use by another program"):
            course.grade_and_record(root, PS, progress=False)
    other.rollback()
    assert undisturbed(root) == wanted


def test_a_lock_of_a_moment_is_waited_for(course_copy):
    root, wanted = course_copy
    shutil.rmtree(root / "autograded")
    hold = (
        "import sqlite3, sys, time; b = sqlite3.connect(sys.argv[1]); b.execute('BEGIN EXCLUSIVE'); "
        "print('held', flush=True); time.sleep(7)"  # longer than the five seconds that SQLite waits by itself
    )
    with subprocess.Popen([sys.executable, "-c", hold, str(root / "gradebook.db")], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        assert undisturbed(root) == wanted


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        ("attempt to write a readonly database", "may not be written. See who owns it and its folder."),
        ("database or disk is full", "is full, so not everything could be written. Make room."),
        ("[Errno 122] Disk quota exceeded", "is full, so not everything could be written. Make room."),
        ("disk I/O error", "could not be read or written. See whether it is full or failing."),
    ],
)
def test_what_keeps_the_gradebook_from_being_written_is_said(tmp_path, problem, sentence):
    with pytest.raises(gradebook.Unavailable) as refused, gradebook.writing(tmp_path):
        raise OSError(problem)
    assert sentence in str(refused.value) and str(refused.value).endswith("run the same command again.")


# A clock that jumps.


@pytest.mark.parametrize("jump", [-(10.0**9), 10.0**9])
def test_a_clock_that_jumps_changes_nothing(course_copy, monkeypatch, jump):
    root, wanted = course_copy
    for folder in ("results", "autograded"):
        shutil.rmtree(root / folder)
    real, started, calls = time.time, time.time(), []

    def jumping():
        calls.append(1)
        return real() + (jump if real() > started + 0.5 else 0)

    monkeypatch.setattr(time, "time", jumping)
    monkeypatch.setattr(course, "_in_parallel", _one_by_one)
    found = undisturbed(root)
    assert calls and differences(found, wanted) == []
    submitted = {o.student: o for o in course.find(root, PS)}
    assert set(submitted) == set(STUDENTS)


def test_files_from_the_future_are_read(course_copy):
    root, wanted = course_copy
    for path in root.rglob("*.ipynb"):
        os.utime(path, (4e9, 4e9))
    assert undisturbed(root) == wanted
