"""Where the token of a caller comes from."""
