"""How busy is SQLite, and how far behind are its replicas? It has no server that could be asked."""

from typing import Never

from sqlalchemy import Connection

from contractctl.errors import ContractctlError


def load(_connection: Connection) -> Never:
    """Raise ContractctlError: a file is written by one at a time, and each waits for its turn."""
    raise ContractctlError("SQLite has no server whose load could be measured", hint="leave --max-load out")


def lag(_connection: Connection) -> Never:
    """Raise ContractctlError: a file has no replicas."""
    raise ContractctlError("SQLite has no replicas that could lag", hint="leave --max-lag out")


own_lag = lag
