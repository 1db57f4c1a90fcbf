"""How does a member, or another number, get into a JSON text, so that everything else stays as its author wrote it?"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from contractctl.documents.bounds import Json, Pointer
from contractctl.documents.json_text import TOKEN, offset_of
from contractctl.documents.splices import Splice, is_same, kept_after, spliced

_DEFAULT_UNIT = "  "
_BLANK = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class _Member:
    """A member of an object: offsets of its key, of its value, and of what comes after."""

    name: str
    key: int
    value: int
    end: int


def json_slice(text: str, pointer: Pointer) -> str:
    """The text of a value, as it is there. Its later lines keep their indentation."""
    start = offset_of(text, pointer)
    return text[start : _end(text, start)]


def with_member(text: str, pointer: Pointer, member: tuple[str, str], before: str | None = None) -> str:
    """The text with one more member in the object at a pointer: at its end, or before the member of a name.

    member: the name, and the value's text as json_slice() gives it or as one line. Indentation, line ends and the
    spaces around colons and commas are those of the text.
    """
    start = offset_of(text, pointer)
    members = list(_members(text, start))
    name, value = member
    style = _Style.of(text)
    key = json.dumps(name, ensure_ascii=False)
    if not members:
        return _into_empty(text, start, (key, value), style)
    first = members[0]
    colon = text[_end(text, first.key) : first.value]
    lead = text[start + 1 : first.key]
    is_spread = "\n" in lead
    indent = lead.rpartition("\n")[2] if is_spread else ""
    shown = f"{key}{colon}{_moved(value, indent, style) if is_spread else _on_one_line(value, style)}"
    gap = f"{style.newline}{indent}" if is_spread else (lead or style.after_comma)
    place = next((one.key for one in members if one.name == before), None)
    if place is not None:
        return f"{text[:place]}{shown},{gap or style.after_comma}{text[place:]}"
    end = members[-1].end
    return f"{text[:end]},{gap if is_spread else style.after_comma}{shown}{text[end:]}"


def json_rewritten(text: str, was: Json, wanted: Json) -> str:
    """The text of one value saying another; what both say stays as its author wrote it."""
    start = offset_of(text, ())
    return spliced(text, _splices(text, start, (was, wanted), _Style.of(text)))


def _splices(text: str, start: int, both: tuple[Json, Json], style: "_Style") -> Iterator[Splice]:
    was, wanted = both
    if is_same(was, wanted):
        return
    if isinstance(was, dict) and isinstance(wanted, dict) and was.keys() & wanted.keys():
        yield from _of_object(text, start, (was, wanted), style)
    elif isinstance(was, list) and isinstance(wanted, list) and 0 < len(was) <= len(wanted):
        for (place, _), *pair in zip(_items(text, start), was, wanted, strict=False):
            yield from _splices(text, place, (pair[0], pair[1]), style)
        if len(wanted) > len(was):
            yield _at_the_end(text, start, wanted[len(was) :], style)
    else:
        line = text[text.rfind("\n", 0, start) + 1 : start]
        yield start, _end(text, start), _shown(wanted, _indentation(line, 0), style)


def _at_the_end(text: str, start: int, items: list[Json], style: "_Style") -> Splice:
    """More items of a list that has some."""
    body = text[start + 1 : _end(text, start) - 1].rstrip()
    lead = body[: len(body) - len(body.lstrip())]
    indent = lead.rpartition("\n")[2]
    shown = (_shown(one, indent, style) if "\n" in lead else _on_one_line(json.dumps(one), style) for one in items)
    place = start + 1 + len(body)
    return place, place, "".join(f",{lead or style.after_comma}{one}" for one in shown)


def _of_object(
    text: str, start: int, both: tuple[dict[str, Json], dict[str, Json]], style: "_Style"
) -> Iterator[Splice]:
    was, wanted = both
    members = list(_members(text, start))
    lead = text[start + 1 : members[0].key]
    is_spread = "\n" in lead
    indent = lead.rpartition("\n")[2] if is_spread else ""
    colon = text[_end(text, members[0].key) : members[0].value]
    places = {member.name: member for member in members}
    yield from _removals(members, wanted)
    for name, value in wanted.items():
        if name in was:
            yield from _splices(text, places[name].value, (was[name], value), style)
            continue
        shown = _shown(value, indent, style) if is_spread else _on_one_line(json.dumps(value), style)
        member = f"{json.dumps(name, ensure_ascii=False)}{colon}{shown}"
        before = kept_after(name, was, wanted)
        gap = f"{style.newline}{indent}" if is_spread else style.after_comma
        if before is not None:
            yield places[before].key, places[before].key, f"{member},{gap}"
        else:
            yield members[-1].end, members[-1].end, f",{gap}{member}"


def _removals(members: list["_Member"], wanted: dict[str, Json]) -> Iterator[Splice]:
    """What goes, with the comma that parts it from what stays."""
    stays = [member for member in members if member.name in wanted]
    for number, member in enumerate(members):
        if member.name in wanted:
            continue
        later = members[number + 1 :]
        if any(one.name in wanted for one in later):
            yield member.key, later[0].key, ""
        else:
            yield stays[-1].end, members[-1].end, ""
            return


def _shown(value: Json, indent: str, style: "_Style") -> str:
    if not style.unit:
        return _on_one_line(json.dumps(value), style)
    text = json.dumps(value, indent=style.unit, ensure_ascii=False)
    return text.replace("\n", style.newline + indent)


def with_number(text: str, pointer: Pointer, number: int) -> str:
    """The text with this number in the place of the value at a pointer."""
    start = offset_of(text, pointer)
    return f"{text[:start]}{number}{text[_end(text, start) :]}"


@dataclass(frozen=True, slots=True)
class _Style:
    """How a text is laid out."""

    unit: str
    """One step of indentation; empty where the text is on one line."""
    newline: str
    colon: str
    after_comma: str

    @classmethod
    def of(cls, text: str) -> "_Style":
        colon = re.search(r'":([ \t]*)', text)
        blank = colon[1] if colon else " "
        return cls(unit_of(text), "\r\n" if "\r\n" in text else "\n", f":{blank}", " " if blank else "")


def unit_of(text: str) -> str:
    """One step of indentation, as the first indented line has it; empty where none is."""
    found = re.search(r"\n([ \t]+)\S", text)
    return found[1] if found else ""


def _into_empty(text: str, start: int, member: tuple[str, str], style: _Style) -> str:
    end = _end(text, start)
    key, value = member
    if not style.unit:
        return f"{text[:start]}{{{key}{style.colon}{_on_one_line(value, style)}}}{text[end:]}"
    line = text.rfind("\n", 0, start) + 1
    outer = _indentation(text, line)
    indent = outer + style.unit
    shown = f"{key}{style.colon}{_moved(value, indent, style)}"
    return f"{text[:start]}{{{style.newline}{indent}{shown}{style.newline}{outer}}}{text[end:]}"


def _moved(value: str, indent: str, style: _Style) -> str:
    """A value's text with its later lines under a new indentation; laid out anew where the steps differ."""
    first, *later = value.splitlines()
    if not later:
        return value
    closing = _indentation(later[-1], 0)
    steps = {line[len(closing) :] for line in later if line.startswith(closing) and line.strip()}
    widths = {_indentation(step, 0) for step in steps} - {""}
    fits = all(line.startswith(closing) or not line.strip() for line in later)
    if not fits or (widths and min(widths, key=len) != style.unit):
        text = json.dumps(json.loads(value), indent=style.unit or _DEFAULT_UNIT, ensure_ascii=False)
        first, *later = text.splitlines()
        closing = ""
    return style.newline.join([first, *(indent + line[len(closing) :] for line in later)])


def _on_one_line(value: str, style: _Style) -> str:
    parsed: Json = json.loads(value)
    return json.dumps(parsed, ensure_ascii=False, separators=("," + style.after_comma, style.colon))


def _indentation(text: str, start: int) -> str:
    found = _BLANK.match(text, start)
    return found[0] if found else ""


def _members(text: str, start: int) -> Iterator[_Member]:
    """The members of the object that begins at an offset."""
    position = start + 1
    while (token := TOKEN.match(text, position)) and token[1] != "}":
        if token[1] == ",":
            position = token.end()
            continue
        key = token.start(1)
        colon = TOKEN.match(text, token.end())
        assert colon is not None  # noqa: S101 - the text was read as JSON
        value = TOKEN.match(text, colon.end())
        assert value is not None  # noqa: S101 - as above
        position = _end(text, value.start(1))
        yield _Member(json.loads(token[1]), key, value.start(1), position)


def _items(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Where each item of the list that begins at an offset begins and is over."""
    position = start + 1
    while (token := TOKEN.match(text, position)) and token[1] != "]":
        if token[1] == ",":
            position = token.end()
            continue
        position = _end(text, token.start(1))
        yield token.start(1), position


def _end(text: str, start: int) -> int:
    """Where the value that begins at an offset is over."""
    position, level = start, 0
    while token := TOKEN.match(text, position):
        position = token.end()
        level += (token[1] in "{[") - (token[1] in "}]")
        if level == 0:
            return position
    raise AssertionError(start)  # the text was read as JSON
