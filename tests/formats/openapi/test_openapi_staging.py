"""Does the document between two serve clients of both, and is it a document?"""

import json
from contextlib import suppress
from functools import lru_cache
from random import Random
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_pairs import pairs, source
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from contractctl.compatibility import Terms, compare_sources
from contractctl.documents import read
from contractctl.errors import ContractctlError
from contractctl.formats.openapi import incompatibilities, parse
from contractctl.formats.openapi.resolution import way_between
from contractctl.formats.openapi.staging import expanded, operations
from contractctl.formats.openapi.witness.calls import meant
from contractctl.formats.openapi.witness.excerpts import SERVER
from contractctl.formats.openapi.witness.exchanges import Making, NoneFoundError, Request, Response
from contractctl.formats.openapi.witness.execution import refusal
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Effect, Incompatibility, Status
from tests.budgets import budget
from tests.formats.labelled_pairs import Pair

DAY = "2027-03-31"
QUICKLY = Terms(witnesses=False)

SHOP = """\
openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
paths:
  /orders:
    get:
      operationId: list
      parameters:
        - {name: limit, in: query, required: true, schema: {type: integer}}
      responses:
        "200":
          description: The orders.
          content:
            application/json:
              schema: {type: array, items: {$ref: "#/components/schemas/Order"}}
    post:
      requestBody:
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Order"}
      responses:
        "201": {description: It is made.}
  /orders/all:
    get:
      operationId: all
      responses:
        "200": {description: All orders., content: {application/json: {schema: {$ref: "#/components/schemas/Orders"}}}}
components:
  schemas:
    Orders: {type: array, items: {$ref: "#/components/schemas/Order"}}
    Order:
      type: object
      required: [id, customer]
      properties:
        id: {type: integer}
        customer: {type: string}
        state: {enum: [paid, sent, lost]}
"""
NEXT = """\
# what the shop serves
openapi: 3.1.0
x-team: shop   # who
info: {title: Shop, version: 2.0.0}
paths:
  /orders:
    get:
      operationId: all
      parameters:
        - {name: most, in: query, schema: {type: integer}}
        - name: tenant
          in: header
          required: true   # since we are many
          schema: {type: string}
      responses:
        "200":
          description: The orders.
          content:
            application/json:
              schema: {type: array, items: {$ref: "#/components/schemas/Order"}}
    post:
      requestBody:
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Order"}
      responses:
        "201": {description: It is made.}
components:
  schemas:
    # one order
    Order:
      type: object
      required: [id, buyer]
      properties:
        id: {type: integer}
        buyer: {type: string}   # who pays
        state: {enum: [paid, sent]}
"""


def document(text: str, name: str = "shop.yaml") -> Source:
    return Source((File(name, dedent(text)),))


def says(version: Source) -> Any:
    return read(version.files[0].text, version.files[0].name)


def is_served(old: Source, between: Source, new: Source) -> bool:
    """Whether a provider of the document between serves clients of both."""
    before = compare_sources(old, between, "openapi", QUICKLY).backward
    after = compare_sources(between, new, "openapi", QUICKLY).forward
    return before.status is after.status is Status.COMPATIBLE


def test_old_parts_stand_beside_new_ones_and_nothing_else_changes() -> None:
    between = expanded(document(SHOP), document(NEXT), DAY)

    kept = [line for line in NEXT.splitlines() if line not in between.files[0].text.splitlines()]
    assert kept == [
        "          required: true   # since we are many",
        '            schema: {$ref: "#/components/schemas/Order"}',
        "      required: [id, buyer]",
    ]
    made = says(between)
    ends = {"deprecated": True, "x-sunset": DAY}
    listing = made["paths"]["/orders"]["get"]
    assert listing["parameters"][2] == {"name": "limit", "in": "query", "schema": {"type": "integer"}, **ends}
    assert made["paths"]["/orders/all"]["get"].items() >= ends.items()
    assert "operationId" not in made["paths"]["/orders/all"]["get"]
    assert listing["operationId"] == "all"
    schemas = made["components"]["schemas"]
    assert schemas["Order"]["required"] == ["id", "buyer", "customer"]
    assert schemas["Order"]["properties"]["customer"] == {"type": "string", **ends}
    assert schemas["Orders"] == {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}
    assert (schemas["OrderRequest"]["required"], schemas["Order"]["properties"]["state"]) == (
        ["id"],
        {"enum": ["paid", "sent"]},
    )
    assert schemas["OrderRequest"]["properties"]["state"] == {"enum": ["paid", "sent", "lost"]}
    assert is_served(document(SHOP), between, document(NEXT))


def test_the_operations_say_what_goes_and_what_is_wanted() -> None:
    declared = {"customer": "buyer", "GET /orders.limit": "most"}

    found = operations(document(SHOP), document(NEXT), declared, "shop/api", DAY)

    assert [(one.kind, one.subject, one.old, one.new) for one in found] == [
        ("remove-operation", "$", "GET /orders/all", None),
        ("require-parameter", "GET /orders", None, "tenant"),
        ("rename-parameter", "GET /orders", "limit", "most"),
        ("rename-property", "Order", "customer", "buyer"),
        ("remove-value", "Order.state", "lost", None),
    ]
    assert all(one.parameters["sunset"] == DAY for one in found)


@pytest.mark.parametrize(
    ("seat", "kind", "between"),
    [
        ("request", "narrow-property", {"type": "string", "minLength": 1, "maxLength": 9}),
        ("response", "widen-property", {"type": "string", "minLength": 2, "maxLength": 5}),
    ],
)
def test_old_clients_may_send_what_they_could_and_are_answered_what_they_know(
    seat: str, kind: str, between: dict[str, Any]
) -> None:
    ends = {"minLength": 1, "maxLength": 9}, {"minLength": 2, "maxLength": 5}
    wide, tight = ({"type": "object", "properties": {"a": {"type": "string", **one}}} for one in ends)
    old, new = (wide, tight) if seat == "request" else (tight, wide)
    versions = source(seat, old, "3.0"), source(seat, new, "3.0")

    made = expanded(*versions, DAY)

    (operation,) = operations(*versions, {}, "shop/api", DAY)
    assert (operation.kind, operation.old, operation.new) == (kind, "a", "a")
    post = says(made)["paths"]["/x"]["post"]
    body = post["requestBody"] if seat == "request" else post["responses"]["200"]
    assert body["content"]["application/json"]["schema"]["properties"]["a"] == between
    assert is_served(versions[0], made, versions[1])


def test_a_rename_to_what_is_not_new_there_is_refused() -> None:
    with pytest.raises(ContractctlError, match="nothing in the draft that was called 'customer' is called 'id'"):
        operations(document(SHOP), document(NEXT), {"customer": "id"}, "shop/api", DAY)


def test_an_old_operation_keeps_what_stood_around_it() -> None:
    old = """\
        openapi: 3.0.3
        info: {title: x, version: "1"}
        security: [{key: []}]
        paths:
          /a/{id}:
            parameters: [{name: id, in: path, required: true, schema: {type: string}}]
            put: {responses: {"200": {description: ok}}}
            get: {responses: {"200": {description: ok}}}
        components:
          securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
        """
    new = """\
        openapi: 3.0.3
        info: {title: x, version: "2"}
        paths:
          /a/{number}:
            get:
              parameters: [{name: number, in: path, required: true, schema: {type: string}}]
              responses: {"200": {description: ok}}
        """

    made = says(expanded(document(old), document(new), DAY))

    put = made["paths"]["/a/{number}"]["put"]
    assert put["parameters"] == [{"name": "number", "in": "path", "required": True, "schema": {"type": "string"}}]
    assert put["security"] == [{"key": []}]
    assert made["components"]["securitySchemes"] == {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    OpenAPIV30SpecValidator(made).validate()


def test_a_day_that_clients_were_told_stays() -> None:
    told = SHOP.replace("operationId: all\n", 'deprecated: true\n      x-sunset: "2027-01-31"\n')

    made = says(expanded(document(told), document(NEXT), DAY))

    assert made["paths"]["/orders/all"]["get"]["x-sunset"] == "2027-01-31"


def test_a_later_day_that_clients_were_told_is_kept_to() -> None:
    told = SHOP.replace("operationId: all\n", 'deprecated: true\n      x-sunset: "2027-09-30"\n')

    with pytest.raises(ContractctlError, match="clients were told that GET /orders/all stays until 2027-09-30"):
        expanded(document(told), document(NEXT), DAY)


def test_a_reference_of_3_0_is_deprecated_beside_nothing() -> None:
    body = {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}}}
    schemas = {"Root": body, "A": {"type": "string"}}
    old, new = source("schemas", schemas, "3.0"), source("schemas", {"Root": {"type": "object"}}, "3.0")

    made = says(expanded(old, new, DAY))

    property_ = made["components"]["schemas"]["Root"]["properties"]["a"]
    assert property_ == {"allOf": [{"$ref": "#/components/schemas/A"}], "deprecated": True, "x-sunset": DAY}
    assert made["components"]["schemas"]["A"] == {"type": "string"}


def test_a_property_that_leads_back_to_its_own_schema_is_deprecated_once() -> None:
    root = {"type": "object", "properties": {"a": {"type": "string"}}}
    back = {"next": {"$ref": "#/components/schemas/Root"}}
    old = source("schemas", {"Root": {**root, "properties": {**root["properties"], **back}}}, "3.0")
    new = source("schemas", {"Root": root}, "3.0")

    made = says(expanded(old, new, DAY))["components"]["schemas"]

    assert made["Root"]["properties"]["next"] == {"allOf": [back["next"]], "deprecated": True, "x-sunset": DAY}
    assert made["Root"]["properties"]["a"] == {"type": "string"}


def test_what_a_schema_is_laid_together_of_has_not_gone() -> None:
    base = {"type": "object", "properties": {"a": {"type": "string"}}}
    inner = {"$ref": "#/components/schemas/Base"}
    versions = [
        source("schemas", {"Root": {"type": "object", "properties": {"b": one}}, "Base": base}, "3.0")
        for one in (inner, {"allOf": [inner], "description": "the same"})
    ]

    assert operations(*versions, {}, "shop/api", DAY) == ()
    assert says(expanded(*versions, DAY)) == says(versions[1])


@lru_cache(maxsize=1)
def staged() -> tuple[tuple[Pair, Source], ...]:
    """Every third labelled pair that lets clients down, with the document between where that serves clients of both."""
    found = []
    for one in pairs()[::3]:
        if one.backward and operations(one.old, one.new, {}, "c", DAY):
            between = expanded(one.old, one.new, DAY)
            if is_served(one.old, between, one.new):
                found.append((one, between))
    return tuple(found)


def test_what_is_staged_is_a_document_wherever_both_ends_are() -> None:
    checked = 0
    for one, between in staged():
        validator = OpenAPIV31SpecValidator if says(one.new)["openapi"][:3] == "3.1" else OpenAPIV30SpecValidator
        if all(validator(says(end)).is_valid() for end in (one.old, one.new)):
            validator(says(between)).validate()
            checked += 1
    assert checked >= 15


def test_contracting_breaks_nothing_but_what_the_change_breaks() -> None:
    for one, between in staged():
        broken = {
            finding.rule.removesuffix("-early")
            for finding in compare_sources(between, one.new, "openapi", QUICKLY).backward.findings
            if finding.breaks
        }
        assert broken <= (one.backward or set()), one.name


def exchanges(one: Pair, found: Incompatibility) -> tuple[Request, list[Response]]:
    """What shows a finding: the request that a client sends, or the answers to it that it does not take."""
    sent = meant(way_between(parse(one.old), parse(one.new)), found)
    assert sent is not None
    making = Making(sent.way, sent.call, found)
    return making.request(), list(making.responses()) if "status" in found.facts else []


def shown(one: Pair) -> list[tuple[Request, list[Response]]]:
    """What shows each failure of the pair; an answer in a media type is for who asks for it."""
    found = (it for it in incompatibilities(parse(one.old), parse(one.new)) if isinstance(it, Incompatibility))
    made = []
    for it in found:
        if it.effect is Effect.FAILS and "method" in it.facts and it.rule != "openapi-media-type-removed":
            with suppress(NoneFoundError):
                made.append(exchanges(one, it))
    return made


def test_executed_the_document_between_takes_old_requests_and_has_no_answer_that_old_clients_refuse() -> None:
    requests = answers = 0
    for one, between in staged():
        old, middle, new = ({"servers": [{"url": SERVER}]} | says(version) for version in (one.old, between, one.new))
        for request, responses in shown(one):
            if not responses and refusal(old, request, None, "") is None:
                assert refusal(middle, request, None, "") is None, one.name
                requests += refusal(new, request, None, "") is not None
            for answer in responses:
                if refusal(old, request, answer, "") is not None and refusal(new, request, answer, "") is None:
                    assert refusal(middle, request, answer, "") is not None, one.name
                    answers += 1
    assert requests >= 5
    assert answers >= 2


NAMES, VALUES = ("a", "b", "c"), ("p", "q", "r")
Components = dict[str, Any]


def random_object(random: Random, inner: Any) -> Any:
    """Some of the properties, some of them required, each with some of the values or an inner object."""
    named = [name for name in NAMES if random.random() < 0.7]
    kinds = ({"enum": random.sample(VALUES, random.randint(1, 3))}, {"type": "string"}, inner)
    return {
        "type": "object",
        "properties": {name: random.choice(kinds) for name in named},
        "required": [name for name in named if random.random() < 0.6],
    }


def random_components(random: Random) -> Components:
    return {
        "Root": random_object(random, {"$ref": "#/components/schemas/Inner"}),
        "Inner": random_object(random, {"type": "string"}),
    }


def changed(components: Components, random: Random) -> Components:
    """Properties come, go and are needed; what is there in both keeps its type."""
    made = {}
    for name, old in components.items():
        new = random_object(random, {"type": "string"})
        for property_, schema in new["properties"].items():
            was = old["properties"].get(property_, schema)
            both_lists = "enum" in was and "enum" in schema
            new["properties"][property_] = schema if both_lists else was
        made[name] = new
    return made


def exchanged(components: Components) -> Source:
    """A document whose root component is what clients send and what they are answered."""
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Root"}}}}
    operation = {"requestBody": body, "responses": {"200": {"description": "ok", **body}}}
    paths = {"/x": {"post": operation}}
    made = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}
    return Source((File("x.json", json.dumps({**made, "components": {"schemas": components}})),))


def judges(version: Source) -> tuple[Draft202012Validator, Draft202012Validator]:
    """Of what is sent, and of what is answered."""
    made = says(version)
    post = made["paths"]["/x"]["post"]
    sent, answered = post["requestBody"], post["responses"]["200"]
    schemas = (one["content"]["application/json"]["schema"] for one in (sent, answered))
    first, second = (Draft202012Validator({**one, "components": made["components"]}) for one in schemas)
    return first, second


def values(random: Random, components: Components) -> Any:
    """What a writer might write: of the properties that it knows, with values that it may not have."""

    def written(name: str) -> Any:
        found = {}
        for property_, schema in components[name]["properties"].items():
            if random.random() < 0.8:
                found[property_] = written("Inner") if "$ref" in schema else random.choice((*VALUES, "s"))
        return found

    return [written("Root") for _ in range(60)]


@budget(12)
@given(st.integers(0, 2**32))
def test_no_value_refutes_what_is_staged(seed: int) -> None:
    random = Random(seed)
    old = random_components(random)
    new = changed(old, random)
    between = expanded(exchanged(old), exchanged(new), DAY)
    assume(is_served(exchanged(old), between, exchanged(new)))

    sent, answered = judges(between)
    middle = {name: schema for name, schema in says(between)["components"]["schemas"].items() if name in old}
    for end in (old, new):
        its_sent, its_answered = judges(exchanged(end))
        assert all(sent.is_valid(one) for one in values(random, end) if its_sent.is_valid(one))
        assert all(its_answered.is_valid(one) for one in values(random, middle) if answered.is_valid(one))
