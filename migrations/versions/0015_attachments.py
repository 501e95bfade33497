"""Why a lesson that no call chose is a showcase lesson."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE lessons ADD COLUMN IF NOT EXISTS showcase_reason text")
