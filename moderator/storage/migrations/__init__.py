"""Alembic scripts: `env.py` and one file per revision in `versions/`."""
