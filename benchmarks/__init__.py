"""Speed, shown as a ratio against a floor measured in the same run; nothing here is asserted by a test."""
