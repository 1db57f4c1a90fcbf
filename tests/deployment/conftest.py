"""A shop whose services share an event and a table, with deployments on record: real files and a real journal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from contractctl import databases, journal, settings, store
from contractctl.cli import asking, ledger
from contractctl.deployment import Answer
from contractctl.journal import EntryKind, Note, clusters, deployments
from contractctl.journal.deployments import Deployment
from contractctl.model.cluster import Seen
from contractctl.model.contract import File, SemanticVersion, Source
from contractctl.model.service import Declaration, Live, Use
from contractctl.store import services

EVENT = "shop/order-placed"
TABLE = "shop/orders"
FIELD = '{{"type": "record", "name": "OrderPlaced", "fields": [{{"name": "id", "type": "long"}}{}]}}'
VERSIONS = {
    "1.0.0": FIELD.format(', {"name": "customer", "type": "string"}'),
    "1.1.0": FIELD.format(
        ', {"name": "customer", "type": "string"}, {"name": "buyer", "type": "string", "default": ""}'
    ),
    "2.0.0": FIELD.format(', {"name": "buyer", "type": "string"}'),
}
TABLES = {
    "1.0.0": "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT);\n",
    "1.1.0": "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, buyer TEXT);\n",
    "2.0.0": "CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer TEXT);\n",
}
NOW = 1_780_000_000.0


@dataclass
class Shop:
    """A repository, and what can be done in it."""

    folder: Path
    engine: Engine

    def contract(self, name: str, versions: dict[str, str], kind: str, parties: str = "") -> None:
        folder = self.folder / "contracts" / name
        folder.mkdir(parents=True)
        (folder / "contract.toml").write_text(f"{kind}\n{parties}")
        for number, text in versions.items():
            ending = "sql" if "sql" in kind else "avsc"
            source = Source((File(f"it.{ending}", text),))
            store.release(self.folder / "contracts", name, SemanticVersion.parse(number), source)

    def declare(self, service: str, version: str, *, provides: str = "", consumes: str = "", reads: str = "") -> None:
        """Uses are `contract@version`."""
        given = tuple(Use(*_split(one)) for one in provides.split())
        taken = tuple(Use(*_split(one), tuple(reads.split())) for one in consumes.split())
        services.write(self.folder / "contracts", Declaration(service, version, given, taken), "a test")

    def deploy(self, service: str, version: str, canary: float | None = None, env: str = "production") -> None:
        self.record(Deployment(env, service, version, canary))

    def record(self, deployment: Deployment) -> bool:
        note = Note("", EntryKind.DEPLOYED, "", "", NOW, "Ada <ada@example.org>", "", {})
        with journal.writing(self.engine) as connection:
            return deployments.record(connection, deployment, note) is not None

    def show(self, seen: Seen | None, cluster: str = "default") -> bool:
        note = Note("", EntryKind.SEEN, "", "", NOW, "Ada <ada@example.org>", "", {})
        with journal.writing(self.engine) as connection:
            return clusters.record(connection, "production", cluster, seen, note) is not None

    def live(self) -> Mapping[str, Live]:
        return ledger.live(settings.load(self.folder), "production", NOW).services

    def ask(self, service: str, version: str, env: str = "production") -> Answer:
        return asking.answer(self.folder, service, version, env, NOW)

    def whys(self, service: str, version: str, env: str = "production") -> set[str]:
        return {reason.why.value for reason in self.ask(service, version, env).reasons}


def _split(text: str) -> tuple[str, tuple[str, ...]]:
    name, _, versions = text.partition("@")
    return name, tuple(versions.split("+"))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The event has three releases, and nobody is named in its contract.toml; nothing is deployed."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
    engine = databases.create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    journal.open(engine)
    made = Shop(tmp_path, engine)
    made.contract(EVENT, VERSIONS, 'format = "avro"')
    yield made
    engine.dispose()


@pytest.fixture
def living(shop: Shop) -> Shop:
    """shop@1 sends 1.0.0 to reporting@1, which reads it."""
    shop.declare("shop", "1", provides=f"{EVENT}@1.0.0")
    shop.declare("reporting", "1", consumes=f"{EVENT}@1.0.0")
    shop.deploy("shop", "1")
    shop.deploy("reporting", "1")
    return shop
