"""The schema's history (Alembic). Never imports models; additive for the ledger, and never squashed."""
