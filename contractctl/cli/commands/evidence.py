"""contractctl evidence: what can be observed for the gates to decide from?"""

import time
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contractctl.cli import Exit, Group
from contractctl.errors import ContractctlError
from contractctl.model.amounts import agreeing, counted
from contractctl.model.evidence import Kind, Record

if TYPE_CHECKING:
    from contractctl.evidence.questions import Question
    from contractctl.model.plan import Plan
    from contractctl.settings import EvidenceSource, Settings


@click.group(cls=Group)
def command() -> None:
    """Collect observations for the gates."""


@command.command
@click.argument("plan")
@click.option(
    "--source", "sources", multiple=True, metavar="NAME", help="Only these sources: pg_stat_statements, otlp, …"
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def collect(plan: str, sources: tuple[str, ...], form: str) -> int:
    """Ask every source in contractctl.toml what a gate of PLAN needs, and record the answers.

    The records replace those in migrations/evidence/PLAN.jsonl, except for sources that --source leaves out. This is
    the only command that uses the network for a gate. A source that cannot answer, or that was not asked, is recorded,
    too, and keeps the gate from saying yes.

    Exit codes: 0 every source answered, 2 usage or input error, 3 some did not.
    """
    from contractctl import settings
    from contractctl.cli import case, ledger
    from contractctl.evidence import asked, record_file
    from contractctl.evidence.questions import Question
    from contractctl.model.plan import State

    found = settings.load(Path.cwd())
    it = case.known(found, plan)
    since = it.standing.since if it.standing.state is State.CANARY else None
    path = record_file.path_of(found.migrations, it.plan.name)
    chosen = _chosen(found, sources)
    now = time.time()
    live = ledger.everything(found, now) if any(source.source == "code" for source in chosen) else {}
    question = Question(it.plan, it.consumers, since, now, live, found.environment)
    records = [record for source in chosen for record in _ask(found, source, question, path.parent)]
    others = _left_out(found, {source.source for source in chosen}, it.plan, path, now)
    record_file.write(path, asked.stated_with([*records, *others], found.asked, now))
    _say(records, form)
    click.echo(f"written: {path}", err=True)
    for record in others:
        if record.problem:
            click.echo(f"the gate lacks {record.source}: {record.problem}", err=True)
    return Exit.UNKNOWN if any(record.problem for record in records) else Exit.YES


def _chosen(found: "Settings", sources: Sequence[str]) -> list["EvidenceSource"]:
    from contractctl.evidence import SOURCES

    for source in sources:
        if source not in SOURCES:
            raise ContractctlError(
                f"'{source}' is not a source of evidence", hint=f"known sources: {', '.join(SOURCES)}"
            )
    chosen = [source for source in found.evidence if not sources or source.source in sources]
    if not chosen:
        hint = 'add to contractctl.toml:\n  [[evidence]]\n  source = "otlp"\n  path = "telemetry/*.jsonl"'
        raise ContractctlError("no source of evidence is configured", hint=hint)
    return chosen


def _left_out(found: "Settings", chosen: AbstractSet[str], plan: "Plan", path: Path, now: float) -> list[Record]:
    """The records of sources that are not asked this time: any of them may have seen the one read."""
    from contractctl.evidence import asked, declared_reads, record_file

    names = {source.source for source in found.evidence if _tells_of(source, plan)} - chosen
    if not names:
        return []
    earlier = record_file.read(path) if path.is_file() else ()
    kept = [one for one in asked.held(earlier, lambda: found.asked, plan.name, now) if one.source in names]
    missing = names - {record.source for record in kept} - {"rollouts", *declared_reads.NAMES}  # the gate misses these
    why = f"it was not asked: contractctl evidence collect {plan.name}"
    return [*kept, *(asked.missed(name, why, now) for name in sorted(missing))]


def _tells_of(source: "EvidenceSource", plan: "Plan") -> bool:
    return source.source != "access_log" or source.options.get("contract") in {one.contract for one in plan.movements}


def _ask(found: "Settings", source: "EvidenceSource", question: "Question", folder: Path) -> tuple[Record, ...]:
    from contractctl import declarations
    from contractctl.evidence import collect as ask

    reading = declarations.reading(found.contracts)
    options = source.resolved
    return ask(source.source, source.location, options, question, root=found.root, folder=folder, reading=reading)


def _say(records: Sequence[Record], form: str) -> None:
    if form == "json":
        import json

        from contractctl.model import canonical

        click.echo(json.dumps([canonical.tree(record) for record in records], indent=2, ensure_ascii=False))
        return
    sources = sorted({record.source for record in records})
    broken = [record for record in records if record.problem]
    head = f"{counted(len(records), 'record')} from {', '.join(sources)}" if records else "nothing was asked"
    click.echo(f"{head}, {len(broken)} with a problem" if broken else head)
    for record in records:
        click.echo(f"  {record.kind:<10} {record.source:<11} {_words(record)}")


def _words(record: Record) -> str:
    from contractctl.evidence.rollouts.shares import is_share
    from contractctl.gate.words import number, span, times

    if record.problem:
        return record.problem
    over = f"in {span(record.window_to - record.window_from)}"
    if record.kind is Kind.READS:
        listed = ", ".join(_reader(series.labels, times(series.value)) for series in record.series)
        return f"{record.series[0].labels.get('path', '')} {over}: read by {listed}"
    if record.kind is Kind.STATIC_READS:
        return "; ".join(_mentions(record.source, one.labels, one.value) for one in record.series)
    if record.kind is Kind.HEARTBEAT:
        share = (record.observed_heartbeats or 0.0) / (record.expected_heartbeats or 1.0)
        return f"{record.series[0].labels.get('consumer', '')} {over}: alive for {min(share, 1.0) * 100:.3g} %"
    if is_share(record):
        return ", ".join(f"{series.labels.get('mover')} gives {series.value:.4g} %" for series in record.series)
    counts: dict[str, float] = {}
    for series in record.series:
        if "speed" not in series.labels:  # a histogram has a dozen buckets: the gate reports the one that counts
            key = _requests(series.labels)
            counts[key] = counts.get(key, 0.0) + series.value
    return f"{over}: " + ", ".join(f"{number(count)} {key}" for key, count in sorted(counts.items()))


def _requests(labels: Mapping[str, str]) -> str:
    """`new bad`, `shadow different`."""
    return f"shadow {labels['shadow']}" if "shadow" in labels else f"{labels.get('path')} {labels.get('outcome')}"


def _reader(labels: Mapping[str, str], often: str) -> str:
    name = "@".join(part for part in (labels.get("consumer"), labels.get("version")) if part)
    return f"{name or 'somebody'} {often}{', perhaps' if labels.get('certainty') in {'may', 'unknown'} else ''}"


def _mentions(source: str, labels: Mapping[str, str], places: float) -> str:
    from contractctl.gate.words import number

    what = "code" if source == "code" else source.replace("_", " ")
    who = "@".join(part for part in (labels["consumer"], labels["version"] if source == "code" else "") if part)
    named = f"{labels['path']} in the {what} of {who}: named in {number(places)} {agreeing(places, 'place')}"
    return f"{named}: {labels['places']}" if "places" in labels else named
