"""The half of the jail that runs inside it: zygote, worker and wire format.

This folder alone is bound into the sandbox and run with ``python -m inside``; it imports nothing else of the
autograder and knows no expected value and no secret. The grader imports only `wire`, `values` and `stand_in` from it.
"""
