"""One module a command of the command line, named ``{command}_``, and what several share."""
