"""Drivers, registry, supervisor and trace, each alone."""
