"""The labelled pairs of asyncapi_pairs.yaml, each as two documents."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml

from contractctl.compatibility import Terms, compare_sources
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Comparison, Effect, Status

FILE = Path(__file__).parent / "pairs.yaml"
AVRO = "application/vnd.apache.avro;version=1.9.0"
PROTOBUF = "application/vnd.google.protobuf;version=3"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two documents, and the rules that are broken between them; None where nobody can tell."""

    name: str
    old: Source
    new: Source
    backward: frozenset[str] | None
    forward: frozenset[str] | None

    def compared(self, *, witnesses: bool = False) -> Comparison:
        return compare_sources(self.old, self.new, "asyncapi", Terms(witnesses=witnesses))


def pairs() -> list[Pair]:
    loaded = yaml.load(FILE.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return [
        Pair(
            one["name"],
            source(one.get("old_seat", one["seat"]), one["old"], one.get("version", "3.0.0")),
            source(one["seat"], one["new"], one.get("new_version", one.get("version", "3.0.0"))),
            expected(one.get("backward", [])),
            expected(one.get("forward", [])),
        )
        for one in loaded
    ]


def expected(said: Any) -> frozenset[str] | None:
    return None if said == "unknown" else frozenset(said)


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
