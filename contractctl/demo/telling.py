"""How does the whole demo run? The scenery is built, then the chapters follow, and nothing is left running."""

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from contractctl.demo import canary, chapters, farewell, scenery
from contractctl.demo.place import VARIABLE, Place, clear, demand_empty
from contractctl.demo.processes import Processes
from contractctl.demo.scraping import planned
from contractctl.demo.story import BOLD, GREEN, PLAIN, Story, own_environment
from contractctl.demo.world import PLACES, World

REPORT = "matrix.html"
CHAPTERS = (
    chapters.contracts,
    chapters.change,
    chapters.plan,
    chapters.both_columns,
    canary.first_share,
    canary.real_errors,
    canary.all_the_way,
    farewell.last_reader,
    farewell.contract,
    farewell.nothing_lost,
    farewell.events,
    farewell.final_versions,
)


def tell(
    write: Callable[[str], None], environment: Mapping[str, str], *, keep: bool, place: Place, scraped: bool = False
) -> Path:
    """Live through it all in a temporary folder; gives back where the report is.

    `scraped`: a Prometheus server counts what the processes do. Raise UnexpectedError where anything is not as the
    story tells it. Without `keep` only the report is left.
    """
    scraping = planned(PLACES) if scraped else None
    demand_empty(place)
    folder = Path(tempfile.mkdtemp(prefix="contractctl-demo-"))
    story = Story(
        folder,
        {**own_environment(environment), **place.environment, **(scraping.environment if scraping else {})},
        write,
    )
    try:
        scenery.build(folder, story.environment, place, scraping)
        scenery.fill_table(folder, place)
        with Processes(folder, story.environment) as processes:
            if scraping:
                scraping.prepare(folder)
                processes.start("prometheus", scraping.command)
            for chapter in CHAPTERS:
                chapter(World(story, processes, place, scraping))
        _sum_up(story, place, keep=keep)
    finally:
        if not keep:
            clear(place)
            scenery.forget_all_but(folder / REPORT)
            with suppress(OSError):
                folder.rmdir()  # only where there is no report
    return folder / REPORT


def _sum_up(story: Story, place: Place, *, keep: bool) -> None:
    story.write(
        f"\n{BOLD}{GREEN}The old name is gone, its users moved before it went, and nothing was lost.{PLAIN}\n\n"
    )
    ends = [begun for _, begun in story.chapters[1:]] + [time.monotonic()]
    for (title, begun), ended in zip(story.chapters, ends, strict=True):
        story.write(f"  {ended - begun:5.1f} s  {title}\n")
    whole = ends[-1] - story.chapters[0][1]
    story.write(f"  {whole:5.1f} s  in all, {story.commands} commands\n")
    report = story.folder / REPORT
    story.write(f"\nThe matrix, one file for every browser: {report}\n")
    if keep:
        programs = Path(sys.executable).parent
        story.write(f"The folder is kept; in it every command can be repeated:\n  cd {story.folder}\n")
        story.write(f"  export PATH={programs}:$PATH\n")
        if place.url is not None:
            story.write(f"  export {VARIABLE}=…    # the address that you gave\n")
    else:
        story.write("Everything else was in the same folder and is removed; `contractctl demo --keep` leaves it.\n")
