"""How the pages of a station look, sound and speak."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add theme, sound and language to stations; those that are there go on as before.

    Both engines take a named constraint together with its column; SQLite would otherwise make the table again, and
    other tables refer to it.
    """
    for column, usual, offered in (
        ("theme", "as_device", "'as_device', 'light', 'dark'"),
        ("language", "as_person", "'as_person', 'en', 'nl'"),
    ):
        op.execute(
            f"ALTER TABLE station ADD COLUMN {column} VARCHAR(16) DEFAULT '{usual}' NOT NULL "
            f"CONSTRAINT ck_station_{column} CHECK ({column} IN ({offered}))"
        )
    op.add_column("station", sa.Column("sound", sa.Boolean(), server_default=sa.false(), nullable=False))
