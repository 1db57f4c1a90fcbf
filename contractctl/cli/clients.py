"""Which files hold clients' operations? Those that match the command line's patterns, only inside the repository."""

import glob
from collections.abc import Sequence
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.loose import FOREIGN
from contractctl.model.contract import File
from contractctl.store.texts import shown


def read(patterns: Sequence[str]) -> tuple[File, ...]:
    """Every file that a pattern matches, once. Raise ContractctlError where a pattern matches none, or one outside."""
    found: dict[Path, File] = {}
    here = Path.cwd().resolve()
    root = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    for pattern in patterns:
        paths = [path for path in map(Path, sorted(glob.glob(pattern, recursive=True))) if _ours(path)]  # noqa: PTH207 - patterns may be absolute
        if not paths:
            raise ContractctlError(
                f"--operations {pattern}: there is no such file",
                hint="name files of clients' operations, in quotes where a star is meant: 'clients/**/*.graphql'",
            )
        for path in paths:
            if not path.resolve().is_relative_to(root):
                raise ContractctlError(
                    f"--operations {pattern}: {path} lies outside {root}", hint="name files of this repository"
                )
            found.setdefault(path.resolve(), File.of(shown(path), path.read_bytes()))
    return tuple(found.values())


def _ours(path: Path) -> bool:
    return path.is_file() and FOREIGN.isdisjoint(path.parts)
