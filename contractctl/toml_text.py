"""What does this TOML file say? Each key is asked for by name and type; a key that nobody asks for is an error."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from contractctl.errors import ContractctlError


class Table:
    """One table of a TOML file, read key by key. Every question raises ContractctlError for a wrong type."""

    def __init__(self, file: str, values: Mapping[str, Any], prefix: str = "") -> None:
        self._file = file
        self._values = values
        self._prefix = prefix
        self._asked: set[str] = set()

    @property
    def file(self) -> str:
        """The file's name as shown in messages."""
        return self._file

    def has(self, key: str) -> bool:
        return key in self._values

    def names(self) -> tuple[str, ...]:
        """Every key, whatever its value."""
        return tuple(self._values)

    def text(self, key: str, default: str | None = None) -> str | None:
        value: str | None = self._typed(key, str, "a text in quotes", default)
        return value

    def needed_text(self, key: str) -> str:
        value = self.text(key)
        if value is None:
            raise self._missing(key, '"…"')
        return value

    def needed_day(self, key: str) -> date:
        value = self._value(key)
        if value is None:
            raise self._missing(key, "2026-12-31")
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self._wrong(key, "a day, without quotes: 2026-12-31")
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        return bool(self._typed(key, bool, "true or false", default))

    def number(self, key: str) -> float | None:
        value = self._value(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise self._wrong(key, "a number")
        return value

    def numbers(self, key: str) -> tuple[float, ...] | None:
        value = self._value(key)
        if value is None:
            return None
        if not isinstance(value, list) or any(isinstance(n, bool) or not isinstance(n, int | float) for n in value):
            raise self._wrong(key, "a list of numbers")
        return tuple(value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._value(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, "a list of texts in quotes")
        return tuple(value)

    def text_or_texts(self, key: str) -> tuple[str, ...]:
        """One text, or a list of them; empty if the key is missing."""
        value = self._value(key)
        if isinstance(value, str):
            return (value,)
        if value is not None and (not isinstance(value, list) or not value):
            raise self._wrong(key, "a text in quotes, or a list of them")
        return self.texts(key)

    def table(self, key: str) -> "Table":
        value = self._typed(key, dict, f"a table, [{self._prefix}{key}]", {})
        return Table(self._file, value or {}, f"{self._prefix}{key}.")

    def tables(self, key: str) -> tuple["Table", ...]:
        value = self._value(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._wrong(key, f"a list of tables, [[{self._prefix}{key}]]")
        return tuple(Table(self._file, item, f"{self._prefix}{key}.") for item in value)

    def rest(self) -> dict[str, str]:
        """Every key that was not asked for, as text; afterwards all of them count as asked for."""
        left = {key: str(value) for key, value in self._values.items() if key not in self._asked}
        self._asked |= set(left)
        return left

    def done(self) -> None:
        """Raise ContractctlError for a key that nobody asked for, naming the one that may have been meant."""
        for key in self._values:
            if key not in self._asked:
                import difflib

                near = difflib.get_close_matches(key, self._asked, n=1)
                hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(sorted(self._asked))}"
                raise ContractctlError(f"{self._file}: '{self._prefix}{key}' is not a known key", hint=hint)

    def misplaced(self, key: str, where: str, hint: str) -> ContractctlError:
        """The error for a key that means something elsewhere but nothing here."""
        return ContractctlError(f"{self._file}: '{self._prefix}{key}' has no meaning for {where}", hint=hint)

    def wrong(self, key: str, wanted: str) -> ContractctlError:
        """The error for a value of the right type that is not allowed."""
        return self._wrong(key, wanted)

    def _value(self, key: str) -> Any:  # noqa: ANN401 - TOML has many types; the callers ask for one
        self._asked.add(key)
        return self._values.get(key)

    def _typed(self, key: str, kind: type, wanted: str, default: Any) -> Any:  # noqa: ANN401 - see _value
        value = self._value(key)
        if value is None:
            return default
        if not isinstance(value, kind):
            raise self._wrong(key, wanted)
        return value

    def _missing(self, key: str, example: str) -> ContractctlError:
        return ContractctlError(
            f"{self._file}: '{self._prefix}{key}' is missing", hint=f"add the line {key} = {example}"
        )

    def _wrong(self, key: str, wanted: str) -> ContractctlError:
        # a URL may hold a secret, whatever shape it was given in
        shown = "of another kind" if key == "url" else _shown(self._values[key])
        return ContractctlError(f"{self._file}: '{self._prefix}{key}' is {shown}", hint=f"it takes {wanted}")


def _shown(value: object) -> str:
    """The value as TOML writes it, where Python writes it very differently."""
    if isinstance(value, dict):
        return "a table"
    return str(value) if isinstance(value, date) else repr(value)


def read_toml(path: Path, name: str) -> Table:
    """The file's top table; `name` is for messages. Raise ContractctlError if it cannot be read."""
    return toml_table(path.read_bytes(), name)


def toml_table(raw: bytes, name: str) -> Table:
    """The top table of a TOML text, wherever that comes from."""
    return Table(name, toml_values(raw, name))


def toml_values(raw: bytes, name: str) -> dict[str, Any]:
    """What a TOML file's content says, as Python's values. Raise ContractctlError with the place where it is none."""
    import tomllib

    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        said, hint = f"{name}:{line}: byte {error.start} is not UTF-8", "save the file as UTF-8"
    except tomllib.TOMLDecodeError as error:
        said, hint = _placed(str(error), name, raw), "fix the TOML there: https://toml.io"
    except RecursionError:
        said, hint = f"{name}: it is nested too deeply", "reduce the nesting"
    raise ContractctlError(said, hint=hint)


_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


def _placed(said: str, name: str, raw: bytes) -> str:
    """What tomllib says, with the place in front, as for every other file."""
    at = _PLACE.search(said)
    if at is None:
        return f"{name}: {said}"
    place = f"{at['line']}:{at['column']}" if at["line"] else str(raw.rstrip().count(b"\n") + 1)
    return f"{name}:{place}: {said[: at.start()]}"
