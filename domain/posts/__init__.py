"""Posts and their deliveries to accounts."""
