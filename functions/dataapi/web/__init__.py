"""The web page: its files and their addresses, its settings, and the headers that protect it."""
