"""The terminal output of `data-api up` and `status`."""
