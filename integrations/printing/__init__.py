"""Documents for newspapers, written in a process of their own: one made takes a second of nothing but computing."""
