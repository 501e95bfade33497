"""The other door: what runs later and again. It claims, calls and settles."""
