"""What the benchmark sends, and what it checks of the answers."""
