"""Who asks for what the plan takes away? Access logs, and JSON lines whose keys the settings name.

A request that does not say which fields it uses may read all of them. The log's own lines are the signs of life of
those whose requests all pass through it (`covers`): where it has none, nobody knows what happened.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from contractctl.errors import ContractctlError
from contractctl.evidence import log_files, log_lines, requests_read
from contractctl.evidence.condensed import near, runs
from contractctl.evidence.log_lines import Said, UnreadableError
from contractctl.evidence.observations import Observations, Read, Sign
from contractctl.evidence.questions import Field, needed_window
from contractctl.evidence.records import records
from contractctl.evidence.servers import accounts, known_options
from contractctl.evidence.sources import Given
from contractctl.model.amounts import counted
from contractctl.model.evidence import Record

NAME = "access_log"
_OPTIONS = (
    *log_lines.KEYS,
    *("base", "columns", "consumer", "contract", "covers", "field", "fields", "form", "new_versions"),
    *("requests", "roles", "sampling", "version"),
)
_HOUR = 3600.0
_MOST = 1_000
"""How many consumers, with their versions, are told apart."""
_SHOWN = 3
_Reader = tuple[Field, str, str, str]
"""Field, consumer, its version, certainty."""


@dataclass(frozen=True, slots=True)
class _Settings:
    form: str
    contract: str
    keys: Mapping[str, str]
    """The key under which each of these stands in JSON."""
    columns: tuple[str, ...]
    consumer: str
    version: str
    new_versions: tuple[str, ...]
    field: str
    fields: str
    requests: tuple[str, ...]
    base: str | None
    """The prefix before the contract's own paths; None where the log may have other requests, too."""
    covers: tuple[str, ...]
    names: Mapping[str, str]
    sampling: float


@dataclass(slots=True)
class _Count:
    """Reads within an hour."""

    first: float
    last: float
    count: int = 0


@dataclass(slots=True)
class _Seen:
    """What is kept of a log, however long it is."""

    settings: _Settings
    fields: tuple[Field, ...]
    since: float
    """Anything older no longer matters."""
    tick: float
    counts: dict[tuple[int, _Reader], _Count] = field(default_factory=dict)
    readers: set[_Reader] = field(default_factory=set)
    crowded: bool = False
    alive: dict[str, dict[int, float]] = field(default_factory=dict)
    """By log and tick of the clock: its first line in that tick."""
    spoiled: list[str] = field(default_factory=list)
    unreadable: int = 0


def collect(given: Given) -> tuple[Record, ...]:
    """Read every file that the pattern matches; no record where the plan takes nothing away from the contract."""
    settings, question = _settings(given.options), given.question
    fields = tuple(one for one in question.fields if one.contract == settings.contract)
    if not fields:
        return ()
    rules = question.plan.reads
    parties = (None, *question.consumers.get(settings.contract, ()))
    since = question.now - 2 * max(needed_window(rules, party, None) for party in parties)
    kept = _Seen(settings, fields, since, rules.heartbeat_seconds / 2)
    seen = Observations(NAME, given.location, sampling_ratio=settings.sampling)
    for line in log_files.lines(seen, given.location, given.root):
        try:
            _take(kept, line)
        except UnreadableError as error:
            kept.unreadable += 1
            kept.spoiled += [f"{line.place} {error}"] if len(kept.spoiled) < _SHOWN else []
    if kept.unreadable:
        seen.spoiled(f"unparseable: {counted(kept.unreadable, 'line')} cannot be read: {'; '.join(kept.spoiled)}")
    if kept.crowded:
        seen.spoiled(f"truncated: more than {_MOST} different consumers: '{settings.consumer}' is not a name of one")
    seen.reads += _reads(kept)
    seen.signs += _signs(kept, near(question))
    return records(seen, question)


def _settings(options: Mapping[str, str]) -> _Settings:
    known_options(options, _OPTIONS)
    form, at = options.get("form", "combined"), f"[[evidence]] {NAME}"
    if form not in (*log_lines.TEXT_FORMS, "json"):
        raise ContractctlError(f"{at}: form '{form}' is not known", hint="known: combined, envoy, json")
    if not options.get("contract"):
        raise ContractctlError(
            f"{at}: it does not say whose fields these requests read", hint='write contract = "NAME"'
        )
    own = {key: options[key] for key in log_lines.KEYS if key in options}
    columns = tuple(options.get("columns", "").split())
    if own and form != "json":
        raise ContractctlError(f"{at}: '{min(own)}' names a key of JSON", hint='write form = "json", or columns = "…"')
    if form == "json" and not ("time" in own and ({"uri", "request"} & set(own) or "field" in options)):
        raise ContractctlError(
            f"{at}: it does not say which keys the lines have",
            hint='write time = "KEY", and one of uri, request or field = "KEY"',
        )
    consumer, version = options.get("consumer", "agent"), options.get("version", "")
    for key in (consumer, version):
        if key and form != "json" and key not in (*log_lines.KEYS, *columns):
            raise ContractctlError(f"{at}: no column is called '{key}'", hint=f'write columns = "… {key}"')
    extra = {key: key for key in (consumer, version, options.get("field", "")) if key and key not in own}
    return _Settings(
        form=form,
        contract=options["contract"],
        keys=extra | own,
        columns=columns,
        consumer=consumer,
        version=version,
        new_versions=tuple(options.get("new_versions", "").split()),
        field=options.get("field", ""),
        fields=options.get("fields", ""),
        requests=tuple(one.strip() for one in options.get("requests", "").split(",") if one.strip()),
        base=_base(options),
        covers=tuple(options.get("covers", "").split()),
        names=accounts(options),
        sampling=_ratio(options.get("sampling", "1")),
    )


def _base(options: Mapping[str, str]) -> str | None:
    base = options.get("base")
    if base is not None and not base.startswith("/"):
        raise ContractctlError(
            f"[[evidence]] {NAME}: base = '{base}' is not a path",
            hint='write the prefix of the paths: "/v1", or "/"',
        )
    return None if base is None else base.rstrip("/")


def _ratio(text: str) -> float:
    try:
        ratio = float(text)
    except ValueError:
        ratio = math.nan
    if not 0 < ratio <= 1:
        raise ContractctlError(f"[[evidence]] {NAME}: sampling = '{text}'", hint="write the fraction that is kept: 0.1")
    return ratio


def _take(kept: _Seen, line: log_files.Line) -> None:
    settings = kept.settings
    if line.text is None:
        raise UnreadableError("is not UTF-8 text, or too long")
    if settings.form == "json":
        said = log_lines.of_json(line.text, settings.keys)
    else:
        said = log_lines.of_text(line.text, settings.form, settings.columns)
    if said.at < kept.since:
        return
    ticks, tick = kept.alive.setdefault(line.log, {}), int(said.at // kept.tick)
    ticks[tick] = min(said.at, ticks.get(tick, said.at))
    consumer, version = _consumer(said, settings)
    for one in kept.fields:
        certainty = _certainty(said, settings, one)
        if certainty is not None:
            _count(kept, said.at, (one, consumer, version, certainty))


def _count(kept: _Seen, at: float, reader: _Reader) -> None:
    key = int(at // _HOUR), reader
    found = kept.counts.get(key)
    if found is None:
        if reader not in kept.readers and len(kept.readers) >= _MOST:
            kept.crowded = True
            return
        kept.readers.add(reader)
        found = kept.counts[key] = _Count(at, at)
    found.first, found.last, found.count = min(found.first, at), max(found.last, at), found.count + 1


def _consumer(said: Said, settings: _Settings) -> tuple[str, str]:
    """The client's name and version: a user agent looks like `billing/1.3 (linux)`."""
    name, version = said.values.get(settings.consumer, ""), ""
    if settings.consumer == "agent":
        name, _, version = (name.split() or [""])[0].partition("/")
    return settings.names.get(name, name), version


def _certainty(said: Said, settings: _Settings, of: Field) -> str | None:
    """How certain the line makes a read of the field; None where it proves that there was none."""
    if settings.field:
        named = said.several.get(settings.field, (said.values.get(settings.field, ""),))
        if not any(named):
            raise UnreadableError(f"has no '{settings.field}'")
        return requests_read.READS if of.path in named else None
    status = said.values.get("status", "")
    if "request" in said.values:
        found = requests_read.target(said.values["request"], status)
    else:
        found = (said.values.get("method", ""), said.values.get("uri", ""))
        if not found[1]:
            raise UnreadableError("has no address")
    if found is None or not requests_read.concerns(*found, settings.requests):
        return None
    answered = said.values.get(settings.version, "") if settings.version else ""
    if answered and any(fnmatchcase(answered, pattern) for pattern in settings.new_versions):
        return None
    if of.call and settings.base is not None:
        return requests_read.use(*found, settings.base, of, is_whole="request" in said.values)
    return requests_read.certainty(found[1], settings.fields if of.is_answered else "", of.path)


def _reads(kept: _Seen) -> Iterator[Read]:
    for (_, (of, consumer, version, certainty)), one in sorted(kept.counts.items(), key=lambda it: str(it[0])):
        yield Read(of.contract, of.path, consumer, version, one.first, one.last, float(one.count), certainty)


def _signs(kept: _Seen, apart: float) -> Iterator[Sign]:
    """Signs of life while every log has lines: a log that is missing would hide the consumers in it."""
    logs = list(kept.alive.values())
    ticks = sorted(set.intersection(*map(set, logs))) if logs else []
    lines = sorted(max(log[tick] for log in logs) for tick in ticks)
    alive = list(runs([Sign("", "", "", "", at) for at in lines], apart)) if lines else []
    for consumer in kept.settings.covers:
        for one in kept.fields:
            yield from (replace(run, consumer=consumer, contract=one.contract, path=one.path) for run in alive)
