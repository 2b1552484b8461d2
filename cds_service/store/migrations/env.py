"""Alembic's entry: runs the steps on the connection that `cds_service.store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from cds_service.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
# The caller holds the transaction and the lock: all steps become visible together, or none.
context.run_migrations()
