"""A whole small warehouse on one machine, to look at and to try."""
