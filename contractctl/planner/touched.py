"""Which columns does an operation of a plan concern, and which declarations produced it?"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from contractctl.model.declared import Declared, Extraction, Move, On
from contractctl.model.plan import Operation

_OF_COLUMNS = frozenset(
    {"rename-column", "add-column", "drop-column", "change-type", "change-key-type", "copy-table"}
    | {"set-not-null", "drop-not-null", "change-default"}
    | {"rename-field", "add-field", "remove-field"}
)
_OF_TABLES = frozenset({"create-table", "rename-table", "drop-table"})


def columns_by(operation: Operation) -> Iterator[tuple[str, str]]:
    """Table and column of every column, new ones first; of an operation on a table, the table under both."""
    parameters = operation.parameters
    match operation.kind:
        case "split-column" | "merge-columns":
            if operation.regroup is not None:
                names = (*operation.regroup.ups, *operation.regroup.downs)
                yield from ((operation.subject, name) for name in names)
        case "move-column":
            yield parameters.get("to", ""), operation.new or ""
            yield operation.subject, operation.old or ""
        case "extract-table":
            pairs = pairs_in(parameters.get("columns", ""))
            yield from ((parameters.get("to", ""), new) for _, new in pairs)
            yield from ((operation.subject, old) for old, _ in pairs)
            yield parameters.get("to", ""), parameters.get("to", "")
        case "copy-table":
            names = (operation.new or "", *filter(None, parameters.get("within", "").split(",")))
            yield from ((operation.subject, name) for name in names)
        case _:
            both = (name for name in (operation.new, operation.old) if name is not None)
            yield from ((operation.subject, name) for name in dict.fromkeys(both))


def touched_by(operation: Operation) -> tuple[tuple[str, str], ...]:
    """The same in lower case, old ones first, because two plans may not touch one column."""
    return tuple((table, name.lower()) for table, name in reversed(tuple(columns_by(operation))))


def tables_by(operation: Operation) -> frozenset[str]:
    """Every table that the operation makes, changes, or refers to."""
    parameters = operation.parameters
    names = {operation.subject, parameters.get("to"), parameters.get("references")}
    if operation.kind in _OF_TABLES:
        names |= {operation.old, operation.new}
    return frozenset(name for name in names if name)


def pairs_in(text: str) -> On:
    """The pairs of a list such as `street=street,city=town`."""
    found = (pair.partition("=") for pair in text.split(",") if pair)
    return tuple((left, right) for left, _, right in found)


def said_by(operations: Iterable[Operation]) -> Declared:
    """The declarations that produced these operations."""
    found = [_said_by(one) for one in operations]
    return Declared(
        renames={old: new for one in found for old, new in one.renames.items()},
        tables={old: new for one in found for old, new in one.tables.items()},
        splits={old: news for one in found for old, news in one.splits.items()},
        merges={new: olds for one in found for new, olds in one.merges.items()},
        moves=tuple(move for one in found for move in one.moves),
        extractions=tuple(each for one in found for each in one.extractions),
        ups={name: text for one in found for name, text in one.ups.items()},
        downs={name: text for one in found for name, text in one.downs.items()},
        lossy=frozenset(name for one in found for name in one.lossy),
        fills={name: text for one in found for name, text in one.fills.items()},
    )


def _said_by(operation: Operation) -> Declared:
    table, old, new = operation.subject, operation.old or "", operation.new or ""
    parameters, to = operation.parameters, operation.parameters.get("to", "")
    ups, downs = _ways(operation)
    found = Declared(ups=ups, downs=downs, lossy=_lossy(operation), fills=_fills(operation))
    match operation.kind:
        case "rename-field" | "rename-operation" | "rename-webhook" | "rename-server":
            return Declared(renames={old: new})
        case "rename-property" | "rename-parameter" | "rename-header" | "rename-message":
            return Declared(renames={f"{table}.{old}": new})
        case "rename-column" | "change-type" if old != new:
            return replace(found, renames={f"{table}.{old}": new})
        case "rename-table":
            return Declared(tables={old: new})
        case "split-column" if operation.regroup is not None:
            return replace(found, splits={f"{table}.{old}": tuple(operation.regroup.ups)})
        case "merge-columns" if operation.regroup is not None:
            return replace(found, merges={new: tuple(f"{table}.{name}" for name in operation.regroup.downs)})
        case "move-column":
            move = Move(f"{table}.{old}", f"{to}.{new}", pairs_in(parameters.get("key", "")))
            return replace(found, moves=(move,))
        case "extract-table":
            pairs = pairs_in(parameters.get("columns", ""))
            sources = tuple(f"{table}.{here}" for here, _ in pairs)
            target = ",".join(f"{to}.{there}" for _, there in pairs)
            return replace(found, extractions=(Extraction(sources, target, pairs_in(parameters.get("key", ""))),))
        case _:
            return found if operation.kind in _OF_COLUMNS else Declared()


def _ways(operation: Operation) -> tuple[dict[str, str], dict[str, str]]:
    """Up and down, by table and column."""
    table = operation.parameters.get("to", operation.subject)
    if operation.regroup is not None:
        ups, downs = operation.regroup.ups, operation.regroup.downs
        return {f"{table}.{n}": sql for n, sql in ups.items()}, {f"{table}.{n}": sql for n, sql in downs.items()}
    if operation.transform is not None:
        name = f"{table}.{operation.new}"
        return {name: operation.transform.up}, {name: operation.transform.down}
    return {}, {}


def _lossy(operation: Operation) -> frozenset[str]:
    """The columns whose values need not come back. An extraction has no mark: planned is accepted."""
    way = operation.regroup or operation.transform
    lossy = operation.kind == "extract-table" or (way is not None and way.lossy)
    return frozenset(f"{t}.{name}" for t, name in columns_by(operation)) if lossy else frozenset()


def _fills(operation: Operation) -> dict[str, str]:
    table, found = operation.subject, dict[str, str]()
    for key, value in operation.parameters.items():
        word, _, column = key.partition(".")
        if word == "fill" and column:
            found[f"{table}.{column}"] = value
        elif word == "old_fill":
            found[f"{table}.{operation.old}"] = value
        elif word == "fill":
            found[f"{operation.parameters.get('to', table)}.{operation.new or operation.old}"] = value
    return found
