"""What do triggers write of a row in the side tables? It is judged by its values, as it was and as it is."""

from collections.abc import Iterable, Iterator

from contractctl.databases import Synced, Synchronisation, mysql
from contractctl.databases.mysql.expressions import agrees, differs, now
from contractctl.databases.mysql.names import literal, quote, table
from contractctl.databases.mysql.triggers.bodies import begin, caught, when
from contractctl.databases.mysql.triggers.judging import (
    BOTH,
    CONFLICTING,
    KEPT_ONLY,
    RIGHT,
    UNCONVERTED,
    UNFILLED,
    WAS,
    changed,
    conflicting,
    fine,
    given_new,
    given_old,
    judged_before,
    judgement,
    limited,
    not_refused,
    of_row,
    only_copies,
    stays_fine,
)
from contractctl.databases.mysql.triggers.marking import (
    ASIDE,
    CONFLICT,
    KEPT,
    delete,
    delete_if_there,
    follow_key,
    in_words,
    insert,
    mark_of,
    set_aside,
    tables_of,
)
from contractctl.databases.sides import all_null, out_of_step

_IS, _QUIET = "contractctl_is", "contractctl_quiet"
_THERE = "contractctl_there"


def after_insert(sync: Synchronisation) -> Iterator[str]:
    """Marks that another row of this key has left behind, deleted where no trigger saw it, do not matter here."""
    for pair in sync.columns:
        if pair.one_sided:
            yield when(all_null(mysql, pair.new, "NEW"), [_judge_filled(sync, pair)])
            continue
        apart = conflicting(pair, f"{given_old(pair)} AND {given_new(pair)}")
        judged = _judged(_IS, UNCONVERTED, judgement(pair, apart))
        yield _unless(pair, of_row(pair, "NEW", fine(pair)), [_variables(_IS), judged, *_write(sync, pair)])


def after_update(sync: Synchronisation) -> Iterator[str]:
    """What was said of the row before goes, or stays true; and it goes with the row where its key changes.

    Where there is something to say or to drop, a look comes first: of a row that UPDATE IGNORE skips all stays true.
    What copies values is most often in step before and after, which one question tells: each costs every writer.
    """
    judged = _judge_update(sync)
    if not all(pair.plain for pair in sync.columns):
        yield from judged
        return
    apart = (f"NOT {of_row(pair, row, fine(pair))}" for pair in sync.columns for row in ("NEW", "OLD"))
    yield when(f"({' OR '.join((_key_changed(sync), *apart))})", judged)


def _judge_update(sync: Synchronisation) -> Iterator[str]:
    written = f"NOT {_is_as_it_was(sync)}"
    yield when(_key_changed(sync), [when(written, follow_key(sync))])
    for pair in sync.columns:
        if pair.one_sided:
            yield when(
                all_null(mysql, pair.new, "NEW"),
                [_judge_filled(sync, pair)],
                [when(all_null(mysql, pair.new, "OLD"), [_forget_filled(sync, pair, "NEW")])],
            )
            continue
        old, new = changed(pair.old), changed(pair.new)
        apart = conflicting(pair, f"{old} AND {new}{not_refused(pair)}")
        body = [
            _variables(WAS, _IS),
            *judged_before(pair),
            _judged(_IS, UNCONVERTED, judgement(pair, apart)),
            *_clear(sync, pair, "NEW"),
            *_write(sync, pair),
        ]
        yield when(f"({old} OR {new})", [_unless(pair, stays_fine(pair), [when(written, [begin(body)])])])


def after_delete(sync: Synchronisation) -> Iterator[str]:
    """What is gone needs no marks."""
    for pair in sync.columns:
        if pair.one_sided:
            yield when(all_null(mysql, pair.new, "OLD"), [_forget_filled(sync, pair, "OLD")])
            continue
        body = [
            _variables(WAS, _IS),
            *judged_before(pair),
            f"SET {_IS} = {literal(RIGHT)}",
            *_clear(sync, pair, "OLD"),
        ]
        yield _unless(pair, of_row(pair, "OLD", fine(pair)), body)


def may_leave(sync: Synchronisation) -> bool:
    """Whether a row that the backfill fills, or a repair mends, leaves the triggers nothing to do.

    Whoever repairs has dropped the row's marks, and only another key would have any of its own.
    """
    written = {one.name for pair in sync.columns for one in (*pair.old, *pair.new)}
    return written.isdisjoint(sync.key) and all(only_copies(pair) for pair in sync.columns)


def _forget_filled(sync: Synchronisation, pair: Synced, row: str) -> str:
    """Of a row that held nothing."""
    return begin([_variables(WAS), *judged_before(pair), _clear_aside(sync, pair, row, (ASIDE,))])


def _judged(variable: str, otherwise: str, judgement: str) -> str:
    """SET, which raises where a value cannot be converted; IF would only warn."""
    return caught(f"SET {variable} = {literal(otherwise)}", [f"SET {variable} = {judgement}"])


def _unless(pair: Synced, quiet: str, body: Iterable[str]) -> str:
    """The body, unless it is seen at once that it has nothing to do. Only what copies values cannot raise."""
    if pair.plain:
        return when(f"NOT ({quiet})", [begin(body)])
    seen = caught(f"SET {_QUIET} = FALSE", [f"SET {_QUIET} = {quiet}"])
    return begin([f"DECLARE {_QUIET} BOOLEAN", seen, when(f"NOT {_QUIET}", [begin(body)])])


def _variables(*names: str) -> str:
    return f"DECLARE {', '.join(names)} CHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


def _judge_filled(sync: Synchronisation, pair: Synced) -> str:
    """A value that nobody gave, and that cannot be made."""
    asked = of_row(pair, "NEW", out_of_step(mysql, pair))
    judgement = f"CASE WHEN {asked} THEN {literal(UNCONVERTED)} ELSE {literal(RIGHT)} END"
    judged = _judged(_IS, UNCONVERTED, judgement)
    return begin([_variables(_IS), judged, when(_said(_IS, UNCONVERTED), [set_aside(sync, pair)])])


def _clear(sync: Synchronisation, pair: Synced, row: str) -> Iterator[str]:
    """Drop what no longer holds."""
    yield _clear_aside(sync, pair, row, (ASIDE, CONFLICT))
    if not pair.plain:
        ends = f"{_said(WAS, BOTH, KEPT_ONLY)} AND NOT {_said(_IS, BOTH, KEPT_ONLY)}"
        yield when(ends, [delete(sync, pair, KEPT, row)])


def _clear_aside(sync: Synchronisation, pair: Synced, row: str, tables: tuple[str, ...]) -> str:
    """A row that was not filled yet may have been set aside where more than its value counted."""
    doubtful = when(_said(WAS, UNFILLED), [delete_if_there(sync, pair, ASIDE, row)]) if limited(pair.new) else ""
    certain = [delete(sync, pair, table, row) for table in tables if table in tables_of(pair)]
    return when(_said(WAS, UNCONVERTED, BOTH, CONFLICTING), certain, [doubtful])


def _write(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    if not only_copies(pair):
        yield when(_said(_IS, UNCONVERTED, BOTH), [set_aside(sync, pair)])
    if not pair.plain:
        yield when(_said(_IS, BOTH, KEPT_ONLY), [insert(KEPT, mark_of(sync, pair), {})])
    shown = {"old_value": in_words(pair.old), "new_value": in_words(pair.new), "at": now()}
    yield when(_said(_IS, CONFLICTING), [insert(CONFLICT, mark_of(sync, pair), shown)])


def _said(variable: str, *letters: str) -> str:
    return f"{variable} IN ({', '.join(map(literal, letters))})"


def _key_changed(sync: Synchronisation) -> str:
    types = sync.key_types or ("",) * len(sync.key)
    parts = zip(sync.key, types, strict=True)
    return f"({' OR '.join(differs(f'OLD.{quote(name)}', f'NEW.{quote(name)}', type_) for name, type_ in parts)})"


def _is_as_it_was(sync: Synchronisation) -> str:
    """Whether the row has not been written: UPDATE IGNORE fires AFTER triggers for the rows that it skips, too."""
    found = [f"{_THERE}.{quote(name)} = OLD.{quote(name)}" for name in sync.key]
    held = {one.name: one.type for pair in sync.columns for one in (*pair.old, *pair.new)}
    keys = dict(zip(sync.key, sync.key_types or ("",) * len(sync.key), strict=True))
    found += [agrees(f"{_THERE}.{quote(name)}", f"OLD.{quote(name)}", type_) for name, type_ in (keys | held).items()]
    return f"EXISTS (SELECT 1 FROM {table(sync.table)} AS {_THERE} WHERE {' AND '.join(found)})"
