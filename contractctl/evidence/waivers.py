"""Which waivers are there? Read from a reviewed file in git, migrations/waivers/<plan>.toml.

[[waivers]] stage = "canary" condition = "canary sample" overrides = "unknown" evidence = "3f2c…"                    #
as `contractctl gate PLAN STAGE --waive CONDITION` writes it reason = "one shop only, watched by hand" ticket = "OPS-71"
owner = "Ada <ada@example.org>" approvers = ["Grace <grace@example.org>"] at = 2026-11-03T09:00:00Z expires =
2026-11-05T09:00:00Z        # at most 7 days later
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from contractctl.errors import ContractctlError
from contractctl.model import canonical
from contractctl.model.backing import Backing
from contractctl.model.evidence import Kind, Record, Series, stated
from contractctl.model.outcome import Outcome
from contractctl.model.plan import Stage
from contractctl.model.waiver import Waiver
from contractctl.toml_text import toml_values

_KEYS = ("stage", "condition", "overrides", "evidence", "reason", "ticket", "owner", "approvers", "at", "expires")
_SOURCE = "waivers"
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the file."""

    waiver: Waiver
    break_glass: bool


def path_of(migrations: Path, plan: str) -> Path:
    """`<migrations>/waivers/<plan>.toml`."""
    return migrations / "waivers" / f"{plan}.toml"


def read(raw: bytes, plan: str, name: str) -> tuple[Entry, ...]:
    """The entries of a file's content; `name` is the file's, for messages. All of them as if they were not committed.

    Raise ContractctlError naming the entry that is wrong.
    """
    document = toml_values(raw, name)
    for key in document:
        if key != "waivers":
            raise ContractctlError(f"{name}: '{key}' is not a known key", hint="known: [[waivers]]")
    entries = document.get("waivers", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ContractctlError(f"{name}: 'waivers' is not a list of tables", hint="write [[waivers]]")
    return tuple(_entry(entry, plan, f"{name}: waiver {n}") for n, entry in enumerate(entries, 1))


def records(found: Iterable[Waiver], now: float) -> tuple[Record, ...]:
    """As the gate takes them: statements of people, beside the attestations."""
    return tuple(_record(waiver, now) for waiver in found)


def _record(waiver: Waiver, now: float) -> Record:
    labels = {key: text for key, text in waiver.said.items() if isinstance(text, str)}
    labels |= {"backing": waiver.backing.value, "place": waiver.place, "approvers": "\n".join(waiver.approvers)}
    return stated(
        Kind.ATTESTATION,
        source=_SOURCE,
        query=waiver.place,
        at=now,
        series=(Series(labels, 1.0, first_seen=waiver.at, last_seen=waiver.expires),),
        digest=canonical.digest([labels, waiver.at, waiver.expires]),
    )


def of(found: Iterable[Record]) -> Iterator[tuple[Waiver, str]]:
    """The waivers among records, each with its record's digest."""
    for record in found:
        if record.kind is Kind.ATTESTATION and record.source == _SOURCE:
            for series in record.series:
                yield _waiver(series), record.digest


def _waiver(series: Series) -> Waiver:
    labels = series.labels
    return Waiver(
        plan=labels.get("plan", ""),
        stage=labels.get("stage", ""),
        condition=labels.get("condition", ""),
        outcome=Outcome(labels.get("outcome", "unknown")),
        evidence=labels.get("evidence", ""),
        reason=labels.get("reason", ""),
        ticket=labels.get("ticket", ""),
        owner=labels.get("owner", ""),
        approvers=tuple(filter(None, labels.get("approvers", "").split("\n"))),
        at=math.nan if series.first_seen is None else series.first_seen,
        expires=math.nan if series.last_seen is None else series.last_seen,
        backing=Backing(labels.get("backing", "uncommitted")),
        place=labels.get("place", ""),
    )


def _entry(entry: Mapping[str, Any], plan: str, at: str) -> Entry:
    for key in entry:
        if key not in (*_KEYS, "break_glass"):
            raise ContractctlError(f"{at}: '{key}' is not a known key", hint=f"known: {', '.join(_KEYS)}")
    outcomes = [Outcome.FAIL.value, Outcome.UNKNOWN.value]
    waiver = Waiver(
        plan=plan,
        stage=_one_of(entry, "stage", [one.value for one in Stage], at),
        condition=_text(entry, "condition", at),
        outcome=Outcome(_one_of(entry, "overrides", outcomes, at)),
        evidence=_digest(entry, at),
        reason=_text(entry, "reason", at),
        ticket=_text(entry, "ticket", at),
        owner=_text(entry, "owner", at),
        approvers=_texts(entry, "approvers", at),
        at=_moment(entry, "at", at),
        expires=_moment(entry, "expires", at),
        backing=Backing.UNCOMMITTED,
        place=at,
    )
    return Entry(waiver, entry.get("break_glass") is True)


def _digest(entry: Mapping[str, Any], at: str) -> str:
    found = _text(entry, "evidence", at)
    if not _DIGEST.fullmatch(found):
        raise ContractctlError(
            f"{at}: 'evidence' is not a digest",
            hint="have it written for you: contractctl gate PLAN STAGE --waive CONDITION",
        )
    return found


def _one_of(entry: Mapping[str, Any], key: str, known: list[str], at: str) -> str:
    found = _text(entry, key, at)
    if found not in known:
        raise ContractctlError(f"{at}: '{found}' is not a known {key}", hint=f"known: {', '.join(known)}")
    return found


def _text(entry: Mapping[str, Any], key: str, at: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ContractctlError(f"{at}: '{key}' is missing or empty", hint=f'write {key} = "…"')
    return value.strip()


def _texts(entry: Mapping[str, Any], key: str, at: str) -> tuple[str, ...]:
    value = entry.get(key)
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise ContractctlError(f"{at}: '{key}' is not a list of names", hint=f'write {key} = ["Name <address>"]')
    return tuple(one.strip() for one in value)


def _moment(entry: Mapping[str, Any], key: str, at: str) -> float:
    value = entry.get(key)
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ContractctlError(
            f"{at}: '{key}' is not a time with a time zone", hint=f"write {key} = 2026-11-03T09:00:00Z"
        )
    return value.timestamp()
