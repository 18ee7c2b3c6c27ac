"""Who asks, and what they may do: passwords, sessions, tokens, roles, origins, attempts."""
