"""Users, grants and reach: who may do what, where. Knows paths, no tables above."""
