"""Is an interface led from its plan to its end, by the commands alone, and does the next plan start where it ended?"""

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contractctl import cli
from contractctl.cli import Exit

Commit = Callable[[], None]
ADA, GRACE = "Ada <ada@example.org>", "Grace <grace@example.org>"
SUNSET = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
QUICK = ("--canary", "100", "--bake", "0", "--window", "60", "--heartbeat", "20", "--quiesced", "0")

OPENAPI = (
    "openapi: 3.1.0\ninfo: {title: Shop, version: 1.0.0}\npaths:\n"
    "  /orders:\n    get:\n      parameters: [{name: %s, in: query, schema: {type: string}}]\n"
    '      responses: {"200": {description: ok, content: {application/json: {schema: '
    '{$ref: "#/components/schemas/Order"}}}}}\n%s'
    "components:\n  schemas:\n    Order: {type: object, required: [%s], properties: {%s: {type: string}}}\n"
)
GONE = '  /orders/current:\n    delete:\n      responses: {"204": {description: gone}}\n'
GRAPHQL = "type Query {\n  order(%s: ID): Order\n}\n\ntype Order {\n  id: ID!\n  %s: String\n}\n"


class Shop:
    """A repository with one contract, a clock that can be moved on, and a consumer that counts what it uses."""

    def __init__(
        self, root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, commit: Commit
    ) -> None:
        self.root, self._capsys, self._monkeypatch, self.commit = root, capsys, monkeypatch, commit
        self.entered = 0.0
        monkeypatch.chdir(root)
        monkeypatch.setenv("CONTRACTCTL_ACTOR", ADA)
        (root / "contractctl.toml").write_text('[[evidence]]\nsource = "jsonl"\npath = "telemetry.jsonl"\n')

    def contract(self, format_: str, draft: str, released: str, becomes: str) -> None:
        folder = self.root / "contracts" / "shop" / "api"
        folder.mkdir(parents=True)
        (folder / "contract.toml").write_text(
            f'format = "{format_}"\nowner = "shop"\ndraft = "{draft}"\n[[consumers]]\nname = "mobile"\n'
        )
        (folder / draft).write_text(released)
        self.run("release", "shop/api")
        (folder / draft).write_text(becomes)

    def run(self, *arguments: str, code: int = 0, talk: bool = False) -> str:
        if arguments[:2] == ("migrate", "canary"):
            self.entered = time.time()
        ended = cli.run(list(arguments))
        said = self._capsys.readouterr()
        assert ended == code, f"{arguments}: exit {ended}\n{said.out}\n{said.err}"
        return said.err if talk or code == Exit.MEND else said.out

    def observe(self, paths: Sequence[str], read: str = "") -> None:
        """What mobile's instrument has written down up to now, and how the requests of the canary went."""
        now = time.time()
        who = {"consumer": "mobile", "contract": "shop/api"}
        lines: list[dict[str, object]] = [
            {"kind": "alive", "at": now - ago, "path": path, **who} for path in paths for ago in range(0, 180, 10)
        ]
        lines += [
            {"kind": "reads", "from": now - 5, "to": now, "path": path, "count": int(path == read), **who}
            for path in paths
        ]
        lines += [
            {
                "kind": "canary",
                "from": self.entered,
                "to": now,
                "plan": "life",
                "path": path,
                "outcome": outcome,
                "count": n,
            }
            for path, outcome, n in (("new", "ok", 9000), ("new", "bad", 0), ("old", "ok", 0), ("old", "bad", 0))
        ]
        (self.root / "telemetry.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        self.run("evidence", "collect", "life")

    def move_clock(self, **by: float) -> None:
        moved = time.time() - datetime.now(UTC).timestamp() + timedelta(**by).total_seconds()
        self._monkeypatch.setattr(time, "time", lambda: datetime.now(UTC).timestamp() + moved)


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, commit: Commit) -> Shop:
    return Shop(tmp_path, capsys, monkeypatch, commit)


def led_to_its_end(shop: Shop, paths: Sequence[str]) -> None:
    """From the plan's first stage to its last one, with what does not let it go on at each."""
    run: Callable[..., str] = shop.run
    for stage in ("expand", "dual-write", "backfill", "verify"):
        run("migrate", stage, "life")
    run("migrate", "canary", "life", "100")
    shop.observe(paths, read=paths[-1])
    assert f"mobile read '{paths[-1]}' once" in run("migrate", "quiesce", "life", code=1)
    shop.move_clock(minutes=3)
    shop.observe(paths)
    assert f"clients were told that the old parts stay until {SUNSET}" in run("migrate", "quiesce", "life", code=4)
    shop.move_clock(days=2)
    shop.observe(paths)
    run("migrate", "quiesce", "life")
    run("migrate", "canary", "life", "100")
    shop.move_clock(minutes=1)
    shop.observe(paths)
    run("migrate", "quiesce", "life")
    assert "0 of 2 people have approved" in run("migrate", "contract", "life", code=3)
    for who in (ADA, GRACE):
        shop._monkeypatch.setenv("CONTRACTCTL_ACTOR", who)
        run("migrate", "approve", "life", "contract", "--reason", "nobody calls it")
    unreviewed = run("migrate", "contract", "life", code=3)
    assert f"0 of 2 people have approved: nobody; what {ADA}, {GRACE} approved does not count: it is not" in unreviewed
    shop.commit()
    done = json.loads(run("migrate", "contract", "life", "--format", "json"))
    assert (done["state"], done["next"]) == ("contracted", ["contractctl release shop/api --version 2.0.0"])
    assert "nothing is left to do" in run("migrate", "rollback", "life", code=2)


def test_an_openapi_document_is_led_from_its_plan_to_its_end(shop: Shop) -> None:
    before = OPENAPI % ("limit", GONE, "customer", "customer")
    shop.contract("openapi", "shop.yaml", before, OPENAPI % ("most", "", "buyer", "buyer"))
    renamed = ("--rename", "customer=buyer", "--rename", "limit=most")
    shop.run("plan", "shop/api", "--name", "life", "--sunset", SUNSET, *renamed, *QUICK)

    there = "the plan 'life' leads there; once it is contracted: contractctl release shop/api --version 2.0.0"
    assert there in shop.run("release", "shop/api", code=1, talk=True)

    led_to_its_end(shop, ["DELETE /orders/current", "GET /orders.limit", "Order.customer"])

    too_early = shop.run("plan", "shop/api", "--sunset", SUNSET, "--name", "next", code=2)
    assert "the plan 'life' is contracted, and 'shop/api' 2.0.0 is not released yet" in too_early
    assert "hint: contractctl release shop/api --version 2.0.0" in too_early
    assert shop.run("release", "shop/api", "--version", "2.0.0").startswith(
        "released shop/api 2.0.0, major after 1.1.0"
    )
    assert shop.run("check").startswith("passes: 2 pairs judged; excused: shop/api 1.1.0 → 2.0.0")
    draft = shop.root / "contracts/shop/api/shop.yaml"
    draft.write_text(draft.read_text().replace("buyer", "client"))
    again = shop.run("plan", "shop/api", "--rename", "buyer=client", "--sunset", SUNSET, "--name", "next")
    assert "shop/api: 2.0.0 → 2.1.0 (both sides) → 3.0.0" in again
    assert shop.run("migrate", "status", "next").startswith("next: planned")


def test_a_graphql_schema_is_led_from_its_plan_to_its_end(shop: Shop) -> None:
    shop.contract("graphql", "shop.graphql", GRAPHQL % ("id", "customer"), GRAPHQL % ("key", "buyer"))
    renamed = ("--rename", "customer=buyer", "--rename", "id=key")
    shop.run("plan", "shop/api", "--name", "life", "--sunset", SUNSET, *renamed, *QUICK)

    led_to_its_end(shop, ["Query.order.id", "Order.customer"])

    assert shop.run("release", "shop/api", "--version", "2.0.0").startswith(
        "released shop/api 2.0.0, major after 1.1.0"
    )
    assert "goes on" not in (shop.root / "contracts/shop/api/versions/2.0.0.graphql").read_text()
    assert shop.run("check").startswith("passes: 2 pairs judged; excused: shop/api 1.1.0 → 2.0.0")
