"""Runs processes, puts load on them and counts what they cost."""
