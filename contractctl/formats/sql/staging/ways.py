"""How does one value become the other, and back? What was declared, else what the types give by themselves."""

from collections.abc import Mapping

from contractctl.formats.sql.fragments import demand_fragment
from contractctl.formats.sql.resolution.values import WIDENED, judge_type
from contractctl.formats.sql.schema import Column, Family, Schema, Type
from contractctl.formats.sql.staging.names import side_name
from contractctl.formats.sql.staging.refusals import refused
from contractctl.formats.sql.staging.regrouping import is_lossy
from contractctl.formats.sql.staging.steps import COPIED_ALONG, Step, filling
from contractctl.formats.sql.writing import column_name, identifier
from contractctl.model.declared import Declared, said
from contractctl.model.plan import Regroup, Transform

_MYSQL_CASTS = {
    Family.BOOLEAN: "SIGNED",
    Family.FLOAT: "DOUBLE",
    Family.BINARY: "BINARY",
    Family.DATE: "DATE",
}
_PAIRED = frozenset({"rename-column", "change-type", "change-key-type", "move-column"})


def place(step: Step, column: Column, dialect: str) -> str:
    """The new column's name while both versions are served, as it is written."""
    name = column_name(column, dialect)
    return side_name(name, dialect) if step.beside else name


def transform_of(before: Schema, after: Schema, step: Step, declared: Declared) -> Transform | None:
    """Both ways between one column and the one that it becomes."""
    if step.kind not in _PAIRED:
        return None
    up, down = bare_ways(step, before.dialect)
    old, new = step.olds[0], step.news[0]
    ways = [_said(wishes, before, step, (new, old)) for wishes in (declared.ups, declared.downs)]
    _demand_zone(after, step, ways)
    lossy = is_lossy(before.tables[step.table], (old, new), declared)
    found = Transform(ways[0] or up, ways[1] or down, lossy)
    _demand_over(found.up, before, (old.name,), f"up of '{step.to}.{new.written}'")
    _demand_over(found.down, before, (side(step, new, before.dialect),), f"down of '{step.table}.{old.written}'")
    return found


def regroup_of(before: Schema, after: Schema, step: Step, declared: Declared) -> Regroup | None:
    """Both ways between the columns of a split or a merge. Raise ContractctlError where nothing says them."""
    if step.kind not in {"split-column", "merge-columns"}:
        return None
    dialect = before.dialect
    olds, news = ({column.name for column in columns} for columns in (step.olds, step.news))
    sides = (
        ("up", declared.ups, step.news, olds, after.tables[step.to]),
        ("down", declared.downs, step.olds, news, before.tables[step.table]),
    )
    found: list[dict[str, str]] = []
    for option, wishes, columns, others, table in sides:
        ways = {}
        for column in columns:
            text = _said(wishes, before, step, (column,))
            if text is None:
                given = " and ".join(f"'{c.written}'" for c in (step.olds if option == "up" else step.news))
                raise refused(
                    after if option == "up" else before,
                    table.name,
                    f"no expression computes '{column.written}' from {given}",
                    column,
                    hint=f'say it: --{option} "{column.written}=SQL over {", ".join(sorted(others))}"',
                )
            _demand_over(text, before, tuple(others), f"{option} of '{table.written}.{column.written}'")
            ways[column_name(column, dialect)] = _filled(text, filling(table, column, declared.fills))
        found.append(ways)
    return Regroup(found[0], found[1], is_lossy(before.tables[step.table], (*step.olds, *step.news), declared))


def _filled(text: str, fill: str | None) -> str:
    """The expression, and what stands in the place of its NULL; once, also where it was read from a plan."""
    if fill is None or (text.startswith("COALESCE(") and text.endswith(f", {fill})")):
        return text
    return f"COALESCE({text}, {fill})"


def side(step: Step, column: Column, dialect: str) -> str:
    """The new column's name while both versions are served, as the dialect compares it."""
    return side_name(column.name, dialect) if step.beside else column.name


def bare_ways(step: Step, dialect: str) -> tuple[str, str]:
    """Up and down where nothing is declared, of one column that becomes one."""
    old, new = step.olds[0], step.news[0]
    before = identifier(column_name(old, dialect), dialect, quoted=True)
    after = identifier(place(step, new, dialect), dialect, quoted=True)
    return _cast(before, old.type, new.type, dialect), _cast(after, new.type, old.type, dialect)


def keeps_values(step: Step, dialect: str, declared: Declared) -> bool:
    """Whether the new column holds the very values of the old one: nothing else is declared, and nothing is cut."""
    if step.kind not in {"rename-column", "change-type", "change-key-type", "copy-table", COPIED_ALONG}:
        return False
    old, new = step.olds[0], step.news[0]
    names = tuple(dict.fromkeys((column_name(new, dialect), column_name(old, dialect))))
    for wishes, usual in zip((declared.ups, declared.downs), bare_ways(step, dialect), strict=True):
        if said(wishes, step.table, *names) not in {None, usual}:
            return False
    if old.collation != new.collation or not set(old.type.symbols) <= set(new.type.symbols):
        return False
    return all(judged == WIDENED for judged in judge_type(old, new, dialect, ""))


def is_said(schema: Schema, step: Step, declared: Declared) -> bool:
    """Whether both ways were declared of one column that becomes one."""
    wishes, columns = (declared.ups, declared.downs), (step.news[0], step.olds[0])
    return all(_said(ways, schema, step, columns) is not None for ways in wishes)


def _demand_over(text: str, schema: Schema, columns: tuple[str, ...], what: str) -> None:
    if schema.dialect != "sqlite":  # SQLite itself is here, and is asked
        demand_fragment(text, schema.dialect, columns, what)


def _demand_zone(after: Schema, step: Step, ways: list[str | None]) -> None:
    """What a moment without a zone means depends on who asks, unless somebody says it."""
    old, new = step.olds[0], step.news[0]
    timed = {old.type.family, new.type.family} <= {Family.TIMESTAMP, Family.TIME, Family.DATE}
    if after.dialect == "sqlite" or not timed or old.type.zoned == new.type.zoned or None not in ways:
        return
    names = column_name(old, after.dialect), place(step, new, after.dialect)
    if after.dialect == "postgresql":
        texts = [f"{name} AT TIME ZONE 'UTC'" for name in names]
    else:
        zones = ("'+00:00'", "@@session.time_zone")
        zones = zones if new.type.zoned else zones[::-1]
        texts = [
            f"CONVERT_TZ({name}, {', '.join(pair)})" for name, pair in zip(names, (zones, zones[::-1]), strict=True)
        ]
    types = f"'{old.written}' is {old.type.text} and '{new.written}' {new.type.text}"
    reason = f"{types}: each session would read it in its own zone"
    hint = f'say in which zone it is: --up "{new.written}={texts[0]}" --down "{new.written}={texts[1]}"'
    raise refused(after, step.to, reason, new, hint=hint)


def _said(wishes: Mapping[str, str], schema: Schema, step: Step, columns: tuple[Column, ...]) -> str | None:
    names = tuple(dict.fromkeys(name for c in columns for name in (column_name(c, schema.dialect), c.name, c.written)))
    tables = tuple(dict.fromkeys((step.to, step.table)))
    return next((text for table in tables if (text := said(wishes, table, *names)) is not None), None)


def _cast(name: str, one: Type, other: Type, dialect: str) -> str:
    if one == other:
        return name
    if dialect != "mysql":
        return f"CAST({name} AS {other.text})"
    kind = _mysql_cast(other)
    if kind is None or one.family is other.family:
        return name  # the column itself takes the value in, or refuses it
    return f"CAST({name} AS {kind})"


def _mysql_cast(kind: Type) -> str | None:
    """CAST of MariaDB knows a few types only (https://mariadb.com/kb/en/cast/)."""
    if kind.family is Family.INTEGER:
        return "SIGNED" if kind.signed else "UNSIGNED"
    if kind.family is Family.DECIMAL:
        return f"DECIMAL({kind.size},{kind.scale or 0})"
    if kind.family in {Family.TEXT, Family.ENUM}:
        return "CHAR"
    if kind.family in {Family.TIME, Family.TIMESTAMP}:
        word = "TIME" if kind.family is Family.TIME else "DATETIME"
        return f"{word}({kind.scale})" if kind.scale else word
    return _MYSQL_CASTS.get(kind.family)
