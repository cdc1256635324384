"""Mutation testing of the checks: is any wrong solution passed, and is every name that a wrong one gets right?

The well-kept tools (mutmut, cosmic-ray) mutate the modules of a project and run its test suite for every mutant;
here a mutant is the text of one notebook cell and its judge is the autograder itself, so Python's `ast` suffices.
"""
