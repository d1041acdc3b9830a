"""The cases that `make bench` measures: accept, store, read and cold start."""
