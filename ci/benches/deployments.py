"""How long does can-i-deploy take? 1,000 services with 50 versions each, deployed in turn to three environments."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from measuring import Row, installed

from contractctl import databases, journal, store
from contractctl.journal import EntryKind, Note, deployments
from contractctl.journal.entries import Entry, entry_hash, event
from contractctl.journal.tables import JOURNAL, OUTBOX
from contractctl.model import canonical
from contractctl.model.contract import File, SemanticVersion, Source

SERVICES = int(os.environ.get("BENCH_SERVICES", "1000"))
VERSIONS = 50
ENVIRONMENTS = ("development", "staging", "production")
CONTRACTS = 200
READERS = 50
"""So many services read the first contract; each of the others is read by ten."""
RECORD = '{{"type": "record", "name": "Event{}", "fields": [{{"name": "id", "type": "long"}}{}]}}'
OPTIONAL = ', {"name": "note", "type": "string", "default": ""}'


def measure(folder: Path) -> Iterator[Row]:
    """The whole process, for what nobody reads and for what fifty services read; a start of Python beside it."""
    _store(folder / "contracts")
    begin = time.perf_counter()
    _record(folder)
    entries = SERVICES * VERSIONS * len(ENVIRONMENTS)
    yield f"{entries:,} deployments on record, written as one", f"{time.perf_counter() - begin:.1f} s", ""
    start = min(_seconds(folder, "--version") for _ in range(3))
    for service, what in (("service-0", f"read by {READERS} services"), ("service-7", "read by ten services")):
        asked = min(_seconds(folder, "can-i-deploy", service, "next", "--to", "production") for _ in range(3))
        yield f"can-i-deploy of what is {what}", f"{asked:.2f} s", f"{asked / start:.1f} × contractctl --version"
    took = min(_seconds(folder, "record-deployment", "service-1", str(n), "--env", "staging") for n in range(3))
    yield "record-deployment", f"{took:.2f} s", f"{took / start:.1f} × contractctl --version"


def _store(contracts: Path) -> None:
    for number in range(CONTRACTS):
        folder = contracts / f"domain-{number % 10}/event-{number}"
        folder.mkdir(parents=True)
        (folder / "contract.toml").write_text('format = "avro"\n')
        for minor, more in enumerate(("", OPTIONAL)):
            source = Source((File("it.avsc", RECORD.format(number, more)),))
            store.release(contracts, f"domain-{number % 10}/event-{number}", SemanticVersion(1, minor, 0), source)
    for service in range(SERVICES):
        folder = contracts / f"services/service-{service}"
        folder.mkdir(parents=True)
        for version in (*range(VERSIONS), "next"):
            (folder / f"{version}.toml").write_text(_declaration(service))


def _declaration(service: int) -> str:
    uses = [("consumes", (service // 2) % CONTRACTS), ("consumes", service // READERS * READERS % CONTRACTS)]
    lines = [f'[[{side}]]\ncontract = "domain-{n % 10}/event-{n}"\nversions = ["1.0.0"]\n' for side, n in set(uses)]
    own = f'[[provides]]\ncontract = "domain-{service % 10}/event-{service}"\nversions = ["1.1.0"]\n'
    return "".join([*lines, *([own] if service < CONTRACTS else [])])


def _record(folder: Path) -> None:
    """As record-deployment writes them, one by one, with their events, in one transaction an environment."""
    (folder / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
    engine = databases.create_engine(f"sqlite:///{folder / 'shop.db'}")
    journal.open(engine)
    for place, environment in enumerate(ENVIRONMENTS):
        entries = list(_entries(environment, 1 + place * SERVICES * VERSIONS))
        rows = [{**asdict(one), "kind": one.kind.value, "body": canonical.dumps(dict(one.body))} for one in entries]
        events = [{"entry": one.id, "event": canonical.dumps(event(one)), "delivered_at": None} for one in entries]
        with journal.writing(engine) as connection:
            connection.execute(JOURNAL.insert(), rows)
            connection.execute(OUTBOX.insert(), events)
    engine.dispose()


def _entries(environment: str, first: int) -> Iterator[Entry]:
    previous = ""
    for number, (version, service) in enumerate((v, s) for v in range(VERSIONS) for s in range(SERVICES)):
        body = {"version": str(version), "canary": None}
        chain, at = deployments.chain(environment), 1.78e9 + number
        note = Note(chain, EntryKind.DEPLOYED, f"service-{service}", f"{number}", at, "bench", "", body)
        own = entry_hash(note, previous)
        yield Entry(**asdict(note), id=first + number, previous=previous, hash=own)
        previous = own


def _seconds(folder: Path, *arguments: str) -> float:
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "contractctl", *arguments],
        cwd=folder,
        env={**installed(folder / ".git"), "CONTRACTCTL_ACTOR": "bench", "CONTRACTCTL_CACHE": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"exit {done.returncode}: {done.stdout[:2000]}{done.stderr[:2000]}")
    return time.perf_counter() - begin
