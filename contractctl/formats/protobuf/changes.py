"""What changed between two schemas? Facts, in the new one's order; whether they break anybody is not asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contractctl.formats.protobuf.resolution.absence import shown
from contractctl.formats.protobuf.resolution.pairs import described
from contractctl.formats.protobuf.resolution.roots import moved_names
from contractctl.formats.protobuf.resolution.source import OPTIONS, homes
from contractctl.formats.protobuf.schema import Schema
from contractctl.formats.protobuf.schema.types import Enum, Field, Message, Method, short
from contractctl.model.verdict import Change


def changes(old: Schema, new: Schema) -> Iterator[Change]:
    """Every difference in messages, fields, enums, services and packages; comments are none."""
    comparing = _Comparing(old, new, dict(moved_names(new, old)))
    yield from comparing.files()
    yield from comparing.messages()
    yield from comparing.enums()
    yield from comparing.imported()
    yield from comparing.services()
    yield from comparing.options()


@dataclass(frozen=True, slots=True)
class _Comparing:
    """Two schemas being compared."""

    old: Schema
    new: Schema
    moved: Mapping[str, str]
    """New full names of messages whose package changed, and the old ones."""

    def files(self) -> Iterator[Change]:
        before, after = self.old.judged, self.new.judged
        alone = len(before) == len(after) == 1
        for name, file in after.items():
            known = next(iter(before.values())) if alone else before.get(name)
            if known is None:
                continue
            if known.package != file.package:
                yield Change("changed", name, "package", known.package or "none", file.package or "none")
            for option in OPTIONS:
                was, becomes = str(getattr(known.options, option)), str(getattr(file.options, option))
                if was != becomes:
                    yield Change("changed", name, option, was or None, becomes or None)
        if not alone:
            earlier = homes(self.old)
            for name, home in homes(self.new).items():
                if earlier.get(name, home) != home:
                    yield Change("changed", _label(self.new, name), "file", earlier[name], home)

    def messages(self) -> Iterator[Change]:
        before, after = self.old.names.messages, self.new.names.messages
        for name in after:
            label = _label(self.new, name)
            earlier = name if name in before else self.moved.get(name)
            if earlier is None:
                yield Change("added", label, "message")
            elif not self._same(name, earlier):
                yield from self._message(self.old.message(earlier), self.new.message(name), label)
        for name in before:
            if name not in after and name not in self.moved.values():
                yield Change("removed", _label(self.old, name), "message")

    def _same(self, name: str, earlier: str) -> bool:
        if name != earlier or name in self.new.extensions or name in self.old.extensions:
            return False
        return self.old.digests[self.old.file_of(name)] == self.new.digests[self.new.file_of(name)]

    def _message(self, before: Message, after: Message, label: str) -> Iterator[Change]:
        if before.json_legacy != after.json_legacy:
            yield Change("changed", label, "JSON format", *map(_json_format, (before, after)))
        for field in after.fields:
            earlier = _earlier(before, after, field)
            path = f"{label}.{field.label}"
            if earlier is None:
                yield Change("added", path, "field", new=described(self.new, field))
            else:
                yield from self._field(earlier, field, path)
        kept = {id(_earlier(before, after, field)) for field in after.fields}
        for field in before.fields:
            if id(field) not in kept:
                yield Change("removed", f"{label}.{field.label}", "field", old=described(self.old, field))
        yield from _sets(label, "reservation", _reserved(before), _reserved(after))
        ranges = (frozenset(map(_range, one.ranges)) for one in (before, after))
        yield from _sets(label, "range of extensions", *ranges)

    def _field(self, before: Field, after: Field, path: str) -> Iterator[Change]:
        facts = (
            ("name", before.name, after.name),
            ("number", str(before.number), str(after.number)),
            ("type", described(self.old, before), described(self.new, after)),
            ("JSON name", _json(before), _json(after)),
            ("generated code", before.code, after.code),
            ("presence", *(("", "") if before.oneof or after.oneof else (_presence(before), _presence(after)))),
            ("default", shown(before.default), shown(after.default)),
        )
        for what, old, new in facts:
            comparable = what != "default" or before.kind == after.kind
            if old != new and comparable:
                yield Change("changed", path, what, old or None, new or None)
        if before.kind == after.kind == "string" and before.checked != after.checked:
            yield Change("changed", path, "UTF-8 validation", *map(_validation, (before, after)))
        if before.oneof != after.oneof:
            change = "added" if not before.oneof else "changed" if after.oneof else "removed"
            yield Change(change, path, "oneof", before.oneof or None, after.oneof or None)

    def enums(self) -> Iterator[Change]:
        before, after = self.old.names.enums, self.new.names.enums
        names = {_label(self.old, name): name for name in before}
        for name in after:
            label = _label(self.new, name)
            earlier = name if name in before else names.get(label)
            if earlier is None:
                yield Change("added", label, "enum")
            else:
                yield from _enum(self.old.enum(earlier), self.new.enum(name), label)
        kept = {_label(self.new, name) for name in after}
        for label, name in names.items():
            if name not in after and label not in kept:
                yield Change("removed", label, "enum")

    def imported(self) -> Iterator[Change]:
        """What other files define, as far as the given ones lead to it."""
        pending, met = sorted(self.new.contained), set[str]()
        while pending:
            name = pending.pop()
            known = name in self.new.names.messages or name in self.new.names.enums
            if known or name in met or not self.old.file_of(name) or self._same(name, name):
                continue
            met.add(name)
            label = _label(self.new, name)
            was_message, is_message = self.old.has_message(name), self.new.has_message(name)
            if was_message and is_message:
                message = self.new.message(name)
                pending += [field.type for field in message.fields if field.type]
                yield from self._message(self.old.message(name), message, label)
            elif not was_message and not is_message:
                yield from _enum(self.old.enum(name), self.new.enum(name), label)

    def services(self) -> Iterator[Change]:
        for name, service in self.new.services.items():
            label = short(name, self.new.names.packages[name])
            if name not in self.old.services:
                yield Change("added", label, "service")
                continue
            earlier = self.old.services[name].methods
            for method in service.methods.values():
                yield from _method(earlier.get(method.name), method, f"{label}.{method.name}")
            for gone in earlier:
                if gone not in service.methods:
                    yield Change("removed", f"{label}.{gone}", "method")
        for name in self.old.services:
            if name not in self.new.services:
                yield Change("removed", short(name, self.old.names.packages[name]), "service")

    def options(self) -> Iterator[Change]:
        """Custom options: readers ignore them, and so does the verdict."""
        before, after = self.old.custom_options, self.new.custom_options
        for place, option in after.items():
            if before.get(place) != option:
                yield Change("changed" if place in before else "added", place, "custom option (ignored)")
        for place in before:
            if place not in after:
                yield Change("removed", place, "custom option (ignored)")


def _validation(field: Field) -> str:
    return "VERIFY" if field.checked else "NONE"


def _json_format(thing: Message | Enum) -> str:
    return "LEGACY_BEST_EFFORT" if thing.json_legacy else "ALLOW"


def _label(schema: Schema, name: str) -> str:
    return short(name, schema.package_of(name))


def _earlier(before: Message, after: Message, field: Field) -> Field | None:
    """The field that it was: of the same name; else of the same number, where no other took its name along."""
    same = before.by_name.get(field.name)
    if same is not None:
        return same
    numbered = before.by_number.get(field.number)
    return numbered if numbered is not None and numbered.name not in after.by_name else None


def _json(field: Field) -> str:
    """Its name in JSON, where it is not what follows from the name."""
    return "" if field.json_name.replace("_", "").lower() == field.name.replace("_", "").lower() else field.json_name


def _presence(field: Field) -> str:
    if field.required:
        return "required"
    if field.repeated or field.kind in {"message", "group"}:
        return ""
    return "explicit" if field.presence else "implicit"


def _range(one: tuple[int, int]) -> str:
    return str(one[0]) if one[1] == one[0] + 1 else f"{one[0]} to {one[1] - 1}"


def _reserved(message: Message) -> frozenset[str]:
    return frozenset({*map(_range, message.reserved), *(f"'{name}'" for name in message.reserved_names)})


def _sets(path: str, what: str, before: frozenset[str], after: frozenset[str]) -> Iterator[Change]:
    for one in sorted(after - before):
        yield Change("added", path, what, new=one)
    for one in sorted(before - after):
        yield Change("removed", path, what, old=one)


def _enum(before: Enum, after: Enum, label: str) -> Iterator[Change]:
    if before.json_legacy != after.json_legacy:
        yield Change("changed", label, "JSON format", *map(_json_format, (before, after)))
    left = {symbol.name: symbol.number for symbol in before.symbols}
    right = {symbol.name: symbol.number for symbol in after.symbols}
    for name, number in right.items():
        if name not in left:
            yield Change("added", label, "symbol", new=f"{name} = {number}")
        elif left[name] != number:
            yield Change("changed", f"{label}.{name}", "number", str(left[name]), str(number))
    for name, number in left.items():
        if name not in right:
            yield Change("removed", label, "symbol", old=f"{name} = {number}")
    if before.closed != after.closed:
        yield Change("changed", label, "kind", *(("open", "closed") if after.closed else ("closed", "open")))
    ranges = [
        frozenset({*(_range((a, b + 1)) for a, b in one.reserved), *one.reserved_names}) for one in (before, after)
    ]
    yield from _sets(label, "reservation", *ranges)


def _method(before: Method | None, after: Method, path: str) -> Iterator[Change]:
    if before is None:
        yield Change("added", path, "method", new=_call(after))
        return
    if _call(before) != _call(after):
        yield Change("changed", path, "method", _call(before), _call(after))
    if before.idempotency != after.idempotency:
        yield Change("changed", path, "idempotency", before.idempotency, after.idempotency)


def _call(method: Method) -> str:
    request = f"stream {method.request}" if method.client_streams else method.request
    response = f"stream {method.response}" if method.server_streams else method.response
    return f"({request}) returns ({response})"
