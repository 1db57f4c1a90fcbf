"""Random documents of three components that refer to each other, and to themselves."""

import sys
from pathlib import Path
from random import Random
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "json_schema"))

from random_schemas import Schemas

NAMES = ("Root", "A", "B")
Components = dict[str, Any]


def pair(random: Random) -> tuple[Components, Components]:
    """The components of who writes and of who reads, mostly much the same."""
    making = Schemas(random, 2020)
    writer = {name: referring(making.schema(2), random) for name in NAMES}
    reader = {
        name: one if random.random() < 0.4 else referring(making.changed(one), random) for name, one in writer.items()
    }
    return writer, reader


def seats(random: Random) -> list[Components]:
    """The schemas of a few answers, in any order: components, lists of them, and what takes others in their place."""
    found: list[Components] = []
    for name in NAMES:
        reference: Components = {"$ref": f"#/components/schemas/{name}"}
        others: list[Components] = [{}, {"type": "object"}, {"type": ["string", "null"]}, {"minimum": 0}]
        found += [reference, {"anyOf": [reference, random.choice(others)]}, {"type": "array", "items": reference}]
    return random.sample(found, 4)


def referring(schema: Any, random: Random) -> Any:
    """With references to components. Objects say that more may be there: then nothing is left out for being new."""
    if isinstance(schema, list):
        return [referring(one, random) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: value if key in {"enum", "const"} else referring(value, random) for key, value in schema.items()}
    if isinstance(made.get("$ref"), str):
        made["$ref"] = (
            f"#/components/schemas/{random.choice(NAMES)}" if "components" not in made["$ref"] else made["$ref"]
        )
    elif random.random() < 0.15 and not made.keys() & {"a", "b", "c"}:
        made = {"$ref": f"#/components/schemas/{random.choice(NAMES)}"}
    if isinstance(made.get("properties"), dict):
        made.setdefault("additionalProperties", True)
    return made
