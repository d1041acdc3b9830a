"""The client of the HTTP API: its calls, its errors, its retries."""
