"""Checks large records in a process of its own."""
