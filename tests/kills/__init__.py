"""The real edge, central and broker, killed at random moments while scans are in flight."""
