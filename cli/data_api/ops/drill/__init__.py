"""The restore drill: restores a backup into a new database, compares it with the live one, and deletes it."""
