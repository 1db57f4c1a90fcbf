"""Is no deployment lost, whoever records at the same moment, on every engine?"""

from collections.abc import Callable
from pathlib import Path

import pytest

from contractctl import journal
from contractctl.journal import deployments
from tests.journal.conftest import opened

RECORDING = """
import os
os.chdir({folder!r})
os.environ["CONTRACTCTL_ACTOR"] = "Ada <ada@example.org>"
from contractctl.cli import ledger
from contractctl.journal.deployments import Deployment
own = me.replace("process ", "service-")
for version in range(3):
    ledger.write(Deployment("production", own, str(version)))
    ledger.write(Deployment("production", "shared", f"{{own}}-{{version}}", canary=1))
ledger.write(Deployment("production", "same", "1"))
"""


@pytest.mark.parametrize("how", ["sqlite", "postgresql", "mariadb"])
def test_writers_at_once_lose_nothing_and_break_no_chain(
    how: str, request: pytest.FixtureRequest, together: Callable[..., list[str]], tmp_path: Path
) -> None:
    url = request.getfixturevalue(f"{how}_url")
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "env:SHOP_URL"\n')
    program = f"import os\nos.environ['SHOP_URL'] = {url!r}\n" + RECORDING.format(folder=str(tmp_path))

    with opened(url) as engine:
        together(url, program, processes=2)
        with journal.reading(engine) as connection:
            journal.verify_chain(connection, deployments.chain("production"))
            live = deployments.live(connection, "production")
            entries = journal.entries(connection, deployments.chain("production"))
            environments = deployments.environments(connection)

    assert environments == ("production",)
    assert {name: one.stable for name, one in live.items() if name.startswith("service")} == {
        f"service-{n}": "2" for n in range(2)
    }
    assert live["shared"].canaries == {f"service-{n}-{version}": 1.0 for n in range(2) for version in range(3)}
    assert [entry.stage for entry in entries].count("same") == 1
