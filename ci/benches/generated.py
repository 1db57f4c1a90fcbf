"""Which contracts are measured where there are no real ones? Texts of every format, each version a little more."""

import json
from collections.abc import Callable, Mapping

COLUMNS = 12
TYPES = ("string", "long", "double", "boolean")


def avro(name: str, fields: int) -> str:
    """A record; every field has a default, so that one more breaks nobody."""
    defaults: Mapping[str, object] = {"string": "", "long": 0, "double": 0.0, "boolean": False}
    listed = [
        {"name": f"field_{i}", "type": TYPES[i % 4], "default": defaults[TYPES[i % 4]], "doc": f"The {i}th."}
        for i in range(fields)
    ]
    return json.dumps({"type": "record", "name": name, "namespace": "bench", "fields": listed}, indent=2)


def json_schema(name: str, fields: int) -> str:
    """An open object whose properties are optional; with content_model = "open" one more breaks nobody."""
    types = {"string": "string", "long": "integer", "double": "number", "boolean": "boolean"}
    properties = {f"field_{i}": {"type": types[TYPES[i % 4]], "description": f"The {i}th."} for i in range(fields)}
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name, "type": "object"}
    return json.dumps({**schema, "properties": properties, "required": ["field_0"]}, indent=2)


def protobuf(name: str, fields: int) -> str:
    """A message; one field more breaks nobody."""
    types = {"string": "string", "long": "int64", "double": "double", "boolean": "bool"}
    listed = "".join(f"  {types[TYPES[i % 4]]} field_{i} = {i + 1};  // the {i}th\n" for i in range(fields))
    return f'syntax = "proto3";\n\npackage bench;\n\nmessage {name} {{\n{listed}}}\n'


def sql(name: str, fields: int) -> str:
    """A table of the same columns; one index more breaks nobody."""
    types = {"string": "TEXT", "long": "INTEGER", "double": "REAL", "boolean": "INTEGER"}
    columns = "".join(f",\n  field_{i} {types[TYPES[i % 4]]}" for i in range(COLUMNS))
    indexes = "".join(f"CREATE INDEX {name}_{i} ON {name} (field_{i % COLUMNS});\n" for i in range(fields))
    return f"CREATE TABLE {name} (\n  id INTEGER PRIMARY KEY{columns}\n);\n{indexes}"


GENERATORS: Mapping[str, tuple[Callable[[str, int], str], str, str]] = {
    "avro": (avro, ".avsc", ""),
    "json-schema": (json_schema, ".json", 'content_model = "open"\n'),
    "protobuf": (protobuf, ".proto", ""),
    "sql": (sql, ".sql", 'dialect = "sqlite"\n'),
}
"""By format: the text of a version, the ending of its file, and what contract.toml says of its kind."""
