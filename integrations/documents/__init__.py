"""Documents that people hand in: looked into, and kept as they are."""
