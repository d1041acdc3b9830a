"""The whole system on one machine. Never shipped."""
