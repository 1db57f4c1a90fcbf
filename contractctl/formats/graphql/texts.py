"""Where do the parts of a schema stand in its texts, and where is room for more? As graphql-core reads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from contractctl.formats.graphql.engine import placed
from contractctl.model.contract import File, Source

_MEMBERS = ("fields", "values")


@dataclass(frozen=True, slots=True)
class Part:
    """A definition, a field, an argument or a value, as its author wrote it."""

    file: int
    node: Any
    """graphql-core's."""
    source: str
    """The file's text."""

    @property
    def text(self) -> str:
        return self.source[self.node.loc.start : self.node.loc.end]

    @property
    def type_span(self) -> tuple[int, int]:
        """Where its type is written."""
        return self.node.type.loc.start, self.node.type.loc.end

    @property
    def without_demand(self) -> str:
        """The same, where it need not be given."""
        end: int = self.node.type.loc.end
        return f"{self.source[self.node.loc.start : end - 1]}{self.source[end : self.node.loc.end]}"

    @property
    def indent(self) -> str | None:
        """The blanks before it, where it begins a line."""
        lead = self.source[self.source.rfind("\n", 0, self.node.loc.start) + 1 : self.node.loc.start]
        return None if lead.strip() else lead


class Texts:
    """The texts of one version."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @cached_property
    def _definitions(self) -> dict[str, list[Part]]:
        """By name, `@name` for a directive; a type's definition and what extends it."""
        found: dict[str, list[Part]] = {}
        for number, file in enumerate(self._source.every):
            for node in _nodes(file) if file.text.strip() else ():
                name = getattr(getattr(node, "name", None), "value", None)
                if name is not None:
                    key = f"@{name}" if node.kind == "directive_definition" else name
                    found.setdefault(key, []).append(Part(number, node, file.text))
        return found

    def definitions(self, name: str) -> list[Part]:
        return self._definitions[name]

    def part(self, path: tuple[str, ...]) -> Part:
        """A field or a value of a type, or an argument of a field."""
        type_, *names = path
        for definition in self._definitions[type_]:
            found = definition
            for name in names:
                inner = next((one for one in _members(found) if one.node.name.value == name), None)
                if inner is None:
                    break
                found = inner
            else:
                return found
        raise AssertionError(path)  # the schema has it

    def room(self, holder: tuple[str, ...], text: str) -> tuple[int, int, str]:
        """File, offset and words, so that a part of that text stands behind the last of a type's or a field's."""
        type_, *names = holder
        held = [self.part(holder)] if names else self._definitions[type_]
        filled = [one for one in held if any(True for _ in _members(one))]
        if not filled:
            return _opened(held[0], text)
        *_, last = _members(filled[-1])
        if last.indent is None:
            return last.file, last.node.loc.end, f"{', ' if names else ' '}{text}"
        lines = text.splitlines()
        moved = [lines[0], *(line.removeprefix(_common(lines[1:])) for line in lines[1:])]
        words = f"\n{last.indent}".join(moved)
        return last.file, _after_comment(last), f"\n{last.indent}{words}"

    def listed(self, type_: str, name: str, what: str) -> tuple[int, int, str]:
        """The same for one more among the `interfaces` of a type, or the `types` of a union."""
        held = self._definitions[type_]
        filled = [one for one in held if getattr(one.node, what)]
        mark = "|" if what == "types" else "&"
        if filled:
            return filled[-1].file, getattr(filled[-1].node, what)[-1].loc.end, f" {mark} {name}"
        lead = " = " if what == "types" else " implements "
        return held[0].file, held[0].node.name.loc.end, f"{lead}{name}"


def _nodes(file: File) -> Iterator[Any]:
    """Raise ContractctlError for what graphql-core does not read: interfaces with commas, as they once were."""
    from graphql import GraphQLSyntaxError, parse

    try:
        yield from parse(file.text).definitions
    except GraphQLSyntaxError as error:
        raise placed(file.name, error) from None


def _opened(holder: Part, text: str) -> tuple[int, int, str]:
    """Of a field without arguments, or a type of which only its name is written."""
    if holder.node.kind == "field_definition":
        return holder.file, holder.node.name.loc.end, f"({text})"
    return holder.file, holder.node.loc.end, f" {{\n  {text}\n}}"


def _members(part: Part) -> Iterator[Part]:
    node = part.node
    names = ("arguments",) if node.kind == "field_definition" else _MEMBERS
    for name in names:
        for inner in getattr(node, name, None) or ():
            yield Part(part.file, inner, part.source)


def _common(lines: list[str]) -> str:
    """The blanks of the last line: those of a description's end, or of a bracket's."""
    return lines[-1][: len(lines[-1]) - len(lines[-1].lstrip())] if lines else ""


def _after_comment(part: Part) -> int:
    """Where the line of a part is over, what is said beside it included."""
    end: int = part.node.loc.end
    over = part.source.find("\n", end)
    rest = part.source[end : over if over >= 0 else len(part.source)]
    return end + len(rest.rstrip()) if not rest.strip() or rest.lstrip(" \t,").startswith("#") else end
