"""What serves who runs a deployment: the preflight before it and the restore drill after it."""
