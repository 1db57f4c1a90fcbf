"""What happens to columns of a table, in one step?"""

from collections.abc import Mapping
from dataclasses import dataclass

from contractctl.formats.sql.schema import Column, Table
from contractctl.model.declared import On

COPIED_ALONG = "copied-along"
"""The kind of a step that comes about by another column's copy-table: it refers to that one, in its own table."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to columns of one table. olds: before; news: after."""

    kind: str
    table: str
    olds: tuple[Column, ...]
    news: tuple[Column, ...]
    to: str
    """The table of the new columns."""
    on: On = ()
    """Which rows of two tables belong together: column of the olds' table, column of the news'."""

    @property
    def old(self) -> Column | None:
        """The one column before, if it is one."""
        return self.olds[0] if len(self.olds) == 1 else None

    @property
    def new(self) -> Column | None:
        """The one column after, if it is one."""
        return self.news[0] if len(self.news) == 1 else None

    @property
    def stays(self) -> bool:
        """Whether it is about one column that keeps its place, and has no second one beside it."""
        return self.kind in {"set-not-null", "drop-not-null", "change-default", "copy-table", COPIED_ALONG}

    @property
    def is_harmless_default(self) -> bool:
        """Whether a default comes to a column that old applications must give: none of them ever meets it."""
        return self.kind == "change-default" and not self.olds[0].omittable and self.news[0].default is not None

    @property
    def beside(self) -> bool:
        """Whether the new values wait in a column with a name of its own, as the name stays and the type does not."""
        return self.kind in {"change-type", "change-key-type"} and self.olds[0].name == self.news[0].name


def filling(table: Table, column: Column, fills: Mapping[str, str]) -> str | None:
    """What was declared to take the place of NULL."""
    names = (f"{table.written}.{column.written}", f"{table.name}.{column.name}", column.written, column.name)
    return next((fills[name] for name in names if name in fills), None)
