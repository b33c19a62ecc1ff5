"""Floor 1: tables and named constraints. The schema itself is made by `migrations/`; a test compares the two."""
