"""Sends records: reads them, splits them into batches, posts them."""
