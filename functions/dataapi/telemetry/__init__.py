"""What is observed of requests: the seam, and the spans behind it."""
