"""Is what a discriminator's word may mean judged with the schema that it stands in, though no alternative is listed?"""

from typing import Any

import orjson
import pytest

from contractctl.compatibility import compare

WORD = {"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}}}
PET = {**WORD, "discriminator": {"propertyName": "k"}}
MAPPED = {**WORD, "discriminator": {"propertyName": "k", "mapping": {"cat": "Cat"}}}


def named(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def heir(**properties: Any) -> dict[str, Any]:
    return {"allOf": [named("Pet"), {"properties": properties}]}


def rules(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    """What breaks clients of the old one that read a list of pets."""
    answer = {
        "description": "pets",
        "content": {"application/json": {"schema": {"type": "array", "items": named("Pet")}}},
    }
    head = {"openapi": "3.0.3", "info": {"title": "x", "version": "1"}}
    paths = {"/pets": {"get": {"responses": {"200": answer}}}}
    texts = [
        orjson.dumps({**head, "paths": paths, "components": {"schemas": schemas}}).decode() for schemas in (old, new)
    ]
    return [(one.rule, one.path.rpartition(" ")[2]) for one in compare(*texts, format="openapi").backward.findings]


def test_an_heir_that_changes_is_found_below_the_component_that_leads_to_it() -> None:
    old, new = ({"Pet": PET, "Cat": heir(n=named("Name")), "Name": name} for name in ({"enum": ["a"]}, {}))

    assert rules(old, new) == [("json-schema-value-refused", "Name")]


def test_an_heir_of_an_heir_is_one_too() -> None:
    old, new = (
        {"Pet": PET, "Cat": heir(), "Kitten": {"allOf": [named("Cat"), {"properties": {"n": {"type": kind}}}]}}
        for kind in ("string", "integer")
    )

    assert rules(old, new) == [("json-schema-type-refused", "Kitten.n")]


def test_what_a_mapping_names_is_judged_without_being_an_alternative() -> None:
    old, new = ({"Pet": MAPPED, "Cat": {"properties": {"n": {"type": kind}}}} for kind in ("string", "integer"))

    assert rules(old, new) == [("json-schema-type-refused", "Cat.n")]


@pytest.mark.parametrize("pet", [WORD, {**PET, "oneOf": [named("Dog")]}])
def test_who_tells_by_no_word_or_lists_alternatives_has_no_heirs(pet: dict[str, Any]) -> None:
    old, new = (
        {"Pet": pet, "Dog": {"type": "object"}, "Cat": heir(n={"type": kind})} for kind in ("string", "integer")
    )

    assert rules(old, new) == []
