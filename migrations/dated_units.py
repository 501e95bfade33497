"""What 0003 fills, and 0004 once more for what processes of 0.1.0 wrote in between.

Any part of it may be done again at any time: only what lacks a value is changed.
"""

# ruff: noqa: S608 - the statements are made of nothing but the constants below.

from uuid import UUID

from sqlalchemy import Connection, text

# So many rows are locked at once, for a fraction of a second.
BATCH = 2_000
FIRST = UUID(int=0)

# The import of 0.1.0 renames and closes units and knows of no versions. A unit with one version had no act yet, so
# that version has to say what the unit says.
STALE_VERSIONS = """
DELETE FROM unit_versions v USING units u
WHERE u.id = v.unit_id AND (v.name, v.kind, v.valid_to) IS DISTINCT FROM (u.name, u.kind, u.closed_on)
AND NOT EXISTS (SELECT FROM unit_versions other WHERE other.unit_id = v.unit_id AND other.id <> v.id)
"""
STALE_PLACES = """
DELETE FROM unit_places p USING units u
WHERE u.id = p.unit_id AND p.valid_to IS DISTINCT FROM u.closed_on
AND NOT EXISTS (SELECT FROM unit_places other WHERE other.unit_id = p.unit_id AND other.valid_from <> p.valid_from)
"""
VERSIONS = """
INSERT INTO unit_versions (id, unit_id, code, name, kind, parent_id, valid_from, valid_to, grams)
SELECT gen_random_uuid(), u.id, u.code, u.name, u.kind, u.parent_id, u.opened_on, u.closed_on, ARRAY(
    SELECT DISTINCT substr(u.name, place, 2) COLLATE "C"
    FROM generate_series(1, char_length(u.name) - 1) AS place ORDER BY 1
)
FROM units u WHERE (u.closed_on IS NULL OR u.closed_on > u.opened_on)
AND NOT EXISTS (SELECT FROM unit_versions v WHERE v.unit_id = u.id)
"""
PLACES = """
INSERT INTO unit_places (unit_id, valid_from, valid_to, path, territory_path)
SELECT u.id, u.opened_on, u.closed_on, u.path, u.path
FROM units u WHERE (u.closed_on IS NULL OR u.closed_on > u.opened_on)
AND NOT EXISTS (SELECT FROM unit_places p WHERE p.unit_id = u.id)
"""

# Whoever never had a grant belongs to the nation.
HOME = """
SELECT coalesce(first.unit_id, nation.id), coalesce(first.unit_path, nation.path)
FROM units nation LEFT JOIN LATERAL (
    SELECT g.unit_id, g.unit_path FROM grants g WHERE g.user_id = users.id ORDER BY g.valid_from, g.id LIMIT 1
) first ON true
WHERE nation.parent_id IS NULL
"""
LAST = "SELECT max(d.published_at) FROM deliveries d WHERE d.account_id = accounts.id AND d.published_at IS NOT NULL"
POSTED_SINCE = """EXISTS (
    SELECT FROM deliveries d WHERE d.account_id = accounts.id AND d.published_at IS NOT NULL
    AND (accounts.last_posted_at IS NULL OR d.published_at > accounts.last_posted_at)
)"""
# A table, what is to be set, and where that is lacking. Deliveries come before accounts, as in the workers.
COLUMNS = (
    ("units", "territory_path = path", "territory_path IS NULL"),
    ("users", f"(unit_id, unit_path) = ({HOME})", "unit_id IS NULL"),
    ("deliveries", "unit_id = (SELECT a.unit_id FROM accounts a WHERE a.id = account_id)", "unit_id IS NULL"),
    ("accounts", "state_since = created_at", "state_since IS NULL"),
    ("accounts", f"last_posted_at = ({LAST})", POSTED_SINCE),
)


def fill(connection: Connection) -> None:
    """Each unit is valid since it was opened, each delivery belongs to its account's unit; in an autocommit block."""
    for statement in (STALE_VERSIONS, STALE_PLACES, VERSIONS, PLACES):
        connection.execute(text(statement))
    for table, values, lacking in COLUMNS:
        after = FIRST
        while upto := connection.scalar(text(_end_of_batch(table)), {"after": after, "size": BATCH}):
            _fill_batch(connection, table, values, lacking, bounds={"after": after, "upto": upto})
            after = upto


def _end_of_batch(table: str) -> str:
    # Batches are stretches of ids, whether filled or not: looking for what lacks a value would cost more each time.
    return (
        f"SELECT id FROM (SELECT id FROM {table} WHERE id > :after ORDER BY id LIMIT :size) b ORDER BY id DESC LIMIT 1"
    )


def _fill_batch(connection: Connection, table: str, values: str, lacking: str, *, bounds: dict[str, UUID]) -> None:
    """Fill a batch without waiting for anyone, then what others had locked, one row a transaction.

    A batch holds locks that others wait for, so it must not wait itself; whoever waits with nothing in hand is in no
    deadlock.
    """
    within = f"id > :after AND id <= :upto AND {lacking}"
    free = f"SELECT id FROM {table} WHERE {within} FOR NO KEY UPDATE SKIP LOCKED"
    connection.execute(text(f"UPDATE {table} SET {values} FROM ({free}) free WHERE {table}.id = free.id"), bounds)
    for row_id in connection.scalars(text(f"SELECT id FROM {table} WHERE {within}"), bounds).all():
        connection.execute(text(f"UPDATE {table} SET {values} WHERE id = :id AND {lacking}"), {"id": row_id})
