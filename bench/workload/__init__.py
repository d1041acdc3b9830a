"""The requests of the benchmark, the checks of the responses, and the counting of RPCs."""
