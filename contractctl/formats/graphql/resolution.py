"""Does a client written against one schema work with a provider of another?

The client sends documents that are valid against its own schema, and expects answers of the types that stand there.
What it sends is judged as https://spec.graphql.org/October2021/#sec-Validation does, what it gets as
https://spec.graphql.org/October2021/#sec-Value-Completion.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from contractctl.formats.graphql import inputs, outputs
from contractctl.formats.graphql.inputs import Holder
from contractctl.formats.graphql.lookups import parents, possible_types, usage
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.shapes import beside, shape
from contractctl.formats.graphql.subgraphs import taken_away
from contractctl.formats.graphql.types import EXECUTABLE, KINDS, DirectiveDefinition, Field, Type, named
from contractctl.model.verdict import Effect, Found, Incompatibility, Undecided

Pairs = list[tuple[str, str, str]]
"""A type of the client's, the provider's in its place, and the field that leads there."""


def incompatibilities(client: Schema, provider: Schema) -> Iterator[Found]:
    """Every reason why documents written against the client's schema fail against the provider's, or mislead."""
    yield from _missing(client, provider)
    yield from _Meeting(client, provider).all()
    yield from taken_away(client, provider)


def _missing(client: Schema, provider: Schema) -> Iterator[Undecided]:
    for name in client.missing:
        yield Undecided("", f"'{name}' is not defined in what was given", taker_at=("missing", name))
    for name in provider.missing:
        if name not in client.missing:
            yield Undecided("", f"'{name}' is not defined in what was given", giver_at=("missing", name))


@dataclass(frozen=True, slots=True)
class _Meeting:
    """A client's schema and a provider's."""

    client: Schema
    provider: Schema

    @property
    def types(self) -> tuple[inputs.Types, inputs.Types]:
        return self.client.types, self.provider.types

    def all(self) -> Iterator[Found]:
        yield from self._roots()
        for name, mine in self.client.types.items():
            theirs = self.provider.types.get(name)
            if theirs is None:
                yield from self._removed(mine)
            elif theirs != mine:
                yield from self._type(mine, theirs)
        yield from self._objects()
        for name, directive in self.client.directives.items():
            if any(location in EXECUTABLE for location in directive.locations):
                yield from _directive(directive, self.provider.directives.get(name), self.types)

    # where operations start

    def _roots(self) -> Iterator[Found]:
        """https://spec.graphql.org/October2021/#sec-Root-Operation-Types."""
        for operation, mine in self.client.roots.items():
            theirs = self.provider.roots.get(operation)
            at = ("roots", operation)
            if theirs is None:
                facts = {"operation": operation, "type": mine}
                yield Incompatibility("graphql-operation-removed", Effect.FAILS, operation, facts, at, at)
            elif theirs != mine and mine in self.client.types and theirs in self.provider.types:
                yield from self._fields(self.client.types[mine], self.provider.types[theirs])
                possible = possible_types(self.provider)
                if mine in possible and theirs not in possible[mine]:
                    yield _impossible(mine, theirs, mine)

    # types

    def _removed(self, mine: Type) -> Iterator[Found]:
        """Clients name composite types in fragments and types of input in variables; other types they never name."""
        at = ("types", mine.name)
        started = [operation for operation, name in self.client.roots.items() if name == mine.name]
        if started and mine.name not in usage(self.client).answered and not set(started) & self.provider.roots.keys():
            return  # there is no such operation any more, which is said already
        if mine.is_composite or mine.kind == "input" or usage(self.client).is_given(mine.name):
            facts = {"type": mine.name, "kind": KINDS[mine.kind]}
            yield Incompatibility("graphql-type-removed", Effect.FAILS, mine.name, facts, at, at)

    def _type(self, mine: Type, theirs: Type) -> Iterator[Found]:
        if mine.is_composite and theirs.is_composite:
            yield from self._fields(mine, theirs)
            if mine.kind == "type" and theirs.kind != "type":
                yield from self._arguments_beside(mine)
        elif mine.kind != theirs.kind:
            yield self._other_kind(mine, theirs)
        elif mine.kind == "enum":
            yield from self._symbols(mine, theirs)
        elif mine.kind == "input":
            yield from self._input_object(mine, theirs)
        elif mine.specified_by != theirs.specified_by and mine.specified_by and theirs.specified_by:
            at = ("types", mine.name)
            reason = f"its values are described elsewhere: in {mine.specified_by}, and in {theirs.specified_by}"
            yield Undecided(mine.name, reason, at, at)

    def _other_kind(self, mine: Type, theirs: Type) -> Found:
        at = ("types", mine.name)
        is_given = usage(self.client).is_given(mine.name)
        if {mine.kind, theirs.kind} == {"scalar", "enum"} and not (theirs.kind == "enum" and is_given):
            kinds = f"{KINDS[mine.kind]} here and {KINDS[theirs.kind]} there"
            reason = f"it is {kinds}: the schema does not say which values a scalar has"
            return Undecided(mine.name, reason, at, at)
        facts = {"type": mine.name, "before": KINDS[mine.kind], "after": KINDS[theirs.kind]}
        return Incompatibility("graphql-type-kind-changed", Effect.FAILS, mine.name, facts, at, at)

    def _symbols(self, mine: Type, theirs: Type) -> Iterator[Found]:
        """https://spec.graphql.org/October2021/#sec-Enums: a client gives the values that it knows, and gets others."""
        if usage(self.client).is_given(mine.name):
            for name in mine.symbols:
                if name not in theirs.symbols:
                    yield self._symbol("graphql-enum-value-removed", Effect.FAILS, mine, name)
        if usage(self.client).is_answered(mine.name) and usage(self.provider).is_answered(mine.name):
            for name in theirs.symbols:
                if name not in mine.symbols:
                    yield self._symbol("graphql-enum-value-unknown", Effect.LOSES, mine, name)

    def _symbol(self, rule: str, effect: Effect, mine: Type, name: str) -> Incompatibility:
        at = ("types", mine.name, name)
        return Incompatibility(rule, effect, f"{mine.name}.{name}", {"enum": mine.name, "value": name}, at, at)

    def _input_object(self, mine: Type, theirs: Type) -> Iterator[Found]:
        at = ("types", mine.name)
        alone = len(mine.inputs) == 1 and all(one.required for one in mine.inputs.values())
        if theirs.one_of and not mine.one_of and not alone:
            yield Incompatibility("graphql-one-of-added", Effect.FAILS, mine.name, {"type": mine.name}, at, at)
        holder = Holder(mine.name, "input field", at, mine.one_of)
        yield from inputs.judge(holder, mine.inputs, theirs.inputs, self.types)

    # fields

    def _fields(self, mine: Type, theirs: Type, deeper: Pairs | None = None) -> Iterator[Found]:
        """https://spec.graphql.org/October2021/#sec-Field-Selections.

        deeper: takes the composite types that stand in place of others, where they are not to be compared at once.
        """
        for field in mine.fields.values():
            given = theirs.fields.get(field.name)
            path, at = f"{mine.name}.{field.name}", ("types", mine.name, field.name)
            if given is None:
                facts = {"type": mine.name, "field": field.name, "until": _deprecated(field)}
                yield Incompatibility("graphql-field-removed", Effect.FAILS, path, facts, at, ("types", theirs.name))
            elif given != field:
                holder = Holder(path, "argument", at)
                yield from inputs.judge(holder, field.arguments, given.arguments, self.types)
                if given.type != field.type:
                    yield from self._answered(mine, field, given, deeper)

    def _answered(self, type_: Type, mine: Field, theirs: Field, deeper: Pairs | None) -> Iterator[Found]:
        """What comes back, and whether it still fits in beside what else is asked for."""
        path, at = f"{type_.name}.{mine.name}", ("types", type_.name, mine.name)
        facts = {"type": type_.name, "field": mine.name, "before": mine.type, "after": theirs.type}
        fails = False
        all_judged = tuple(outputs.judge(self.client, self.provider, mine.type, theirs.type))
        other = any(isinstance(judged, outputs.Other) for judged in all_judged)
        for judged in all_judged:
            match judged:
                case outputs.Null() if other:
                    found: Iterator[Found] = iter(())  # the whole is another value already
                case outputs.Null():
                    found = iter([_changed("null-unexpected", path, facts)])
                case outputs.Other():
                    found = iter([_changed("field-type-changed", path, facts, f"answers may be {judged.value}")])
                case outputs.Alike():
                    found = iter([_alike(path, facts)])
                case outputs.Unsaid():
                    found = iter([Undecided(path, judged.reason, at, at)])
                case outputs.Objects():
                    found = self._selected((named(mine.type), named(theirs.type), mine.name), path, facts, deeper)
            for one in found:
                fails = fails or (isinstance(one, Incompatibility) and one.effect is Effect.FAILS)
                yield one
        if not fails:
            yield from self._beside(type_, mine, theirs.type)

    def _selected(
        self, pair: tuple[str, str, str], path: str, facts: dict[str, str], deeper: Pairs | None
    ) -> Iterator[Found]:
        """What clients select in one composite type, asked of another, and so on in all that this one leads to."""
        if deeper is not None:
            deeper.append(pair)
            return
        pairs = [(*pair[:2], "")]
        known = {pair[:2]}
        for mine, theirs, chain in pairs:  # which grows
            further: Pairs = []
            for found in self._of_another(mine, theirs, further):
                if isinstance(found, Incompatibility) and found.effect is not Effect.LOSES:
                    yield _changed("field-type-changed", path, facts | _where(found, chain), _why(found, theirs))
                    return
                yield found
            for mine_, theirs_, field in further:
                if (mine_, theirs_) not in known:
                    known.add((mine_, theirs_))
                    pairs.append((mine_, theirs_, f"{chain}.{field}".removeprefix(".")))
        yield _alike(path, facts)

    def _of_another(self, mine: str, theirs: str, further: Pairs) -> Iterator[Found]:
        """Fields, and fragments on other types, of one composite type asked of another."""
        yield from self._fields(self.client.types[mine], self.provider.types[theirs], further)
        before, after = possible_types(self.client), possible_types(self.provider)
        around = {above for one in before[mine] for above in parents(self.client)[one]}
        for other in sorted(around & after.keys()):
            if after[other].isdisjoint(after[theirs]):
                yield _impossible(other, theirs, mine)
        for one in sorted(after[theirs] - before[mine]):
            yield _unknown(theirs, one, ("types", mine))

    def _beside(self, type_: Type, mine: Field, theirs: str) -> Iterator[Found]:
        """Fields of one name on two types must go on having one shape, where they may meet in one answer."""
        after = shape(self.provider, theirs)
        if after == shape(self.client, mine.type):
            return
        for other in beside(self.client, type_.name, mine.name):
            given = self.provider.types.get(other)
            field = given.fields.get(mine.name) if given else None
            if field is not None and shape(self.provider, field.type) != after:
                yield self._conflict(type_, mine.name, other, f"is '{theirs}' there, and '{field.type}' on '{other}'")
                return

    def _arguments_beside(self, mine: Type) -> Iterator[Found]:
        """Two objects may be asked for one field with different arguments; an interface and another type may not."""
        for field in mine.fields.values():
            if field.arguments:
                for other in beside(self.client, mine.name, field.name):
                    there = self.client.types[other]
                    if there.kind == "type" and there.fields[field.name].arguments:
                        words = f"may no longer be asked for with other arguments than on '{other}'"
                        yield self._conflict(mine, field.name, other, words)
                        break

    def _conflict(self, type_: Type, field: str, other: str, why: str) -> Incompatibility:
        at = ("types", type_.name, field)
        facts = {"type": type_.name, "field": field, "other": other, "why": why}
        return Incompatibility("graphql-fields-conflict", Effect.FAILS, f"{type_.name}.{field}", facts, at, at)

    # what composite types may be

    def _objects(self) -> Iterator[Found]:
        """https://spec.graphql.org/October2021/#sec-Fragment-spread-is-possible."""
        before, after = possible_types(self.client), possible_types(self.provider)
        for name, known in before.items():
            if after.get(name) in {None, known} or name not in self.client.types:
                continue
            for one in sorted(known - after[name]):
                if one in after and after[one].isdisjoint(after[name]):
                    yield _impossible(one, name, name)
            for one in sorted(after[name] - known):
                if name in usage(self.client).answered and one in self.provider.types:
                    yield _unknown(name, one, ("types", name))


def _changed(rule: str, path: str, facts: dict[str, str], why: str = "") -> Incompatibility:
    at = ("types", *path.split("."))
    return Incompatibility(f"graphql-{rule}", Effect.FAILS, path, {**facts, "why": why}, at, at)


def _alike(path: str, facts: dict[str, str]) -> Incompatibility:
    at = ("types", *path.split("."))
    return Incompatibility("graphql-field-type-renamed", Effect.LOSES, path, facts, at, at)


def _where(found: Incompatibility, chain: str) -> dict[str, str]:
    """Where inside the field's type it is, for the witness: fields on the way, a fragment's type, what is answered."""
    if found.rule == "graphql-fragment-impossible":
        return {"within": chain, "on": found.facts["object"], "shows": "in documents"}
    field = found.facts.get("field") or found.facts["holder"].rpartition(".")[2]
    answered = {"answered": found.facts["after"]} if "after" in found.facts and "holder" not in found.facts else {}
    shows = {"shows": "in documents"} if found.rule == "graphql-field-removed" else {}
    return {"within": f"{chain}.{field}".removeprefix("."), **answered, **shows}


def _why(found: Incompatibility, theirs: str) -> str:
    """Why what is asked of one type is not to be had of another."""
    if found.rule == "graphql-fragment-impossible":
        return f"'... on {found.facts['object']}' can be no '{theirs}'"
    if found.rule == "graphql-field-removed":
        return f"'{theirs}' has no field '{found.facts['field']}'"
    return f"'{found.path}' is not the same in '{theirs}'"


def _impossible(one: str, parent: str, name: str) -> Incompatibility:
    facts = {"object": one, "type": parent}
    return Incompatibility("graphql-fragment-impossible", Effect.FAILS, f"{parent}.{one}", facts, ("types", name))


def _unknown(type_: str, one: str, at: tuple[str, ...]) -> Incompatibility:
    facts = {"type": type_, "object": one}
    return Incompatibility("graphql-type-unknown", Effect.LOSES, f"{type_}.{one}", facts, at, ("types", one))


def _directive(
    mine: DirectiveDefinition, theirs: DirectiveDefinition | None, known: tuple[inputs.Types, inputs.Types]
) -> Iterator[Found]:
    """https://spec.graphql.org/October2021/#sec-Validation.Directives: where clients write them."""
    path, at = f"@{mine.name}", ("directives", mine.name)
    if theirs is None:
        yield Incompatibility("graphql-directive-removed", Effect.FAILS, path, {"directive": mine.name}, at, at)
        return
    for location in mine.locations:
        if location in EXECUTABLE and location not in theirs.locations:
            facts = {"directive": mine.name, "location": location}
            yield Incompatibility("graphql-directive-location-removed", Effect.FAILS, path, facts, at, at)
    if mine.repeatable and not theirs.repeatable:
        yield Incompatibility("graphql-directive-once", Effect.FAILS, path, {"directive": mine.name}, at, at)
    yield from inputs.judge(Holder(path, "argument", at), mine.arguments, theirs.arguments, known)


def _deprecated(field: Field) -> str:
    return f", which was deprecated: {field.deprecated}" if field.deprecated else ""
