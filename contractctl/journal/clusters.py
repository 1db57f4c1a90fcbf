"""What have clusters shown running in an environment? Their lists are in its chain; the newest of each counts."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from contractctl.errors import ContractctlError
from contractctl.journal.deployments import chain
from contractctl.journal.entries import Entry, EntryKind, Note, append
from contractctl.journal.tables import JOURNAL
from contractctl.model.amounts import counted
from contractctl.model.cluster import Doubt, Doubting, Seen
from contractctl.model.service import Live


def seen(connection: Connection, environment: str) -> Mapping[str, Seen]:
    """The newest list of each cluster that still exists."""
    found = _newest(connection, environment)
    return {cluster: one for cluster, one in found.items() if one is not None}


def joined(recorded: Mapping[str, Live], clusters: Mapping[str, Seen]) -> Mapping[str, Live]:
    """What is on record and what was seen, together: neither removes what the other has."""
    found = dict(recorded)
    for one in clusters.values():
        for service, versions in one.ready.items():
            live = found.get(service, Live())
            ready = {name: live.ready.get(name, 0) + pods for name, pods in versions.items()}
            found[service] = replace(live, ready={**live.ready, **ready})
    return found


def record(connection: Connection, environment: str, cluster: str, told: Seen | None, note: Note) -> Entry | None:
    """Record a cluster's list, or None for one that no longer exists, in the caller's transaction.

    None where that is on record already. Raise ContractctlError where what is on record is newer.
    """
    before = _newest(connection, environment)
    last = before.get(cluster)
    if told is None and cluster not in before:
        listed = ", ".join(name for name, one in before.items() if one) or "none"
        raise ContractctlError(
            f"no list of the cluster '{cluster}' is on record in '{environment}'", hint=f"clusters there: {listed}"
        )
    if cluster in before and told == last:
        return None
    if told is not None and last is not None and told.at < last.at:
        newer = counted(round(last.at - told.at), "second")
        raise ContractctlError(
            f"a list of the cluster '{cluster}' that is {newer} newer is on record",
            hint="export it again and import that",
        )
    body = {"ended": True} if told is None else _body(told)
    at = "" if told is None else f"{told.at!r}"
    count = select(JOURNAL.c.id).where(JOURNAL.c.plan == chain(environment), JOURNAL.c.kind == EntryKind.SEEN.value)
    key = f"{len(connection.execute(count).all()) + 1}-{cluster}-{at}"
    return append(
        connection, replace(note, plan=chain(environment), kind=EntryKind.SEEN, stage=cluster, key=key, body=body)
    )


def _newest(connection: Connection, environment: str) -> Mapping[str, Seen | None]:
    rows = select(JOURNAL.c.stage, JOURNAL.c.body).where(
        JOURNAL.c.plan == chain(environment), JOURNAL.c.kind == EntryKind.SEEN.value
    )
    found: dict[str, Seen | None] = {}
    for cluster, body in connection.execute(rows.order_by(JOURNAL.c.id.desc())):
        if cluster not in found:
            found[cluster] = _told(json.loads(body))
    return found


def _body(told: Seen) -> Mapping[str, object]:
    doubts = [{"kind": doubt.kind.value, "message": doubt.message} for doubt in told.doubts]
    return {"at": told.at, "ready": {name: dict(one) for name, one in told.ready.items()}, "doubts": doubts}


def _told(body: Mapping[str, Any]) -> Seen | None:
    if body.get("ended") is True:
        return None
    with suppress(KeyError, TypeError, ValueError):
        doubts = tuple(Doubt(Doubting(one["kind"]), one["message"]) for one in body["doubts"])
        return Seen(float(body["at"]), body["ready"], doubts)
    raise ContractctlError(
        "the journal has a cluster list that this version of contractctl cannot read",
        hint="use the contractctl that recorded it, or a newer one",
    )
