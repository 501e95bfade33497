"""Microblog accounts of units."""
