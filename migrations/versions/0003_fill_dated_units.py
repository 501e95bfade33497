"""Fill what 0002 made: each unit is valid since it was opened, each delivery belongs to its account's unit."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE units SET territory_path = path, upper_posting = 'DIRECT' WHERE territory_path IS NULL")
    op.execute(
        """
        INSERT INTO unit_versions (id, unit_id, code, name, kind, parent_id, valid_from, valid_to, grams)
        SELECT gen_random_uuid(), u.id, u.code, u.name, u.kind, u.parent_id, u.opened_on, u.closed_on, ARRAY(
            SELECT DISTINCT substr(u.name, place, 2) COLLATE "C"
            FROM generate_series(1, char_length(u.name) - 1) AS place ORDER BY 1
        )
        FROM units u WHERE u.closed_on IS NULL OR u.closed_on > u.opened_on
        """
    )
    op.execute(
        """
        INSERT INTO unit_places (unit_id, valid_from, valid_to, path, territory_path)
        SELECT id, opened_on, closed_on, path, path
        FROM units WHERE closed_on IS NULL OR closed_on > opened_on
        """
    )
    op.execute("UPDATE grants SET reach = 'ACT' WHERE reach IS NULL")
    # Whoever never had a grant belongs to the nation.
    op.execute(
        """
        UPDATE users SET unit_id = home.unit_id, unit_path = home.unit_path
        FROM (
            SELECT DISTINCT ON (people.id) people.id, coalesce(g.unit_id, nation.id) AS unit_id,
                coalesce(g.unit_path, nation.path) AS unit_path
            FROM users people
            LEFT JOIN grants g ON g.user_id = people.id
            LEFT JOIN units nation ON nation.parent_id IS NULL
            ORDER BY people.id, g.valid_from, g.id
        ) home
        WHERE home.id = users.id AND users.unit_id IS NULL
        """
    )
    op.execute("UPDATE accounts SET state_since = created_at WHERE state_since IS NULL")
    op.execute(
        """
        UPDATE accounts SET last_posted_at = last.published_at
        FROM (
            SELECT account_id, max(published_at) AS published_at
            FROM deliveries WHERE published_at IS NOT NULL GROUP BY account_id
        ) last
        WHERE last.account_id = accounts.id
        """
    )
    op.execute(
        """
        UPDATE deliveries SET unit_id = a.unit_id FROM accounts a
        WHERE a.id = account_id AND deliveries.unit_id IS NULL
        """
    )
