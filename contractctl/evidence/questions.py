"""What must be observed for a plan: which fields go, who reads them, and over which window?"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contractctl.model.cluster import Environment
from contractctl.model.contract import Party
from contractctl.model.plan import Operation, Plan, ReadRules

DAY = 86400.0
CADENCES = 1.25
"""How many of its own intervals a consumer must have been silent for."""
GAPS = 2.0
"""How many times the longest pause between its reads a consumer must have been silent for."""


_NAMED = ("-property", "-parameter", "-header", "-definition")
"""What the kinds of operations on parts of interfaces end with that whoever uses them calls by name."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field or column that the plan takes away."""

    contract: str
    path: str
    """`orders.customer_name` for a column, `OrderPlaced.customer_name` for a field of an event or an answer.

    `GET /orders` for an operation, `GET /orders.limit` for its parameter, `GET /orders without tenant` for requests
    that lack what has to be there.
    """
    has_a_name: bool = True
    """Whether code that uses it says its name: an address is put together, and a value has no name."""
    is_column: bool = True
    """Whether a database has it: what a server writes down of its statements says nothing about the others."""
    is_answered: bool = True
    """Whether it stands in answers alone, so that a request that asks for others does not use it."""


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

    @property
    def fields(self) -> tuple[Field, ...]:
        return fields_removed(self.plan)

    @property
    def columns(self) -> tuple[Field, ...]:
        """Those of tables: all that a database can be asked about."""
        return tuple(field for field in self.fields if field.is_column)


def fields_removed(plan: Plan) -> tuple[Field, ...]:
    """The old sides that are gone when the plan is contracted. A column that keeps its name takes none away."""
    formats = {movement.contract: movement.format for movement in plan.movements}
    found: dict[Field, None] = {}
    for operation in plan.operations:
        if operation.is_of_interfaces:
            found[_used(operation)] = None
            continue
        if operation.old is None or operation.old == operation.new:
            continue
        subject = operation.subject
        if formats.get(operation.contract) == "avro":
            subject = subject.rsplit(".", 1)[-1]
        path = f"{subject}.{operation.old}".removeprefix("$.")  # $: the whole event
        found[Field(operation.contract, path, is_column=operation.is_of_tables)] = None
    return tuple(found)


def _used(operation: Operation) -> Field:
    """What clients of an interface do that they can no longer do: use a part, do without one, count on one."""
    named, answered = operation.kind.endswith(_NAMED), operation.parameters.get("only") == "answers"
    match operation.kind.partition("-")[0]:
        case "require":
            path, named, answered = f"{operation.subject} without {operation.new}", False, False
        case "add":
            path, named, answered = operation.subject, False, False
        case _:
            path = f"{operation.subject}.{operation.old}".removeprefix("$.")
    return Field(operation.contract, path, named, is_column=False, is_answered=answered)


def declares(party: Party, field: Field) -> bool:
    """Whether contract.toml names this very field among what the party reads."""
    return field.path.casefold() in (path.casefold() for path in party.reads)


def covers(party: Party, field: Field) -> bool:
    """Whether the field is among what the party reads; one that lists nothing may read everything."""
    subject = field.path.rsplit(".", 1)[0].casefold()
    named = {path.casefold() for path in party.reads}
    return not named or bool(named & {field.path.casefold(), subject, f"{subject}.*"})


def needed_window(rules: ReadRules, party: Party | None, longest_gap: float | None) -> float:
    """For how many seconds a consumer must have been silent: the longest of three, none of them alone is enough."""
    cadence = (party.cadence_days or 0.0) * DAY * CADENCES if party else 0.0
    return max(rules.window_seconds, cadence, GAPS * (longest_gap or 0.0))


def sign_of_life_seconds(rules: ReadRules, party: Party | None) -> float:
    """How often a consumer should show that it is alive: a job only as often as it runs."""
    if party and party.cadence_days:
        return max(rules.heartbeat_seconds, party.cadence_days * DAY)
    return rules.heartbeat_seconds
