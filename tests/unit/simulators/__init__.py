"""Simulators, each alone."""
