"""The REST interface under /api/v1, one module a noun."""
