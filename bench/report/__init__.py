"""Tables, the picture, the levels and the files of results."""
