"""One module a command of the command line; named ``{command}_``."""
