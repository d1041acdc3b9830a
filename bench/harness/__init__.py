"""Starts processes, puts load on them and measures their CPU time and memory."""
