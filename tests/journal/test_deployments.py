"""Is no deployment lost, whoever records at the same moment, on every engine?"""

from collections.abc import Callable
from pathlib import Path

import pytest

from contractctl import journal
from contractctl.journal import EntryKind, Note, clusters, deployments
from contractctl.journal.deployments import Deployment
from contractctl.model.cluster import Seen
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


@pytest.mark.parametrize("how", ["postgresql", "mariadb"])
def test_names_as_long_as_they_may_be_are_kept_whole(how: str, request: pytest.FixtureRequest) -> None:
    note = Note("", EntryKind.DEPLOYED, "", "", 1.0, "Ada <ada@example.org>", "", {})
    environment, service, version, cluster = ("e" * 100, "s" * 100, "v" * 100, "c" * 100)
    shown = Seen(1.0, {service: {version: 3}})

    with opened(request.getfixturevalue(f"{how}_url")) as engine:
        with journal.writing(engine) as connection:
            deployments.record(connection, Deployment(environment, service, version, canary=12.5), note)
            clusters.record(connection, environment, cluster, shown, note)
        with journal.reading(engine) as connection:
            journal.verify_chain(connection, deployments.chain(environment))
            assert deployments.environments(connection) == (environment,)
            assert set(deployments.live(connection, environment)) == {service}
            assert clusters.seen(connection, environment) == {cluster: shown}


def test_the_commit_of_a_version_stays_known_while_it_is_live_and_no_longer(sqlite_url: str) -> None:
    note = Note("", EntryKind.DEPLOYED, "", "", 1.0, "Ada <ada@example.org>", "", {})
    told = (
        Deployment("production", "shop", "1", commit="a" * 40),
        Deployment("production", "shop", "2", canary=5, commit="b" * 40),
        Deployment("production", "shop", "2", canary=50),
        Deployment("production", "shop", "2"),
        Deployment("production", "shop", "1", canary=5),
        Deployment("production", "shop", "2", commit="c" * 40),
    )

    with opened(sqlite_url) as engine:
        found = []
        for one in told:
            with journal.writing(engine) as connection:
                assert deployments.record(connection, one, note) is not None
                found.append(dict(deployments.live(connection, "production")["shop"].commits))

    both = {"1": "a" * 40, "2": "b" * 40}
    assert found == [{"1": "a" * 40}, both, both, {"2": "b" * 40}, {"2": "b" * 40}, {"2": "c" * 40}]
