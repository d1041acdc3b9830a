"""The cases that `make bench` measures: accept, store, read, cold start."""
