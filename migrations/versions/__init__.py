"""One change of tables each."""
