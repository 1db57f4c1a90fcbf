"""How fast is it, and how right, beside something that everybody knows? Each row was measured in this very run."""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from measuring import Row

BENCHES: Mapping[str, str] = {
    "start-up": "starting",
    "conformance": "conformance",
    "pairs": "pairs",
    "protobuf tree": "protobuf_tree",
    "graphql schema": "graphql_schema",
    "openapi": "openapi_documents",
    "sql dump": "sql_dump",
    "store": "store",
    "backfill": "backfill",
    "servers": "backfill_on_servers",
    "evidence": "evidence_files",
    "deployments": "deployments",
    "canary": "canary_errors",
}
"""What can be asked for, and the file that measures it."""


def main() -> None:
    """Run the measurements whose name contains the first argument; all without one."""
    parser = argparse.ArgumentParser(prog="ci/bench", description=__doc__)
    known = ", ".join(BENCHES)
    parser.add_argument("name", nargs="?", default="", help=f"only the measurements whose name contains it: {known}")
    wanted = parser.parse_args().name
    chosen = {name: module for name, module in BENCHES.items() if wanted in name}
    if not chosen:
        parser.error(f"no measurement's name contains '{wanted}': {known}")
    for name, module in chosen.items():
        with tempfile.TemporaryDirectory() as folder:
            bench = import_module(module)
            measure: Callable[[Path], Iterator[Row]] = bench.measure
            print(f"\n{name}: {(bench.__doc__ or '').strip()}", flush=True)
            for what, value, beside in measure(Path(folder)):
                print(f"  {what:<52}  {value:>16}  {beside}", flush=True)


if __name__ == "__main__":
    main()
