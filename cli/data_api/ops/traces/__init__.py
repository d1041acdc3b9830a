"""The way of one record in a deployment: its log lines from Cloud Logging, its spans from Cloud Trace."""
