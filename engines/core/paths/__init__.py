"""Camera paths: made, read and written."""
