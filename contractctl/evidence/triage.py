"""Which statements has a person reviewed, because no program understands them? A reviewed file in git says.

[[statements]] sql = "SELECT report_totals($1)" by = "Ada <ada@example.org>" reason = "it sums up orders.total alone:
reviewed on 2026-11-02"
"""

from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.toml_text import read_toml


def settled(root: Path, name: str | None) -> frozenset[str]:
    """The statements that count as not touching the column. Raise ContractctlError where an entry says too little."""
    if name is None:
        return frozenset()
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise ContractctlError(f"triage = '{name}' is not a file in the repository", hint="name a file that git has")
    table = read_toml(path, name)
    found = set()
    for one in table.tables("statements"):
        for key in ("by", "reason"):
            if not one.needed_text(key).strip():
                raise one.wrong(key, "a name, and a reason")
        found.add(same(one.needed_text("sql")))
        one.done()
    table.done()
    return frozenset(found)


def same(sql: str) -> str:
    """A statement without its layout."""
    return " ".join(sql.split())
