"""Does the schema between two serve the documents of both, and is it a schema?"""

import json
from pathlib import Path
from random import Random

import pytest
from graphql import build_schema, parse, validate, validate_schema
from hypothesis import given
from hypothesis import strategies as st
from random_queries import document, pair

from contractctl.compatibility import Terms, compare_sources, source_of
from contractctl.errors import ContractctlError
from contractctl.formats.graphql import engine
from contractctl.formats.graphql.staging import expanded, operations
from contractctl.model.contract import Source
from contractctl.model.verdict import Status
from tests.budgets import budget

CASES = [json.loads(line) for line in Path(__file__).with_name("cases.jsonl").read_text("utf-8").splitlines()]
DAY = "2027-03-31"
GOES = '@deprecated(reason: "goes on 2027-03-31")'
OLD = '''
"""The shop."""
type Query {
  users(limit: Int!, after: ID): [User!]!
  found: Found
}
interface Named { name: String! }
type User implements Named {
  """
  Where to write to.
  """
  email: String!
  name(form: Form = SHORT): String!
}
type Shop { id: ID }
union Found = User | Shop
enum Form { SHORT LONG FULL }
enum Kind { A B }
input UserInput { email: String!, name: String }
type Mutation { add(user: UserInput!): Kind }
'''
NEW = '''
"""The shop, anew."""
type Query {
  users(first: Int, after: ID!): [User!]!   # all of them
  found: Found
}

type User {
  # how to reach them
  mail: String!   # never empty
  name(form: Form = SHORT): String
}
union Found = User
type Shop { id: ID }
enum Form { SHORT LONG }
enum Kind { A }
input UserInput {
  mail: String!   # needed
  name: String
}
type Mutation { add(user: UserInput!): Kind }
'''
BETWEEN = f'''
"""The shop, anew."""
type Query {{
  users(first: Int, after: ID, limit: Int {GOES}): [User!]!   # all of them
  found: Found
}}

type User implements Named {{
  # how to reach them
  mail: String!   # never empty
  name(form: Form = SHORT): String!
  """
  Where to write to.
  """
  email: String! {GOES}
}}
union Found = User | Shop
type Shop {{ id: ID }}
enum Form {{ SHORT LONG FULL {GOES} }}
enum Kind {{ A }}
input UserInput {{
  mail: String   # needed
  name: String
  email: String {GOES}
}}
type Mutation {{ add(user: UserInput!): Kind }}

interface Named {{ name: String! }}
'''
QUICKLY = Terms(witnesses=False)


def schema(text: str) -> Source:
    return source_of(text, "shop.graphql")


def is_served(old: Source, between: Source, new: Source) -> bool:
    before = compare_sources(old, between, "graphql", QUICKLY).backward
    after = compare_sources(between, new, "graphql", QUICKLY).forward
    return before.status is after.status is Status.COMPATIBLE


def test_old_parts_stand_beside_new_ones_as_they_were_written() -> None:
    between = expanded(schema(OLD), schema(NEW), DAY)

    assert between.files[0].text == BETWEEN
    assert is_served(schema(OLD), between, schema(NEW))


def test_the_operations_say_what_goes_and_what_is_wanted() -> None:
    found = operations(schema(OLD), schema(NEW), {"User.email": "mail", "limit": "first"}, "shop/api", DAY)

    assert [(one.kind, one.subject, one.old, one.new) for one in found] == [
        ("require-parameter", "Query.users", None, "after"),
        ("rename-parameter", "Query.users", "limit", "first"),
        ("remove-definition", "$", "Named", None),
        ("rename-property", "User", "email", "mail"),
        ("release-property", "User", "name", "name"),
        ("remove-member", "User", "Named", None),
        ("remove-member", "Found", "Shop", None),
        ("remove-value", "Form", "FULL", None),
        ("require-property", "UserInput", None, "mail"),
        ("remove-property", "UserInput", "email", None),
    ]


def test_parts_that_do_not_stand_side_by_side_are_refused() -> None:
    old = "type Query { a: A } interface I { x: Int } type A implements I { x: Int }"
    new = "type Query { a: A } interface I { y: Int } type A implements I { y: Int } type B implements I { y: Int }"

    with pytest.raises(ContractctlError, match=r"interface field I\.x expected but B does not provide it"):
        expanded(schema(old), schema(new), DAY)


def test_a_later_day_that_clients_were_told_is_kept_to() -> None:
    with pytest.raises(
        ContractctlError, match=r"clients were told that 'Query[.]users[.]limit' stays until 2027-03-31"
    ):
        expanded(schema(BETWEEN), schema(NEW), "2027-01-31")


def test_a_text_that_graphql_core_does_not_read_is_refused_with_its_place() -> None:
    old = schema(
        "type Query { a: A } type A implements I, J { x: Int y: Int } interface I { x: Int } interface J { x: Int }"
    )
    new = schema("type Query { a: A } type A { x: Int }")

    with pytest.raises(ContractctlError, match=r"shop.graphql:1:42: unexpected Name 'J'"):
        expanded(old, new, DAY)


def test_contracting_breaks_nothing_but_what_the_change_breaks() -> None:
    staged = 0
    for verdicts, *texts, why in CASES:
        old, new = map(schema, texts)
        if verdicts[0] != "n" or not operations(old, new, {}, "c", DAY):
            continue
        between = expanded(old, new, DAY)
        if is_served(old, between, new):
            broken, known = (
                {one.path for one in compare_sources(before, new, "graphql", QUICKLY).backward.findings if one.breaks}
                for before in (between, old)
            )
            assert broken <= known, why
            staged += 1
    assert staged >= 20


@budget(8)
@given(st.integers(0, 10**9))
def test_executed_the_schema_between_serves_documents_of_both_ends(seed: int) -> None:
    rng = Random(seed)
    texts = pair(rng)
    if texts is None:
        return
    old, new = map(schema, texts)
    try:
        between = expanded(old, new, DAY)
    except ContractctlError:
        return
    if not is_served(old, between, new):
        return
    provider = build_schema(between.files[0].text)
    assert validate_schema(provider) == []
    for text in texts:
        client = build_schema(text)
        for asked in (document(rng, client) for _ in range(5)):
            if validate(client, parse(asked)):
                continue
            assert not validate(provider, parse(asked)), (texts, between.files[0].text, asked)
            answered = engine.answer(between.files[0].text, asked)
            if not answered.errors:
                assert not engine.read(text, asked, answered.data).errors, (texts, between.files[0].text, asked)
