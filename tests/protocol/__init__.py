"""Protocols without ports: bytes in, frames and facts out; whole, split, glued, cut."""
