"""Studies: each measures one question, and runs only if it is named."""
