"""Where do the collected records of a plan stand? One record a line, written whole or not at all."""

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.model import canonical
from contractctl.model.evidence import Record


def path_of(migrations: Path, plan: str) -> Path:
    """`<migrations>/evidence/<plan>.jsonl`."""
    return migrations / "evidence" / f"{plan}.jsonl"


def write(path: Path, records: Iterable[Record]) -> None:
    """Replace the file by these records."""
    replace(path, "".join(f"{canonical.dumps(canonical.tree(record))}\n" for record in records))


def replace(path: Path, text: str) -> None:
    """Put a whole new file in the place of the old one; a reader sees one or the other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read(path: Path) -> tuple[Record, ...]:
    """The records of a file. Raise ContractctlError with file and line where one cannot be read."""
    hint = "collect it again: contractctl evidence collect PLAN"
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ContractctlError(f"{path}: is not UTF-8 text", hint=hint) from error
    if text and not text.endswith("\n"):
        raise ContractctlError(f"{path}: the last line is not whole: the file was cut off", hint=hint)
    return tuple(_record(line, f"{path}:{number}", hint) for number, line in enumerate(text.splitlines(), 1))


def _record(line: str, at: str, hint: str) -> Record:
    try:
        tree = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ContractctlError(f"{at}: is no JSON", hint=hint) from error
    return canonical.value(Record, tree, at)
