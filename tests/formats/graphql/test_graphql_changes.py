"""Does diff name what a subgraph says to those who compose the graph?"""

from contractctl.formats.graphql import changes, parse
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Change


def test_keys_and_what_is_hidden_are_changes_and_other_directives_are_none() -> None:
    before = 'type Query { u(a: Int): U } type U @key(fields: "id") { id: ID n: E } enum E { A B }'
    after = """
        type Query { u(a: Int @inaccessible): U @tag(name: "x") }
        type U @key(fields: "n id") { id: ID n: E }
        enum E @inaccessible { A B @inaccessible }
    """
    old, new = (parse(Source((File("s.graphql", text),))) for text in (before, after))

    assert list(changes(old, new)) == [
        Change("added", "Query.u(a:)", "@inaccessible", None, "yes"),
        Change("added", "U", "@key", None, "id n"),
        Change("removed", "U", "@key", "id", None),
        Change("added", "E", "@inaccessible", None, "yes"),
        Change("added", "E.B", "@inaccessible", None, "yes"),
    ]
