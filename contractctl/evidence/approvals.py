"""Who has approved, and who attests what no instrument can see? Read from a file; what is committed in git counts.

[[approvals]]
stage = "contract"
approver = "Ada <ada@example.org>"
reason = "restore rehearsed on 2026-11-02"
at = 2026-11-03T09:00:00Z

[[attestations]]
statement = "no-consumers"            # or "does-not-read", with consumer = "…"
contract = "shop/orders"
by = "Ada <ada@example.org>"
reason = "the table was never released"
at = 2026-11-03T09:00:00Z
expires = 2026-12-03T09:00:00Z
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from contractctl.errors import ContractctlError
from contractctl.evidence.reviewed import committed
from contractctl.model import canonical
from contractctl.model.backing import Backing
from contractctl.model.evidence import Kind, Record, Series, stated
from contractctl.model.plan import Stage
from contractctl.toml_text import toml_values

_STATEMENTS = ("no-consumers", "does-not-read")


def path_of(migrations: Path, plan: str) -> Path:
    """`<migrations>/approvals/<plan>.toml`."""
    return migrations / "approvals" / f"{plan}.toml"


def read(path: Path, now: float) -> tuple[Record, ...]:
    """The records of the file, each entry with who backs it; none where there is no file.

    Raise ContractctlError naming the entry that is wrong.
    """
    if not path.is_file():
        return ()
    there = committed(path)
    reviewed = _said(*there) if there else {}
    return tuple(
        _record(kind, path, now, [_backed(one, reviewed[kind] if reviewed else ()) for one in found])
        for kind, found in _said(path.read_bytes(), str(path)).items()
        if found
    )


def is_reviewed(said: Series) -> bool:
    """Whether git has exactly this approval or attestation."""
    return said.labels.get("backing") == Backing.COMMITTED


def _backed(said: Series, reviewed: Sequence[Series]) -> Series:
    backing = Backing.COMMITTED if said in reviewed else Backing.UNCOMMITTED
    return replace(said, labels={**said.labels, "backing": backing.value})


def _said(raw: bytes, name: str) -> dict[Kind, list[Series]]:
    """What a file's content says; `name` is the file's, for messages."""
    document = toml_values(raw, name)
    for key in document:
        if key not in ("approvals", "attestations"):
            raise ContractctlError(f"{name}: '{key}' is not a known key", hint="known: [[approvals]], [[attestations]]")
    return {
        Kind.APPROVAL: [_approval(one, f"{name}: approval {n}") for n, one in _entries(document, "approvals", name)],
        Kind.ATTESTATION: [
            _attestation(one, f"{name}: attestation {n}") for n, one in _entries(document, "attestations", name)
        ],
    }


def _entries(document: Mapping[str, Any], key: str, name: str) -> list[tuple[int, Mapping[str, Any]]]:
    entries = document.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ContractctlError(f"{name}: '{key}' is not a list of tables", hint=f"write [[{key}]]")
    return list(enumerate(entries, 1))


def _record(kind: Kind, path: Path, now: float, series: Sequence[Series]) -> Record:
    return stated(
        kind,
        source="approvals",
        query=path.name,
        at=now,
        since=min(now, *(one.first_seen or 0.0 for one in series)) - 1.0,
        series=tuple(series),
        digest=canonical.digest([kind.value, canonical.tree(series)]),
    )


def _approval(entry: Mapping[str, Any], at: str) -> Series:
    stage = _text(entry, "stage", at)
    known = [one.value for one in Stage]
    if stage not in known:
        raise ContractctlError(f"{at}: '{stage}' is not a stage", hint=f"known stages: {', '.join(known)}")
    labels = {"stage": stage, "approver": _text(entry, "approver", at), "reason": _text(entry, "reason", at)}
    return Series(labels, 1.0, first_seen=_moment(entry, "at", at))


def _attestation(entry: Mapping[str, Any], at: str) -> Series:
    statement = _text(entry, "statement", at)
    if statement not in _STATEMENTS:
        raise ContractctlError(f"{at}: '{statement}' is not a statement", hint=f"known: {', '.join(_STATEMENTS)}")
    keys = ["contract", "by", "reason", *(["consumer"] if statement == "does-not-read" else [])]
    labels = {"statement": statement} | {key: _text(entry, key, at) for key in keys}
    return Series(labels, 1.0, first_seen=_moment(entry, "at", at), last_seen=_moment(entry, "expires", at))


def _text(entry: Mapping[str, Any], key: str, at: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ContractctlError(f"{at}: '{key}' is missing or empty", hint=f'write {key} = "…"')
    return value.strip()


def _moment(entry: Mapping[str, Any], key: str, at: str) -> float:
    value = entry.get(key)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ContractctlError(
            f"{at}: '{key}' is not a time with a time zone", hint=f"write {key} = 2026-11-03T09:00:00Z"
        )
    return moment.timestamp()
