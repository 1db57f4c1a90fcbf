"""Which Prometheus server counts what the shop's processes do? One of the demo's own, as long as it runs.

Started as `python -m contractctl.demo.scraping PORT`, in the demo's folder.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from contractctl.demo.life import Life, say
from contractctl.errors import ContractctlError
from contractctl.writing import write_whole

HOST = "127.0.0.1"
PORTS = "SHOP_METRICS_PORTS"
"""In the environment of the shop's processes: the port at which each of them is scraped, by name, as JSON."""
_PROGRAM = "prometheus"
_FOLDER = "prometheus"
_TARGETS = "targets.json"
_OPENING = 30
"""Seconds that the server may take to be ready."""
_CONFIGURATION = f"""\
global: {{scrape_interval: 400ms, scrape_timeout: 400ms}}
scrape_configs: [{{job_name: shop, file_sd_configs: [{{files: [{_TARGETS}], refresh_interval: 1s}}]}}]
"""


@dataclass(frozen=True, slots=True)
class Scraping:
    """The server, and whom it scrapes."""

    port: int
    ports: Mapping[str, int]
    """By name of a process; a version that takes another's place takes its port, too."""

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {PORTS: json.dumps(self.ports)}

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "contractctl.demo.scraping", str(self.port)]

    def prepare(self, folder: Path) -> None:
        """Its configuration, with everybody to scrape."""
        (folder / _FOLDER).mkdir()
        (folder / _FOLDER / "prometheus.yml").write_text(_CONFIGURATION, encoding="utf-8")
        self.scrape(folder, self.ports)

    def scrape(self, folder: Path, names: Iterable[str]) -> None:
        """From now on these processes, and no others."""
        places = sorted({(name.rsplit("-", 1)[0], self.ports[name]) for name in names})
        targets = [{"targets": [f"{HOST}:{port}"], "labels": {"job": service}} for service, port in places]
        write_whole(folder / _FOLDER / _TARGETS, json.dumps(targets))


def planned(places: Iterable[tuple[str, ...]]) -> Scraping:
    """A server, with a port for each place and for whoever takes it in turn.

    Raise ContractctlError where the program, or what the processes need to be scraped, is not installed.
    """
    if shutil.which(_PROGRAM) is None:
        raise ContractctlError(
            f"there is no program '{_PROGRAM}' on PATH",
            hint="install it (Debian: apt-get install prometheus), or run the demo without --prometheus",
        )
    if find_spec("prometheus_client") is None or find_spec("opentelemetry.exporter.prometheus") is None:
        raise ContractctlError(
            "the OpenTelemetry exporter for Prometheus is not installed",
            hint="pip install 'contractctl[prometheus]', or run the demo without --prometheus",
        )
    own, *others = _free_ports(1 + len(everybody := list(places)))
    return Scraping(own, {name: port for names, port in zip(everybody, others, strict=True) for name in names})


def _free_ports(count: int) -> list[int]:
    """All of them taken at once, so that no two are the same."""
    taken = [socket.socket() for _ in range(count)]
    try:
        for one in taken:
            one.bind((HOST, 0))
        return [int(one.getsockname()[1]) for one in taken]
    finally:
        for one in taken:
            one.close()


def main() -> None:
    """Run the server until asked to stop."""
    port = int(sys.argv[1])
    life = Life()
    command = [
        _PROGRAM,
        f"--config.file={Path(_FOLDER, 'prometheus.yml')}",
        f"--storage.tsdb.path={Path(_FOLDER, 'data')}",
        f"--web.listen-address={HOST}:{port}",
    ]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as server:  # noqa: S603 - found on PATH, as a person would
        try:
            deadline = time.monotonic() + _OPENING
            while not _ready(port) and server.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            say("prometheus is open" if _ready(port) else "prometheus is not ready")
            while not life.ended and server.poll() is None:
                time.sleep(0.1)
        finally:
            server.kill()  # there is nothing that it should keep
    say("prometheus is closed")


def _ready(port: int) -> bool:
    try:
        with urlopen(f"http://{HOST}:{port}/-/ready", timeout=5):
            return True
    except (URLError, OSError):
        return False


def own_port(name: str) -> int | None:
    """Where this process of the shop is scraped; None where it is not."""
    found: dict[str, int] = json.loads(os.environ.get(PORTS, "{}"))
    return found.get(name)


if __name__ == "__main__":
    main()
