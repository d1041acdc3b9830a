"""The command `logs`: the log lines of a deployment's functions, read from Cloud Logging."""
