"""The checks before a deployment, one file for each thing that is asked."""
