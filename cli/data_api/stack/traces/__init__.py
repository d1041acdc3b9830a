"""Receives, keeps and draws the spans and log lines of a record."""
