"""Studies of one question each; they run by name."""
