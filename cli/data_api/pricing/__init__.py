"""The command `cost`: what a stack costs, from list prices and measured CPU times."""
