"""Stored roll-ups of engagement, what each delivery has put into them, marks of what is to be reckoned, and goals.

Triggers set the marks from now on, also for processes of the release before; whatever was published earlier is marked
here, and the workers count it while everything goes on.
"""

import sqlalchemy as sa
from alembic import op

from migrations.online import index

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

METRICS = ("reposts", "comments", "likes", "reads")
TIME = sa.DateTime(timezone=True)
PATH = sa.Text(collation="C")
# What of a delivery counts. Where nothing of it changes, its trigger costs one comparison and writes nothing.
COUNTS = ("state", "published_at", "gone_at", "unit_path", "unit_id", "post_id", "account_id")
# What counts of the rows that a delivery points to, and which deliveries point to one. No act changes any of it, but
# a person at the database may. Deliveries that are not out yet are marked too: another transaction may publish them.
BEHIND = {
    "posts": (("campaign_id", "lesson_id"), "post_id = $1"),
    "units": (("level",), "unit_id = $1"),
    "accounts": (("host_id",), "account_id = $1"),
    "hosts": (("kind",), "account_id IN (SELECT id FROM accounts WHERE host_id = $1)"),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _marks()
        _parts()
        _rollups()
        _goals()
        _triggers()
        op.execute("INSERT INTO rollup_marks (delivery_id) SELECT id FROM deliveries WHERE state = 'PUBLISHED'")


def _marks() -> None:
    op.create_table(
        "rollup_marks",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("marked_at", TIME, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "id", name=op.f("pk_rollup_marks")),
        if_not_exists=True,
    )
    index("ix_rollup_marks_marked_at", "rollup_marks (marked_at)")


def _parts() -> None:
    op.create_table(
        "counted_parts",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("counted_path", PATH, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(32), nullable=False),
        sa.Column("host_kind", sa.String(32), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in METRICS),
        sa.Column("taken_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_counted_parts")),
        if_not_exists=True,
    )
    index("ix_counted_parts_day", "counted_parts (day)")
    index("ix_counted_parts_counted_path_day", "counted_parts (counted_path, day)")
    for name in METRICS:
        index(f"ix_counted_parts_{name}", f"counted_parts ({name}, delivery_id) WHERE {name} IS NOT NULL")


def _rollups() -> None:
    key = ("unit_label", "facet", "facet_id", "day", "level", "host_kind")
    op.create_table(
        "rollups",
        sa.Column("unit_label", PATH, nullable=False),
        sa.Column("facet", sa.String(32), nullable=False),
        sa.Column("facet_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("level", sa.String(32), nullable=False),
        sa.Column("host_kind", sa.String(32), nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Numeric(38, 0), nullable=False) for name in METRICS),
        *(sa.Column(f"{name}_known", sa.BigInteger(), nullable=False) for name in METRICS),
        sa.Column("as_of", TIME, nullable=True),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_rollups")),
        if_not_exists=True,
    )
    index("ix_rollups_emptied", "rollups (published) WHERE published = 0")


def _goals() -> None:
    op.create_table(
        "goals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", PATH, nullable=False),
        sa.Column("measure", sa.String(32), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("withdrawn_at", TIME, nullable=True),
        sa.CheckConstraint("target > 0", name=op.f("ck_goals_target")),
        sa.CheckConstraint("until > since", name=op.f("ck_goals_period")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_goals_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goals")),
        if_not_exists=True,
    )
    index("ix_goals_unit_path_id", "goals (unit_path, id)")
    index("ix_goals_unit_id_id", "goals (unit_id, id)")


def _triggers() -> None:
    op.execute(
        """
        CREATE OR REPLACE FUNCTION mark_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO rollup_marks (delivery_id) VALUES (COALESCE(NEW.id, OLD.id));
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE OR REPLACE FUNCTION mark_behind() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            EXECUTE 'INSERT INTO rollup_marks (delivery_id) SELECT id FROM deliveries WHERE ' || TG_ARGV[0]
            USING NEW.id;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE OR REPLACE FUNCTION mark_snapshots() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO rollup_marks (delivery_id) SELECT DISTINCT delivery_id FROM added;
            RETURN NULL;
        END $$
        """
    )
    old, new = (", ".join(f"{row}.{name}" for name in COUNTS) for row in ("OLD", "NEW"))
    op.execute(
        "CREATE OR REPLACE TRIGGER mark_new AFTER INSERT ON deliveries FOR EACH ROW "
        "WHEN (NEW.state = 'PUBLISHED') EXECUTE FUNCTION mark_delivery()"
    )
    op.execute(
        "CREATE OR REPLACE TRIGGER mark_changed AFTER UPDATE ON deliveries FOR EACH ROW "
        f"WHEN ('PUBLISHED' IN (OLD.state, NEW.state) AND ({old}) IS DISTINCT FROM ({new})) "
        "EXECUTE FUNCTION mark_delivery()"
    )
    op.execute(
        "CREATE OR REPLACE TRIGGER mark_deleted AFTER DELETE ON deliveries FOR EACH ROW "
        "WHEN (OLD.state = 'PUBLISHED') EXECUTE FUNCTION mark_delivery()"
    )
    op.execute(
        "CREATE OR REPLACE TRIGGER mark_read AFTER INSERT ON snapshots REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION mark_snapshots()"
    )
    for table, (names, pointing) in BEHIND.items():
        old, new = (", ".join(f"{row}.{name}" for name in names) for row in ("OLD", "NEW"))
        op.execute(
            f"CREATE OR REPLACE TRIGGER mark_behind AFTER UPDATE OF {', '.join(names)} ON {table} FOR EACH ROW "
            f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION mark_behind('{pointing}')"
        )
