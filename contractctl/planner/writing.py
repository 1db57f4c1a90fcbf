"""How is a plan written down? All of its files, or none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from contractctl import store
from contractctl.planner.asked import Made
from contractctl.writing import write_whole


def write(made: Made, contracts: Path) -> tuple[Path, ...]:
    """Write the revisions and the plan's file, then release the versions between. Every path written.

    If one of them fails, what was written before it is removed again. After a kill no version between lies among the
    releases without the plan that it belongs to: the next plan would take it for the state to start from.
    """
    sums = [contracts / contract / store.VERSIONS / store.SUMS for contract, _, _ in made.releases]
    written: list[Path] = []
    released: list[Path] = []
    folders = {folder for path in made.files for folder in path.parents if not folder.exists()}
    with _nothing_half_done(written, released, sums, folders):
        for path, text in sorted(made.files.items(), key=lambda item: "plans" in item[0].parts):
            written.append(path)
            write_whole(path, text)
        for contract, number, source in made.releases:
            released.append(store.release(contracts, contract, number, source))
    return (*written, *released)


@contextmanager
def _nothing_half_done(
    written: list[Path], released: list[Path], kept: list[Path], folders: set[Path]
) -> Iterator[None]:
    """folders: those that did not exist before; left empty, they would be taken for an Alembic environment."""
    before = {path: path.read_bytes() if path.is_file() else None for path in kept}
    try:
        yield
    except BaseException:
        for path in written:
            with suppress(OSError):  # whatever prevents it, the rest is removed
                path.unlink(missing_ok=True)
        for path in released:  # by this plan, a moment ago
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        for path, content in before.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)
        for folder in sorted(folders, reverse=True):  # the innermost first
            with suppress(OSError):
                folder.rmdir()
        raise
