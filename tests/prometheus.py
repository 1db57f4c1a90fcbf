"""A real Prometheus server of the tests: in a folder of its own, on a free port, with a history it never lived through.

Debian's package has both programs; ./ci/setup installs it, and starts nothing.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.servers import HOST, SECONDS, SERVE, WATCH, UnavailableError, free_port, program

Samples = Iterable[tuple[float, float]]
Series = tuple[str, Mapping[str, str], Samples]
"""Name of the metric, labels, and samples of (Unix seconds, value)."""

_CONFIGURATION = """
global: {scrape_interval: 250ms, scrape_timeout: 250ms}
scrape_configs: [{job_name: live, file_sd_configs: [{files: [targets.json], refresh_interval: 100ms}]}]
"""


class Prometheus:
    """A server, which scrapes four times a second whom it is told to."""

    def __init__(self, blocks: Path | None, options: Sequence[str], configuration: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="contractctl-prometheus-"))
        self._watch = subprocess.Popen(
            ["sh", "-c", WATCH, "sh", str(self.folder), "KILL"], stdin=subprocess.PIPE, start_new_session=True
        )
        self._options = options
        (self.folder / "prometheus.yml").write_text(_CONFIGURATION + configuration)
        self.scrape({})
        if blocks is not None:
            shutil.copytree(blocks, self.folder / "data")
        self.url = f"http://{HOST}:{free_port()}"

    def start(self) -> None:
        """Run it and wait until it answers."""
        command = [
            program("prometheus"),
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
            *self._options,
        ]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                ["sh", "-c", SERVE, "sh", *command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._process = process
        deadline = time.monotonic() + SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            try:
                with urlopen(f"{self.url}/-/ready", timeout=5):
                    return
            except (URLError, OSError):
                time.sleep(0.02)
        raise UnavailableError(f"prometheus does not start:\n{(self.folder / 'log').read_text()[-4000:]}")

    def scrape(self, ports: Mapping[str, int]) -> None:
        """From now on these jobs, each on its port."""
        targets = [{"targets": [f"{HOST}:{port}"], "labels": {"job": job}} for job, port in ports.items()]
        scratch = self.folder / "targets.part"
        scratch.write_text(json.dumps(targets))
        scratch.rename(self.folder / "targets.json")

    @contextmanager
    def looking_away(self) -> Iterator[None]:
        """It scrapes nobody meanwhile."""
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it for good, and take its folder away."""
        if self._watch.stdin is not None:
            self._watch.stdin.close()
        self._process.wait()
        self._watch.wait()


@contextmanager
def running(blocks: Path | None = None, *options: str, configuration: str = "") -> Iterator[Prometheus]:
    """A server that answers, with these blocks of history; `options` and `configuration` go to it as they are."""
    server = Prometheus(blocks, options, configuration)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def written(folder: Path, series: Iterable[Series]) -> Path:
    """Blocks of a history, as Prometheus itself writes them."""
    by_metric: dict[str, list[str]] = defaultdict(list)
    for metric, labels, samples in series:
        named = ",".join(f"{key}={json.dumps(text)}" for key, text in labels.items())
        by_metric[metric].extend(f"{metric}{{{named}}} {value!r} {at:.3f}\n" for at, value in samples)
    text = folder / "history.txt"
    with text.open("w") as file:
        for metric, lines in by_metric.items():
            kind = "counter" if metric.endswith("_total") else "gauge"
            file.write(f"# TYPE {metric.removesuffix('_total')} {kind}\n")
            file.writelines(lines)
        file.write("# EOF\n")
    blocks = folder / "blocks"
    command = ["create-blocks-from", "--max-block-duration=162h", "openmetrics", "-q", str(text), str(blocks)]
    subprocess.run([program("promtool"), "tsdb", *command], check=True, capture_output=True)
    return blocks
