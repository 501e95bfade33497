"""Tables over time, applied by Alembic."""
