"""What PostgreSQL itself says of a database's tables, to compare two databases."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

OURS = "n.nspname = 'public' AND c.relname <> 'alembic_version'"
# A column's place among its neighbours says nothing: an upgraded table gets its new ones at the end.
COLUMNS = f"""
SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || coalesce(' collate ' || nullif(l.collname, 'default'), '')
       || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
       || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE {OURS} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"""
CONSTRAINTS = f"""
SELECT c.relname || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {OURS}"""
INDEXES = f"""
SELECT pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {OURS}"""
SEQUENCES = f"""
SELECT c.relname || ' ' || format_type(s.seqtypid, NULL) || ' from ' || s.seqstart || ' by ' || s.seqincrement
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {OURS}"""
OTHERS = f"""
SELECT c.relkind::text || ' ' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {OURS} AND c.relkind NOT IN ('r', 'i', 'S')"""
QUESTIONS = {
    "columns": COLUMNS,
    "constraints": CONSTRAINTS,
    "indexes": INDEXES,
    "sequences": SEQUENCES,
    "others": OTHERS,
}


async def catalog(engine: AsyncEngine) -> dict[str, set[str]]:
    """Columns, constraints, indexes and sequences as PostgreSQL writes them."""
    async with engine.connect() as connection:
        found = {}
        for name, question in QUESTIONS.items():
            rows = await connection.execute(text(question))
            found[name] = set(rows.scalars())
    return found
