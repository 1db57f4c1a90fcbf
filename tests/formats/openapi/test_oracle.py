"""Is jsonschema of our opinion, when components refer to each other in circles? What is compatible no value refutes."""

from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from openapi_pairs import source
from random_documents import Components, pair
from random_schemas import documents

from contractctl.compatibility import Terms, compare_sources
from contractctl.model.verdict import Status
from tests.budgets import budget

DOCUMENTS = documents()[::3]


def judge(components: Components) -> Draft202012Validator:
    return Draft202012Validator({"$ref": "#/components/schemas/Root", "components": {"schemas": components}})


@budget(40)
@given(st.integers(0, 2**32))
def test_what_is_compatible_no_value_refutes(seed: int) -> None:
    provider, client = pair(Random(seed))
    try:
        for schema in (*provider.values(), *client.values()):
            Draft202012Validator.check_schema(schema)
    except SchemaError:
        assume(condition=False)
    old, new = source("schemas", client, "3.1"), source("schemas", provider, "3.1")
    answer = compare_sources(old, new, "openapi", Terms(witnesses=False)).backward
    assume(answer.status is Status.COMPATIBLE)

    sends, takes = judge(provider), judge(client)
    try:
        refuting = [one for one in DOCUMENTS if sends.is_valid(one) and not takes.is_valid(one)]
    except BaseException as error:  # a schema that refers to itself without end: jsonschema follows it
        if type(error).__name__ not in {"RecursionError", "PanicException"}:  # in rpds
            raise
        assume(condition=False)
    assert not refuting
