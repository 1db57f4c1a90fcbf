"""Where are a plan's collected records kept? In a file with one record per line, written whole or not at all."""

import json
from collections.abc import Iterable
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.model import canonical
from contractctl.model.evidence import Record
from contractctl.writing import write_whole


def path_of(migrations: Path, plan: str) -> Path:
    """`<migrations>/evidence/<plan>.jsonl`."""
    return migrations / "evidence" / f"{plan}.jsonl"


def write(path: Path, records: Iterable[Record]) -> None:
    """Replace the file by these records."""
    write_whole(path, "".join(f"{canonical.dumps(canonical.tree(record))}\n" for record in records))


def read(path: Path) -> tuple[Record, ...]:
    """The records of a file. Raise ContractctlError with file and line where one cannot be read."""
    hint = "collect it again: contractctl evidence collect PLAN"
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ContractctlError(f"{path} is not UTF-8 text", hint=hint) from error
    if text and not text.endswith("\n"):
        raise ContractctlError(f"{path}: the last line is incomplete: the file was cut off", hint=hint)
    return tuple(_record(line, f"{path}:{number}", hint) for number, line in enumerate(text.split("\n")[:-1], 1))


def _record(line: str, at: str, hint: str) -> Record:
    try:
        tree = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ContractctlError(f"{at} is not JSON", hint=hint) from error
    try:
        return canonical.value(Record, tree, at)
    except ContractctlError as error:
        raise ContractctlError(error.message, hint=error.hint or hint) from None
