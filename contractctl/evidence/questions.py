"""What must be observed for a plan: which fields are removed, who reads them, and over which window?"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contractctl.model.cluster import Environment
from contractctl.model.contract import Party
from contractctl.model.plan import Operation, Plan, ReadRules
from contractctl.statements import EVERYTHING

DAY = 86400.0
CADENCES = 1.25
"""How many of its own intervals a consumer must have been silent for."""
GAPS = 2.0
"""How many times the longest pause between its reads a consumer must have been silent for."""


_CALL = re.compile(r"[a-z]+ \S")
_OVER_HTTP = re.compile(r"(?:GET|PUT|POST|DELETE|OPTIONS|HEAD|PATCH|TRACE) /\S*")
_GOING_ON = frozenset({"add", "narrow", "release", "widen"})
"""The beginnings of the kinds of operations on parts of interfaces."""
_BY_PROVIDERS = ("-webhook", "-callback")
"""What a provider calls: its own logs do not show it."""
_SERVER = "connect "
_NAMED = ("-property", "-parameter", "-header", "-definition")
"""The endings of the kinds of operations on parts of interfaces that clients call by name."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field or column that the plan takes away."""

    contract: str
    path: str
    """`orders.customer_name` for a column, `OrderPlaced.customer_name` for a field of an event or an answer.

    `orders.*` for a whole table.
    `GET /orders` for an operation, `GET /orders.limit` for its parameter, `GET /orders without tenant` for requests
    that lack what has to be there. `connect kafka://a:9092` for a server.
    """
    has_a_name: bool = True
    """Whether code that uses it names it: an address is assembled, and a value has no name."""
    is_column: bool = True
    """Whether a database has it: a server's records of statements say nothing about other fields."""
    is_answered: bool = True
    """Whether only answers have it, so that a request that selects others does not use it."""
    is_of_event: bool = False
    """Whether it is a field of an event, whose type people name with its namespace or without."""
    is_swapped: bool = False
    """Whether a column of another type has its name from the brown-out on: then a use no longer shows who has moved."""
    goes_on: bool = False
    """Whether clients may keep using it, and only cannot rely on it as they did: a use does not show which."""
    becomes: str = ""
    """The new name of a whole table; empty where the table is removed."""
    call: str = ""
    """The HTTP operation that it is or belongs to: `GET /orders`."""
    is_in_query: bool = False
    """Whether it is a parameter by whose name in the address a call is known."""

    @property
    def table(self) -> str:
        """Of a column, or the whole table itself; may be qualified by its schema."""
        return self.path.rpartition(".")[0]

    @property
    def column(self) -> str:
        """Its own name; EVERYTHING of a whole table."""
        return self.path.rpartition(".")[2]

    @property
    def is_whole(self) -> bool:
        return self.is_column and self.column == EVERYTHING


@dataclass(frozen=True, slots=True)
class Question:
    """What a source is asked for."""

    plan: Plan
    consumers: Mapping[str, tuple[Party, ...]]
    """By contract, as contract.toml declares them."""
    since: float | None
    """When the running canary share was entered, in Unix seconds; None where no canary runs."""
    now: float
    live: Mapping[str, Environment] = field(default_factory=dict)
    """By environment, as deployments are on record and clusters have shown it."""
    environment: str | None = None
    """Which one the plan's database belongs to; None where the settings do not say."""

    @property
    def fields(self) -> tuple[Field, ...]:
        return fields_removed(self.plan)

    @property
    def columns(self) -> tuple[Field, ...]:
        """Those of tables: all that a database can be asked about."""
        return tuple(field for field in self.fields if field.is_column)


def fields_removed(plan: Plan) -> tuple[Field, ...]:
    """The old sides that are gone when the plan is contracted.

    A column that keeps its name takes one away where its type changes so that old statements break: the old meaning.
    """
    formats = {movement.contract: movement.format for movement in plan.movements}
    again = {(one.contract, one.subject, one.parameters.get("becomes", "")) for one in plan.operations}
    found: list[Field] = []
    for operation in plan.operations:
        if operation.kind == "drop-check" or (operation.contract, operation.subject, operation.old) in again:
            continue  # no statement names a check; an index that another one takes the name of is there as before
        if operation.is_of_interfaces:
            found.append(_used(operation))
        else:
            found += _parts(operation, of_avro=formats.get(operation.contract) == "avro")
    return tuple(dict.fromkeys(found))


def _parts(operation: Operation, *, of_avro: bool) -> Iterator[Field]:
    """What tables and events lose."""
    contract, is_column = operation.contract, operation.is_of_tables
    subject = operation.subject.rsplit(".", 1)[-1] if of_avro else operation.subject
    becomes = (operation.new or "") if operation.kind == "rename-table" else ""
    for name in _gone(operation):
        path = f"{subject}.{name}".removeprefix("$.")  # $: the whole event
        yield Field(contract, path, is_column=is_column, is_of_event=not is_column, becomes=becomes)
    if operation.parameters.get("breaks") == "yes":
        yield Field(contract, f"{subject}.{operation.old}", has_a_name=False, is_swapped=True, goes_on=True)


def _gone(operation: Operation) -> Iterator[str]:
    """What its subject no longer has, by name; EVERYTHING where the table or its name is removed."""
    match operation.kind:
        case "drop-table" | "rename-table":
            yield EVERYTHING
        case "split-column" | "merge-columns" if operation.regroup is not None:
            yield from operation.regroup.downs
        case "extract-table":
            pairs = operation.parameters.get("columns", "").split(",")
            yield from (pair.partition("=")[0] for pair in pairs if pair)
        case _ if operation.old is not None and (operation.old != operation.new or operation.kind == "move-column"):
            yield operation.old


def _used(operation: Operation) -> Field:
    """What clients of an interface can no longer do: use a part, do without one, or rely on one."""
    named, answered = operation.kind.endswith(_NAMED), operation.parameters.get("only") == "answers"
    verb = operation.kind.partition("-")[0]
    match verb:
        case "require":
            path, named, answered = f"{operation.subject} without {operation.new}", False, False
        case "add":
            path, named, answered = operation.subject, False, False
        case _:
            path = f"{operation.subject}.{operation.old}".removeprefix("$.")
    called = _OVER_HTTP.match((operation.old or "") if operation.subject == "$" else operation.subject)
    return Field(
        operation.contract,
        path,
        named and verb not in _GOING_ON,
        is_column=False,
        is_answered=answered,
        goes_on=verb in _GOING_ON,
        call=called[0] if called and not operation.kind.endswith(_BY_PROVIDERS) else "",
        is_in_query=operation.parameters.get("in") == "query",
    )


def declares(party: Party, field: Field) -> bool:
    """Whether contract.toml names this very field among what the party reads, or something in it."""
    return names(party.reads, field)


def names(reads: Sequence[str], field: Field) -> bool:
    """Whether this very field, or something in it, is in a list of what is read."""
    gone = _plain(field.path)
    return any(_holds(gone, _plain(named)) for named in reads)


def covers(party: Party, field: Field) -> bool:
    """Whether the field may be among what the party reads, as contract.toml or a version that is live lists it."""
    return any(_may_hold(reads, field) for reads in (party.reads, *(one.reads for one in party.live)))


def _may_hold(reads: Sequence[str], field: Field) -> bool:
    """Whether a list of what is read may refer to the field; a list with nothing of its kind may mean all of them.

    Of an interface some list the operations that they call, others the fields that they use, or where they connect to:
    none of it says anything of the others.
    """
    gone = _plain(field.path)
    listed = [_plain(named) for named in reads]
    like_it = listed if field.is_column else [one for one in listed if _sort(one) == _sort(gone)]
    return not like_it or any(
        _holds(named, name) or _holds(name, named)
        for one in like_it
        for named in (_unqualified(one) if field.is_of_event else (one,))
        for name in _names(field, gone)
    )


def _names(field: Field, gone: str) -> tuple[str, ...]:
    """What it may be called: a table without its schema, an event's type without its namespace."""
    if field.is_of_event:
        return _unqualified(gone)
    return (gone, gone.partition(".")[2]) if field.is_column and "." in field.table else (gone,)


def _unqualified(name: str) -> tuple[str, ...]:
    """The name, and what remains when its qualifiers are dropped one by one."""
    parts = name.split(".")
    return tuple(".".join(parts[at:]) for at in range(len(parts)))


def _plain(name: str) -> str:
    """Normalised: without what is only notation, as in `Query.orders(limit:)`, `orders.*`, or capitals."""
    return name.casefold().replace("(", ".").removesuffix(":)").removesuffix(f".{EVERYTHING}")


def _holds(whole: str, part: str) -> bool:
    return part == whole or part.startswith((f"{whole}.", f"{whole} "))


def _sort(name: str) -> str:
    """Of a part of an interface: a server, an operation or something of one (`GET /orders.limit`), or a field."""
    if name.startswith(_SERVER):
        return "server"
    return "call" if _CALL.match(name) is not None else "field"


def needed_window(rules: ReadRules, party: Party | None, longest_gap: float | None) -> float:
    """How many seconds a consumer must have been silent: the longest of three spans, as none alone is enough."""
    cadence = (party.cadence_days or 0.0) * DAY * CADENCES if party else 0.0
    return max(rules.window_seconds, cadence, GAPS * (longest_gap or 0.0))


def sign_of_life_seconds(rules: ReadRules, party: Party | None) -> float:
    """How often a consumer should show that it is alive: a job only as often as it runs."""
    if party and party.cadence_days:
        return max(rules.heartbeat_seconds, party.cadence_days * DAY)
    return rules.heartbeat_seconds
