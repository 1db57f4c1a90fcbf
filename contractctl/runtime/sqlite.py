"""Which statements of a plain sqlite3 connection read a column?"""

import logging
import sqlite3
from collections.abc import Iterable

from contractctl.runtime.reads import FieldReads
from contractctl.runtime.statements import Touch, touch

_LOG = logging.getLogger(__name__)


def count_reads(
    connection: sqlite3.Connection,
    reads: FieldReads,
    *,
    contract: str,
    columns: Iterable[str],
    contract_version: str = "",
) -> None:
    """Count every statement of this connection that reads one of the `columns`. It sets its trace callback."""
    watched = [reads.watch(contract, path, contract_version=contract_version) for path in columns]

    def traced(statement: str) -> None:
        if statement.startswith("--"):  # what a trigger does is not what the application asked for
            return
        try:
            for one in watched:
                table, column = one.path.rsplit(".", 1)
                found = touch(statement, table, column)
                if found is Touch.READ:
                    one.read()
                elif found is Touch.UNKNOWN:
                    one.not_understood()
        except Exception:  # noqa: BLE001 - an instrument must never be the reason why an application fails
            _LOG.exception("a statement could not be looked at")

    connection.set_trace_callback(traced)
