"""A whole class: grading in parallel, nbgrader's gradebook and pages, tables, and the demo class."""
