"""A deployment of the Data API: its configuration, its components and its monitoring."""
