"""Does code that was written for one version build with what protoc generates from the other?

Code is always older than what is generated for it: these findings count where the taker is the newer version.
"""

from collections.abc import Iterator, Mapping

from contractctl.formats.protobuf.resolution.pairs import described
from contractctl.formats.protobuf.schema import Schema
from contractctl.formats.protobuf.schema.types import Enum, Field, Message, Method, Service, short
from contractctl.model.verdict import Effect, Incompatibility, Pointer

_REMOVED, _CHANGED, _MOVED = "protobuf-source-removed", "protobuf-source-changed", "protobuf-source-moved"
OPTIONS = (
    "java_package",
    "java_outer_classname",
    "java_multiple_files",
    "go_package",
    "objc_class_prefix",
    "csharp_namespace",
    "swift_prefix",
    "php_class_prefix",
    "php_namespace",
    "php_metadata_namespace",
    "ruby_package",
    "optimize_for",
    "cc_generic_services",
    "java_generic_services",
    "py_generic_services",
    "cc_enable_arenas",
)
"""Options of a file that decide what generated code is called, and what is in it."""


def incompatibilities(taker: Schema, giver: Schema) -> Iterator[Incompatibility]:
    """Names that are gone, types that changed, and files that moved."""
    yield from _files(taker, giver)
    for name, at in giver.names.messages.items():
        if name not in taker.names.messages:
            yield _removed("message", short(name, giver.package_of(name)), name, None, at)
        else:
            yield from _message(taker, giver, taker.message(name), giver.message(name))
    for name, at in giver.names.enums.items():
        if name not in taker.names.enums:
            yield _removed("enum", short(name, giver.package_of(name)), name, None, at)
        else:
            yield from _enum(giver, taker.enum(name), giver.enum(name))
    for name, service in giver.services.items():
        other = taker.services.get(name)
        if other is None:
            yield _removed("service", short(name, giver.names.packages[name]), name, None, service.at)
        else:
            yield from _service(giver, other, service)


def _removed(what: str, path: str, full_name: str, taker_at: Pointer | None, giver_at: Pointer) -> Incompatibility:
    facts = {"what": what, "name": path, "full_name": full_name}
    return Incompatibility(_REMOVED, Effect.FAILS, path, facts, taker_at, giver_at)


def _message(taker: Schema, giver: Schema, reader: Message, writer: Message) -> Iterator[Incompatibility]:
    label = short(writer.name, giver.package_of(writer.name))
    for sent in writer.fields:
        wanted = reader.by_name.get(sent.name)
        path = f"{label}.{sent.label}"
        if wanted is None or wanted.extension is not sent.extension:
            full_name = sent.name if sent.extension else f"{writer.name}.{sent.name}"
            yield _removed("extension" if sent.extension else "field", path, full_name, reader.at, sent.at)
            continue
        before, after = _generated(giver, sent), _generated(taker, wanted)
        if before != after:
            facts = {"name": path, "sent": before, "wanted": after}
            yield Incompatibility(_CHANGED, Effect.FAILS, path, facts, wanted.at, sent.at)
    for oneof in dict.fromkeys(field.oneof for field in writer.fields if field.oneof):
        if oneof not in {field.oneof for field in reader.fields}:
            yield _removed("oneof", f"{label}.{oneof}", f"{writer.name}.{oneof}", reader.at, writer.at)


def _generated(schema: Schema, field: Field) -> str:
    """What decides the generated code of a field."""
    parts = [described(schema, field)]
    if field.oneof:
        parts.append(f"in oneof '{field.oneof}'")
    elif field.required:
        parts.append("required")
    elif field.presence and field.kind not in {"message", "group"}:
        parts.append("optional")
    if field.code:
        parts.append(f"with {field.code}")
    return " ".join(parts)


def _enum(giver: Schema, reader: Enum, writer: Enum) -> Iterator[Incompatibility]:
    label = short(writer.name, giver.package_of(writer.name))
    known = {symbol.name: symbol for symbol in reader.symbols}
    for symbol in writer.symbols:
        if symbol.name not in known:
            yield _removed("enum value", f"{label}.{symbol.name}", f"{writer.name}.{symbol.name}", reader.at, symbol.at)
    if reader.closed != writer.closed:
        words = {True: "a closed enum", False: "an open enum"}
        facts = {"name": label, "sent": words[writer.closed], "wanted": words[reader.closed]}
        yield Incompatibility(_CHANGED, Effect.FAILS, label, facts, reader.at, writer.at)


def _service(giver: Schema, reader: Service, writer: Service) -> Iterator[Incompatibility]:
    label = short(writer.name, giver.names.packages[writer.name])
    for name, method in writer.methods.items():
        other = reader.methods.get(name)
        path = f"{label}.{name}"
        if other is None:
            yield _removed("method", path, f"{writer.name}.{name}", reader.at, method.at)
        elif _stub(other) != _stub(method):
            facts = {"name": path, "sent": _stub(method), "wanted": _stub(other)}
            yield Incompatibility(_CHANGED, Effect.FAILS, path, facts, other.at, method.at)


def _stub(method: Method) -> str:
    """What decides the generated code of a method."""
    sent, answered = ("stream " if streams else "" for streams in (method.client_streams, method.server_streams))
    return f"{sent}{method.request} → {answered}{method.response}"


def _files(taker: Schema, giver: Schema) -> Iterator[Incompatibility]:
    """Where names are found: the file that is imported or included, its package, and its options."""
    several = len(taker.given) > 1 or len(giver.given) > 1
    known = homes(taker)
    for name, home in homes(giver).items() if several else ():
        now = known.get(name)
        if now is not None and now != home:
            facts = {"name": name, "what": "file", "sent": home, "wanted": now}
            at = _pointer(taker, name), _pointer(giver, name)
            yield Incompatibility(_MOVED, Effect.FAILS, name, facts, *at)
    for number, before in enumerate(giver.files):
        now_file = taker.judged.get(before.name) if several else next(iter(taker.judged.values()))
        if before.name not in giver.given or now_file is None:
            continue
        at = ((taker.files.index(now_file),), (number,))
        if before.package != now_file.package:
            facts = {"name": before.name, "what": "package", "sent": before.package, "wanted": now_file.package}
            yield Incompatibility(_MOVED, Effect.FAILS, before.name, facts, *at)
        for option in OPTIONS:
            sent, wanted = str(getattr(before.options, option)), str(getattr(now_file.options, option))
            if sent != wanted:
                facts = {"name": before.name, "what": f"option {option}", "sent": sent, "wanted": wanted}
                yield Incompatibility(_MOVED, Effect.FAILS, f"{before.name} {option}", facts, *at)


def homes(schema: Schema) -> Mapping[str, str]:
    """The file of every message and enum that lies in no other."""
    outermost = (*schema.names.messages, *schema.names.enums)
    return {name: schema.file_of(name) for name in outermost if schema.is_outermost(name)}


def _pointer(schema: Schema, name: str) -> Pointer | None:
    return schema.names.messages.get(name) or schema.names.enums.get(name)
