"""The gradebook on a real PostgreSQL server: the same rows as in SQLite, and sentences when it is not to be had."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import text

from autograder.__main__ import main
from autograder.classroom import course, database, demo, gradebook, recording
from autograder.problem_set import ROOT
from tests.test_formgrader import Server, browse
from tests.test_recording import LATE, entered

PS = demo.PROBLEM_SET
AGAIN = " What was graded is kept; run the same command again."
CONFIG = "get_config().CourseDirectory.db_url = {!r}\n"


@pytest.fixture
def graded(graded_class, tmp_path):
    """A copy of the demo class with all results on file and nothing recorded."""
    root = graded_class.copy(tmp_path / "course")
    for name in ("autograded", "feedback"):
        shutil.rmtree(root / name)
    (root / "gradebook.db").unlink()
    return root


@pytest.fixture
def on_server(graded, postgres_server):
    """The same, with a gradebook in PostgreSQL."""
    (graded / "nbgrader_config.py").write_text(CONFIG.format(postgres_server.new("course")))
    return graded


def record(root):
    return recording.record_all(root, PS, course.grade_class(root, PS, progress=False), progress=False)


def nbgrader(root, *arguments):
    """An nbgrader command on a course, as in the README; what it said."""
    environment = {**os.environ, "UNROLL_COURSE": str(root)}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def shown(root):
    """What formgrader shows of the submissions."""
    config = gradebook.configuration(root)
    coursedir = CourseDirectory(config=config)
    api = NbGraderAPI(coursedir, Authenticator(parent=coursedir), config=config)
    rows = api.get_submissions(PS) + api.get_notebook_submissions(PS, PS)
    return sorted(([(key, value) for key, value in row.items() if key not in ("id", "index")] for row in rows), key=str)


def where(server, name="course"):
    return f"127.0.0.1:{server.port}/{name}"


def test_the_rows_are_those_of_sqlite(on_server, tmp_path):
    beside = shutil.copytree(on_server, tmp_path / "beside")
    (on_server / "nbgrader_config.py").write_text((on_server / "nbgrader_config.py").read_text() + LATE)
    (beside / "nbgrader_config.py").write_text(LATE)
    found = []
    for root in (on_server, beside):
        (root / "submitted" / "egret" / PS / "timestamp.txt").write_text("2026-11-21 18:00:00 UTC")
        gradebook.register(root, PS)
        with gradebook.open_gradebook(root) as book:
            book.update_or_create_assignment(PS, duedate="2026-11-20 12:00:00 UTC")
        record(root)
        found.append({**entered(root), "shown": shown(root)})
    assert found[0] == found[1] and not (on_server / "gradebook.db").exists()
    assert [row[2] for row in found[0]["penalty"] if row[0] == "egret" and row[2] > 0]


def test_formgrader_shows_what_is_there_and_enters_a_grade(on_server, tmp_path):
    gradebook.register(on_server, PS)
    record(on_server)
    (tmp_path / "jupyter").mkdir()
    server = Server(on_server, tmp_path / "jupyter")
    try:
        server.wait()
        page = browse(server, f"/formgrader/manage_submissions/{PS}", tmp_path)
        assert "70 / 100" in page and "59.8 / 100" in page
        with gradebook.open_gradebook(on_server) as book:
            notebook = book.find_submission_notebook(PS, PS, "egret").id
        assert "59.8 of 70 points in 11 automatic checks" in browse(
            server, f"/formgrader/submissions/{notebook}/", tmp_path
        )
        grades = json.loads(server.request("GET", f"/formgrader/api/grades?submission_id={notebook}")[1])
        grade = next(grade for grade in grades if grade["name"] == "rnn_backward")
        change = {"manual_score": 1.5, "extra_credit": 0}
        status, body = server.request("PUT", f"/formgrader/api/grade/{grade['id']}", change)
        assert status == 200 and json.loads(body)["manual_score"] == 1.5, body
        with gradebook.open_gradebook(on_server) as book:
            assert book.find_grade("rnn_backward", PS, PS, "egret").score == 1.5
    finally:
        server.stop()


def test_every_command_works_and_no_password_is_seen(on_server, postgres_server, capfd):
    for command in ("grade", "feedback", "report"):
        assert main([command, PS, "--course", str(on_server)]) == 0
    gradebook.name_students(on_server, demo.full_names())
    gradebook.export(on_server, on_server / "ours.csv")
    said = nbgrader(on_server, "export", "--to", str(on_server / "theirs.csv"))
    said += nbgrader(on_server, "autograde", PS, "--student", "crane", "--force")
    assert (on_server / "ours.csv").read_text() == (on_server / "theirs.csv").read_text()
    assert len((on_server / "ours.csv").read_text().splitlines()) == 1 + len(demo.CLASS)
    assert "crane" in said and not (on_server / "gradebook.db").exists()
    said += "".join(capfd.readouterr())
    pages = [path for path in on_server.rglob("*") if path.is_file() and path.name != "nbgrader_config.py"]
    said += "".join(path.read_text(errors="replace") for path in pages)
    assert not any(password in said for password in ("open@sesame", "open%40sesame"))


def test_the_course_in_this_repository(postgres_server, monkeypatch, tmp_path):
    postgres_server.new("here")
    monkeypatch.setenv("UNROLL_GRADEBOOK", f"postgresql://grader@127.0.0.1:{postgres_server.port}/here")
    (tmp_path / "pgpass").write_text("*:*:*:*:open@sesame\n")
    (tmp_path / "pgpass").chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    for student in ("ada", "grace"):
        nbgrader(ROOT, "db", "student", "add", student)
    nbgrader(ROOT, "db", "upgrade")
    with gradebook.open_gradebook(ROOT) as book:
        assert [student.id for student in book.students] == ["ada", "grace"]
        assert str(book.engine.url).startswith("postgresql+psycopg://grader@")
        assert book.db.execute(text("SHOW lock_timeout")).scalar() == f"{database.LOCK_SECONDS}s"


def test_the_variable_is_for_no_other_course(graded, monkeypatch):
    monkeypatch.setenv("UNROLL_GRADEBOOK", "postgresql://nobody@127.0.0.1:9/nothing")
    assert gradebook.configuration(graded).CourseDirectory.db_url == f"sqlite:///{graded}/gradebook.db"


def test_what_a_url_says_itself_is_kept():
    url = "postgres://ada@host/book?connect_timeout=3&options=-clock_timeout=7"
    assert database.completed(url) == "postgresql+psycopg" + url.removeprefix("postgres")
    assert database.completed("sqlite:///x.db") == "sqlite:///x.db"


# What goes wrong.


def refusal(root, url):
    (root / "nbgrader_config.py").write_text(CONFIG.format(url))
    with pytest.raises(gradebook.Unavailable) as refused:
        course.grade_and_record(root, PS, progress=False)
    return str(refused.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_url_that_names_no_file(graded, url):
    assert refusal(graded, url) == (
        "The gradebook's URL was expected to be like sqlite:////FOLDER/gradebook.db; it names no file. See "
        "UNROLL_GRADEBOOK, or c.CourseDirectory.db_url in the course's nbgrader_config.py."
    )


def test_a_refused_password(graded, postgres_server):
    assert refusal(graded, postgres_server.url("postgres", password="wrong")) == (
        f"The server of the gradebook {where(postgres_server, 'postgres')} refused the user or the password. The user "
        "stands in the database's URL, the password best in ~/.pgpass." + AGAIN
    )


def test_no_password(graded, postgres_server, monkeypatch, tmp_path):
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    assert refusal(graded, f"postgresql://grader@127.0.0.1:{postgres_server.port}/postgres") == (
        f"The server of the gradebook {where(postgres_server, 'postgres')} wants a password. Put it in ~/.pgpass."
        + AGAIN
    )


def test_no_such_database(graded, postgres_server):
    assert refusal(graded, postgres_server.url("nothing")) == (
        f"The server of the gradebook {where(postgres_server, 'nothing')} has no such database. Make it with "
        "createdb." + AGAIN
    )


def test_a_user_who_may_not(graded, postgres_server):
    url = postgres_server.new("others")
    with gradebook_of(graded, url) as book:
        book.db.execute(text("DROP ROLE IF EXISTS guest"))
        book.db.execute(text("CREATE ROLE guest LOGIN PASSWORD 'guest'"))
        book.db.commit()
    url = postgres_server.url("others", "guest", "guest")
    sentence = refusal(graded, url)
    assert sentence.startswith(f"The server of the gradebook {where(postgres_server, 'others')} allows this user too")
    assert "permission denied for table" in sentence and sentence.endswith(
        "The user must own the database, or be granted what it takes to create tables in it." + AGAIN
    )


def gradebook_of(root, url):
    (root / "nbgrader_config.py").write_text(CONFIG.format(url))
    return gradebook.open_gradebook(root)


def test_a_server_that_is_not_there(graded):
    sentence = refusal(graded, "postgresql://ada:hidden@127.0.0.1:9/book")
    assert sentence.startswith("The server of the gradebook 127.0.0.1:9/book cannot be reached or went away: ")
    assert "Connection refused. See whether it runs." + AGAIN in sentence and "hidden" not in sentence


@pytest.mark.parametrize("url", ["postgresql://ada:hid/den@host:5x/book", "postgresql//ada:hidden@host"])
def test_a_url_that_is_none(graded, url):
    assert refusal(graded, url) == (
        "The gradebook's URL was expected to be like postgresql://USER@HOST/DATABASE; it cannot be read. See "
        "UNROLL_GRADEBOOK, or c.CourseDirectory.db_url in the course's nbgrader_config.py; characters like @ : / in a "
        "password are written %40 %3A %2F."
    )


def test_no_driver(graded, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert refusal(graded, "postgresql://ada:hidden@host/book") == (
        "The gradebook is in PostgreSQL, host/book, and its driver psycopg cannot be used here (import of psycopg "
        "halted; None in sys.modules). Install it: pip install 'psycopg[binary]'." + AGAIN
    )


def test_a_full_disk_of_the_server():
    said = "(psycopg.errors.DiskFull) could not extend file"
    assert database.obstacle(said, ROOT, "postgresql://ada:hidden@host/book") == (
        "The disk of the server of the gradebook host/book is full. Make room." + AGAIN
    )


def test_a_table_that_another_program_locks(on_server, postgres_server, monkeypatch):
    gradebook.register(on_server, PS)
    with gradebook.open_gradebook(on_server) as other:
        other.db.execute(text("LOCK TABLE student"))
        monkeypatch.setattr(database, "LOCK_SECONDS", 0.2)
        with pytest.raises(gradebook.Unavailable) as refused:
            course.grade_and_record(on_server, PS, progress=False)
    assert str(refused.value) == (
        f"The gradebook {where(postgres_server)} has been in use by another program for a while: another grader, or a "
        "program that was stopped half way. Wait for it, or end it." + AGAIN
    )
    assert len(record(on_server)) == len(demo.CLASS)


def test_a_server_that_is_stopped_half_way(on_server, graded_class, postgres_server, monkeypatch, capfd):
    entering, done = recording._Recorder._enter_scores, []

    def enter_and_stop(*arguments):
        done.append(arguments)
        if len(done) == 6:
            postgres_server.stop()
        entering(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(recording, "BATCH", 4)
        patch.setattr(recording._Recorder, "_enter_scores", enter_and_stop)
        gradebook.register(on_server, PS)
        try:
            with pytest.raises(gradebook.Unavailable) as refused:
                record(on_server)
        finally:
            postgres_server.start()
    assert str(refused.value).startswith(f"The server of the gradebook {where(postgres_server)} cannot be reached or")
    assert "\n" not in str(refused.value) and str(refused.value).endswith("See whether it runs." + AGAIN)
    assert "Traceback" not in "".join(capfd.readouterr())
    assert {student for student, *_ in entered(on_server)["time"]} == {
        o.student for o in list(graded_class.outcomes.values())[:4]
    }
    assert main(["grade", PS, "--course", str(on_server)]) == 0
    assert entered(on_server) == entered(graded_class.root)
