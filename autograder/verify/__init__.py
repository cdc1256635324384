"""`python -m autograder verify`: proves that a problem set works, before students find out.

structure.py reads; freshness.py compares with what was released; reference.py tries the solution by itself;
tasks.py puts stubs, solution and mistakes through the real engine and jail; judging.py says what is wrong with
what comes out; report.py prints it.
"""

from autograder.verify.verification import Verification, verify

__all__ = ["Verification", "verify"]
