"""What Alembic runs: the migrations, in the caller's transaction.

Called by `moderator.storage.schema` alone, which hands over an open connection. No logging is configured here and no
`alembic.ini` is read, so that a migration leaves the program as it found it.
"""

from alembic import context

from moderator.storage.schema import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
