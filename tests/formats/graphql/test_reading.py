"""Is a text read as graphql-core reads it, and refused where graphql-core refuses it?"""

import re

import pytest
from graphql import ExecutableDefinitionNode, GraphQLError, parse
from hypothesis import given
from hypothesis import strategies as st

from contractctl.compatibility import compare, source_of
from contractctl.errors import ContractctlError
from contractctl.formats.graphql import schema
from contractctl.formats.graphql.cursor import Misread
from contractctl.formats.graphql.engine import demand_sound
from contractctl.formats.graphql.reading import definitions
from contractctl.formats.graphql.tokens import is_beyond, tokens
from contractctl.formats.pages import page, rules
from tests.budgets import budget

SAMPLE = '''
"""
Says "what" it is: \\""" and so on
"""
schema @of(a: 1, b: [1.5e3, -2], c: {d: RED, e: null}) { query: Query mutation: M }
extend schema @more
scalar Date @specifiedBy(url: "https://a.example/\\"1")
"one line" type Query implements Node & Other @key(fields: "id") {
  "a field" id: ID! @deprecated(reason: """why""")
  user(id: ID! = "1", tags: [[String!]!] = [["a"], []], by: By = {name: "x"} @deprecated): [User!]! # comment
}
type Empty
interface Node implements Other { id: ID! }
union U @d = | A | B
enum E { "x" A B @deprecated }
input By @oneOf { name: String = "", age: Int = -1 }
directive @d(a: Int = 1) repeatable on | FIELD | OBJECT
extend type Query { more: Int }
extend interface Node @d
extend union U = C
extend enum E { C }
extend input By { c: Float = 1.0 }
extend scalar Date @d
'''
PIECES = [*dict.fromkeys(tokens(SAMPLE)), "...", '"', '"""', "-", "0", "01", "1.", "1e", "{}", "query", "²", "$x"]


def read_by_graphql_core(text: str) -> bool:
    """Whether it is, and holds nothing that clients send."""
    try:
        parsed = parse(text, no_location=True)
    except GraphQLError:
        return False
    return not any(isinstance(one, ExecutableDefinitionNode) for one in parsed.definitions)


def with_ampersands(text: str) -> str:
    """Between interfaces, where texts from before 2018 had nothing."""
    keywords = "directive|enum|extend|input|interface|scalar|schema|type|union|query|mutation|subscription|fragment"
    names = rf"(\bimplements(?: &)? \w+(?: & \w+)*) (?!(?:{keywords})\b)(?=[A-Za-z_])"
    while (new := re.sub(names, r"\1 & ", text)) != text:
        text = new
    return text


def read_by_us(text: str) -> bool | None:
    """None where a text breaks a rule that is none of the grammar: two fields of one name, say."""
    try:
        list(definitions(text, 0))
    except Misread as error:
        return False if error.said is None or "operation" in error.said else None
    return True


def test_the_sample_is_read() -> None:
    assert read_by_us(SAMPLE) is True
    assert read_by_graphql_core(SAMPLE) is True


@budget(400)
@given(st.data())
def test_a_text_with_a_word_changed_is_taken_where_graphql_core_takes_it(data: st.DataObject) -> None:
    words = tokens(SAMPLE)
    at = data.draw(st.integers(0, len(words) - 1))
    change = data.draw(st.sampled_from(["drop", "put", "swap", "repeat"]))
    piece = data.draw(st.sampled_from(PIECES))
    new = {"drop": [], "put": [piece, words[at]], "swap": [piece], "repeat": [words[at], words[at]]}[change]
    text = " ".join([*words[:at], *new, *words[at + 1 :]])

    ours = read_by_us(text)

    if ours is not None:
        assert ours == read_by_graphql_core(with_ampersands(text))


@budget(200)
@given(st.text(alphabet='"\\ \n\r\tu{}041a#,.-e$@', max_size=12))
def test_texts_numbers_and_comments_end_where_graphql_core_ends_them(inside: str) -> None:
    text = f"type Query {{ a(x: Int = {inside} ): Int }}"

    if not is_beyond(text) and read_by_us(text) is not None:
        assert read_by_us(text) == read_by_graphql_core(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("type Query {\n  a: [Int}", "new:2:10: expected ']', found '}'"),
        (
            "type Query { a: Int } query { a }",
            "new:1:23: a client's operation is mixed with the definitions of a schema",
        ),
        ('{"data": {"__schema": {"types": []}}}', "new:1:1: this is JSON, not a schema in SDL"),
        ("", "new:1:1: unexpected <EOF>"),
        ("# nothing", "new:1:10: unexpected <EOF>"),
        ("type Query { a: Int\n a: Int }", "new:2:2: 'a' stands here twice"),
        ("type Query { a: Int }\ntype Query { b: Int }", "new:2:1: the type 'Query' is defined twice"),
        ("type Query { a(x: Query): Int }", "new:1:16: 'Query.a.x' has to be a type that can be given"),
        ("type Query { a: I } input I { b: Int }", "new:1:14: 'Query.a' has to be a type that can be answered"),
        ("enum Query { A } extend type Query { a: Int }", "'Query' is an enum, and is extended as an object type"),
        ('type Query { a(x: String = "\\u{D800}"): Int }', "new:1:29: invalid Unicode escape"),
        ("type Query { a(x: [Int] = " + "[" * 5000 + "]" * 5000 + "): Int }", "more than 100 brackets"),
        ("type Query { a: " + "[" * 100_000, "more than 100 brackets"),
        ("{" * 100_000, "new:1:1: a client's operation"),
        ('type Query { a: Int } """' + "x" * 1_000_000, "unterminated string"),
    ],
)
def test_what_is_no_schema_gets_a_sentence_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ContractctlError) as error:
        compare("type Query { a: Int }", text, format="graphql")

    assert said in error.value.message
    assert error.value.hint


def test_many_definitions_and_deep_types_are_read() -> None:
    fields = " ".join(f"f{n}: {'[' * 40}T{n}{']' * 40}" for n in range(2000))
    types = " ".join(f"type T{n} {{ a: Int }}" for n in range(2000))

    found = schema.parse(source_of(f"type Query {{ {fields} }} {types}", "old"))

    assert len(found.types) == 2006
    assert found.missing == {}


def test_every_example_of_a_rule_page_is_sound_for_graphql_core() -> None:
    for rule in rules():
        example = page(rule).example if rule.startswith("graphql-") else None
        for source in (example.old, example.new) if example else ():
            schema_ = schema.parse(source)
            demand_sound(schema_)


def test_what_graphql_core_would_not_serve_is_refused_by_a_release() -> None:
    lacking = "type Query { a: A }\ninterface N { x: Int }\ntype A implements N { y: Int }"

    with pytest.raises(ContractctlError, match=r"old:2:15: interface field N\.x expected but A does not provide it"):
        demand_sound(schema.parse(source_of(lacking, "old")))


def test_a_definition_stands_where_it_says() -> None:
    text = '"""\r\nlines\r\n"""\rtype Query {\n  # x\n  a(\n b: Int): Int }'
    found = schema.parse(source_of(text, "old"))

    assert schema.locate(found, ("types", "Query")) == ("old", 4, 1)
    assert schema.locate(found, ("types", "Query", "a", "b")) == ("old", 7, 2)
