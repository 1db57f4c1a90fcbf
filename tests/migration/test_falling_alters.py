"""Is an ALTER TABLE of MariaDB's whole in the end, where contractctl or the server is killed in the middle of it?"""

import multiprocessing
import os
import signal
from contextlib import closing
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import shop

from contractctl import migration, revisions
from contractctl.errors import ContractctlError
from contractctl.journal import Operator
from contractctl.model.plan import Operation
from tests import servers
from tests.servers import Server

ROWS = 200_000
SLOWLY = ("--innodb-sort-buffer-size=64K",)
"""An index takes most of a second then: it is met by a watcher who gets no processor for a while, too."""
PLAN = replace(
    shop.PLAN,
    operations=(
        Operation(
            "create-index",
            "shop/orders",
            "orders",
            new="by_name",
            parameters={"columns": "customer_name", "stands": "verify"},
        ),
        Operation("drop-not-null", "shop/orders", "orders", "customer_name", "customer_name"),
    ),
    revisions=revisions.identifiers(shop.NAME, validating=True),
    dialect="mysql",
)
LONG = {"verify": "ADD INDEX", "contract": "MODIFY COLUMN"}
"""What reads every row, and what writes it anew."""
VICTIMS = {"verify": ("contractctl",), "contract": ("server", "contractctl")}
AT_WORK = (
    "SELECT 1 FROM information_schema.PROCESSLIST WHERE position(%s IN INFO) AND STATE = 'altering table'"
    " AND ID <> CONNECTION_ID()"
)
STATE = (
    "SELECT IS_NULLABLE, (SELECT count(*) FROM information_schema.STATISTICS s WHERE s.TABLE_SCHEMA = DATABASE()"
    " AND INDEX_NAME = 'by_name') FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()"
    " AND TABLE_NAME = 'orders' AND COLUMN_NAME = 'customer_name'"
)


def test_whoever_is_killed_in_the_middle_of_an_alter_it_is_whole_in_the_end(tmp_path: Path) -> None:
    """Hazard 22, 39: nothing is left of it where the server fell, and it ends what a dead contractctl has begun."""
    with servers.running(servers.MARIADB, options=SLOWLY) as server, server.database() as url:
        shop.make(tmp_path, rows=0, plan=PLAN, url=url)
        fill = f"INSERT INTO orders SELECT seq, rpad(seq, 150, 'x'), seq FROM seq_1_to_{ROWS}"
        server.run(fill, url.rpartition("/")[2])
        left = []
        for stage, percent in shop.WAY:
            for victim in VICTIMS.get(stage, ()):
                fall(tmp_path, server, stage, victim)
                left += shop.rows(tmp_path, STATE) if victim == "server" else ()
            run(tmp_path, stage, percent)
            write(tmp_path)

        assert left == [("NO", 1)]
        assert shop.rows(tmp_path, STATE) == [("YES", 1)]
        assert shop.rows(tmp_path, "SELECT count(*), max(id) FROM orders") == [(ROWS + len(shop.WAY),) * 2]
        assert list((server.folder / "data").rglob("#sql*")) == []


def fall(folder: Path, server: Server, stage: str, victim: str) -> None:
    """The stage, until the server is seen in the midst of its statement: then one of the two is killed."""
    child = multiprocessing.get_context("fork").Process(target=until_it_falls, args=(folder, stage))
    child.start()
    wait_for(server, LONG[stage], child)
    if victim == "server":
        server.kill()
        child.join()
        server.start()
    else:
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()


def until_it_falls(folder: Path, stage: str) -> None:
    try:
        run(folder, stage)
    except ContractctlError:
        os._exit(1)
    os._exit(0)


def run(folder: Path, stage: str, percent: float | None = None) -> None:
    operator = Operator(f"process {os.getpid()}", gone=lambda _holder: True)
    context = shop.context(folder, plan=PLAN, operator=operator)
    migration.run(stage, context, percent)
    context.engine.dispose()


def write(folder: Path) -> None:
    with shop.connected(folder) as application:
        application.exec_driver_sql("INSERT INTO orders SELECT max(id) + 1, 'written', 1 FROM orders")
        application.commit()


def wait_for(server: Server, statement: str, child: BaseProcess) -> None:
    with closing(server.kind.connect(server.port, "mysql")) as watching, watching.cursor() as cursor:
        while child.is_alive():
            if cursor.execute(AT_WORK, (statement,)):
                return
    raise AssertionError(f"{statement} was never met: whoever should be killed in the middle of it has ended")
