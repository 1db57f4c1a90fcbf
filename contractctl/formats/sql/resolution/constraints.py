"""Does the provider refuse rows that the client may write, or hold rows that the client never expected?"""

from collections.abc import Iterator

from sqlglot import exp

from contractctl.formats.sql.schema import Column, ForeignKey, Table, Unique, table_pointer
from contractctl.model.verdict import Effect, Found, Incompatibility, Undecided


def uniques(client: Table, provider: Table, dialect: str) -> Iterator[Found]:
    """Rows that the client may write must not be alike to the provider; rows that it finds must not be several."""
    for unique in provider.uniques:
        if not any(_demands_as_much(own, unique) for own in client.uniques):
            yield from _added_unique(client, provider, unique)
    for own in client.uniques:
        if all(provider.column(name) for name in own.columns) and not any(
            _demands_as_much(unique, own) and set(unique.columns) == set(own.columns) for unique in provider.uniques
        ):
            yield from _removed_unique(client, provider, own, dialect)


def foreign_keys(client: Table, provider: Table) -> Iterator[Found]:
    """What the client writes must stand in the other table where the provider asks for it."""
    own = {_referring(key): key for key in client.foreign_keys}
    theirs = {_referring(key): key for key in provider.foreign_keys}
    for referring, key in theirs.items():
        if referring not in own:
            yield from _added_key(client, provider, key)
            continue
        if _alike(client, key) != _alike(provider, key):
            reason = f"several foreign keys to '{key.table}' over the same columns are not what they were"
            yield Undecided(client.written, f"{reason}: contractctl cannot tell which of them acts first")
            continue
        if _acting(own[referring]) != _acting(key):
            yield _action(client, own[referring], key)
        if _timing(own[referring]) != _timing(key):
            words = [" ".join(_timing(each)) or "plain" for each in (own[referring], key)]
            reason = f"the foreign key to '{key.table}' was {words[0]} and is {words[1]}"
            yield Undecided(client.written, f"{reason}: contractctl cannot tell which rows it refuses now, and when")
    for referring, key in own.items():
        if referring not in theirs and all(provider.column(name) for name in key.columns):
            rule, effect = ("sql-foreign-key-removed", Effect.LOSES)
            if _acting(key):
                rule, effect = ("sql-foreign-key-action-changed", Effect.MISREADS)
            yield _found(rule, effect, client, _key_facts(key) | {"before": _actions(key), "after": "none"})


def _found(rule: str, effect: Effect, client: Table, facts: dict[str, str]) -> Incompatibility:
    named = facts.get("columns", "").split(", ")[0]
    path = f"{client.written}.{named}" if named and ", " not in facts["columns"] else client.written
    at = table_pointer(client.name)
    return Incompatibility(rule, effect, path, {"table": client.written, **facts}, at, at)


def _demands_as_much(one: Unique, other: Unique) -> bool:
    """Whether rows that are unalike by the first are unalike by the second."""
    if one == other or (one.columns, one.expressions, one.where) == (other.columns, other.expressions, other.where):
        return one.nulls_alike >= other.nulls_alike
    fewer = set(one.columns) <= set(other.columns) and set(one.expressions) <= set(other.expressions)
    return fewer and one.where is None and (one.nulls_alike or not other.nulls_alike)


def _added_unique(client: Table, provider: Table, unique: Unique) -> Iterator[Found]:
    facts = {"columns": ", ".join(unique.columns), "kind": "primary key" if unique.primary else "unique"}
    unknown = [column for name in unique.columns if not client.column(name) and (column := provider.column(name))]
    if any(_never_alike(column, unique) or not column.omittable for column in unknown):
        return  # not omittable: that alone fails every INSERT, and is a finding of its own
    if unique.where is not None or unique.expressions:
        text = unique.written or unique.name or ", ".join((*unique.columns, *unique.expressions))
        yield Undecided(client.written, f"contractctl cannot tell which rows '{text}' refuses")
        return
    moving = [c for c in unknown if c.default is not None and not isinstance(c.default.tree, exp.Literal)]
    if moving:
        default = moving[0].default.text if moving[0].default else ""
        yield Undecided(
            client.written, f"'{moving[0].written}' is unique and filled by '{default}': is it the same in two rows?"
        )
        return
    yield _found("sql-unique-added", Effect.FAILS, client, facts)


def _never_alike(column: Column, unique: Unique) -> bool:
    """Whether rows that leave the column out never clash in it: they get NULL, or the next number."""
    return column.counted or (column.absent_is_null and not unique.nulls_alike)


def _removed_unique(client: Table, provider: Table, unique: Unique, dialect: str) -> Iterator[Found]:
    facts = {"columns": ", ".join(unique.columns), "kind": "primary key" if unique.primary else "unique"}
    if unique.where is not None or unique.expressions:
        text = unique.written or unique.name or ", ".join((*unique.columns, *unique.expressions))
        yield Undecided(client.written, f"'{text}' is gone, and contractctl cannot tell who relies on it")
        return
    if dialect != "mysql":
        yield _found("sql-unique-removed", Effect.FAILS, client, facts)
    elif not any(_demands_as_much(other, unique) for other in provider.uniques):
        yield _found("sql-duplicates-unexpected", Effect.MISREADS, client, facts)


def _referring(key: ForeignKey) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Which columns stand for which, whatever their order."""
    if len(key.columns) != len(key.referred):
        return key.columns, key.table, key.referred
    columns, referred = zip(*sorted(zip(key.columns, key.referred, strict=True)), strict=True)
    return columns, key.table, referred


def _alike(table: Table, key: ForeignKey) -> frozenset[tuple[tuple[str, ...], tuple[str, ...]]] | None:
    """What the keys do that say the same as this one; None where it is the only one."""
    found = [one for one in table.foreign_keys if _referring(one) == _referring(key)]
    return frozenset((one.actions, one.timing) for one in found) if len(found) > 1 else None


def _acting(key: ForeignKey) -> tuple[str, ...]:
    """What it does to rows by itself."""
    return tuple(action for action in key.actions if not action.endswith("RESTRICT"))


def _timing(key: ForeignKey) -> tuple[str, ...]:
    """When it is asked for, and of which rows."""
    return *key.timing, *(action for action in key.actions if action.endswith("RESTRICT"))


def _key_facts(key: ForeignKey) -> dict[str, str]:
    return {"columns": ", ".join(key.columns), "other": key.table}


def _actions(key: ForeignKey) -> str:
    return ", ".join(key.actions) or "NO ACTION"


def _added_key(client: Table, provider: Table, key: ForeignKey) -> Iterator[Found]:
    unknown = [column for name in key.columns if not client.column(name) and (column := provider.column(name))]
    partly = "MATCH FULL" in key.timing and len(unknown) < len(key.columns)  # which refuses NULL in some columns alone
    if any(column.absent_is_null for column in unknown) and not partly:
        return  # left out, it is NULL, and NULL refers to nothing
    if len(unknown) == len(key.columns):
        yield Undecided(client.written, f"the value of '{unknown[0].written}' must exist in '{key.table}'")
        return
    yield _found("sql-foreign-key-added", Effect.FAILS, client, _key_facts(key))


def _action(client: Table, own: ForeignKey, key: ForeignKey) -> Incompatibility:
    facts = _key_facts(key) | {"before": _actions(own), "after": _actions(key)}
    if _acting(own) and not _acting(key):
        return _found("sql-delete-refused", Effect.FAILS, client, facts)
    return _found("sql-foreign-key-action-changed", Effect.MISREADS, client, facts)
