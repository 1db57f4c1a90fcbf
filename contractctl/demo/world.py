"""What do the chapters share? The folder, the processes, the narrator, and what happened so far."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contractctl.demo.place import Place
from contractctl.demo.processes import Processes
from contractctl.demo.proof import Write, read_log
from contractctl.demo.scraping import Scraping
from contractctl.demo.story import Story, argv_of

PLAN = "rename-customer"
COLLECT = f"contractctl evidence collect {PLAN}"
OLD_JOB, NEW_JOB = "reporting-1.0", "reporting-2.0"
BAKE = 3
"""Seconds at each share: a real plan takes an hour; see [canary] in the plan file."""
QUIET = 5
"""Seconds of silence that count as nobody reads any more: a real plan takes a month; see [reads]."""
OLD_SHOP, NEW_SHOP, MENDED_SHOP = "shop-1.0", "shop-2.0", "shop-2.0.1"
PLACES = ((OLD_SHOP,), (NEW_SHOP, MENDED_SHOP), (OLD_JOB, NEW_JOB))
"""Who takes whose place on a machine."""
_SETTLED, _FORGOTTEN = 12, 24
"""Seconds after which no window holds the moment in which a process was begun again, or the time in which Prometheus
still looked for one that is gone: nobody counted then, and that is not silence."""


@dataclass
class World:
    """One run of the demo."""

    story: Story
    processes: Processes
    place: Place
    scraping: Scraping | None
    """Where Prometheus counts; None where it is files."""

    @property
    def folder(self) -> Path:
        return self.story.folder

    def start(self, name: str, command: str) -> None:
        """Start a process, shown as one would type it."""
        self.story.show_command(f"{command} &")
        own, argv = argv_of(command)
        assert not own  # noqa: S101 - the story's own commands
        self.processes.start(name, argv)

    def stop(self, name: str) -> str:
        """Stop a process, and show its last words."""
        self.story.show_command(f"kill {self.processes.pid(name)}    # {name}")
        last = self.processes.stop(name)
        self.story.show(last)
        return last

    @property
    def counted(self) -> str:
        """Where `evidence collect` finds what the shop counts."""
        return f"Prometheus, {self.scraping.url}" if self.scraping else "OpenTelemetry, in telemetry/"

    def settle(self, seconds: float = 0) -> None:
        """Wait until what was started is seen: where it is scraped, that takes longer."""
        if wait := max(seconds, _SETTLED if self.scraping else 0):
            self.story.sleep(wait)

    def retire(self, name: str) -> str:
        """Stop a process that nothing takes the place of: it need not be scraped, either."""
        last = self.stop(name)
        if self.scraping:
            self.scraping.scrape(self.folder, self.scraping.ports.keys() - {name})
            self.story.say("Prometheus leaves it out, too. Until it does, nobody counts there: that is not silence.")
            self.story.sleep(_FORGOTTEN)
        return last

    def writes(self) -> tuple[Write, ...]:
        """What every version of the shop logged so far."""
        logs = sorted((self.folder / "logs").glob("shop-*.jsonl"))
        return tuple(write for log in logs for write in read_log(log, log.stem))

    def reads(self, contract: str, consumer: str, path: str) -> None:
        """A consumer's team writes into contract.toml that it has moved to the new name."""
        file = self.folder / "contracts" / contract / "contract.toml"
        head, own, rest = file.read_text(encoding="utf-8").partition(f'name = "{consumer}"\nreads')
        old = path.replace("full_name", "customer_name")
        file.write_text(head + own + rest.replace(old, path, 1), encoding="utf-8")

    def stands_on(self, contract: str, version: str) -> None:
        """Every consumer and producer of a contract uses this version, and contract.toml says so."""
        file = self.folder / "contracts" / contract / "contract.toml"
        text = file.read_text(encoding="utf-8")
        named = re.sub(r"^name = .*$", rf'\g<0>\nversions = ["{version}"]', text, flags=re.MULTILINE)
        file.write_text(named, encoding="utf-8")

    def commit(self, message: str) -> None:
        self.story.run("git add .")
        self.story.run(f"git commit -q -m '{message}'")

    @contextmanager
    def traffic(self) -> Iterator[None]:
        """Tell afterwards what the shop did meanwhile, from its own logs."""
        began = time.time()
        yield
        time.sleep(0.1)
        seen = [write for write in self.writes() if write.at >= began]
        slowest = max((write.ms for write in seen), default=0)
        by = {name: sum(write.by == name for write in seen) for name in sorted({write.by for write in seen})}
        listed = " and ".join(f"{count:,} by {name}" for name, count in by.items())
        self.story.say(
            f"Meanwhile the shop went on: {len(seen):,} writes ({listed}); the slowest took {slowest:.0f} ms."
        )
