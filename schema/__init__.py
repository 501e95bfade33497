"""GraphQL windows and inputs: no SQL, no rule."""
