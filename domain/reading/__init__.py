"""Reads for front ends: a `Selection` of plain data goes in, records come out, in a constant number of statements."""
