"""Do the operations between any two versions, carried out in their order, give the new version and nothing else?

A small interpreter carries them out on tables in memory, by what each says and nothing that the planner knows besides.
"""

import re
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from contractctl.formats import sql
from contractctl.formats.sql.indexes import IndexText
from contractctl.formats.sql.parsing import parse
from contractctl.formats.sql.schema import Check, ForeignKey, Schema, Table
from contractctl.formats.sql.staging import intermediate, meanwhile, operations
from contractctl.formats.sql.staging.parts import Part, parts_of
from contractctl.formats.sql.staging.tables import bare
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared, Extraction, Move
from contractctl.model.plan import Operation
from tests.budgets import budget

WIDER = {
    "postgresql": {"int": "bigint", "varchar(20)": "varchar(50)", "numeric(6,2)": "numeric(9,2)", "bigint": "text"},
    "mysql": {"int": "bigint", "varchar(20)": "varchar(50)", "decimal(6,2)": "decimal(9,2)", "bigint": "varchar(30)"},
    "sqlite": {"INTEGER": "TEXT", "TEXT": "BLOB", "NUMERIC": "TEXT", "REAL": "TEXT"},
}
DEFAULTS = {"int": "7", "bigint": "8", "INTEGER": "7", "varchar(20)": "'x'", "TEXT": "'y'"}


@dataclass(frozen=True)
class Col:
    type: str
    required: bool = False
    default: str | None = None

    @property
    def text(self) -> str:
        default = f" DEFAULT {self.default}" if self.default is not None else ""
        return f"{self.type}{' NOT NULL' if self.required else ''}{default}"


@dataclass
class Made:
    """A table as the interpreter knows it. Clauses and indexes are SQL, by name."""

    columns: dict[str, Col]
    key: str
    clauses: dict[str, str] = field(default_factory=dict)
    indexes: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        columns = [f"{column} {each.text}" for column, each in self.columns.items()]
        clauses = [f"CONSTRAINT {label} {clause}" for label, clause in self.clauses.items()]
        body = ", ".join([*columns, f"PRIMARY KEY ({self.key})", *clauses])
        indexes = "".join(f"CREATE {index.replace('~', label)};\n" for label, index in self.indexes.items())
        return f"CREATE TABLE {name} ({body});\n{indexes}"


@dataclass
class Database:
    """What the interpreter works on."""

    dialect: str
    tables: dict[str, Made]

    @property
    def text(self) -> str:
        return "".join(made.text(name) for name, made in self.tables.items())


def source(text: str) -> Source:
    return Source((File("shop.sql", text),))


def read(text: str, dialect: str) -> Schema:
    return parse(source(text), Policy(dialect))


def as_made(schema: Schema, table: Table) -> Made:
    columns = {
        c.name: Col(c.type.text, not c.nullable and not c.counted, c.default.written if c.default else None)
        for c in table.columns
    }
    made = Made(columns, table.primary_key[0])
    for part in parts_of(schema, table):
        put(made, part)
    return made


def put(made: Made, part: Part) -> None:
    columns = ", ".join(part.columns)
    match part.value:
        case IndexText():
            made.indexes[part.name] = f"{'UNIQUE ' if part.value.unique else ''}INDEX ~ ON {part.table} ({columns})"
        case Check():
            made.clauses[part.name] = f"CHECK ({part.value.condition.written})"
        case ForeignKey():
            referred = ", ".join(part.value.referred)
            made.clauses[part.name] = f"FOREIGN KEY ({columns}) REFERENCES {part.value.table} ({referred})"
        case _:
            made.clauses[part.name] = f"UNIQUE ({columns})"


def carry_out(database: Database, found: tuple[Operation, ...]) -> None:
    """Every operation in its order, and then what takes over the names of what is gone."""
    for one in found:
        STEPS.get(one.kind, of_a_column)(database, one)
    for one in found:
        said, made = one.parameters, database.tables.get(one.subject)
        if "via" in said:
            for table in database.tables.values():
                swap(table, said["via"], str(one.new))
        if "becomes" in said and made is not None:
            for parts in (made.clauses, made.indexes):
                if one.new in parts:
                    parts[said["becomes"]] = parts.pop(str(one.new))


def swap(table: Made, old: str, new: str) -> None:
    for parts in (table.clauses, table.indexes):
        for label, text in parts.items():
            parts[label] = re.sub(rf"\b{old}\b", new, text)


def column(said: dict[str, str], name: str = "") -> Col:
    at = f".{name}" if name else ""
    return Col(said[f"type{at}"], f"not_null{at}" in said, said.get(f"default{at}"))


def of_a_column(database: Database, one: Operation) -> None:
    made, said = database.tables[one.subject], dict(one.parameters)
    was = made.columns.get(str(one.old))
    if one.kind == "change-default":
        assert was is not None
        made.columns[str(one.new)] = replace(was, default=said.get("default"))
    elif one.kind in {"set-not-null", "drop-not-null"}:
        assert was is not None
        default = said.get("default", was.default) if one.kind == "set-not-null" else was.default
        made.columns[str(one.new)] = replace(was, required=one.kind == "set-not-null", default=default)
    else:
        if one.old is not None:
            del made.columns[one.old]
        if one.new is not None:
            made.columns[one.new] = column(said)


def regroup(database: Database, one: Operation) -> None:
    made, way = database.tables[one.subject], one.regroup
    assert way is not None
    for name in way.downs:
        del made.columns[name]
    for name in way.ups:
        made.columns[name] = column(dict(one.parameters), name)


def move(database: Database, one: Operation) -> None:
    del database.tables[one.subject].columns[str(one.old)]
    database.tables[one.parameters["to"]].columns[str(one.new)] = column(dict(one.parameters))


def create(database: Database, one: Operation) -> None:
    name = one.parameters.get("to", one.subject)
    schema = read(one.parameters["create"], database.dialect)
    database.tables[name] = as_made(schema, schema.tables[name])
    for pair in filter(None, one.parameters.get("columns", "").split(",")):
        del database.tables[one.subject].columns[pair.partition("=")[0]]


def rename_table(database: Database, one: Operation) -> None:
    database.tables[str(one.new)] = database.tables.pop(str(one.old))
    for table in database.tables.values():
        swap(table, str(one.old), str(one.new))


def drop_table(database: Database, one: Operation) -> None:
    del database.tables[str(one.old)]
    assert not any(
        f"REFERENCES {one.old} " in text for each in database.tables.values() for text in each.clauses.values()
    )


def add(database: Database, one: Operation) -> None:
    said, made = one.parameters, database.tables[one.subject]
    assert one.new not in {*made.clauses, *made.indexes} or any(
        one.new in {*old.clauses, *old.indexes} for old in database.tables.values()
    )
    match one.kind:
        case "add-check":
            made.clauses[str(one.new)] = f"CHECK ({said['condition']})"
        case "add-unique":
            made.clauses[str(one.new)] = f"UNIQUE ({said['columns']})"
        case "add-foreign-key":
            other = database.tables[said["references"]]
            assert set(said["referred"].split(",")) <= {*other.columns, *(f"{name}__new" for name in other.columns)}
            clause = f"FOREIGN KEY ({said['columns']}) REFERENCES {said['references']} ({said['referred']})"
            made.clauses[str(one.new)] = clause
        case _:
            made.indexes[str(one.new)] = (
                f"{'UNIQUE ' if 'unique' in said else ''}INDEX ~ ON {one.subject} ({said['columns']})"
            )


def drop(database: Database, one: Operation) -> None:
    made = database.tables[one.subject]
    (made.indexes if one.kind == "drop-index" else made.clauses).pop(str(one.old))


STEPS = {
    "split-column": regroup,
    "merge-columns": regroup,
    "move-column": move,
    "extract-table": create,
    "create-table": create,
    "rename-table": rename_table,
    "drop-table": drop_table,
    **{f"add-{sort}": add for sort in ("check", "unique", "foreign-key")},
    **{f"drop-{sort}": drop for sort in ("check", "unique", "foreign-key", "index")},
    "create-index": add,
}


@dataclass
class Change:
    """A new version in the making, and what has to be said of it."""

    dialect: str
    tables: dict[str, Made]
    old: dict[str, Made]
    renames: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    splits: dict[str, tuple[str, ...]] = field(default_factory=dict)
    merges: dict[str, tuple[str, ...]] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    extractions: list[Extraction] = field(default_factory=list)
    ups: dict[str, str] = field(default_factory=dict)
    downs: dict[str, str] = field(default_factory=dict)
    fills: dict[str, str] = field(default_factory=dict)

    @property
    def declared(self) -> Declared:
        return Declared(
            self.renames, self.renamed, self.splits, self.merges, tuple(self.moves), tuple(self.extractions),
            self.ups, self.downs, frozenset(move.source for move in self.moves), self.fills,
        )  # fmt: skip

    def take(self, table: str, name: str, others: tuple[str, ...] = ()) -> None:
        """Whatever speaks of the column goes, or speaks of the others in its place."""
        made = self.tables[table]
        del made.columns[name]
        for parts in (made.clauses, made.indexes):
            for label in [label for label, text in parts.items() if re.search(rf"\b{name}\b", text)]:
                if others:
                    parts[label] = re.sub(rf"\b{name}\b", others[0], parts[label])
                else:
                    del parts[label]


TYPES = {dialect: tuple(wider) for dialect, wider in WIDER.items()}


@st.composite
def tables(draw: st.DrawFn, dialect: str) -> dict[str, Made]:
    """Two tables of which the second refers to the first, with keys, checks and indexes here and there."""
    found = {}
    for name in ("people", "orders"):
        made = Made({"id": Col(TYPES[dialect][0], required=True)}, "id")
        for number in range(draw(st.integers(2, 4))):
            kind = draw(st.sampled_from(TYPES[dialect][:3]))
            default = draw(st.sampled_from([None, DEFAULTS.get(kind)]))
            made.columns[f"{name[0]}{number}"] = Col(kind, draw(st.booleans()), default)
        columns = [column for column in made.columns if column != "id"]
        for column in draw(st.sets(st.sampled_from(columns))):
            kind = draw(st.sampled_from(["UNIQUE ({})", "CHECK ({} <> 3)", "INDEX", "UNIQUE INDEX"]))
            label = f"{name}_{column}_part"
            if kind.endswith("INDEX"):
                made.indexes[label] = f"{kind} ~ ON {name} ({column})"
            else:
                made.clauses[label] = kind.format(column)
        found[name] = made
    found["orders"].columns["person"] = Col(TYPES[dialect][0])
    found["orders"].clauses["orders_person"] = "FOREIGN KEY (person) REFERENCES people (id)"
    return found


def alone(change: "Change", table: str, name: str, *, spoken: bool = False) -> bool:
    """Whether the column can go: what everybody gets in it must not be unique as long as old applications are there."""
    now, before = (
        any(re.search(rf"\b{name}\b", text) for text in (*made.clauses.values(), *made.indexes.values()))
        for made in (change.tables[table], change.old[table])
    )
    return (spoken or not now) and (not before or change.old[table].columns[name].default is None)


def free(made: Made, left: set[str]) -> list[str]:
    return [name for name in made.columns if name in left]


@st.composite
def versions(draw: st.DrawFn) -> tuple[str, str, str, Declared]:
    """Dialect, old text, new text, and what is declared: a few changes, of each column and constraint at most one."""
    dialect = draw(st.sampled_from(["postgresql", "mysql", "sqlite"]))
    old = draw(tables(dialect))
    new = {n: Made(dict(m.columns), m.key, dict(m.clauses), dict(m.indexes)) for n, m in old.items()}
    change = Change(dialect, new, old)
    left = {name: {c for c in made.columns if c not in {"id", "person"}} for name, made in old.items()}
    for what in draw(st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=4, unique=True)):
        if "orders" not in new or "tags" in new:
            continue  # a table that goes, or is called something else, changes in nothing else
        table = draw(st.sampled_from(sorted(left)))
        CHANGES[what](draw, change, table, left[table])
    text = Database(dialect, old).text
    return dialect, text, Database(dialect, new).text, change.declared


def rename(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    made = change.tables[table]
    if names := free(made, left):
        name = draw(st.sampled_from(names))
        left.discard(name)
        made.columns[f"{name}_called"] = made.columns[name]
        change.take(table, name, (f"{name}_called",))
        change.renames[f"{table}.{name}"] = f"{name}_called"


def widen(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    made = change.tables[table]
    if names := free(made, left):
        name = draw(st.sampled_from(names))
        left.discard(name)
        made.columns[name] = replace(made.columns[name], type=WIDER[change.dialect][made.columns[name].type])


def widen_key(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    if change.dialect != "sqlite" and not change.moves and not change.extractions:  # ids find their rows
        change.tables["people"].columns["id"] = Col("bigint", required=True)
        if draw(st.booleans()):
            change.tables["orders"].columns["person"] = Col("bigint")


def go(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    made = change.tables[table]
    if names := [name for name in free(made, left) if alone(change, table, name, spoken=True)]:
        name = draw(st.sampled_from(names))
        left.discard(name)
        change.fills[f"{table}.{name}"] = "'0'"
        change.take(table, name)


def come(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    made = change.tables[table]
    kind = draw(st.sampled_from(TYPES[change.dialect][:3]))
    made.columns["fresh"] = Col(kind, draw(st.booleans()))
    if made.columns["fresh"].required:
        change.fills[f"{table}.fresh"] = "'1'"
    if draw(st.booleans()):
        made.clauses[f"{table}_fresh"] = "UNIQUE (fresh)"


def require(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    made = change.tables[table]
    if names := free(made, left):
        name = draw(st.sampled_from(names))
        left.discard(name)
        made.columns[name] = replace(made.columns[name], required=not made.columns[name].required)
        change.fills[f"{table}.{name}"] = "'2'"


def default(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    made = change.tables[table]
    if names := free(made, left):
        name = draw(st.sampled_from(names))
        left.discard(name)
        made.columns[name] = replace(made.columns[name], default=draw(st.sampled_from([None, "'9'"])))


def constrain(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    made = change.tables[table]
    if names := free(made, left):
        name = draw(st.sampled_from(names))
        made.clauses["stricter"] = draw(st.sampled_from([f"CHECK ({name} <> 4)", f"UNIQUE ({name}, id)"]))
        made.indexes["faster"] = f"INDEX ~ ON {table} ({name}, id)"


def loosen(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    made = change.tables[table]
    if labels := sorted((*made.clauses, *made.indexes)):
        label = draw(st.sampled_from(labels))
        made.clauses.pop(label, None)
        made.indexes.pop(label, None)


def split(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    made = change.tables[table]
    if names := [name for name in free(made, left) if alone(change, table, name)]:
        name = draw(st.sampled_from(names))
        left.discard(name)
        was = made.columns[name]
        change.take(table, name)
        for each in ("left", "right"):
            made.columns[f"half_{each}"] = Col(was.type, draw(st.booleans()))
            change.ups[f"{table}.half_{each}"] = name
            change.fills[f"{table}.half_{each}"] = "'0'"
        change.downs[f"{table}.{name}"] = "half_left"
        change.fills[f"{table}.{name}"] = "'0'"
        change.splits[f"{table}.{name}"] = ("half_left", "half_right")


def merge(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    made = change.tables[table]
    names = [name for name in free(made, left) if alone(change, table, name)][:2]
    if len(names) == 2:
        left.difference_update(names)
        made.columns["whole"] = Col(made.columns[names[0]].type)
        for name in names:
            change.take(table, name)
            change.downs[f"{table}.{name}"] = "whole"
            change.fills[f"{table}.{name}"] = "'0'"
        change.ups[f"{table}.whole"] = names[0]
        change.merges["whole"] = tuple(f"{table}.{name}" for name in names)


def move_away(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    made = change.tables["orders"]
    if (
        table == "orders"
        and not wider_key(change)
        and (names := [name for name in free(made, left) if alone(change, table, name)])
    ):
        name = draw(st.sampled_from(names))
        left.discard(name)
        change.tables["people"].columns[name] = replace(made.columns[name], default=None)
        change.take("orders", name)
        change.moves.append(Move(f"orders.{name}", f"people.{name}", (("person", "id"),)))
        change.fills |= {f"people.{name}": "'0'", f"orders.{name}": "'0'"}


def wider_key(change: Change) -> bool:
    return change.tables["people"].columns["id"] != change.old["people"].columns["id"]


def extract(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    made = change.tables[table]
    if not wider_key(change) and (names := [name for name in free(made, left) if alone(change, table, name)][:2]):
        left.difference_update(names)
        apart = Made({"owner": Col(TYPES[change.dialect][0], required=True)}, "owner")
        for name in names:
            apart.columns[f"{name}_apart"] = replace(made.columns[name], default=None)
            change.take(table, name)
            change.fills[f"{table}.{name}"] = "'0'"
        change.tables["apart"] = apart
        target = ",".join(f"apart.{name}_apart" for name in names)
        change.extractions.append(Extraction(tuple(f"{table}.{name}" for name in names), target, (("id", "owner"),)))


def new_table(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    kind = TYPES[change.dialect][0]
    made = Made({"id": Col(kind, required=True), "x": Col(kind)}, "id", {}, {"by_x": "INDEX ~ ON tags (x)"})
    if draw(st.booleans()):
        made.clauses["tags_x"] = f"FOREIGN KEY (x) REFERENCES {table} (id)"
    change.tables["tags"] = made


def rename_whole(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    if not change_of_orders(change):
        change.tables["purchases"] = change.tables.pop("orders")
        change.renamed["orders"] = "purchases"
        for each in change.tables.values():
            swap(each, "orders", "purchases")


def no_table(draw: st.DrawFn, change: Change, table: str, left: set[str]) -> None:
    if not change_of_orders(change):
        del change.tables["orders"]


def change_of_orders(change: Change) -> bool:
    return change.tables["orders"] != change.old["orders"] or bool(change.moves)


CHANGES = {
    "rename": rename, "widen": widen, "widen-key": widen_key, "go": go, "come": come, "require": require,
    "default": default, "constrain": constrain, "loosen": loosen, "split": split, "merge": merge,
    "move": move_away, "extract": extract, "new-table": new_table, "rename-table": rename_whole, "no-table": no_table,
}  # fmt: skip


def compared(schema: Schema) -> dict[str, object]:
    """All that a version says, in an order of its own. Names of constraints count, too."""
    return {
        name: (
            bare(replace(table, columns=tuple(sorted(table.columns, key=lambda c: c.name)), options="")),
            sorted((part.name, part.sort, part.columns) for part in parts_of(schema, table)),
        )
        for name, table in schema.tables.items()
    }


@budget(60)
@given(versions())
def test_the_operations_in_their_order_give_the_new_version(made: tuple[str, str, str, Declared]) -> None:
    dialect, old, new, declared = made
    found = operations(source(old), source(new), declared, "shop/shop", Policy(dialect))
    before = read(old, dialect)
    database = Database(dialect, {name: as_made(before, table) for name, table in before.tables.items()})

    carry_out(database, found)
    assert compared(read(database.text, dialect)) == compared(read(new, dialect))


@budget(60)
@given(versions())
def test_the_version_between_serves_everybody_who_keeps_to_what_holds_until_then(
    made: tuple[str, str, str, Declared],
) -> None:
    dialect, old, new, declared = made
    asked = (source(old), source(new), declared, Policy(dialect))
    between = parse(intermediate(*asked), Policy(dialect))

    for client in (read(old, dialect), meanwhile(*asked)):
        found = sql.incompatibilities(client, between)
        assert [each for each in found if getattr(each, "rule", "") != "sql-foreign-key-removed"] == []
