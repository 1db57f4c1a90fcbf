"""A thousand tables as pg_dump writes them, one column of which gets another name; beside what sqlglot takes to read.

Cold: nothing is remembered. Warm: the same pair was judged before.
"""

import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from measuring import Row, installed, seconds

RUNS, TABLES, COLUMNS = 3, 1000, 14
TYPES = (
    *("integer", "bigint", "text", "character varying(255)", "timestamp with time zone"),
    *("boolean DEFAULT false NOT NULL", "jsonb DEFAULT '{}'::jsonb NOT NULL", "numeric(10,2)"),
)
CONTRACTCTL = str(Path(sys.executable).with_name("contractctl"))
READER = "import sys, sqlglot; [sqlglot.parse(open(name).read(), read='postgres') for name in sys.argv[1:]]"


def measure(folder: Path) -> Iterator[Row]:
    """Whole processes, side by side; the median of a few runs."""
    old, new = folder / "old.sql", folder / "new.sql"
    old.write_text(dump())
    new.write_text(dump().replace("c3 ", "renamed ", 1))
    files = [str(old), str(new)]
    check = [CONTRACTCTL, "check", *files, "--dialect", "postgresql"]
    environment = installed(folder)
    commands = {
        "sqlglot": ([sys.executable, "-c", READER, *files], environment),
        "cold": (check, {**environment, "CONTRACTCTL_CACHE": "off"}),
        "warm": (check, {**environment, "CONTRACTCTL_CACHE": str(folder / "c")}),
        "version": ([CONTRACTCTL, "--version"], environment),
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(RUNS + 1):
        for name, (command, known) in commands.items():
            taken = seconds(lambda c=command, e=known: _run(c, e))
            if run:  # the first makes bytecode, and what "warm" remembers
                times[name].append(taken)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    what = f"{TABLES:,} tables, {old.stat().st_size / 1e6:.1f} MB"
    yield f"sqlglot parses both, {what}", f"{medians['sqlglot']:.1f} s", ""
    beside = f"{medians['cold'] / medians['sqlglot']:.2f} × sqlglot"
    yield f"contractctl check, {what}, cold", f"{medians['cold']:.1f} s", beside
    again = f"{medians['warm'] / medians['version']:.2f} × contractctl --version"
    yield f"contractctl check, {what}, warm", f"{medians['warm'] * 1000:.0f} ms", again


def dump() -> str:
    """Each table with its sequence, key, index, check, and a foreign key to another one."""
    return "\n".join([*map(_table, range(TABLES)), *map(_added, range(TABLES))])


def _table(number: int) -> str:
    columns = "".join(f"    c{each} {TYPES[(number + each) % len(TYPES)]},\n" for each in range(COLUMNS))
    return (
        f"CREATE TABLE public.t{number} (\n    id bigint NOT NULL,\n{columns}"
        f"    CONSTRAINT t{number}_check CHECK ((char_length((c2)::text) <= 255))\n);\n\n"
        f"CREATE SEQUENCE public.t{number}_id_seq\n    START WITH 1\n    INCREMENT BY 1\n    CACHE 1;\n\n"
        f"ALTER SEQUENCE public.t{number}_id_seq OWNED BY public.t{number}.id;\n"
    )


def _added(number: int) -> str:
    table = f"ALTER TABLE ONLY public.t{number}"
    return (
        f"{table} ALTER COLUMN id SET DEFAULT nextval('public.t{number}_id_seq'::regclass);\n"
        f"{table}\n    ADD CONSTRAINT t{number}_pkey PRIMARY KEY (id);\n"
        f"CREATE INDEX t{number}_by_c1 ON public.t{number} USING btree (c1);\n"
        f"{table}\n    ADD CONSTRAINT t{number}_fk FOREIGN KEY (c0) REFERENCES public.t{number // 2}(id);\n"
    )


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        raise SystemExit(f"{command[0]} said {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
