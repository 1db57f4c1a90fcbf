"""How are versions judged, according to this TOML file? The choices for its format, each checked."""

from dataclasses import replace

from contractctl.model.contract import CHOICES, COLUMNS, CONTENT_MODELS, ENCODINGS, FORMATS_AS, Policy
from contractctl.toml_text import Table


def read_policy(table: Table, format_name: str | None = None) -> Policy:
    """The policy of a contract of that format; if None, of files of any format.

    Raise ContractctlError for a value that is not a choice, and for a choice that does not apply to the format.
    """
    given = {name: table.has(name) for names in CHOICES.values() for name in names}
    allowed = CHOICES.get(format_name, tuple(given)) if format_name else tuple(given)
    for name, is_there in given.items():
        if is_there and name not in allowed:
            owner = next(format_ for format_, names in CHOICES.items() if name in names)
            raise table.misplaced(name, f"a contract of the format {format_name}", f"it is for {owner}: take it out")
    found = Policy()
    if "dialect" in allowed:
        found = replace(found, dialect=table.text("dialect"))
    if "content_model" in allowed:
        found = replace(found, content_model=_one_of(table, "content_model", CONTENT_MODELS, found.content_model))
    if "formats" in allowed:
        found = replace(found, formats=_one_of(table, "formats", FORMATS_AS, found.formats))
    if "encodings" in allowed:
        found = replace(found, encodings=_encodings(table, found.encodings))
    if "columns" in allowed:
        found = replace(found, columns=_one_of(table, "columns", COLUMNS, found.columns))
    return found


def _one_of(table: Table, key: str, known: tuple[str, ...], default: str) -> str:
    value = table.text(key, default) or ""
    if value not in known:
        raise table.wrong(key, f"one of {', '.join(known)}")
    return value


def _encodings(table: Table, default: tuple[str, ...]) -> tuple[str, ...]:
    given = table.texts("encodings") if table.has("encodings") else default
    if not given or not set(given) <= set(ENCODINGS):
        raise table.wrong("encodings", f"a list with any of {', '.join(ENCODINGS)}")
    return tuple(one for one in ENCODINGS if one in given)
