"""What people take out as files: made later by a worker, with progress, under the reach they have at that time."""
