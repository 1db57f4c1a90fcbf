"""Is the new version compatible? Two texts in, a verdict with executed witnesses out."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contractctl.formats import FORMATS, SERVED, Format, Laboratory, Narrowed, Noted, load, parse, plan_command
from contractctl.formats.claims import claimed
from contractctl.formats.pages import page
from contractctl.model.contract import Contract, File, Policy, Source
from contractctl.model.verdict import (
    Answer,
    Comparison,
    Direction,
    Effect,
    Finding,
    Found,
    Incompatibility,
    Place,
    Pointer,
    Seats,
    Status,
    Undecided,
    Witness,
)

_YES = Answer(Status.COMPATIBLE)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a pair is judged, and what its two versions are called in messages."""

    policy: Policy = Policy()
    strict: bool = False
    """Whether data loss counts as breaking, too."""
    witnesses: bool = True
    """Whether incompatibilities are executed. Without it the verdict is the same, but faster."""
    contract: str = "CONTRACT"
    """The name of the contract in the commands that remedies print."""
    old_name: str = "old"
    new_name: str = "new"
    released: tuple[str, ...] = ()
    """Names of versions that cannot change any more: remedies ask the other one to."""
    operations: tuple[File, ...] = ()
    """What clients send: if it is known, only what affects one of these counts as breaking."""
    laboratory: Laboratory | None = None
    """The server on which witnesses are tried first."""

    def of(self, contract: Contract) -> "Terms":
        """These terms, with all that a contract says about how its versions are judged."""
        return replace(self, policy=contract.policy, strict=contract.strict, contract=contract.name)


def compare(  # noqa: PLR0913 - two texts and four ways to judge them, all but the texts by keyword
    old: str | bytes,
    new: str | bytes,
    *,
    format: str,  # noqa: A002 - the word of the documented interface
    dialect: str | None = None,
    policy: Policy = Policy(),
    strict: bool = False,
    witnesses: bool = True,
) -> Comparison:
    """Judge two texts in both directions.

    format: a name in contractctl.formats.FORMATS. dialect: for sql, short for Policy(dialect=…). policy: the other
    choices that a format leaves open. Raise ContractctlError if a text is not of the format.

    >>> text = '{"type": "enum", "name": "E", "symbols": %s}'
    >>> compare(text % '["A", "B"]', text % '["A"]', format="avro").backward.status
    <Status.INCOMPATIBLE: 'incompatible'>
    """
    chosen = policy if dialect is None else replace(policy, dialect=dialect)
    terms = Terms(policy=chosen, strict=strict, witnesses=witnesses)
    return compare_sources(source_of(old, "old"), source_of(new, "new"), format, terms)


def compare_sources(old: Source, new: Source, format_name: str, terms: Terms) -> Comparison:
    """Judge two versions in both directions. Raise ContractctlError if one is not of the format."""
    same = _said(old) == _said(new)
    policy = terms.policy.chosen(format_name)
    if same and format_name not in FORMATS:
        return Comparison(_YES, _YES, policy)  # whatever it means, both versions mean the same
    taken = parse(format_name, new, terms.policy)
    if same:
        return Comparison(_YES, _YES, policy)
    if (across := _across(old, new, format_name, terms)) is not None:
        return Comparison(across, across, policy)
    return compare_schemas(parse(format_name, old, terms.policy), taken, format_name, terms)


def compare_schemas(old: Any, new: Any, format_name: str, terms: Terms) -> Comparison:  # noqa: ANN401 - each format's own
    """As compare_sources(), for versions that have been read already."""
    judge, seats = load(format_name), (_Seat(old, terms.old_name), _Seat(new, terms.new_name))
    return Comparison(
        backward=_answer(_Hearing(judge, *seats, Direction.BACKWARD, terms)),
        forward=_answer(_Hearing(judge, *seats, Direction.FORWARD, terms)),
        policy=terms.policy.chosen(format_name),
        notes=tuple(dict.fromkeys(note for one in (old, new) for note in judge.notes(one)))
        if isinstance(judge, Noted)
        else (),
    )


def _across(old: Source, new: Source, format_name: str, terms: Terms) -> Answer | None:
    """Unknown, if the versions claim two different formats; if both claim one, what the user said counts."""
    before, now = (_own_format(source, format_name) for source in (old, new))
    if before == now:
        return None
    reason = f"{terms.old_name} is {before}, and {terms.new_name} is {now}: no version of one is the next of the other"
    return Answer(Status.UNKNOWN, reasons=(reason,))


def _own_format(source: Source, format_name: str) -> str:
    """The format that a version claims: that of the contract, if any file may be of it."""
    claims = [claimed(file) for file in source.files]
    return format_name if format_name in claims else next(filter(None, claims), format_name)


@dataclass(frozen=True, slots=True)
class _Seat:
    """One of the two sides that must be compatible: its schema, and its name for people."""

    schema: Any
    name: str


@dataclass(frozen=True, slots=True)
class _Hearing:
    """One direction of one pair: who takes, who gives, and the terms on which it is judged."""

    judge: Format
    old: _Seat
    new: _Seat
    direction: Direction
    terms: Terms

    @property
    def new_takes(self) -> bool:
        return (self.direction is Direction.BACKWARD) == (self.judge.SEATS is Seats.MESSAGE)

    @property
    def taker(self) -> _Seat:
        return self.new if self.new_takes else self.old

    @property
    def giver(self) -> _Seat:
        return self.old if self.new_takes else self.new

    @property
    def clients_are_new(self) -> bool:
        """Whether the question is how new clients work with existing servers."""
        return self.judge.SEATS is Seats.INTERFACE and self.direction is Direction.FORWARD

    def mended(self, seat: _Seat) -> str:
        """Which version can make the change that a remedy asks of this one."""
        released = self.terms.released
        if seat.name not in released:
            return seat.name
        return "the next version" if self.new.name in released else "a version in between"


def _answer(hearing: _Hearing) -> Answer:
    findings: dict[tuple[str, str, str], Finding] = {}
    reasons: dict[str, None] = {}
    for found, users in _met(hearing):
        if isinstance(found, Undecided):
            if users is None or users:
                reasons[f"{found.path}: {found.reason}" if found.path else found.reason] = None
            continue
        if page(found.rule).newer == "taker" and hearing.new_takes is found.flipped:
            continue  # an older version could not have known
        finding = _narrowed(_finding(hearing, found), users)
        findings.setdefault((finding.rule, finding.path, finding.message), finding)
    if any(finding.breaks for finding in findings.values()):
        status = Status.INCOMPATIBLE
    else:
        status = Status.UNKNOWN if reasons else Status.COMPATIBLE
    return Answer(status, tuple(findings.values()), tuple(reasons))


def _met(hearing: _Hearing) -> Iterator[tuple[Found, Sequence[str] | None]]:
    """What was found, with the files of the clients that break; None if no clients were given."""
    judge, schemas = hearing.judge, (hearing.taker.schema, hearing.giver.schema)
    found = judge.incompatibilities(*schemas)
    if hearing.terms.operations and isinstance(judge, Narrowed):
        yield from judge.clients(*schemas, hearing.terms.operations).meet(found)
    else:
        yield from ((one, None) for one in found)


def _narrowed(finding: Finding, users: Sequence[str] | None) -> Finding:
    """Only what matters to the clients whose operations are known."""
    if users is None or tuple(users) == (finding.path,):
        return finding
    if not users:
        return replace(finding, breaks=False, message=f"{finding.message}; no given operation is affected")
    return replace(finding, message=f"{finding.message}; it meets {', '.join(users)}")


def _finding(hearing: _Hearing, found: Incompatibility) -> Finding:
    judge, terms = hearing.judge, hearing.terms
    taker, giver = (hearing.giver, hearing.taker) if found.flipped else (hearing.taker, hearing.giver)
    new_takes = hearing.new_takes is not found.flipped
    rule = page(found.rule)
    words = {"taker": taker.name, "giver": giver.name, "path": found.path, "contract": terms.contract}
    words |= {"rename": _rename(found.facts, new_takes=new_takes), **found.facts}
    words |= {"plan": _plan(judge, terms, found.facts)}
    words |= {"retype": ""} if judge.NAME in SERVED else {}  # what is served is made by its application
    who = {"taker": hearing.mended(taker), "giver": hearing.mended(giver)}
    who |= {"taker_as_is": taker.name, "giver_as_is": giver.name}
    places = (_place(judge, taker, found.taker_at), _place(judge, giver, found.giver_at))
    new, old = places if new_takes else places[::-1]
    return Finding(
        rule=found.rule,
        direction=hearing.direction,
        effect=found.effect,
        breaks=terms.strict or found.effect is not Effect.LOSES,
        path=found.path,
        message=rule.message.format_map(words),
        remedy=_first(hearing, words) if hearing.clients_are_new else rule.remedy.format_map(words | who),
        old=old,
        new=new,
        witness=_witness(hearing, found) if terms.witnesses else None,
    )


def _first(hearing: _Hearing, words: Mapping[str, str]) -> str:
    """The remedy for clients newer than what serves them: rule pages have none for them, only for providers."""
    stage = "; if one becomes another, stage it: {plan}{rename}".format_map(words) if words["rename"] else ""
    return f"deploy {hearing.new.name} everywhere before anybody relies on this{stage}"


def _witness(hearing: _Hearing, found: Incompatibility) -> Witness | None:
    seats, laboratory = (hearing.taker.schema, hearing.giver.schema), hearing.terms.laboratory
    shown = laboratory.witness(*seats, found) if laboratory is not None else None
    return shown or hearing.judge.witness(*seats, found)


def _plan(judge: Format, terms: Terms, facts: Mapping[str, str]) -> str:
    """The command that stages it, with the day that was already announced to clients."""
    told = {"day": facts["date"]} if "date" in facts else {}
    return plan_command(judge.NAME, terms.contract, **told)


def _rename(facts: Mapping[str, str], *, new_takes: bool) -> str:
    """The option of `contractctl plan` for what is likely a rename, always from the old name to the new one."""
    names = facts.get("taker_name"), facts.get("giver_name")
    if None in names:
        return ""
    new, old = names if new_takes else names[::-1]
    scope = facts.get("scope", "")
    return " --rename " + shlex.quote(f"{scope}{old}={new}")


def _place(judge: Format, seat: _Seat, pointer: Pointer | None) -> Place | None:
    located = judge.locate(seat.schema, pointer) if pointer is not None else None
    return Place(*located) if located else None


def _said(source: Source) -> tuple[object, ...]:
    """The content of a version: a single file means the same under any name, several refer to each other by name."""
    names = tuple(source.path(file) for file in source.every) if len(source.every) > 1 else ()
    return names, len(source.files), tuple(file.data or file.text for file in source.every)


def source_of(text: str | bytes, name: str) -> Source:
    """One text, or one binary file, as the source of a version."""
    return Source((File.of(name, text) if isinstance(text, bytes) else File(name, text),))
