"""Files that people hand in, and what is kept of them."""
