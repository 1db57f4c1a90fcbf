"""Is an AsyncAPI document planned, and led as far as its clients were told, from the command line alone?"""

from pathlib import Path

import pytest

from tests.conftest import Run

NAME = "shop/feed"
HEAD = "asyncapi: 3.0.0\ninfo: {title: Shop, version: 1.0.0}\n"
CHANNEL = (
    "channels:\n  %s:\n    address: %s\n    messages: {placed: {payload: {$ref: '#/components/schemas/Order'}}}\n"
    "operations:\n  tell: {action: send, channel: {$ref: '#/channels/%s'}}\n"
)
SCHEMA = "components:\n  schemas:\n    Order: {type: object, required: [%s], properties: {%s: {type: string}}}\n"
DAY = ("--sunset", "2999-01-31")


def text(channel: str, name: str) -> str:
    return HEAD + CHANNEL % (channel, channel, channel) + SCHEMA % (name, name)


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """A released document, and a draft that renames a channel and a property."""
    folder = tmp_path / "contracts" / NAME
    (folder / "versions").mkdir(parents=True)
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
    (folder / "contract.toml").write_text('format = "asyncapi"\nowner = "shop"\ndraft = "feed.yaml"\n')
    (folder / "versions" / "1.0.0.yaml").write_text(text("orders", "customer"))
    (folder / "feed.yaml").write_text(text("purchases", "buyer"))
    return folder


def test_a_document_is_planned_and_expanded_and_not_contracted_before_its_day(feed: Path, contractctl: Run) -> None:
    renames = ("--rename", "send orders=send purchases", "--rename", "Order.customer=buyer")
    planned = contractctl("plan", NAME, *renames, *DAY, "--name", "buyer").stdout
    contractctl("migrate", "expand", "buyer", env={"CONTRACTCTL_ACTOR": "Ada <ada@example.org>"})
    gate = contractctl("gate", "buyer", "contract", code=1).stdout

    assert "rename-operation $: send orders → send purchases" in planned
    assert "rename-property Order: customer → buyer" in planned
    between = (feed / "versions" / "1.1.0.yaml").read_text()
    assert between.startswith(HEAD + "channels:\n  purchases:\n    address: purchases\n")
    assert between.count("x-sunset") == 3
    assert "sunset: clients were told that the old parts stay until 2999-01-31" in gate


def test_a_payload_of_another_type_has_no_document_between(feed: Path, contractctl: Run) -> None:
    (feed / "feed.yaml").write_text(text("orders", "customer").replace("string", "integer"))

    refused = contractctl("plan", NAME, *DAY, code=2).stderr

    assert "no version of 'shop/feed' fits between its release and its draft" in refused
    assert "add a property or channel of another name" in refused
    assert not (feed / "versions" / "1.1.0.yaml").exists()
