"""The restore drill: brings a backup back into a new database, compares it with the live one, and deletes it."""
