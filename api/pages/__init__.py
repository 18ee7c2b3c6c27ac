"""The web pages: what people at the benches, in the office and at central look at."""
