"""Keeps the records of a stack from its stop to its next start."""
