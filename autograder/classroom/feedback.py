"""What students do not see of their graded notebook: nbgrader's feedback pages go through this."""

from __future__ import annotations

from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.classroom import record
from autograder.problem_set import load, names


class HideHints(NbGraderPreprocessor):
    """Leaves hints and names of mistakes out, where the problem set's HINTS is "off".

    Formgrader shows the graded notebook itself, so that staff see them all the same.
    """

    def preprocess(self, nb, resources):
        assignment = resources["nbgrader"]["assignment"]
        if assignment in names() and load(assignment).hints == "off":
            for cell in nb.cells:
                if cell.get("id") == record.SUMMARY_ID:
                    cell.source = record.summary_without_mistakes(cell.source)
                elif record.is_check(cell):
                    for output in cell.outputs:
                        if output.output_type == "stream":
                            output.text = record.without_hints(output.text)
        return nb, resources
