"""The command line: one command that runs everything; the only room allowed to import every other."""
