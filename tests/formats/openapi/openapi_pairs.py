"""The labelled pairs of pairs.yaml, each as two documents."""

import json
from pathlib import Path
from typing import Any

import orjson

from contractctl.documents import read
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Comparison, Status
from tests.formats.labelled_pairs import Pair, entries, labelled, moved, of_files

FILE = Path(__file__).parent / "pairs.yaml"
ANSWERED = {"responses": {"200": {"description": "ok"}}}


def pairs() -> list[Pair]:
    return [
        labelled(
            "openapi",
            one,
            source(one["seat"], one["old"], one.get("version", "3.0")),
            source(one["seat"], one["new"], one.get("new_version", one.get("version", "3.0"))),
        )
        for one in entries(FILE)
    ]


def found(comparison: Comparison) -> tuple[frozenset[str] | None, frozenset[str] | None]:
    """The rules that are broken, in both directions."""
    answers = comparison.backward, comparison.forward
    backward, forward = (
        None if one.status is Status.UNKNOWN else frozenset(finding.rule for finding in one.findings) for one in answers
    )
    return backward, forward


def source(seat: str, value: Any, version: str) -> Source:
    text = orjson.dumps({"openapi": f"{version}.0", "info": {"title": "x", "version": "1"}, **document(seat, value)})
    return Source((File("openapi.json", text.decode()),))


def document(seat: str, value: Any) -> dict[str, Any]:  # noqa: C901 - one case a seat
    match seat:
        case "document":
            return {"paths": {"/x": {"get": ANSWERED}}, **value}
        case "paths":
            return {"paths": value}
        case "operation":
            return {"paths": {"/x": {"post": ANSWERED | value}}}
        case "query":
            return document("operation", {"parameters": [{"name": "p", "in": "query", **value}]})
        case "parameter":
            return document("operation", {"parameters": [value]})
        case "path":
            named = {"name": "x", "in": "path", "required": True, **value}
            return {"paths": {"/a/{x}": {"get": ANSWERED | {"parameters": [named]}}}}
        case "header":
            return document("operation", {"responses": {"200": {"description": "ok", "headers": {"X-A": value}}}})
        case "form":
            return document("operation", body_of("application/x-www-form-urlencoded", value))
        case "multipart":
            return document("operation", body_of("multipart/form-data", value))
        case "request":
            return document("operation", {"requestBody": {"required": True, **json_of(value)}})
        case "response":
            return document("operation", {"responses": {"200": {"description": "ok", **json_of(value)}}})
        case _:
            return {**document("response", {"$ref": "#/components/schemas/Root"}), "components": {"schemas": value}}


def json_of(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def body_of(media: str, value: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media: value}}}


def in_files(whole: Source, *, has_names: bool) -> Source:
    """The same document with each path and each component in a file of its own; has_names: the main file lists them."""
    main = json.loads(json.dumps(read(whole.files[0].text, whole.files[0].name)))
    files: dict[str, Any] = {}
    components = main.get("components", {})
    homes = {
        f"#/components/{kind}/{name}": f"{kind}/{name}.yaml"
        for kind, some in components.items()
        for name in some
        if kind != "securitySchemes"
    }

    for home, path in homes.items():
        _, _, kind, name = home.split("/")
        files[path] = moved(components[kind].pop(name), homes, "../")
        if has_names:
            components[kind][name] = {"$ref": path}
    for number, (path, item) in enumerate(main.get("paths", {}).items()):
        files[f"paths/{number}.yaml"] = moved(item, homes, "../")
        main["paths"][path] = {"$ref": f"paths/{number}.yaml"}
    files["main.yaml"] = {key: one if key == "components" else moved(one, homes, "") for key, one in main.items()}
    return of_files(files)
