"""Two graders at once, in SQLite and in PostgreSQL: every submission is recorded once, with the right score."""

import shutil
import subprocess
import sys

import pytest
from sqlalchemy import text

from autograder.classroom import course, database, demo, gradebook
from autograder.problem_set import ROOT
from tests.test_recording import entered

PS = demo.PROBLEM_SET
TABLES = ("student", "submitted_assignment", "submitted_notebook", "grade", "comment", "assignment", "base_cell")
MANUAL, COMMENT = 4.5, "Well seen."
RECORD = """
import sys
from autograder.classroom import course, recording

recording.BATCH = 3
again, record_one = [], recording._Recorder._one
recording._Recorder._one = lambda self, outcome: again.append(outcome.student) or record_one(self, outcome)
outcomes = course.grade_class(sys.argv[1], sys.argv[2], students=sys.argv[3:], progress=False)
print("ready", flush=True)
sys.stdin.readline()
problems = [o.problem for o in course.record_class(sys.argv[1], sys.argv[2], outcomes, progress=False)]
print(again, [problem for problem in problems if "could not record" in problem])
"""


@pytest.fixture(scope="module")
def graded(graded_class, tmp_path_factory):
    """The demo class with all results on file and nothing recorded, and what its gradebook should say."""
    root = graded_class.copy(tmp_path_factory.mktemp("graded") / "course")
    for name in ("autograded", "feedback"):
        shutil.rmtree(root / name)
    (root / "gradebook.db").unlink()
    return root, entered(graded_class.root), rows(graded_class.root)


@pytest.fixture(params=["sqlite", "postgresql"])
def copies(request, graded, tmp_path):
    """Two folders of the class, for two graders, with one gradebook that does not exist yet."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/gradebook.db"
    else:
        url = request.getfixturevalue("postgres_server").new("two_graders")
    for name in ("one", "other"):
        shutil.copytree(graded[0], tmp_path / name)
        (tmp_path / name / "nbgrader_config.py").write_text(f"get_config().CourseDirectory.db_url = {url!r}\n")
    return tmp_path / "one", tmp_path / "other"


def rows(root):
    """How many rows each table has."""
    with gradebook.open_gradebook(root) as book:
        return {table: book.db.execute(text(f"SELECT count(*) FROM {table}")).scalar() for table in TABLES}


def at_once(*graders):
    """Record in processes that begin at the same moment; each is a course's folder and the students, none for all."""
    command = [sys.executable, "-c", RECORD]
    options = {"cwd": ROOT, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = [subprocess.Popen([*command, str(root), PS, *who], text=True, **options) for root, who in graders]
    assert [process.stdout.readline() for process in running] == ["ready\n"] * len(running)
    for process in running:
        process.stdin.write("now\n")
        process.stdin.flush()
    for process in running:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out, err) == (0, "[] []\n", "")


def test_both_record_the_same_class(copies, graded, request):
    """SQLite: in one folder. PostgreSQL: each on a machine of its own."""
    one, other = copies
    at_once((one, ()), (one if "sqlite" in request.node.name else other, ()))
    assert entered(one) == graded[1] and rows(one) == graded[2]
    assert len(list(one.glob(f"autograded/*/{PS}/{PS}.ipynb"))) == len(demo.CLASS)


def test_each_records_one_half_while_a_person_grades(copies, graded):
    one, other = copies
    at_once((one, ["avocet"]))
    with gradebook.open_gradebook(one) as book:
        book.find_grade("written_errors", PS, PS, "avocet").manual_score = MANUAL
        book.find_comment("written_errors", PS, PS, "avocet").manual_comment = COMMENT
        book.db.commit()
    students = [member.student for member in demo.CLASS]
    shutil.rmtree(one / "autograded")
    at_once((one, students[:9]), (other, students[9:]))
    with gradebook.open_gradebook(one) as book:
        grade = book.find_grade("written_errors", PS, PS, "avocet")
        assert (grade.manual_score, grade.needs_manual_grade) == (MANUAL, True)
        assert book.find_comment("written_errors", PS, PS, "avocet").manual_comment == COMMENT
        grade.manual_score = book.find_comment("written_errors", PS, PS, "avocet").manual_comment = None
        book.db.commit()
    assert entered(one) == graded[1] and rows(one) == graded[2]


def test_who_waits_too_long_is_told(copies, monkeypatch):
    one, other = copies
    gradebook.register(one, PS)
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.2)
    config = (other / "nbgrader_config.py").read_text().replace("timeout=30", "timeout=0.2")
    (other / "nbgrader_config.py").write_text(config)
    with gradebook.alone(one), pytest.raises(gradebook.Unavailable, match="in use by another program for a while"):
        course.grade_and_record(other, PS, progress=False)
