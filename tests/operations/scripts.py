"""What does `alembic upgrade --sql` make of steps, and how does a database's own client run it?"""

import subprocess
from io import StringIO

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.engine import URL

from contractctl.databases import named
from contractctl.operations.steps import Step


def script(dialect: str, steps: tuple[Step, ...]) -> str:
    """The steps as a script, in one transaction where it may be."""
    buffer = StringIO()
    options = {"as_sql": True, "output_buffer": buffer, "transactional_ddl": named(dialect).transactional_ddl}
    context = MigrationContext.configure(dialect_name=dialect, opts=options)
    op = Operations(context)
    with context.begin_transaction():
        for step in steps:
            op.invoke(step)
    return buffer.getvalue()


def run(url: URL, text: str) -> None:
    """What a person does with it."""
    client = {"postgresql": _psql, "mysql": _mariadb}[url.get_backend_name()]
    done = subprocess.run(client(url), input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr}\n{text}"


def _psql(url: URL) -> list[str]:
    where = f"postgresql://{url.username}@{url.host}:{url.port}/{url.database}"
    return ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", where]


def _mariadb(url: URL) -> list[str]:
    where = ["-h", str(url.host), "-P", str(url.port), "-u", str(url.username), str(url.database)]
    return ["mariadb", "--no-defaults", *where]
