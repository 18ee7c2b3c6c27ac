"""The front door: command line, configuration, and the wiring where the parts meet."""

__version__ = "0.1.0"
