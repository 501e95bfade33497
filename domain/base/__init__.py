"""Ids, columns and secrets: what every noun is made of."""
