"""The report: tables, bar charts, targets, and the files in bench/results."""
