"""The people of the units: invited, granted roles, looked after, and seen off."""
