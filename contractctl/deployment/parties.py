"""Is a version compatible with everybody live on the other side of its contracts?"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from contractctl.deployment.answer import Reason, Why
from contractctl.deployment.question import Counterpart, Question, counterparts, live_versions
from contractctl.evidence.approvals import is_reviewed
from contractctl.formats import plan_command
from contractctl.matrix import Entry, Judge, Meeting, entries_of, meeting, used
from contractctl.model.cluster import Doubting
from contractctl.model.contract import Contract, Party
from contractctl.model.evidence import Series
from contractctl.model.service import Use
from contractctl.model.verdict import Status
from contractctl.store import Unreadable

_REMEDIES = {
    Doubting.STALE: "import a fresh one: contractctl environment import - --env {where}; where the cluster no longer"
    " exists: contractctl environment forget CLUSTER --env {where}",
    Doubting.INCOMPLETE: "export everything at once, and import it: contractctl environment import --help shows how",
    Doubting.UNMAPPED: "name it in contractctl.toml, [kubernetes], or label it; where it is not your service, write"
    " it into not_services; then import the list again",
}
_MOST_REASONS = 3
"""How many findings to show for one pair: the first ones say enough."""


@dataclass(frozen=True, slots=True)
class _Table:
    """Over what the two sides meet."""

    contract: Contract
    entries: tuple[Entry, ...]
    judge: Judge

    def used(self, side: Counterpart) -> tuple[Entry, ...]:
        return used(_party(side), self.entries)


def known(question: Question) -> Iterator[Reason]:
    """A live version must have declared how it relates to contracts: it may be a counterpart of this one."""
    where, asked = question.environment, (question.service, question.version)
    for service, version, share in live_versions(question.live):
        if (service, version) == asked:
            continue
        declaration = question.declarations.get((service, version))
        if isinstance(declaration, Unreadable):
            yield Reason(
                Why.NOT_JUDGED,
                f"{declaration.name} is live in '{where}', but its declaration cannot be read: {declaration.message}",
                declaration.remedy,
                counterpart=declaration.name,
                share=share,
            )
        if declaration is None:
            yield Reason(
                Why.COUNTERPART_NOT_DECLARED,
                f"{service}@{version} is live in '{where}', but nobody has declared what it provides and consumes",
                f"import it from its repository: contractctl service import CHECKOUT --version {version}",
                counterpart=f"{service}@{version}",
                share=share,
            )
    for service, live in question.live.items():
        if abs(live.unaccounted) > 1e-9:  # noqa: PLR2004 - sums of shares are rounded
            yield _unaccounted(service, live.unaccounted, where)
    for doubt in question.doubts:
        yield Reason(Why(doubt.kind.value), doubt.message, _REMEDIES[doubt.kind].format(where=where))


def _unaccounted(service: str, percent: float, where: str) -> Reason:
    some = f"{percent:g} % of {service} in '{where}' go to unrecorded versions"
    return Reason(
        Why.TRAFFIC_UNACCOUNTED,
        some if percent > 0 else f"the canaries of {service} in '{where}' add up to {-percent:g} % more than 100 %",
        f"record what takes the rest: contractctl record-deployment {service} VERSION --env {where}",
        counterpart=service,
        share=percent,
    )


def meet(question: Question, use: Use, judge: Judge, held: list[str], *, consumers: bool) -> Iterator[Reason]:
    """One contract of the version against everybody on the other side: its `consumers`, or its providers."""
    contract = question.contracts.get(use.contract)
    asked = Counterpart(question.service, question.version, 0.0, use)
    if contract is None:
        yield Reason(
            Why.NO_SUCH_VERSION,
            f"{asked.name} names the contract {use.contract}, which the store does not have",
            "see which there are: contractctl list",
            contract=use.contract,
        )
        return
    if isinstance(contract, Unreadable):
        message = f"{asked.name} uses {contract.name}, which cannot be read: {contract.message}"
        yield Reason(Why.NOT_JUDGED, message, contract.remedy, contract=contract.name)
        return
    others = list(counterparts(question, contract.name, consumers=consumers))
    yield from _missing(question, contract, others, consumers=consumers)
    table = _Table(contract, entries_of(contract), judge)
    for other in others:
        consumer, provider = (other, asked) if consumers else (asked, other)
        reasons = list(_pair(table, consumer, provider, other))
        yield from reasons
        if not reasons:
            held.append(f"{contract.name} with {other.name} ({other.share:g} %)")


def _missing(question: Question, contract: Contract, others: list[Counterpart], *, consumers: bool) -> Iterator[Reason]:
    """Reasons for parties that contract.toml names and that were not met here, and if nobody is known at all."""
    where, who = question.environment, "consumer" if consumers else "producer"
    there = {other.service for other in others}
    for party in contract.consumers if consumers else contract.producers:
        answered = party.retired or party.exempt is not None or _attested(question, contract, party.name)
        if party.name not in there and not answered:
            yield from _unseen(question, contract, party.name, who)
    if others or (consumers and _attested(question, contract, None)):
        return
    if consumers:
        yield Reason(
            Why.NO_KNOWN_CONSUMERS,
            f"nobody who is live in '{where}' is known to consume {contract.name}",
            _to_commit(question, contract, None)
            or f"record its consumers, or attest in migrations/approvals/{where}.toml: "
            f'[[attestations]] statement = "no-consumers", contract = "{contract.name}"',
            contract=contract.name,
        )
    else:
        yield Reason(
            Why.COUNTERPART_NOT_ON_RECORD,
            f"nobody who is live in '{where}' is known to provide {contract.name}",
            f"deploy a provider first, and record it: contractctl record-deployment SERVICE VERSION --env {where}",
            contract=contract.name,
        )


def _unseen(question: Question, contract: Contract, name: str, who: str) -> Iterator[Reason]:
    """contract.toml names it, but it was never recorded, or the recorded versions do not mention the contract."""
    where, live = question.environment, question.live.get(name)
    if live is None:
        yield Reason(
            Why.COUNTERPART_NOT_ON_RECORD,
            f"{name} is declared as a {who} of {contract.name}, but it is not recorded in '{where}'",
            _to_commit(question, contract, name)
            or f"contractctl record-deployment {name} VERSION --env {where}; where it does not run there: "
            f"contractctl record-undeployment {name} --never --env {where}",
            contract=contract.name,
            counterpart=name,
        )
    elif live.shares:
        yield Reason(
            Why.COUNTERPART_NOT_DECLARED,
            f"contract.toml names {name} as a {who} of {contract.name}, but no live version of it declares that",
            _to_commit(question, contract, name)
            or f"correct what {name} declares, or take it out of the contract.toml of {contract.name}",
            contract=contract.name,
            counterpart=name,
        )


def _attested(question: Question, contract: Contract, consumer: str | None) -> bool:
    """Whether it is attested, and reviewed, that nobody consumes the contract, or that this one does not read it."""
    return any(map(is_reviewed, _statements(question, contract, consumer)))


def _to_commit(question: Question, contract: Contract, consumer: str | None) -> str | None:
    """What to do where it is attested, and only git does not have it."""
    who = sorted({one.labels["by"] for one in _statements(question, contract, consumer) if not is_reviewed(one)})
    file = f"migrations/approvals/{question.environment}.toml"
    return f"what {', '.join(who)} attests counts once it is reviewed: git add {file}; git commit" if who else None


def _statements(question: Question, contract: Contract, consumer: str | None) -> Iterator[Series]:
    statement = "no-consumers" if consumer is None else "does-not-read"
    wanted = {"statement": statement, "contract": contract.name, **({"consumer": consumer} if consumer else {})}
    for record in question.attested:
        for series in record.series:
            holds = (series.first_seen or 0.0) <= question.now < (series.last_seen or 0.0)
            if holds and all(series.labels.get(key) == text for key, text in wanted.items()):
                yield series


def _pair(table: _Table, consumer: Counterpart, provider: Counterpart, other: Counterpart) -> Iterator[Reason]:
    """Every version that one reads with, against every version that the other writes; `other` is the live one."""
    unheard = [reason for side in (consumer, provider) if (reason := _unheard_of(table, side))]
    if unheard:
        yield unheard[0]
        return
    for reads, writes in product(table.used(consumer), table.used(provider)):
        found = meeting(table.contract, _party(consumer), reads, writes, table.entries, table.judge)
        if found.status is not Status.COMPATIBLE:
            yield _met(table, found, (consumer, provider), other)


def _unheard_of(table: _Table, side: Counterpart) -> Reason | None:
    named = (Party(side.service, versions=(one,)) for one in side.use.versions)
    missing = [party.versions[0] for party in named if not used(party, table.entries)]
    if not missing:
        return None
    name = table.contract.name
    return Reason(
        Why.NO_SUCH_VERSION,
        f"{side.name} says that it uses {name} {', '.join(missing)}, but there is no such version",
        f"see which there are: contractctl show {name}",
        contract=name,
        counterpart=side.name,
    )


def _met(table: _Table, found: Meeting, sides: tuple[Counterpart, Counterpart], other: Counterpart) -> Reason:
    said = [finding.message for finding in found.findings if finding.breaks] or list(found.reasons)
    more = f" (and {len(said) - _MOST_REASONS} more)" if len(said) > _MOST_REASONS else ""
    name, (consumer, provider) = table.contract.name, sides
    broken = found.status is Status.INCOMPATIBLE
    return Reason(
        Why.INCOMPATIBLE if broken else Why.NOT_JUDGED,
        f"{consumer.name} reads {name} {found.consumer} and {'is not' if broken else 'may not be'} compatible with"
        f" {provider.name}, which provides {found.producer}: {'; '.join(said[:_MOST_REASONS])}{more}",
        f"first deploy a version of {other.service} that is compatible with both; where there is none, stage the"
        " change: " + plan_command(table.contract.format, name)
        if broken
        else f"see why: contractctl matrix {name}",
        contract=name,
        counterpart=other.name,
        share=other.share,
    )


def _party(side: Counterpart) -> Party:
    return Party(side.service, side.use.reads, side.use.versions)
