"""What does a table's constraint forbid? Keys, references and checks, added to what is known of the table."""

from dataclasses import replace

from sqlglot import exp

from contractctl.formats.sql.expressions import columns_of, expression, fold
from contractctl.formats.sql.parsing.defined import name_of
from contractctl.formats.sql.schema import Check, ForeignKey, Table, Unique

_USUAL = frozenset({"NOT DEFERRABLE", "INITIALLY IMMEDIATE", "MATCH SIMPLE"})
"""Options of keys that say what holds without them."""
_WITHOUT_ACTION = {
    "postgresql": {"ON DELETE NO ACTION", "ON UPDATE NO ACTION", "ON DELETE RESTRICT"},
    "mysql": {"ON DELETE NO ACTION", "ON UPDATE NO ACTION", "ON DELETE RESTRICT", "ON UPDATE RESTRICT"},
    "sqlite": {"ON DELETE NO ACTION", "ON UPDATE NO ACTION"},
}
"""Actions that say what holds without them. RESTRICT is asked for at once, also where the rest of the statement mends
what it does: https://www.postgresql.org/docs/current/ddl-constraints.html, https://www.sqlite.org/foreignkeys.html.
"""


def add_unique(table: Table, unique: Unique) -> Table:
    """The table with a constraint more; the same again changes nothing."""
    if unique in table.uniques:
        return table
    return replace(table, uniques=(*table.uniques, unique))


def with_conflict(table: Table, part: exp.Expr) -> Table:
    """What SQLite does with a row that a key refuses is kept as text."""
    if part.args.get("on_conflict") is None:
        return table
    return replace(table, unjudged=(*table.unjudged, part.sql(dialect="sqlite")))


def with_timing(table: Table, part: exp.Expr, columns: tuple[str, ...]) -> Table:
    """A key that may be violated until the transaction ends is another key, and is not judged.

    How MySQL keeps its index, and what is said of that, is nobody's business.
    """
    given = (one for one in part.args.get("options") or () if not isinstance(one, exp.IndexConstraintOption))
    options = [str(option).upper() for option in given]
    if all(option in _USUAL for option in options):
        return table
    word = "PRIMARY KEY" if isinstance(part, exp.PrimaryKey | exp.PrimaryKeyColumnConstraint) else "UNIQUE"
    return replace(table, unjudged=(*table.unjudged, " ".join((f"{word} ({', '.join(columns)})", *options))))


def refer(table: Table, columns: tuple[str, ...], reference: exp.Expr, dialect: str, name: str | None) -> Table:
    """The table with a foreign key more."""
    target = reference.this
    referred = tuple(fold(c, dialect) for c in target.expressions) if isinstance(target, exp.Schema) else ()
    other = name_of(target.this if isinstance(target, exp.Schema) else target, dialect)
    options = [str(option).upper() for option in reference.args.get("options") or ()]
    timing = tuple(sorted(o for o in options if not o.startswith("ON ") and o not in _USUAL))
    without = _WITHOUT_ACTION[dialect] - ({"ON DELETE RESTRICT"} if timing else set())  # RESTRICT waits for nobody
    actions = tuple(sorted(o for o in options if o.startswith("ON ") and o not in without))
    key = ForeignKey(columns, other, referred, actions, name, timing)
    return replace(table, foreign_keys=(*table.foreign_keys, key))


def add_check(
    table: Table, part: exp.CheckColumnConstraint, dialect: str, name: str | None, *, of_domain: bool = False
) -> Table:
    """The table with a check more; the same again changes nothing."""
    check = Check(expression(part.this, dialect, table), columns_of(part.this, dialect), name, of_domain)
    return table if check in table.checks else replace(table, checks=(*table.checks, check))
