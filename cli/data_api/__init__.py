"""What speaks to the API as a user does."""
