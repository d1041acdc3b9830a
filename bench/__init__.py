"""Compares the functions with common implementations of the same, and with the limits of the platform.

Run it with `python -m bench` or `make bench`. It starts the unchanged functions with the modules that `data-api up`
uses (`cli/data_api/stack`). Nothing in this folder is deployed.
"""
