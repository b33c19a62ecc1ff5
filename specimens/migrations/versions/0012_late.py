"""What was recorded late is found by an index of its own, however many entries there are."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_LATE = sa.text("recorded_at - happened_at > 1800000")


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "ix_ledger_entry_late", "ledger_entry", ["id"], sqlite_where=_LATE, postgresql_where=_LATE
    )
