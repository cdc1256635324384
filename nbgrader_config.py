"""nbgrader's configuration, read by every nbgrader command, by formgrader and by `make grade`.

The course's folder is this one, or the one named by UNROLL_COURSE (the demo class lives in demo/). Solutions and
released assignments always lie here.
"""

import os
import sys
from pathlib import Path

from autograder.classroom import database

HERE = Path(__file__).resolve().parent
c = get_config()  # noqa: F821  (nbgrader defines it)

# nbgrader starts `alembic` by name; it lies beside the interpreter, also when the environment is not activated.
beside = str(Path(sys.executable).parent)
if beside not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([beside, os.environ.get("PATH", os.defpath)])

# Directories. A course elsewhere has its submissions, gradebook and feedback there.
c.CourseDirectory.course_id = "unroll"
c.CourseDirectory.root = str((HERE / os.environ.get("UNROLL_COURSE", ".")).resolve())
c.CourseDirectory.source_directory = str(HERE / "solutions")
c.CourseDirectory.release_directory = str(HERE / "assignments")

# The gradebook, which several programs may use at the same time: one waits for the other.
c.CourseDirectory.db_url = database.default_url(c.CourseDirectory.root)

# A solution's place in the release.
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}

# Grading: strict reading, our jail instead of a kernel, open scores where a person must look.
c.Autograde.exporter_class = "autograder.classroom.execute.SubmissionExporter"
c.Autograde.autograde_preprocessors = [
    "autograder.classroom.execute.GradeInJail",
    "nbgrader.preprocessors.LimitOutput",
    "autograder.classroom.execute.SaveScores",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Feedback: hints and names of mistakes only if the problem set lets students see them.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "autograder.classroom.feedback.HideHints",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

# Pages: nothing a student wrote runs in a TA's browser.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.preprocessors = [
    "autograder.classroom.safe_html.PlainNames",
    "autograder.classroom.rubric.Rubrics",  # in formgrader alone
]
c.HTMLExporter.filters = {
    "markdown2html": "autograder.classroom.safe_html.markdown",
    "clean_html": "autograder.classroom.safe_html.clean",
    "highlight_code": "autograder.classroom.safe_html.highlight",
}

# A course elsewhere may differ in all this, and may have its gradebook on a server: its own file, if there is one.
if c.CourseDirectory.root != str(HERE):
    load_subconfig("nbgrader_config.py", path=c.CourseDirectory.root)  # noqa: F821  (traitlets defines it)
c.CourseDirectory.db_url = database.completed(c.CourseDirectory.db_url)
