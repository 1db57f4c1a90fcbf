"""Does a document of several files stay in them while it is staged, each change in the file that has the part?"""

import re
from textwrap import dedent

import pytest
import yaml
from openapi_pairs import in_files, pairs

from contractctl.compatibility import Terms, compare_sources
from contractctl.errors import ContractctlError
from contractctl.formats.openapi.staging import expanded, operations
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Status

DAY = "2027-03-31"
SHOP = {
    "openapi.yaml": """\
        openapi: 3.0.3
        info: {title: Shop, version: "1"}
        paths:
          # orders
          /orders/{id}:
            $ref: paths/order.yaml
        """,
    "paths/order.yaml": """\
        # one order
        get:
          parameters:
            - $ref: ../parameters/limit.yaml   # how many
          responses:
            "200":
              description: ok
              content: {application/json: {schema: {$ref: ../schemas/Order.yaml}}}
        """,
    "parameters/limit.yaml": "name: limit\nin: query\nschema: {type: integer}\n",
    "schemas/Order.yaml": """\
        type: object   # an order
        required: [id, customer]
        properties:
          id: {type: string}
          customer: {$ref: ./Customer.yaml}   # who
        """,
    "schemas/Customer.yaml": """\
        type: object
        properties:
          address: {$ref: 'places.yaml#/definitions/Address'}
        """,
    "schemas/places.yaml": """\
        # where
        definitions:
          Address:
            type: object
            required: [street]
            properties: {street: {type: string}, country: {$ref: '#/definitions/Country'}}   # anywhere
          Country: {type: string, enum: [de, fr]}
        """,
}
PUT = """\
        put:
          requestBody: {content: {application/json: {schema: {$ref: "../schemas/Order.yaml"}}}}
          responses: {"204": {description: it is written}}
        """
ENDS = f"deprecated: true\n    x-sunset: '{DAY}'\n"


def version(**changed: str | None) -> Source:
    """SHOP with other texts in some files, named by their stems; None where there is no such file."""
    stems = {re.sub(r".*/|\.yaml", "", path): path for path in SHOP}
    texts: dict[str, str | None] = {**SHOP, **{stems[stem]: text for stem, text in changed.items()}}
    return Source(
        tuple(File(f"api/{path}", dedent(text)) for path, text in sorted(texts.items()) if text is not None),
        folder="api",
    )


def said(path: str, old: str, new: str) -> str:
    """A file's text in which one thing is said otherwise."""
    assert old in SHOP[path]
    return SHOP[path].replace(old, new)


def texts(between: Source, new: Source) -> dict[str, str]:
    """What the files say that are not as the new version has them."""
    return {file.name.removeprefix("api/"): file.text for file in between.files if file not in new.files}


def is_served(old: Source, between: Source, new: Source) -> bool:
    terms = Terms(witnesses=False)
    first = compare_sources(old, between, "openapi", terms).backward
    second = compare_sources(between, new, "openapi", terms).forward
    return first.status is second.status is Status.COMPATIBLE


def test_a_property_that_goes_stands_in_its_file_and_all_others_stay() -> None:
    old, new = version(), version(Order=said("schemas/Order.yaml", "customer", "buyer"))

    between = expanded(old, new, DAY)

    assert texts(between, new) == {
        "schemas/Order.yaml": dedent(SHOP["schemas/Order.yaml"])
        .replace("customer]", 'buyer, "customer"]')
        .replace("  customer: {$ref: ./Customer.yaml}", "  buyer: {$ref: ./Customer.yaml}")
        + "  customer:\n    allOf:\n    - $ref: Customer.yaml\n    "
        + ENDS
    }
    assert is_served(old, between, new)
    (made,) = operations(old, new, {"customer": "buyer"}, "shop", DAY)
    assert (made.kind, made.subject, made.old, made.new) == ("rename-property", "Order", "customer", "buyer")


def test_a_part_inside_a_file_changes_there_and_a_second_one_stands_beside_it() -> None:
    two_ways = dedent(SHOP["paths/order.yaml"]) + dedent(PUT)
    old = version(order=two_ways)
    new = version(order=two_ways, places=said("schemas/places.yaml", "street", "road"))

    between = expanded(old, new, DAY)

    found = texts(between, new)
    assert set(found) == {
        "paths/order.yaml",
        "schemas/CustomerRequest.yaml",
        "schemas/OrderRequest.yaml",
        "schemas/places.yaml",
    }
    assert '{$ref: "../schemas/OrderRequest.yaml"}' in found["paths/order.yaml"]
    assert "{$ref: ../schemas/Order.yaml}" in found["paths/order.yaml"]
    assert 'customer: {$ref: "CustomerRequest.yaml"}   # who' in found["schemas/OrderRequest.yaml"]
    assert list(yaml.safe_load(found["schemas/places.yaml"])["definitions"]) == ["Address", "Country", "AddressRequest"]
    assert "# where" in found["schemas/places.yaml"]
    assert is_served(old, between, new)


def test_what_only_the_old_version_had_comes_back_in_its_file() -> None:
    health = "  /health: {get: {responses: {default: {description: x}}}}\n"
    other = f"openapi: 3.0.3\ninfo: {{title: Shop, version: '1'}}\npaths:\n{health}"
    old, new = version(), version(openapi=other, order=None, Order=None)

    between = expanded(old, new, DAY)

    found = texts(between, new)
    assert set(found) == {"openapi.yaml", "paths/order.yaml", "schemas/Order.yaml"}
    assert found["schemas/Order.yaml"] == dedent(SHOP["schemas/Order.yaml"])
    assert found["paths/order.yaml"] == f"{dedent(SHOP['paths/order.yaml'])}  deprecated: true\n  x-sunset: '{DAY}'\n"
    assert found["openapi.yaml"] == f"{other}  /orders/{{id}}:\n    $ref: paths/order.yaml\n"
    assert is_served(old, between, new)


def test_a_file_that_others_share_cannot_change() -> None:
    old, new = version(), version(Order=said("schemas/Order.yaml", "customer", "buyer"))
    mine, shared = [[file for file in new.files if ("Order" in file.name) is is_shared] for is_shared in (False, True)]

    with pytest.raises(ContractctlError, match=r"api/schemas/Order\.yaml: this file has to change") as refused:
        expanded(old, Source(tuple(mine), tuple(shared), "api"), DAY)

    assert "draft" in str(refused.value.hint)


@pytest.mark.parametrize("has_names", [True, False])
def test_what_is_staged_in_several_files_is_what_is_staged_in_one(has_names: bool) -> None:
    staged = 0
    for one in pairs()[::5]:
        if not one.backward:
            continue
        ends = [in_files(version, has_names=has_names) for version in (one.old, one.new)]
        whole, parts = expanded(one.old, one.new, DAY), expanded(ends[0], ends[1], DAY)
        assert operations(*ends, {}, "c", DAY) == operations(one.old, one.new, {}, "c", DAY), one.name
        assert is_served(ends[0], parts, ends[1]) is is_served(one.old, whole, one.new), one.name
        staged += len(parts.files) > 1
    assert staged > 20
