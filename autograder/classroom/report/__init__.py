"""What grades look like outside nbgrader: text for the terminal, a CSV for a spreadsheet, a page for a browser."""

from autograder.classroom.report.changes import changes, changes_table, on_file
from autograder.classroom.report.class_mistakes import mistakes_of_class, mistakes_table
from autograder.classroom.report.grades_csv import write_csv
from autograder.classroom.report.page import write_page
from autograder.classroom.report.table import result_text, table

__all__ = [
    "changes",
    "changes_table",
    "mistakes_of_class",
    "mistakes_table",
    "on_file",
    "result_text",
    "table",
    "write_csv",
    "write_page",
]
