"""What a record is: its schema, its limits, its written forms, and the queries for it."""
