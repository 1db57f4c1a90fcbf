"""Is jsonschema of our opinion, when components refer to each other in circles? What is compatible no value refutes."""

from random import Random
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from openapi_pairs import document, source
from random_documents import Components, pair, seats
from random_schemas import documents

from contractctl.compatibility import Terms, compare_sources
from contractctl.model.verdict import Status
from tests.budgets import budget

DOCUMENTS = documents()[::3]


def judge(components: Components, answer: Components) -> Draft202012Validator:
    return Draft202012Validator({**answer, "components": {"schemas": components}})


@budget(40)
@given(st.integers(0, 2**32))
def test_what_is_compatible_no_value_refutes(seed: int) -> None:
    provider, client = sound(seed)
    old, new = source("schemas", client, "3.1"), source("schemas", provider, "3.1")
    answer = compare_sources(old, new, "openapi", Terms(witnesses=False)).backward
    assume(answer.status is Status.COMPATIBLE)

    assert not refuting(provider, client, {"$ref": "#/components/schemas/Root"})


@budget(20)
@given(st.integers(0, 2**32))
def test_what_is_compatible_no_value_of_any_answer_refutes(seed: int) -> None:
    """Some answers bear what becomes of a component, and others do not."""
    provider, client = sound(seed)
    answers = seats(Random(seed))
    old, new = (source("document", answering(answers, one), "3.1") for one in (client, provider))
    answer = compare_sources(old, new, "openapi", Terms(witnesses=False)).backward
    assume(answer.status is Status.COMPATIBLE)

    assert not [one for one in answers if refuting(provider, client, one)]


def sound(seed: int) -> tuple[Components, Components]:
    provider, client = pair(Random(seed))
    try:
        for schema in (*provider.values(), *client.values()):
            Draft202012Validator.check_schema(schema)
    except SchemaError:
        assume(condition=False)
    return provider, client


def answering(answers: list[Components], components: Components) -> Components:
    paths = {f"/{number}": document("response", one)["paths"]["/x"] for number, one in enumerate(answers)}
    return {"paths": paths, "components": {"schemas": components}}


def refuting(provider: Components, client: Components, answer: Components) -> list[Any]:
    """Values that the provider answers and the client does not take."""
    sends, takes = judge(provider, answer), judge(client, answer)
    try:
        return [one for one in DOCUMENTS if sends.is_valid(one) and not takes.is_valid(one)]
    except BaseException as error:
        # a schema that refers to itself without end: jsonschema follows it, and the library below it panics
        assume(not isinstance(error, RecursionError) and type(error).__name__ != "PanicException")
        raise
