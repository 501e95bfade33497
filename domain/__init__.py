"""The hall: the nouns of the field with their tables, rules, acts and reads. Knows no HTTP, GraphQL or queue."""
