"""How does the shop tell others of an order, and how do they hear of it? By events in an Avro file."""

import json
import time
from collections import deque
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro

from contractctl.writing import whole

EVERY = 0.5
"""Seconds between two additions to the file."""


def schema(version: str) -> Any:  # noqa: ANN401 - JSON
    """One released version of the event's contract."""
    file = Path(f"contracts/shop/order-placed/versions/{version}.avsc")
    return fastavro.parse_schema(json.loads(file.read_text(encoding="utf-8")))


class Publisher:
    """Adds events to a file, in the form of one version of the contract. Readers see the file whole at any moment."""

    def __init__(self, file: Path, version: str) -> None:
        self._file = file
        self._schema = schema(version)
        self._names = [field["name"] for field in self._schema["fields"] if field["name"].endswith("_name")]
        self._written = BytesIO(file.read_bytes() if file.exists() else b"")
        self._written.seek(0, 2)
        self._waiting: list[dict[str, Any]] = []
        self._due = 0.0

    def order_placed(self, order: int, name: str, cents: int) -> None:
        """Fills every field that there is for the name: one in the old version, both in between."""
        self._waiting.append({"order_id": order, "total_cents": cents, **dict.fromkeys(self._names, name)})

    def publish(self, *, now: bool = False) -> None:
        if not self._waiting or (time.monotonic() < self._due and not now):
            return
        fastavro.writer(self._written, self._schema, self._waiting)
        with whole(self._file) as file:
            file.write(self._written.getvalue())
        self._waiting, self._due = [], time.monotonic() + EVERY


def newest(folder: Path, reader: Any) -> Any:  # noqa: ANN401 - as schema
    """The last event of the file that was added to last, as the reader's own version sees it; None before the first."""
    files = sorted(folder.glob("shop-*.avro"), key=lambda file: file.stat().st_mtime_ns)
    if not files:
        return None
    with files[-1].open("rb") as events:
        last: Any = deque(fastavro.reader(events, reader), maxlen=1).pop()
    return last
