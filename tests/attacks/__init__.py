"""Hostile submissions, as data, and what became of them when they were graded for real."""
