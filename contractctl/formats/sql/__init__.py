"""How are SQL tables judged? CREATE TABLE in the dialects of PostgreSQL, MySQL and SQLite."""

from pathlib import Path

from contractctl.formats.sql.differences import changes
from contractctl.formats.sql.parsing import parse
from contractctl.formats.sql.resolution import incompatibilities
from contractctl.formats.sql.schema import locate
from contractctl.formats.sql.witness import witness
from contractctl.model.verdict import Seats

NAME = "sql"
SEATS = Seats.INTERFACE
RULES = Path(__file__).parent / "rules"

__all__ = ["NAME", "RULES", "SEATS", "changes", "incompatibilities", "locate", "parse", "witness"]
