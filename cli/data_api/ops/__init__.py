"""What serves who runs a deployment: checks before it; its status, logs, traces, dead letters and drill after it."""
