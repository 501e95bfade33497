"""Campaigns: batches in which showcase lessons are promoted (推介批次)."""
