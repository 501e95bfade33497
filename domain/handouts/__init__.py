"""What a person asks for and a worker makes as files: one life, whatever is in them."""
