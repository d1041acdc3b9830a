"""Stops the local stack with a sentence.

Owns the one exception that a person at the terminal gets to read: what is wrong and what to do about it.
Click prints it without a traceback and exits with 1.
Leaves the sentences to the files that find the faults: `java.py`, `emulators.py`, `download.py` and others.
"""

import click


class Fault(click.ClickException):
    """Something keeps the local stack from running; its message is one sentence that says what to do."""
