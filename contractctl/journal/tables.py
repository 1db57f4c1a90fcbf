"""Which tables does the journal have? As migrations/ creates them; here only as far as they are read and written."""

from sqlalchemy import BigInteger, Column, Double, MetaData, Table, Text

_METADATA = MetaData()

VERSION = Table("contractctl_version", _METADATA, Column("version_num", Text))

JOURNAL = Table(
    "contractctl_journal",
    _METADATA,
    Column("id", BigInteger, primary_key=True),
    *(Column(name, Text) for name in ("plan", "kind", "stage", "key")),
    Column("at", Double),
    *(Column(name, Text) for name in ("actor", "git_commit", "body", "previous", "hash")),
)

OUTBOX = Table(
    "contractctl_outbox",
    _METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("entry", BigInteger),
    Column("event", Text),
    Column("delivered_at", Double),
)

LEASE = Table(
    "contractctl_lease",
    _METADATA,
    Column("plan", Text, primary_key=True),
    Column("holder", Text),
    Column("token", BigInteger),
    Column("expires_at", Double),
)

CHECKPOINT = Table(
    "contractctl_checkpoint",
    _METADATA,
    *(Column(name, Text, primary_key=True) for name in ("plan", "table_name")),
    Column("number", BigInteger, primary_key=True),
    *(Column(name, Text) for name in ("last_key", "upto_key")),
    *(Column(name, BigInteger) for name in ("rows", "seen", "set_aside", "claims", "token", "done")),
    *(Column(name, Text) for name in ("worker", "why")),
    Column("at", Double),
)

PAUSE = Table(
    "contractctl_pause",
    _METADATA,
    Column("plan", Text, primary_key=True),
    Column("at", Double),
    *(Column(name, Text) for name in ("actor", "reason")),
)

CANARY = Table("contractctl_canary", _METADATA, Column("plan", Text, primary_key=True), Column("percent", Double))

CONFLICT = Table(
    "contractctl_conflict",
    _METADATA,
    Column("id", BigInteger, primary_key=True),
    *(Column(name, Text) for name in ("plan", "table_name", "key", "column_name", "old_value", "new_value", "at")),
)

SET_ASIDE = Table(
    "contractctl_set_aside",
    _METADATA,
    *(Column(name, Text, primary_key=True) for name in ("plan", "table_name", "key", "column_name")),
    Column("error", Text),
)

KEPT = Table(
    "contractctl_kept",
    _METADATA,
    *(Column(name, Text, primary_key=True) for name in ("plan", "table_name", "key", "column_name")),
)

REMEMBERED = (CHECKPOINT, PAUSE, CANARY, CONFLICT, SET_ASIDE, KEPT)
"""What is deleted when a plan is rolled back; the journal itself never is."""
