"""A thousand tables as pg_dump writes them, one column of which gets another name; beside what sqlglot takes to read.

Cold: nothing is remembered. Warm: the same pair was judged before.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from measuring import Row, installed, medians

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
    text = dump()
    old.write_text(text)
    new.write_text(text.replace("c3 ", "renamed ", 1))
    files = [str(old), str(new)]
    check = [CONTRACTCTL, "check", *files, "--dialect", "postgresql"]
    environment = installed(folder)
    commands = {
        "sqlglot": ([sys.executable, "-c", READER, *files], environment),
        "cold": (check, {**environment, "CONTRACTCTL_CACHE": "off"}),
        "warm": (check, {**environment, "CONTRACTCTL_CACHE": str(folder / "c")}),
        "version": ([CONTRACTCTL, "--version"], environment),
    }
    taken = medians(commands, folder, RUNS)
    what = f"{TABLES:,} tables, {old.stat().st_size / 1e6:.1f} MB"
    yield f"sqlglot parses both, {what}", f"{taken['sqlglot']:.1f} s", ""
    beside = f"{taken['cold'] / taken['sqlglot']:.2f} × sqlglot"
    yield f"contractctl check, {what}, cold", f"{taken['cold']:.1f} s", beside
    again = f"{taken['warm'] / taken['version']:.2f} × contractctl --version"
    yield f"contractctl check, {what}, warm", f"{taken['warm'] * 1000:.0f} ms", again


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
