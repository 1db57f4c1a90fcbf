"""Is an OpenAPI document planned, and led as far as its clients were told, from the command line alone?"""

from pathlib import Path

import pytest

from tests.conftest import Run

NAME = "shop/api"
HEAD = "openapi: 3.1.0\ninfo: {title: Shop, version: 1.0.0}\npaths:\n"
ORDER = (
    'responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}}'
)
LIST = f"  /orders:\n    get: {{{ORDER}}}\n"
CURRENT = f"  /orders/current:\n    get: {{{ORDER}}}\n"
SCHEMA = "components:\n  schemas:\n    Order: {type: object, required: [%s], properties: {%s: {type: string}}}\n"
DAY = ("--sunset", "2999-01-31")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with a released document, and a draft that renames a property and drops an operation."""
    folder = tmp_path / "contracts" / NAME
    (folder / "versions").mkdir(parents=True)
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
    (folder / "contract.toml").write_text('format = "openapi"\nowner = "shop"\ndraft = "shop.yaml"\n')
    (folder / "versions" / "1.0.0.yaml").write_text(HEAD + LIST + CURRENT + SCHEMA % ("customer", "customer"))
    (folder / "shop.yaml").write_text(HEAD + LIST + SCHEMA % ("buyer", "buyer"))
    return tmp_path


def test_a_document_is_planned_and_expanded_and_not_contracted_before_its_day(shop: Path, contractctl: Run) -> None:
    who = {"CONTRACTCTL_ACTOR": "Ada <ada@example.org>"}
    remedies = contractctl("check", NAME, code=1).stdout
    planned = contractctl("plan", NAME, "--rename", "customer=buyer", *DAY, "--name", "buyer").stdout
    contractctl("migrate", "expand", "buyer", env=who)
    gate = contractctl("gate", "buyer", "contract", code=1).stdout

    assert f"contractctl plan {NAME} --sunset YYYY-MM-DD --rename customer=buyer" in remedies
    assert "rename-property Order: customer → buyer" in planned
    assert "remove-operation $: GET /orders/current" in planned
    between = (shop / "contracts" / NAME / "versions" / "1.1.0.yaml").read_text()
    assert between.startswith(HEAD + LIST)
    assert between.count("x-sunset: '2999-01-31'") + between.count('"x-sunset": "2999-01-31"') == 2
    assert "sunset: clients were told that the old parts stay until 2999-01-31" in gate


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "no sunset is given for the old parts of 'shop/api'"),
        (("--sunset", "2020-01-31"), "--sunset 2020-01-31: that day is not in the future"),
        ((*DAY, "--up", "buyer=customer"), "--up names 'buyer', which the plan does not change"),
    ],
)
def test_what_clients_have_not_been_told_is_not_planned(
    shop: Path, contractctl: Run, options: tuple[str, ...], said: str
) -> None:
    assert said in contractctl("plan", NAME, "--rename", "customer=buyer", *options, code=2).stderr
    assert not (shop / "migrations").exists()


def test_a_property_that_changes_its_type_has_no_document_between(shop: Path, contractctl: Run) -> None:
    draft = shop / "contracts" / NAME / "shop.yaml"
    draft.write_text(HEAD + LIST + (SCHEMA % ("customer", "customer")).replace("string", "integer"))

    refused = contractctl("plan", NAME, *DAY, code=2).stderr

    assert "no version of 'shop/api' fits between its release and its draft" in refused
    assert "add a part of another name" in refused


def test_a_folder_of_files_is_planned_as_a_folder_of_files(tmp_path: Path, contractctl: Run) -> None:
    folder, order = tmp_path / "contracts" / NAME, "type: object\nrequired: [%s]\nproperties: {%s: {type: string}}\n"
    (folder / "api").mkdir(parents=True)
    (folder / "contract.toml").write_text('format = "openapi"\nowner = "shop"\ndraft = "api"\n')
    (folder / "api/main.yaml").write_text((HEAD + LIST).replace("#/components/schemas/Order", "order.yaml"))
    (folder / "api/order.yaml").write_text(order % ("customer", "customer"))
    contractctl("release", NAME)
    (folder / "api/order.yaml").write_text(order % ("buyer", "buyer"))

    planned = contractctl("plan", NAME, "--rename", "customer=buyer", *DAY, "--name", "buyer").stdout

    between = folder / "versions/1.1.0"
    assert "rename-property order: customer → buyer" in planned
    assert (between / "main.yaml").read_text() == (folder / "api/main.yaml").read_text()
    assert (between / "order.yaml").read_text().startswith('type: object\nrequired: [buyer, "customer"]\n')
    assert "excused" in contractctl("check").stdout
