"""What has a Pact broker verified? The rows of its matrix, one file for each consumer.

The matrix is what `pact-broker can-i-deploy --output json` prints and the broker's /matrix answers:
https://docs.pact.io/pact_broker/advanced_topics/matrix
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from contractctl.documents import read_json
from contractctl.errors import ContractctlError
from contractctl.model.service import Verification, name_of, version_of
from contractctl.store.services import FOLDER
from contractctl.store.texts import shown
from contractctl.writing import alone, write_whole

_FILE = "pacts.json"


def path_of(contracts: Path, consumer: str) -> Path:
    """`contracts/services/CONSUMER/pacts.json`."""
    return contracts / FOLDER / name_of(consumer, "a service") / _FILE


def parse(text: str | bytes, place: str) -> tuple[Verification, ...]:
    """The rows of a broker's matrix. Raise ContractctlError, naming `place` and the row, for anything else."""
    document = read_json(text, place)
    rows = document.get("matrix") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise ContractctlError(
            f"{place}: there is no list 'matrix'", hint="pact-broker can-i-deploy … --output json prints one"
        )
    return tuple(_row(row, f"{place}: row {number}") for number, row in enumerate(rows, 1))


def add(contracts: Path, rows: Iterable[Verification]) -> tuple[Path, ...]:
    """Add rows to the existing ones; of two for the same pair, the one that was verified later counts.

    Several processes may do so at once: they lock the consumer's file in turn.
    """
    by_consumer: dict[str, list[Verification]] = {}
    for row in rows:
        by_consumer.setdefault(row.consumer, []).append(row)
    return tuple(_added(path_of(contracts, name), name, own) for name, own in sorted(by_consumer.items()))


def read(contracts: Path, consumer: str) -> tuple[Verification, ...]:
    """A consumer's known verifications."""
    path = path_of(contracts, consumer)
    return _parsed(path, consumer, path.read_bytes()) if path.is_file() else ()


def against(contracts: Path, consumers: Iterable[str], provider: str) -> Iterator[Verification]:
    """All rows of these consumers, as far as they have a pact with the provider."""
    wanted = json.dumps(provider, ensure_ascii=False).encode()
    for consumer in consumers:
        path = path_of(contracts, consumer)
        raw = path.read_bytes() if path.is_file() else b""
        if wanted in raw:
            yield from _parsed(path, consumer, raw)


def _added(path: Path, consumer: str, rows: list[Verification]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with alone(path.parent):
        known = {_pair(row): row for row in _parsed(path, consumer, path.read_bytes() if path.exists() else b"")}
        for row in rows:
            if _pair(row) not in known or known[_pair(row)].verified_at <= row.verified_at:
                known[_pair(row)] = row
        lines = ",\n".join(json.dumps(_plain(known[pair]), ensure_ascii=False) for pair in sorted(known))
        write_whole(path, f"[\n{lines}\n]\n")
    return path


def _pair(row: Verification) -> tuple[str, str, str]:
    return row.consumer_version, row.provider, row.provider_version


def _plain(row: Verification) -> dict[str, object]:
    verified = {"success": row.success, "verifiedAt": row.verified_at}
    return {
        "consumer": {"name": row.consumer, "version": {"number": row.consumer_version}},
        "provider": {
            "name": row.provider,
            "version": {"number": row.provider_version} if row.provider_version else None,
        },
        "verificationResult": None if row.success is None else verified,
    }


def _parsed(path: Path, consumer: str, raw: bytes) -> tuple[Verification, ...]:
    rows = parse(b'{"matrix": %b}' % raw, shown(path)) if raw else ()
    for row in rows:
        if row.consumer != consumer:
            raise ContractctlError(
                f"{shown(path)} has a row of '{row.consumer}', which is another consumer",
                hint="move it to that consumer's file, or import the broker's matrix again",
            )
    return rows


def _row(row: Any, at: str) -> Verification:  # noqa: ANN401 - JSON
    consumer, provider = _party(row, "consumer", at), _party(row, "provider", at)
    result = row.get("verificationResult")
    if result is None:
        return Verification(*consumer, *provider, None)
    success = result.get("success") if isinstance(result, dict) else None
    verified_at = result.get("verifiedAt") if isinstance(result, dict) else None
    if not isinstance(success, bool) or not isinstance(verified_at, str | None):
        raise ContractctlError(
            f"{at}: 'verificationResult' does not say whether it was a success", hint="save the broker's matrix again"
        )
    return Verification(*consumer, *provider, success, verified_at or "")


def _party(row: Any, key: str, at: str) -> tuple[str, str]:  # noqa: ANN401 - JSON
    party = row.get(key) if isinstance(row, dict) else None
    name = party.get("name") if isinstance(party, dict) else None
    version = party.get("version") if isinstance(party, dict) else None
    number = version.get("number") if isinstance(version, dict) else None
    if isinstance(name, str) and number is None:
        # a pact that no version of the provider has verified: the broker leaves out the version
        return name_of(name, "a service"), ""
    if not isinstance(name, str) or not isinstance(number, str):
        raise ContractctlError(f"{at}: '{key}' has no name and version", hint="save the broker's matrix again")
    return name_of(name, "a service"), version_of(number)
