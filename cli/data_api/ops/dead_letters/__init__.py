"""The workbench for messages that could not be stored: list, show, replay and discard what `dead-letter` keeps."""
