"""Cards, feedback and the tokens that were seen.

The columns are written out once more on purpose: a step must not change when the tables do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "cards",
        sa.Column("card", sa.String(36), primary_key=True),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("certainty", sa.Text, nullable=False),
        sa.Column("knowledge", sa.Text, nullable=False),
        sa.Column("suggestions", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_cards_created_at", "cards", ["created_at"])
    op.create_table(
        "feedback",
        sa.Column("item_key", sa.CHAR(64), primary_key=True),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("card", sa.String(36), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("accepted", sa.JSON, nullable=False),
        sa.Column("reason_code", sa.Text, nullable=False),
        sa.Column("reason_system", sa.Text, nullable=False),
        sa.Column("commented", sa.Boolean, nullable=False),
        sa.Column("outcome_timestamp", sa.Text, nullable=False),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_feedback_card", "feedback", ["card"])
    op.create_index("ix_feedback_received_at", "feedback", ["received_at"])
    op.create_table(
        "seen_tokens",
        sa.Column("issuer_hash", sa.CHAR(64), primary_key=True),
        sa.Column("token_hash", sa.CHAR(64), primary_key=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_seen_tokens_expires_at", "seen_tokens", ["expires_at"])
