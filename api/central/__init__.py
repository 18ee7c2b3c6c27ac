"""Central's REST interface under /api/v1: many sites, each decided at its own edge."""
