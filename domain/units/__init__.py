"""Units: the five levels of volunteer bodies, as one tree."""
