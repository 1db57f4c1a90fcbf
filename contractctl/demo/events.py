"""How does the shop tell others of an order? It appends an event to an Avro file."""

import json
from pathlib import Path
from typing import Any

import fastavro


class Publisher:
    """Appends events, in the form of one version of the contract; written out with every `flush`."""

    def __init__(self, file: Path, schema: Path) -> None:
        self._file = file
        self._schema = json.loads(schema.read_text(encoding="utf-8"))
        self._waiting: list[dict[str, Any]] = []

    def order_placed(self, order: int, name: str, cents: int) -> None:
        """Fills every field that the schema has for the name: one in the old version, both in between."""
        names = {field["name"]: name for field in self._schema["fields"] if field["name"].endswith("_name")}
        self._waiting.append({"order_id": order, "total_cents": cents, **names})

    def flush(self) -> None:
        if not self._waiting:
            return
        with self._file.open("a+b") as out:
            fastavro.writer(out, self._schema, self._waiting)
        self._waiting = []
