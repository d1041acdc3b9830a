"""Finds, downloads, starts and provisions Google's official emulators."""
