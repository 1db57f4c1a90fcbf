"""The labelled pairs of pairs.yaml, each as two documents."""

from pathlib import Path
from typing import Any

import orjson

from contractctl.documents import read
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Comparison, Effect, Status
from tests.formats.labelled_pairs import Pair, entries, labelled, moved, of_files

FILE = Path(__file__).parent / "pairs.yaml"
AVRO = "application/vnd.apache.avro;version=1.9.0"
_IN_FILES = ("schemas", "messages", "parameters")
PROTOBUF = "application/vnd.google.protobuf;version=3"


def pairs() -> list[Pair]:
    return [
        labelled(
            "asyncapi",
            one,
            source(one.get("old_seat", one["seat"]), one["old"], one.get("version", "3.0.0")),
            source(one["seat"], one["new"], one.get("new_version", one.get("version", "3.0.0"))),
        )
        for one in entries(FILE)
    ]


def found(comparison: Comparison) -> tuple[frozenset[str] | None, frozenset[str] | None]:
    """The rules that are broken, in both directions; a warning's in brackets."""
    answers = comparison.backward, comparison.forward
    backward, forward = (
        None
        if one.status is Status.UNKNOWN
        else frozenset(
            f"({finding.rule})" if finding.effect is Effect.LOSES else finding.rule for finding in one.findings
        )
        for one in answers
    )
    return backward, forward


def source(seat: str, value: Any, version: str = "3.0.0") -> Source:
    files = []
    if isinstance(value, dict) and "files" in value:
        files = [
            File(name, one if isinstance(one, str) else orjson.dumps(one).decode())
            for name, one in value["files"].items()
        ]
        value = value["main"]
    whole = {"asyncapi": version, "info": {"title": "x", "version": "1"}, **document(seat, value)}
    return Source((File("api/asyncapi.json", orjson.dumps(whole).decode()),), tuple(files), "")


def document(seat: str, value: Any) -> dict[str, Any]:  # noqa: C901, PLR0912 - one case a seat
    match seat:
        case "document":
            return dict(value)
        case "send" | "receive":
            return document(f"{seat} message", {"payload": value})
        case "send message" | "receive message":
            return document(f"{seat.split(maxsplit=1)[0]} messages", {"m": value})
        case "send messages" | "receive messages":
            return document(f"{seat.split(maxsplit=1)[0]} channel", {"messages": value})
        case "send channel" | "receive channel":
            operation = {"action": seat.split(maxsplit=1)[0], "channel": {"$ref": "#/channels/c"}}
            return {"channels": {"c": {"address": "c", **value}}, "operations": {"o": operation}}
        case "send operation" | "receive operation":
            operation = {"action": seat.split(maxsplit=1)[0], "channel": {"$ref": "#/channels/c"}, **value}
            return {
                "channels": {
                    "c": {"address": "c", "messages": {"m": {"payload": {"type": "string"}}}},
                    "r": {
                        "address": "r",
                        "messages": {"a": {"payload": {"type": "integer"}}, "b": {"payload": {"type": "boolean"}}},
                    },
                    "d": {"address": None, "messages": {"a": {"payload": {"type": "integer"}}}},
                },
                "operations": {"o": operation},
            }
        case "send avro":
            return document("send", {"schemaFormat": AVRO, "schema": value})
        case "receive avro":
            return document("receive", {"schemaFormat": AVRO, "schema": value})
        case "send protobuf":
            return document("send", {"schemaFormat": PROTOBUF, "schema": f'syntax = "proto3"; {value}'})
        case "server":
            return {"servers": {"s": value}, **document("send", {"type": "string"})}
        case "servers":
            return {"servers": value, **document("send", {"type": "string"})}
        case "publish" | "subscribe":
            return document(f"{seat} message", {"payload": value})
        case "publish message" | "subscribe message":
            return {"channels": {"c": {seat.split(maxsplit=1)[0]: {"message": value}}}}
        case "subscribe item":
            return {"channels": {"c": {"subscribe": {"message": {"payload": {"type": "string"}}}, **value}}}
        case _:
            raise AssertionError(seat)


def in_files(whole: Source) -> Source:
    """The same document with its channels and some of its components in files of their own."""
    main = orjson.loads(orjson.dumps(read(whole.files[0].text, whole.files[0].name)))
    components = main.get("components", {})
    maps = [("channels", main.get("channels"))]
    maps += [(f"components/{kind}", components[kind]) for kind in _IN_FILES if kind in components]
    homes = {
        f"#/{kind}/{name.replace('/', '~1')}": f"{kind}/{number}.yaml"
        for kind, some in maps
        for number, name in enumerate(some if isinstance(some, dict) else ())
    }

    files = {}
    for kind, some in maps:
        for number, name in enumerate(some if isinstance(some, dict) else ()):
            files[f"{kind}/{number}.yaml"] = moved(some[name], homes, "../" * (kind.count("/") + 1))
            some[name] = {"$ref": f"{kind}/{number}.yaml"}
    kept = {"channels", "components"}
    files["main.yaml"] = {key: one if key in kept else moved(one, homes, "") for key, one in main.items()}
    return of_files(files)
