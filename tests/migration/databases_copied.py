"""How is a shop copied, with its database and everything in it?"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import shop
from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import make_url


def copy(base: Path, folder: Path) -> None:
    """Copy a shop's folder; where its database is on a server, copy that as well, under the folder's name."""
    shutil.copytree(base, folder)
    if not (folder / "url").exists():
        return
    url = make_url(shop.url_of(base))
    name = f"{url.database}_{folder.name.replace('-', '_')}"
    copied = url.set(database=name).render_as_string(hide_password=False)
    (folder / "url").write_text(copied, encoding="utf-8")
    with _administrator(base) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f'CREATE DATABASE {name} TEMPLATE "{url.database}"')
        else:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
            _copy_tables(connection, str(url.database), name)


def remove(folder: Path) -> None:
    """Remove the folder and the database."""
    if (folder / "url").exists():
        name = make_url(shop.url_of(folder)).database
        with _administrator(folder) as connection:
            forced = " WITH (FORCE)" if connection.dialect.name == "postgresql" else ""
            connection.exec_driver_sql(f"DROP DATABASE {name}{forced}")
    shutil.rmtree(folder)


@contextmanager
def _administrator(folder: Path) -> Iterator[Connection]:
    url = make_url(shop.url_of(folder))
    first = "postgres" if url.get_backend_name() == "postgresql" else "mysql"
    engine = create_engine(url.set(database=first), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _copy_tables(connection: Connection, base: str, name: str) -> None:
    """MariaDB has no templates: tables, then rows, functions and triggers, by its own SHOW CREATE."""
    tables = connection.exec_driver_sql(f"SHOW FULL TABLES FROM {base} WHERE Table_type = 'BASE TABLE'").scalars().all()
    creates = [connection.exec_driver_sql(f"SHOW CREATE TABLE {base}.`{table}`").one()[1] for table in tables]
    triggers = connection.exec_driver_sql(f"SHOW TRIGGERS FROM {base}").scalars().all()
    status = connection.exec_driver_sql(f"SHOW FUNCTION STATUS WHERE Db = '{base}'")
    functions = [row.Name for row in status]
    made = [connection.exec_driver_sql(f"SHOW CREATE FUNCTION {base}.`{function}`").one() for function in functions]
    bodies = [
        *made,
        *(connection.exec_driver_sql(f"SHOW CREATE TRIGGER {base}.`{trigger}`").one() for trigger in triggers),
    ]
    connection.exec_driver_sql(f"USE {name}")
    connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")  # they refer to one another in any order
    for create in creates:
        connection.exec_driver_sql(create)
    for table in tables:
        connection.exec_driver_sql(f"INSERT INTO `{table}` SELECT * FROM {base}.`{table}`")
    for body in bodies:
        connection.exec_driver_sql(f"SET SESSION sql_mode = '{body[1]}'")
        connection.exec_driver_sql(body[2])
