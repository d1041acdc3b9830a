"""The command `cost`: estimates the cost of a stack from list prices and measured CPU times."""
