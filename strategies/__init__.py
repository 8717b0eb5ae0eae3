"""Reference strategies, to read and to copy from."""
