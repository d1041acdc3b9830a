"""The checks of `data-api doctor --stack` before a deployment, one file for each topic."""
