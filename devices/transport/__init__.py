"""Transports: the thin parts that own a file descriptor, one module a kind of line."""
