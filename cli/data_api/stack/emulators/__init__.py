"""Finds, downloads, starts and configures Google's official emulators."""
