"""Microblog platforms as seen from inside: their rules, the port their clients fill, and how they fail."""
