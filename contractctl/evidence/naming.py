"""Does a text name a field? In snake, camel and Pascal case, in capitals, with hyphens, or by SQL that reads it."""

import re
from functools import cached_property

from contractctl.statements import Target, Touch, touch

_HUMPS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_SQL = re.compile(r"\b(select|copy|table|insert|update|delete|merge|replace|call|execute|returning)\b", re.IGNORECASE)
_DIALECTS = ("postgresql", "mysql", "sqlite")


class Name:
    """A field's own name, and for a column its table."""

    def __init__(self, field: str, table: str) -> None:
        self._field, self._table = field, table
        self._parts = _HUMPS.findall(field) or [field]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        apart = r"[\W_]?".join(map(re.escape, self._parts))
        return re.compile(f"{re.escape(self._field)}|{apart}", re.IGNORECASE)

    def stands_in(self, text: str) -> bool:
        """Whether the text has it, in whatever case. A name of one word must be a word, as others contain it."""
        found = self._pattern.finditer(text)
        return any(len(self._parts) > 1 or _is_word(text, *one.span()) for one in found)

    def read_by_sql(self, text: str) -> bool:
        """Whether the text is SQL that touches the column, or may: `SELECT *` does not name it."""
        if not self._table or not _SQL.search(text):
            return False
        if self._table.rpartition(".")[2].casefold() not in text.casefold():
            return False
        targets = (Target(self._table, self._field, dialect) for dialect in _DIALECTS)
        return any(touch(text, target).touch is not Touch.NONE for target in targets)


def _is_word(text: str, begin: int, end: int) -> bool:
    return _parted(text[begin - 1 : begin] if begin else "", text[begin]) and _parted(
        text[end - 1], text[end : end + 1]
    )


def _parted(one: str, other: str) -> bool:
    """Whether a word ends between two characters: consecutive letters of one case belong together."""
    if not (one.isalpha() and other.isalpha()):
        return True
    return one.isupper() != other.isupper()
