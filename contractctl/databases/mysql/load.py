"""How busy is a MariaDB server, how far behind is a replica, and how large is a table?"""

from typing import Never

from sqlalchemy import Connection

from contractctl.databases import Measured, Size, run
from contractctl.databases.mysql.tables import of_table
from contractctl.errors import ContractctlError


def load(connection: Connection) -> Measured:
    """Threads_running, without the thread that asks; contractctl's own workers count."""
    _, running = run(connection, "SHOW GLOBAL STATUS LIKE 'Threads_running'").one()
    return Measured(float(running) - 1, "threads are running (Threads_running)")


def lag(_connection: Connection) -> Never:
    """Raise ContractctlError: a primary does not know how far its replicas have come."""
    raise ContractctlError(
        "MariaDB's primary does not know how far its replicas lag",
        hint="set CONTRACTCTL_REPLICAS to their URLs, separated by spaces; or leave --max-lag out",
    )


def own_lag(connection: Connection) -> Measured:
    """Seconds_Behind_Master, of the source that is furthest ahead; NULL is how MariaDB says that nothing moves."""
    sources = run(connection, "SHOW ALL SLAVES STATUS").mappings().all()
    if not sources:
        return Measured(None, "an address leads to a server that is not a replica")
    for source in sources:
        if source["Slave_IO_Running"] != "Yes" or source["Slave_SQL_Running"] != "Yes":
            return Measured(None, "a replica's threads do not run (SHOW ALL SLAVES STATUS)")
        if source["Seconds_Behind_Master"] is None:
            return Measured(None, "a replica does not know how far it is behind (Seconds_Behind_Master is NULL)")
    seconds = max(float(source["Seconds_Behind_Master"]) for source in sources)
    return Measured(seconds, "is how far a replica says it is behind (Seconds_Behind_Master)")


def size(connection: Connection, table: str) -> Size | None:
    """InnoDB's estimate of the number of rows, from some of the table's pages."""
    query = f"SELECT TABLE_ROWS FROM information_schema.TABLES WHERE {of_table(table)}"
    rows = run(connection, query).scalar()
    return None if rows is None else Size(int(rows), exact=False)
