"""What does a consumer read, by its own files: its GraphQL documents, the schemas that it reads events by?

They declare, and nobody has observed anything: a field that they name is read, and one that they do not name may be
read all the same. So they can keep a gate closed, and never open one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from contractctl.errors import ContractctlError
from contractctl.evidence import files
from contractctl.evidence.declared_reads import persisted
from contractctl.evidence.observations import Observations
from contractctl.evidence.questions import Field, Question, fields_removed
from contractctl.evidence.servers import UnusableError, known_options
from contractctl.evidence.sources import Given
from contractctl.model.contract import File
from contractctl.model.evidence import Kind, Record, Series, stated
from contractctl.model.plan import Plan
from contractctl.model.verdict import Place, Undecided

DOCUMENTS, SCHEMAS = "graphql_documents", "reader_schemas"
NAMES = (DOCUMENTS, SCHEMAS)
CERTAINTY = "declared"
"""The value of the label `certainty` for what nobody has observed."""
_OPTIONS = ("consumer", "contract", "fields", "schema", "version")
_SHOWN = 20
"""How many places a record lists."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A consumer's declaration, and the version of the contract that it is read against."""

    source: str
    """One of NAMES."""
    consumer: str
    schema: str
    """The contract that the files refer to."""
    version: str
    """Of that contract; empty: its latest release."""
    files: tuple[File, ...]


Found = Mapping[str, tuple[Place, ...] | Undecided]
"""By name, where the files name it."""
Reading = Callable[[Laid, Sequence[str]], Found]
"""Where the files use these names of the contract; the formats know how to read them, and no source knows a format.

Raise UnusableError, or ContractctlError where a file is not what it should be.
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One [[evidence]] of the settings, and what the plan takes away there."""

    source: str
    location: str
    consumer: str
    schema: str
    version: str
    persisted: str
    """A pattern of the files that list which documents are sent by their ids; empty where none are."""
    names: Mapping[Field, tuple[str, ...] | None]
    """What each field of the plan is called there; None where the settings do not say."""

    @property
    def query(self) -> str:
        """Everything that the answer depends on: other settings are another question."""
        as_ = f"{self.schema}@{self.version or 'latest'}"
        named = " ".join(f"{one.path}={','.join(names or ('?',))}" for one, names in self.names.items())
        return f"{self.consumer}: {self.location} {self.persisted}".rstrip() + f" as {as_}: {named}"


def nobody(laid: Laid, names: Sequence[str]) -> Found:
    """Without formats, nothing can be read."""
    del names
    raise UnusableError(f"source error: nothing can read the {laid.source} of {laid.consumer}")


def collect(given: Given) -> tuple[Record, ...]:
    """One record of all that the files name; none where the plan takes nothing away from the contract."""
    asked = _asked(given.source, given.location, given.options, given.question.plan)
    if not asked.names:
        return ()
    seen = Observations(asked.source, asked.query)
    found: dict[Field, list[Place]] = {one: [] for one in asked.names}
    try:
        _look(found, seen, asked, given)
    except UnusableError as error:
        seen.spoiled(str(error))
    except ContractctlError as error:
        seen.spoiled(f"unparseable: {error.message}")
    return (_record(found, seen, asked, given.question),)


def uncollected(
    asked: Iterable[tuple[str, str, Mapping[str, str]]], plan: Plan, collected: Sequence[Record], now: float
) -> Iterator[Record]:
    """A problem for each source, location and options of the settings that nobody has asked, or not as they are."""
    told = {(record.source, record.query) for record in collected}
    for source, location, options in asked:
        one = _asked(source, location, options, plan)
        if one.names and (source, one.query) not in told:
            seen = Observations(source, one.query)
            seen.spoiled(f"missing source: nothing was collected for {one.consumer} since contractctl.toml changed")
            yield _record({field: [] for field in one.names}, seen, one, Question(plan, {}, None, now))


def _asked(source: str, location: str, options: Mapping[str, str], plan: Plan) -> _Asked:
    at = f"[[evidence]] {source}"
    known_options(options, (*_OPTIONS, "persisted") if source == DOCUMENTS else _OPTIONS)
    for key, why in (
        ("consumer", "it does not say whose files these are"),
        ("contract", "it does not say whose fields they read"),
    ):
        if not options.get(key):
            raise ContractctlError(f"{at}: {why}", hint=f'write {key} = "NAME"')
    contract = options["contract"]
    schema = options.get("schema") or contract
    said = _fields(options.get("fields", ""), at)
    fields = [one for one in fields_removed(plan) if one.contract == contract and not one.goes_on]
    names = {one: said.get(one.path, (one.path,) if schema == contract else None) for one in fields}
    moved = next((move.old for move in plan.movements if move.contract == schema), "")
    version = options.get("version") or moved
    return _Asked(source, location, options["consumer"], schema, version, options.get("persisted", ""), names)


def _fields(text: str, at: str) -> Mapping[str, tuple[str, ...]]:
    """`orders.customer=Order.customer orders.note=`: by the plan's name what it is called; nothing where it is not."""
    found: dict[str, tuple[str, ...]] = {}
    for pair in text.split():
        own, is_pair, other = pair.partition("=")
        if not own or not is_pair:
            raise ContractctlError(
                f"{at}: fields '{pair}' is not a pair of names", hint='write fields = "orders.customer=Order.customer"'
            )
        found[own] = (*found.get(own, ()), *(one for one in other.split(",") if one))
    return found


def _look(found: dict[Field, list[Place]], seen: Observations, asked: _Asked, given: Given) -> None:
    own = [File.of(name, raw) for name, raw in files.contents(seen, asked.location, given.root)]
    if asked.persisted:
        own += persisted.documents(list(files.contents(seen, asked.persisted, given.root)), own)
    for one, names in asked.names.items():
        if names is None:
            raise UnusableError(f"missing source: 'fields' does not say what '{one.path}' is called in {asked.schema}")
    wanted = list(dict.fromkeys(name for names in asked.names.values() for name in names or ()))
    if seen.problem or not wanted:
        return
    laid = Laid(asked.source, asked.consumer, asked.schema, asked.version, tuple(own))
    told = given.reading(laid, wanted)
    for one, names in asked.names.items():
        for name in names or ():
            sights = told[name]
            if isinstance(sights, Undecided):
                seen.spoiled(f"unparseable: {sights.reason}")
            else:
                found[one] += sights


def _record(found: Mapping[Field, list[Place]], seen: Observations, asked: _Asked, question: Question) -> Record:
    series = tuple(_series(one, places, asked) for one, places in found.items())
    told = [(sorted(one.labels.items()), one.value) for one in series]
    problem = seen.problem or _stranger(found, asked, question)
    identity = f"{seen.digest} {question.now!r} {told} {problem}"
    return stated(
        Kind.STATIC_READS,
        source=asked.source,
        query=asked.query,
        at=question.now,
        series=series,
        digest=sha256(identity.encode("utf-8", "surrogateescape")).hexdigest(),
        problem=problem,
    )


def _series(field: Field, places: Sequence[Place], asked: _Asked) -> Series:
    labels = {
        "contract": field.contract,
        "path": field.path,
        "consumer": asked.consumer,
        "version": asked.version,
        "certainty": CERTAINTY,
    }
    return Series(labels | ({"places": _listed(places)} if places else {}), float(len(set(places))))


def _stranger(found: Mapping[Field, list[Place]], asked: _Asked, question: Question) -> str | None:
    """The problem where no contract.toml lists the consumer: the gate would not ask about it."""
    for own, places in found.items():
        parties = question.consumers.get(own.contract, ())
        if places and all(party.name != asked.consumer for party in parties):
            words = f"{asked.consumer} reads '{own.path}' but is not in any contract.toml: {_listed(places)}"
            return f"unattributed reads: {words}"
    return None


def _listed(places: Sequence[Place]) -> str:
    shown = list(dict.fromkeys(f"{one.file}:{one.line}:{one.column}" for one in places))
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
