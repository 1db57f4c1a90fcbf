"""How is one column added, renamed or dropped? The statements, quoted."""

from contractctl.databases.sqlite.names import quote


def add_column(table: str, column: str, definition: str) -> str:
    """Add a column; `definition` is its type and constraints as SQL and may be empty."""
    return f"ALTER TABLE {quote(table)} ADD COLUMN {quote(column)} {definition}".rstrip()


def rename_column(table: str, old: str, new: str) -> str:
    """Rename a column; SQLite rewrites triggers, views and indexes along with it."""
    return f"ALTER TABLE {quote(table)} RENAME COLUMN {quote(old)} TO {quote(new)}"


def drop_column(table: str, column: str) -> str:
    """Drop a column. SQLite refuses while anything depends on it."""
    return f"ALTER TABLE {quote(table)} DROP COLUMN {quote(column)}"
