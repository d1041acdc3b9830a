"""Spans, and how the way of one record is built from spans and log lines and drawn."""
