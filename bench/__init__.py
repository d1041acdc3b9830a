"""Measures the functions beside the same functions as they are usually written, and beside what the platform allows.

`python -m bench`, or `make bench`. Owns what is measured and how; what is measured is started the way `data-api up`
starts it, with `local`'s parts, and is not changed for it. Nothing here ships.
"""
