"""The house rules as tests: what matters is checked here, not asked for in a paragraph."""
