"""What `data-api up` and `status` show in a terminal."""
