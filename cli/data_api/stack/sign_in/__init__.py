"""The sign-in page of the local stack: imitates Google's authorization endpoint for the web page."""
