"""Ends a benchmark with a sentence that says what to do."""


class Fault(Exception):
    """Something keeps the benchmark from being run, or from being right; its message is one sentence."""
