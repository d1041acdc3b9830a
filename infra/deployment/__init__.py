"""One deployment of the Data API: its configuration and its resources."""
