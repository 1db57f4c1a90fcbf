"""The journal, and the tables in which plans keep what they must remember."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = """
CREATE TRIGGER contractctl_journal_{act} BEFORE {act} ON contractctl_journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
"""

_NAMES = (
    "contractctl_journal",
    "contractctl_outbox",
    "contractctl_lease",
    "contractctl_checkpoint",
    "contractctl_conflict",
    "contractctl_set_aside",
    "contractctl_kept",
    "contractctl_canary",
)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def upgrade() -> None:
    _journal()
    _progress()
    _marks()
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(_APPEND_ONLY.format(act=act))


def downgrade() -> None:
    for name in _NAMES:
        op.drop_table(name)


def _journal() -> None:
    """What happened, who may write, and what the world has yet to be told."""
    op.create_table(
        "contractctl_journal",
        sa.Column("id", sa.Integer, primary_key=True),
        *map(_text, ("plan", "kind", "stage", "key")),
        sa.Column("at", sa.Float, nullable=False),
        *map(_text, ("actor", "git_commit", "body", "previous", "hash")),
        sa.UniqueConstraint("plan", "key", "kind"),
        sa.UniqueConstraint("plan", "previous"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "contractctl_lease",
        sa.Column("plan", sa.Text, primary_key=True),
        _text("holder"),
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
    op.create_table(
        "contractctl_outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("entry", sa.Integer, nullable=False),
        _text("event"),
        sa.Column("delivered_at", sa.Float),
        sqlite_autoincrement=True,
    )


def _progress() -> None:
    """How far a backfill is, and which share of traffic takes the new path."""
    op.create_table(
        "contractctl_checkpoint",
        *map(_text, ("plan", "table_name")),
        _text("last_key", nullable=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("rows", "set_aside", "done")),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("plan", "table_name"),
    )
    op.create_table(
        "contractctl_canary",
        sa.Column("plan", sa.Text, primary_key=True),
        sa.Column("percent", sa.Float, nullable=False),
    )


def _marks() -> None:
    """Rows about which there is something to remember. Written by triggers as well."""
    op.create_table(
        "contractctl_conflict",
        sa.Column("id", sa.Integer, primary_key=True),
        *map(_text, ("plan", "table_name", "key", "column_name")),
        *(_text(name, nullable=True) for name in ("old_value", "new_value")),
        _text("at"),
    )
    # every write of an application looks here for its row
    op.create_index("contractctl_conflict_row", "contractctl_conflict", ["plan", "table_name", "key"])
    op.create_table(
        "contractctl_set_aside",
        *map(_text, ("plan", "table_name", "key", "column_name", "error")),
        sa.PrimaryKeyConstraint("plan", "table_name", "key", "column_name"),
    )
    op.create_table(
        "contractctl_kept",
        *map(_text, ("plan", "table_name", "key", "column_name")),
        sa.PrimaryKeyConstraint("plan", "table_name", "key", "column_name"),
    )
