"""Receives and keeps the spans and log lines of a record."""
