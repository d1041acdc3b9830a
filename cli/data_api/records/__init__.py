"""The commands that send and read records: send, list, get."""
