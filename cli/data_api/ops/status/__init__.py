"""The status of a deployment, one file for each part that is looked at."""
