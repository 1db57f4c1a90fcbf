"""How does a member, or another number, get into a YAML text, so that everything else stays as its author wrote it?"""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from contractctl.documents.bounds import Json, Pointer
from contractctl.documents.splices import Splice, is_same, kept_after, spliced
from contractctl.documents.yaml_text import read_yaml
from contractctl.errors import ContractctlError

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node, SequenceNode

_UNIT = re.compile(r"^([^\s#][^\n]*:|)\n( +)\S", re.MULTILINE)
_WIDEST = 1_000_000


def with_yaml_member(text: str, pointer: Pointer, member: tuple[str, Json], before: str | None = None) -> str:
    """The text with one more member in the mapping at a pointer: at its end, or before the member of a name.

    Comments, order and layout of all else stay. Raise ContractctlError where the text leaves no room for it.
    """
    body = text.removeprefix("\ufeff")
    mapping = _mapping(_composed(body), pointer)
    place, shown = _placed(body, mapping, member, before)
    made = body[:place] + shown + body[place:]
    if not _is_meant(body, made, pointer, member):
        raise ContractctlError(
            f"'{member[0]}' cannot be added to this file without changing the rest of it",
            hint="write its mappings without anchors and complex keys",
        )
    return text[: len(text) - len(body)] + made


def with_yaml_number(text: str, pointer: Pointer, number: int) -> str:
    """The text with this number in the place of the value at a pointer; comments and layout stay.

    Raise ContractctlError where the value is written elsewhere, too.
    """
    body = text.removeprefix("\ufeff")
    *above, last = pointer
    node = _below(_composed(body), tuple(above))
    inner = wanted = json.loads(json.dumps(read_yaml(body, "it")))
    for step in above:
        inner = inner[step]
    inner[last] = number
    found = _below(node, (last,))
    made = body if found is None else f"{body[: found.start_mark.index]}{number}{body[found.end_mark.index :]}"
    if not _says(made, wanted):
        raise ContractctlError(
            f"the number at '{'/'.join(map(str, pointer))}' cannot be changed without changing the rest of the file",
            hint="write it out in place, without anchors and tags",
        )
    return text[: len(text) - len(body)] + made


def yaml_rewritten(text: str, was: Json, wanted: Json) -> str:
    """The text of one value saying another; comments, order and layout of what both say stay.

    Raise ContractctlError where the text leaves no room for it.
    """
    body = text.removeprefix("\ufeff")
    made = spliced(body, _splices(body, _composed(body), (was, wanted)))
    if not _says(made, wanted):
        raise ContractctlError(
            "this file cannot be added to without changing the rest of it",
            hint="write its mappings without anchors and complex keys",
        )
    return text[: len(text) - len(body)] + made


def _splices(text: str, node: "Node | None", both: tuple[Json, Json]) -> Iterator[Splice]:
    from yaml.nodes import MappingNode, SequenceNode

    was, wanted = both
    if node is None or is_same(was, wanted):
        return
    if isinstance(node, MappingNode) and isinstance(was, dict) and isinstance(wanted, dict):
        yield from _of_mapping(text, node, (was, wanted))
    elif isinstance(node, SequenceNode) and isinstance(wanted, list):
        yield from _of_sequence(text, node, (was if isinstance(was, list) else [], wanted))
    else:
        yield _in_place(text, node, wanted)


def _in_place(text: str, node: "Node", wanted: Json) -> Splice:
    """Another value altogether, on one line."""
    from yaml.nodes import CollectionNode

    start, end = node.start_mark.index, _over(text, node)
    shown = json.dumps(wanted, ensure_ascii=False)
    if isinstance(node, CollectionNode) and not node.flow_style:
        return start, end, shown if text[:start].endswith(" ") else f" {shown}"
    is_single = text[start] == "'" and isinstance(wanted, str) and not set(wanted) & {"'", "\n"}
    return start, end, f"'{wanted}'" if is_single else shown


def _of_mapping(text: str, node: "MappingNode", both: tuple[dict[str, Json], dict[str, Json]]) -> Iterator[Splice]:
    was, wanted = both
    if not was.keys() & wanted.keys():
        yield _in_place(text, node, wanted)
        return
    yield from _removals(text, node, wanted)
    for key, value in node.value:
        if key.value in was and key.value in wanted:
            yield from _splices(text, value, (was[key.value], wanted[key.value]))
    for name in wanted:
        if name not in was:
            place, shown = _placed(text, node, (name, wanted[name]), kept_after(name, was, wanted))
            yield place, place, shown


def _removals(text: str, node: "MappingNode", wanted: dict[str, Json]) -> Iterator[Splice]:
    """What goes: whole lines where it has them to itself."""
    members, cleared = node.value, 0
    for number, (key, value) in enumerate(members):
        start, end = key.start_mark.index, _over(text, value)
        if key.value in wanted or start < cleared:
            continue
        line = text.rfind("\n", 0, start) + 1
        following = text.find("\n", end) + 1 or len(text)
        is_alone = not node.flow_style and not text[line:start].strip()
        stays = next((one for one, _ in members[number:] if one.value in wanted), None)
        if is_alone and not text[end:following].partition("#")[0].strip():
            yield line, following, ""
        elif stays is not None:
            cleared = stays.start_mark.index
            yield start, cleared, ""
        else:
            yield _over(text, members[number - 1][1]), _over(text, members[-1][1]), ""
            return


def _over(text: str, node: "Node") -> int:
    """Where a value's own text is over: of one in block style, its last line."""
    from yaml.nodes import CollectionNode, ScalarNode

    end = node.end_mark.index
    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        return _after(text, end, node.start_mark.column)
    return len(text[:end].rstrip()) if isinstance(node, ScalarNode) and node.style in {"|", ">"} else end


def _of_sequence(text: str, node: "SequenceNode", both: tuple[list[Json], list[Json]]) -> Iterator[Splice]:
    was, wanted = both
    if not was or len(wanted) < len(was):
        yield _fewer(text, node, wanted)
        return
    for inner, *pair in zip(node.value, was, wanted, strict=False):
        yield from _splices(text, inner, (pair[0], pair[1]))
    more = wanted[len(was) :]
    if more and node.flow_style:
        last = node.value[-1].end_mark.index
        yield last, last, "".join(f", {json.dumps(one, ensure_ascii=False)}" for one in more)
    elif more:
        over, break_ = _over(text, node), _break(text, node.start_mark.column)
        yield over, over, "".join(f"{break_}{line}" for line in _items(text, more))


def _fewer(text: str, node: "SequenceNode", wanted: list[Json]) -> Splice:
    """A shorter list, in the style of the list."""
    if node.flow_style or not wanted:
        return _in_place(text, node, wanted)
    lines = _break(text, node.start_mark.column).join(_items(text, wanted))
    return node.start_mark.index, _over(text, node), lines


def _break(text: str, column: int) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    return f"{newline}{' ' * column}"


def _items(text: str, values: list[Json]) -> list[str]:
    return [line for one in values for line in _item(one, _step(text)).splitlines()]


def _item(value: Json, step: int) -> str:
    """An item of a list in block style."""
    if isinstance(value, dict) and value:
        lines = [line for name, part in value.items() for line in _block(name, part, step).splitlines()]
        return "\n".join([f"- {lines[0]}", *(f"  {line}" for line in lines[1:])])
    shown = _block("_", value, step).strip().removeprefix("_: ")
    return f"- {shown}" if "\n" not in shown else f"- {json.dumps(value, ensure_ascii=False)}"


def _composed(body: str) -> "Node | None":
    import yaml  # reading one JSON text needs none of it

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return yaml.compose(body, Loader=loader)
    except yaml.YAMLError as error:  # two anchors of one name, which only readers of events allow
        raise ContractctlError(
            f"this file cannot be edited in place: {' '.join(str(error).split())[:200]}",
            hint="give each anchor a name of its own",
        ) from None


def _is_meant(body: str, made: str, pointer: Pointer, member: tuple[str, Json]) -> bool:
    """Whether the new text says what the old one said, and the member."""
    inner = wanted = json.loads(json.dumps(read_yaml(body, "it")))  # no part twice: aliases are written out
    for step in pointer:
        inner = inner[step]
    inner[member[0]] = member[1]
    return _says(made, wanted)


def _says(made: str, wanted: Json) -> bool:
    try:
        return _said(read_yaml(made, "it")) == _said(wanted)
    except ContractctlError:
        return False


def _said(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _below(node: "Node | None", pointer: Pointer) -> "Node | None":
    from yaml.nodes import MappingNode, SequenceNode

    for step in pointer:
        if isinstance(node, MappingNode):
            node = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, SequenceNode) and isinstance(step, int):
            node = node.value[step]
    return node


def _mapping(node: "Node | None", pointer: Pointer) -> "MappingNode":
    from yaml.nodes import MappingNode

    node = _below(node, pointer)
    if not isinstance(node, MappingNode):
        raise ContractctlError(
            "a property cannot be added to a mapping that merges keys with '<<'", hint="write the merged keys out"
        )
    return node


def _placed(text: str, mapping: "MappingNode", member: tuple[str, Json], before: str | None) -> tuple[int, str]:
    """Offset and text of the insertion."""
    name, value = member
    key = next((key for key, _ in mapping.value if key.value == before), None)
    if mapping.flow_style or not mapping.value:
        shown = f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"
        if key is not None:
            return key.start_mark.index, f"{shown}, "
        last = mapping.value[-1][1].end_mark.index if mapping.value else mapping.start_mark.index + 1
        return last, f", {shown}" if mapping.value else shown
    newline = "\r\n" if "\r\n" in text else "\n"
    column = mapping.value[0][0].start_mark.column
    lines = _block(name, value, _step(text)).splitlines()
    indented = f"{newline}{' ' * column}".join(lines)
    if key is not None:
        return key.start_mark.index, f"{indented}{newline}{' ' * column}"
    return _after(text, mapping.end_mark.index, column), f"{newline}{' ' * column}{indented}"


def _after(text: str, end: int, column: int) -> int:
    """Where the last line of a mapping is over: comments that are further out belong to what follows."""
    lines = text[:end].split("\n")
    if lines[-1].strip(" -") == "":  # the blanks before the next key, or before the dash of the next item
        lines.pop()
    while lines and (not lines[-1].strip() or _is_outer_comment(lines[-1], column)):
        lines.pop()
    return len("\n".join(lines).rstrip("\r\n")) if end < len(text) or lines else len(text)


def _is_outer_comment(line: str, column: int) -> bool:
    return line.lstrip().startswith("#") and len(line) - len(line.lstrip()) < column


def _block(name: str, value: Json, step: int) -> str:
    """A member in block style, as long as it reads back as what it is; in JSON's style otherwise."""
    import yaml

    plain: Json = json.loads(json.dumps({name: value}))  # no part twice: no aliases
    text = yaml.dump(
        plain,
        Dumper=yaml.SafeDumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=_WIDEST,
        indent=step,
    )
    try:
        is_same = json.dumps(read_yaml(text, "it")) == json.dumps(plain)
    except ContractctlError:
        is_same = False
    if is_same:
        return text
    return f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"


def _step(text: str) -> int:
    """One step of indentation, as the first mapping inside another has it."""
    found = _UNIT.search(text)
    return len(found[2]) if found else 2
