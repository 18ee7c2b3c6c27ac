"""One suite for every driver: what any of them must survive."""
