"""The demo without its processes."""
