"""What every HTTP request shares: dispatch, errors, CORS, rate limits, admission control."""
