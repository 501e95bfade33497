"""Engagement: what platforms count of a post, as snapshots over time."""
