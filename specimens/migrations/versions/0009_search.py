"""Searching: what somebody may see is found and counted by indexes alone, in the order of pages."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

#: Name → columns. With the study in front SQLite has both conditions and the order in one index, and always takes it;
#: with the sites behind the id, a status is counted without reading a row.
_INDEXES = {
    "ix_specimen_held_site": ["study", "held_site", "id"],
    "ix_specimen_bound_site": ["study", "bound_site", "id"],
    "ix_specimen_status": ["study", "status", "id", "site", "held_site", "bound_site"],
}


def upgrade() -> None:
    """Make the indexes of `specimen` anew."""
    for name, columns in _INDEXES.items():
        op.drop_index(name, table_name="specimen")
        op.create_index(name, "specimen", columns, unique=False)
