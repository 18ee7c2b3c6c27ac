"""The composition roots: the only places where the parts meet."""
