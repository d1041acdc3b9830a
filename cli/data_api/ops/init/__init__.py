"""What `data-api init` does: writes the configuration of a stack, or of the preparation for a pipeline."""
