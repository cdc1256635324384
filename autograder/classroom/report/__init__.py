"""What grades look like outside nbgrader: text for the terminal, a CSV for a spreadsheet."""

from autograder.classroom.report.class_mistakes import mistakes_of_class, mistakes_table
from autograder.classroom.report.grades_csv import write_csv
from autograder.classroom.report.table import result_text, table

__all__ = ["mistakes_of_class", "mistakes_table", "result_text", "table", "write_csv"]
