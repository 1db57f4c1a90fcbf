"""The journal, and the tables in which plans keep what they must remember.

MariaDB ends a transaction at every CREATE: there, whatever a killed run has made already is left as it is.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MESSAGE = "the journal is append-only"

_SQLITE = """
CREATE TRIGGER contractctl_journal_{act} BEFORE {act} ON contractctl_journal
BEGIN SELECT RAISE(ABORT, '{message}'); END
"""

_POSTGRESQL = (
    f"""
CREATE OR REPLACE FUNCTION contractctl_append_only() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION '{_MESSAGE}'; END $$
""",
    """
CREATE TRIGGER contractctl_journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON contractctl_journal
FOR EACH STATEMENT EXECUTE FUNCTION contractctl_append_only()
""",
    "ALTER TABLE contractctl_journal ENABLE ALWAYS TRIGGER contractctl_journal_append_only",
)

_MARIADB = """
CREATE TRIGGER IF NOT EXISTS contractctl_journal_{act} BEFORE {act} ON contractctl_journal
FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{message}'
"""

_NAMES = (
    "contractctl_outbox",
    "contractctl_journal",
    "contractctl_lease",
    "contractctl_checkpoint",
    "contractctl_pause",
    "contractctl_conflict",
    "contractctl_set_aside",
    "contractctl_kept",
    "contractctl_canary",
)

_OPTIONS = {
    f"{name}_{option}": value
    for name in ("mysql", "mariadb")
    for option, value in {
        "engine": "InnoDB",
        "row_format": "DYNAMIC",
        "charset": "utf8mb4",
        "collate": "utf8mb4_nopad_bin",  # a key is itself, with its case and the blanks at its end
    }.items()
}


def _of_mariadb(usual: TypeEngine[Any], there: TypeEngine[Any]) -> TypeEngine[Any]:
    return usual.with_variant(there, "mysql", "mariadb")


_LONG_TEXT = _of_mariadb(sa.Text(), mysql.LONGTEXT())
_DOUBLE = _of_mariadb(sa.Float(), mysql.DOUBLE())
_COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_PLACE = (("plan", 60), ("table_name", 64), ("key", 500), ("column_name", 64))
"""What finds a mark on a row, and how long it can be on MariaDB, whose keys cannot hold every text."""


def upgrade() -> None:
    _journal()
    _progress()
    _marks()
    _append_only()


def downgrade() -> None:
    for name in _NAMES:
        op.drop_table(name)
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION contractctl_append_only()")


def _text(name: str, length: int | None = None, *, nullable: bool = False) -> sa.Column[str]:
    type_ = _LONG_TEXT if length is None else _of_mariadb(sa.Text(), sa.String(length))
    return sa.Column(name, type_, nullable=nullable)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, _COUNT, nullable=False)


def _id() -> sa.Column[int]:
    return sa.Column("id", _COUNT, primary_key=True)


def _table() -> Callable[..., sa.Table]:
    return partial(op.create_table, if_not_exists=_is_mariadb(), **_OPTIONS)


def _is_mariadb() -> bool:
    return op.get_context().dialect.name in ("mysql", "mariadb")


def _journal() -> None:
    """What happened, who may write, and what the world has yet to be told.

    Deployments stand in it by their environment, behind `environment:`, and their service: 100 characters each.
    """
    _table()(
        "contractctl_journal",
        _id(),
        *(_text(name, length) for name, length in (("plan", 112), ("kind", 20), ("stage", 100), ("key", 500))),
        sa.Column("at", _DOUBLE, nullable=False),
        *map(_text, ("actor", "git_commit", "body")),
        *(_text(name, 64) for name in ("previous", "hash")),
        sa.UniqueConstraint("plan", "key", "kind"),
        sa.UniqueConstraint("plan", "previous"),
        sqlite_autoincrement=True,
    )
    _table()(
        "contractctl_lease",
        _text("plan", 60),
        _text("holder"),
        _count("token"),
        sa.Column("expires_at", _DOUBLE, nullable=False),
        sa.PrimaryKeyConstraint("plan"),
    )
    # no trigger hears a TRUNCATE on MariaDB, but a table that another refers to cannot be truncated
    kept = [sa.ForeignKeyConstraint(["entry"], ["contractctl_journal.id"])] if _is_mariadb() else []
    _table()(
        "contractctl_outbox",
        _id(),
        _count("entry"),
        _text("event"),
        sa.Column("delivered_at", _DOUBLE),
        *kept,
        sqlite_autoincrement=True,
    )


def _progress() -> None:
    """How far a backfill is, and which share of traffic takes the new path."""
    _table()(
        "contractctl_checkpoint",
        *(_text(name, length) for name, length in _PLACE[:2]),
        _count("number"),
        *(_text(name, nullable=True) for name in ("last_key", "upto_key")),
        *map(_count, ("rows", "seen", "set_aside", "claims", "token", "done")),
        _text("worker", 100),
        _text("why"),
        sa.Column("at", _DOUBLE, nullable=False),
        sa.PrimaryKeyConstraint("plan", "table_name", "number"),
    )
    _table()(
        "contractctl_pause",
        _text("plan", 60),
        sa.Column("at", _DOUBLE, nullable=False),
        *map(_text, ("actor", "reason")),
        sa.PrimaryKeyConstraint("plan"),
    )
    _table()(
        "contractctl_canary",
        _text("plan", 60),
        sa.Column("percent", _DOUBLE, nullable=False),
        sa.PrimaryKeyConstraint("plan"),
    )


def _marks() -> None:
    """Rows about which there is something to remember. Written by triggers as well."""
    place = tuple(name for name, _ in _PLACE)
    _table()(
        "contractctl_conflict",
        _id(),
        *(_text(name, length) for name, length in _PLACE),
        *(_text(name, nullable=True) for name in ("old_value", "new_value")),
        _text("at", 64),
    )
    # every write of an application looks here for its row
    op.create_index("contractctl_conflict_row", "contractctl_conflict", place[:3], if_not_exists=_is_mariadb())
    _table()(
        "contractctl_set_aside",
        *(_text(name, length) for name, length in _PLACE),
        _text("error"),
        sa.PrimaryKeyConstraint(*place),
    )
    _table()(
        "contractctl_kept",
        *(_text(name, length) for name, length in _PLACE),
        sa.PrimaryKeyConstraint(*place),
    )


def _append_only() -> None:
    """What was written stays as it was written."""
    match op.get_context().dialect.name:
        case "sqlite":
            statements = tuple(_SQLITE.format(act=act, message=_MESSAGE) for act in ("UPDATE", "DELETE"))
        case "postgresql":
            statements = _POSTGRESQL
        case _:
            statements = tuple(_MARIADB.format(act=act, message=_MESSAGE) for act in ("UPDATE", "DELETE"))
    for statement in statements:
        op.execute(statement)
