"""Does a member get into a text without a change to anything else, in the layout that its author chose?"""

import json
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contractctl.documents import Json, read_json
from contractctl.documents.json_edit import json_rewritten, json_slice, with_member
from contractctl.documents.yaml_edit import with_yaml_member, yaml_rewritten
from contractctl.documents.yaml_text import read_yaml
from contractctl.errors import ContractctlError
from tests.budgets import budget

KEYS = st.text('ab"\\:{é ', max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab"\\,:{[é\n', max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "before", "becomes"),
    [
        ('{\n  "a": 1,\n  "b": 2\n}\n', None, '{\n  "a": 1,\n  "b": 2,\n  "new": {\n    "x": [1, 2]\n  }\n}\n'),
        ('{\n  "a": 1,\n  "b": 2\n}\n', "b", '{\n  "a": 1,\n  "new": {\n    "x": [1, 2]\n  },\n  "b": 2\n}\n'),
        ('{\n  "a": 1\n}', "a", '{\n  "new": {\n    "x": [1, 2]\n  },\n  "a": 1\n}'),
        ('{\n\t"a": 1\n}', None, '{\n\t"a": 1,\n\t"new": {\n\t\t"x": [\n\t\t\t1,\n\t\t\t2\n\t\t]\n\t}\n}'),
        ('{\r\n  "a": 1\r\n}', None, '{\r\n  "a": 1,\r\n  "new": {\r\n    "x": [1, 2]\r\n  }\r\n}'),
        ('{"a":1,"b":2}', None, '{"a":1,"b":2,"new":{"x":[1,2]}}'),
        ('{ "a": 1, "b": 2 }', "a", '{ "new": {"x": [1, 2]}, "a": 1, "b": 2 }'),
        ('{ "a": 1 }', None, '{ "a": 1, "new": {"x": [1, 2]} }'),
        ("{}", None, '{"new": {"x": [1, 2]}}'),
        ('\ufeff{"a": 1}', None, '\ufeff{"a": 1, "new": {"x": [1, 2]}}'),
    ],
)
def test_a_member_takes_the_layout_of_its_object(text: str, before: str | None, becomes: str) -> None:
    assert with_member(text, (), ("new", '{\n  "x": [1, 2]\n}'), before) == becomes


def test_an_empty_object_inside_a_laid_out_text_is_opened() -> None:
    assert with_member('{\n    "a": {}\n}', ("a",), ("b", "1")) == '{\n    "a": {\n        "b": 1\n    }\n}'


def test_a_value_moves_with_its_own_layout() -> None:
    old = '{\n  "deep": {\n    "a": {\n      "type": "object",\n      "required": ["x", "y"]\n    }\n  }\n}'

    made = with_member('{\n  "b": 1.0\n}', (), ("a", json_slice(old, ("deep", "a"))))

    assert made == '{\n  "b": 1.0,\n  "a": {\n    "type": "object",\n    "required": ["x", "y"]\n  }\n}'


@budget(300)
@given(st.dictionaries(KEYS, VALUES, max_size=4), VALUES, st.sampled_from([None, 1, 2, "\t"]), st.data())
def test_the_rest_of_a_json_text_means_what_it_meant(
    outer: dict[str, Json], value: Json, indent: Any, data: Any
) -> None:
    text = json.dumps({"in": outer, "x": [1]}, indent=indent, ensure_ascii=False)
    before = data.draw(st.none() | st.sampled_from([*outer, "none"]))
    moved = json.dumps(value, indent=data.draw(st.sampled_from([None, 2, 4])))

    made = with_member(text, ("in",), ("new", moved), before)

    assert read_json(made, "f") == {"in": {**outer, "new": value}, "x": [1]}


YAML = dedent(
    """\
    # about all
    properties:
      a:
        type: string   # one

      b: {type: integer}
      # the end

    # about required
    required: [a]
    """
)


@pytest.mark.parametrize(
    ("pointer", "before", "changed"),
    [
        (("properties",), None, ("  # the end\n", "  # the end\n  new:\n    x: 'on'\n")),
        (("properties",), "b", ("  b: {type", "  new:\n    x: 'on'\n  b: {type")),
        (("properties", "b"), None, ("{type: integer}", '{type: integer, "new": {"x": "on"}}')),
        (("properties", "b"), "type", ("{type: integer}", '{"new": {"x": "on"}, type: integer}')),
        ((), None, ("required: [a]\n", "required: [a]\nnew:\n  x: 'on'\n")),
        ((), "properties", ("properties:\n", "new:\n  x: 'on'\nproperties:\n")),
    ],
)
def test_comments_and_layout_of_yaml_stay(pointer: Any, before: str | None, changed: tuple[str, str]) -> None:
    assert with_yaml_member(YAML, pointer, ("new", {"x": "on"}), before) == YAML.replace(*changed)


def test_texts_that_yaml_would_read_as_something_else_are_quoted() -> None:
    value: Json = {"0o17": "0o17", "no": ["1e3", "~", "", "on", 1e3, None]}

    assert read_yaml(with_yaml_member("a: 1\n", (), ("b", value)), "f") == {"a": 1, "b": value}


def test_a_place_that_is_only_merged_is_refused() -> None:
    with pytest.raises(ContractctlError, match="merges keys"):
        with_yaml_member("a: &a {p: {x: 1}}\nb: {<<: *a}\n", ("b", "p"), ("y", 1))


@budget(300)
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), VALUES, st.booleans(), st.data())
def test_the_rest_of_a_yaml_text_means_what_it_meant(
    outer: dict[str, Json], value: Json, flow: bool, data: Any
) -> None:
    import yaml

    whole = {"in": outer, "x": [{"y": 1}]}
    text = yaml.safe_dump(whole, default_flow_style=flow, sort_keys=False, indent=data.draw(st.sampled_from([2, 4])))
    before = data.draw(st.none() | st.sampled_from([*outer]))

    try:
        made = with_yaml_member(text, ("in",), ("new", value), before)
    except ContractctlError:
        assert "? " in text  # a key that stands alone has no place before it
        return

    assert read_yaml(made, "f") == {"in": {**outer, "new": value}, "x": [{"y": 1}]}


LAID_OUT = dedent(
    """\
    # about all
    a:   # the first
      x: [1, 2]   # two
      y: 'no'
    list:
    - k: true   # gone

      z: 1
    - z: 2
    gone: {a: 1}

    # the end
    """
)


def test_a_yaml_text_comes_to_say_another_value_and_keeps_its_comments() -> None:
    wanted = {
        "a": {"x": [1, 2, 3], "new": {"b": [None]}, "y": "yes"},
        "list": [{"z": 1, "y": "on"}, {"z": 2}, {"z": 3, "w": [True]}],
    }

    made = yaml_rewritten(LAID_OUT, read_yaml(LAID_OUT, "f"), wanted)

    assert made == dedent(
        """\
        # about all
        a:   # the first
          x: [1, 2, 3]   # two
          new:
            b:
            - null
          y: 'yes'
        list:
        - z: 1
          y: 'on'
        - z: 2
        - z: 3
          w:
          - true

        # the end
        """
    )


def changed(value: Any, data: Any) -> Any:
    """With members that come, go and change, and items at the end of lists."""
    if isinstance(value, list):
        return [changed(one, data) for one in value] + data.draw(st.lists(VALUES, max_size=1))
    if not isinstance(value, dict):
        return data.draw(st.just(value) | VALUES)
    kept = {key: changed(one, data) for key, one in value.items() if data.draw(st.booleans() | st.just(True))}
    return kept | data.draw(st.dictionaries(KEYS, VALUES, max_size=1))


@budget(60)
@given(st.dictionaries(KEYS, VALUES, max_size=3), st.sampled_from([None, 2, "\t"]), st.data())
def test_a_json_text_comes_to_say_any_other_value(value: dict[str, Json], indent: Any, data: Any) -> None:
    wanted = changed(value, data)

    made = json_rewritten(json.dumps(value, indent=indent, ensure_ascii=False), value, wanted)

    assert json.dumps(read_json(made, "f"), sort_keys=True) == json.dumps(wanted, sort_keys=True)
