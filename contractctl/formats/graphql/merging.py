"""Which schema serves clients of two? The new one's text, with the old one's parts beside, deprecated."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from contractctl.documents.splices import Splice, spliced
from contractctl.formats.graphql.lookups import usage
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.texts import Part, Texts
from contractctl.formats.graphql.types import BUILT_IN, Field, Input, Type, item, named, nullable
from contractctl.formats.retirement import Step, demand_kept
from contractctl.model.contract import Source

_TOLD = re.compile(r"@deprecated\(reason: \"goes on (\d{4}-\d\d-\d\d)\"\)")
"""As it is written here."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The schema between, and what clients have to follow."""

    source: Source
    steps: tuple[Step, ...]


def merged(old: Schema, new: Schema, sunset: str) -> Merged:
    """The new version's text, being given what only the old one has."""
    merging = _Merging(old, new, Texts(old.source), Texts(new.source), sunset)
    for type_ in old.types.values():
        if type_.name not in BUILT_IN:
            merging.take(type_)
    for name in old.directives.keys() - new.directives.keys():
        merging.bring(f"@{name}")
    files = tuple(
        replace(file, text=spliced(file.text, merging.splices.get(number, [])))
        for number, file in enumerate(new.source.files)
    )
    return Merged(replace(new.source, files=files), tuple(merging.steps))


@dataclass(slots=True)
class _Merging:
    old: Schema
    new: Schema
    before: Texts
    after: Texts
    sunset: str
    steps: list[Step] = field(default_factory=list)
    splices: dict[int, list[Splice]] = field(default_factory=dict)
    """By file of the new version."""

    def take(self, type_: Type) -> None:
        """All that an old type has and the new one has not."""
        mine = self.new.types.get(type_.name)
        if mine is None:
            self.bring(type_.name)
        elif mine.kind == type_.kind:
            self._fields(type_, mine)
            self._inputs(type_.name, type_.inputs, mine.inputs, "property")
            self._symbols(type_, mine)
            self._listed(type_.name, type_.interfaces, mine.interfaces, "interfaces")
            self._listed(type_.name, type_.members, mine.members, "types")

    def bring(self, name: str) -> None:
        """A definition that is no longer there: nothing says of a type that it is deprecated."""
        self.steps.append(Step("remove", "definition", "$", name, frozenset(self.new.types.keys() - self.old.types)))
        end = len(self.new.source.files[0].text.rstrip())
        self._put(0, end, "".join(f"\n\n{part.text}" for part in self.before.definitions(name)))

    def _fields(self, old: Type, new: Type) -> None:
        come = frozenset(new.fields.keys() - old.fields.keys())
        for name, one in old.fields.items():
            if name not in new.fields:
                self.steps.append(Step("remove", "property", old.name, name, come))
                is_told = one.deprecated is not None or self._is_promised(name, (*old.interfaces, *new.interfaces))
                self._beside((old.name,), (old.name, name), is_deprecated=is_told)
                continue
            self._answered(old.name, one, new.fields[name])
            arguments = one.arguments, new.fields[name].arguments
            self._inputs(f"{old.name}.{name}", *arguments, "parameter")

    def _is_promised(self, name: str, interfaces: tuple[str, ...]) -> bool:
        """Whether an interface has the field: a type's own may not be deprecated then, and goes with the interface."""
        held = (self.new.types.get(one) for one in interfaces)
        return any(name in one.fields and one.fields[name].deprecated is None for one in held if one is not None)

    def _answered(self, type_: str, old: Field, new: Field) -> None:
        """What was never null stays so."""
        wanted = _combined(old.type, new.type, either=True)
        if wanted is not None and wanted != new.type:
            self.steps.append(Step("release", "property", type_, new.name))
            self._retype((type_, new.name), wanted)

    def _inputs(self, subject: str, old: Mapping[str, Input], new: Mapping[str, Input], what: str) -> None:
        """All that clients of either version give is taken, and nothing is needed that one of them does not give."""
        holder = tuple(subject.split("."))
        for name, one in new.items():
            was = old.get(name)
            wanted = nullable(one.type) if one.required and was is None else one.type
            if was is not None:
                wanted = _combined(was.type, one.type, either=False) or one.type
            if wanted != one.type:
                self.steps.append(Step("require", what, subject, name))
                self._retype((*holder, name), wanted)
        come = frozenset(new.keys() - old.keys())
        for name, one in old.items():
            if name not in new:
                self.steps.append(Step("remove", what, subject, name, come))
                self._beside(holder, (*holder, name), is_deprecated=one.deprecated is not None, may_lack=one.required)

    def _symbols(self, old: Type, new: Type) -> None:
        """A value that is answered alone need not be known any more."""
        come = frozenset(new.symbols.keys() - old.symbols.keys())
        for name, one in old.symbols.items():
            if name not in new.symbols and usage(self.old).is_given(old.name):
                self.steps.append(Step("remove", "value", old.name, name, come))
                self._beside((old.name,), (old.name, name), is_deprecated=one.deprecated is not None)

    def _listed(self, type_: str, old: tuple[str, ...], new: tuple[str, ...], what: str) -> None:
        """What a type implements, or which types a union has: fragments of clients name them."""
        for name in old:
            if name not in new:
                self.steps.append(Step("remove", "member", type_, name, frozenset(new) - frozenset(old)))
                self._put(*self.after.listed(type_, name, what))

    # texts

    def _beside(
        self, holder: tuple[str, ...], path: tuple[str, ...], *, is_deprecated: bool, may_lack: bool = False
    ) -> None:
        """An old part behind the last of its like; one that has to be given cannot be deprecated."""
        part = self.before.part(path)
        if told := _TOLD.search(part.text):
            demand_kept(told[1], self.sunset, f"'{'.'.join(path)}'")
        text = part.without_demand if may_lack else part.text
        if not is_deprecated:
            text = f"{text} @deprecated(reason: {json.dumps(f'goes on {self.sunset}')})"
        file, place, words = self.after.room(holder, text)
        self._put(file, place, words)

    def _retype(self, path: tuple[str, ...], wanted: str) -> None:
        part: Part = self.after.part(path)
        self.splices.setdefault(part.file, []).append((*part.type_span, wanted))

    def _put(self, file: int, place: int, text: str) -> None:
        self.splices.setdefault(file, []).append((place, place, text))


def _combined(old: str, new: str, *, either: bool) -> str | None:
    """The type that both are but for null: never null where either, or both, say so. None where they are others."""
    marks = old.endswith("!"), new.endswith("!")
    mark = "!" if (any(marks) if either else all(marks)) else ""
    inner = item(old), item(new)
    if inner[0] is None or inner[1] is None:
        return None if nullable(old) != nullable(new) or named(old) != named(new) else f"{nullable(new)}{mark}"
    within = _combined(inner[0], inner[1], either=either)
    return None if within is None else f"[{within}]{mark}"
