"""${message}"""

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


# A lock is waited for 4 seconds at most; a table in use is changed by `migrations.online`, in an autocommit block.
def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
