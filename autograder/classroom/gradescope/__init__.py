"""Grading on Gradescope: `build` makes the zip to upload, `__main__` runs in its container; see docs/gradescope.md."""
