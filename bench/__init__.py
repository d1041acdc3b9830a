"""Measures the functions beside the code that everybody writes first."""
