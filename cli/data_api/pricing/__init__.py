"""What a stack costs, by list prices and by what the functions were measured to take."""
