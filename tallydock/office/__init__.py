"""People who sign in and tokens for programs, from the command line.

``ports`` says what can be asked, ``desk`` does it over a stopped store's ``books``, ``remote``
through a running service.
"""
