"""How does a change begin? A developer's edit, the check that refuses it, the plan, and the table with both columns."""

from contractctl.demo import scenery
from contractctl.demo.world import BAKE, NEW_SHOP, OLD_JOB, OLD_SHOP, PLAN, QUIET, World


def contracts(world: World) -> None:
    """What there is."""
    story = world.story
    story.say(
        f"""One breaking change from start to end on this machine, in about a minute. Nothing is faked: every line that
        begins with $ is run as shown, in {world.folder}, followed by its real output."""
    )
    story.chapter("A table, an event, and those who depend on them")
    story.say(
        f"""This is the git repository of a small shop. Its table `orders` has {scenery.ORDERS:,}
        rows in {world.place.words}, and for every new order it publishes an event in an Avro file. Others read both,
        so both are contracts: files in git, with released versions that never change again."""
    )
    story.run("contractctl list")
    story.say("Two processes are running all the time: version 1.0 of the shop, and a report of another team.")
    world.start(OLD_SHOP, "python -m contractctl.demo.shop --version 1.0 --lane 0 --rate 300")
    world.start(OLD_JOB, "python -m contractctl.demo.reporting --version 1.0")


def change(world: World) -> None:
    """The edit that would break people."""
    story = world.story
    story.chapter("A developer renames a field, and contractctl says who would break")
    story.say("`customer_name` is to become `full_name`: an edit of one word in each draft.")
    scenery.rename_in_drafts(world.folder, "customer_name", "full_name")
    story.run("git diff -U0 --no-prefix --no-color", lines=20)
    story.say(
        """`contractctl check` compares the drafts with the releases. It is what CI runs. Every "no" comes with
        a witness: a statement or an event that was actually executed and failed."""
    )
    found = story.run("contractctl check", code=1, lines=60)
    story.expect(holds="no such column: customer_name" in found, what="the check shows the statement that fails")


def plan(world: World) -> None:
    """The path."""
    story = world.story
    story.chapter("A plan: one path for the table and the event together")
    story.say(
        f"""The change is not made in one go. A plan leads through a version with both names, and you say what cannot
        be guessed: this is a rename. The plan's times are a demo's: {BAKE:g} seconds at each share of the traffic
        where the default is an hour, {QUIET:g} seconds of silence where the default is a month."""
    )
    story.run(
        f"contractctl plan shop/orders shop/order-placed --rename customer_name=full_name --name {PLAN}"
        f" --bake {BAKE:g} --window {QUIET:g} --quiesced 2 --heartbeat 2 --restore-point {world.place.restore_point}"
    )
    story.say(
        """The plan is a file that people read, change and review. Here the margins are widened to a demo's, so that 60
        requests on the new path say enough where the default asks for 600."""
    )
    scenery.widen_margins(world.folder / "migrations" / "plans" / f"{PLAN}.toml")
    story.run(f"grep -A 5 canary] migrations/plans/{PLAN}.toml")
    world.commit("Plan: customer_name becomes full_name")
    story.say("With the plan committed the check passes: the drafts have a way to become true without breaking anyone.")
    story.run("contractctl check", lines=20)


def both_columns(world: World) -> None:
    """Expand, dual-write, backfill, verify."""
    story = world.story
    story.chapter("Expand, dual-write, backfill, verify, while everybody keeps working")
    story.say("Expand adds the new column beside the old one. Nobody notices.")
    story.run(f"contractctl migrate expand {PLAN}")
    story.say(
        """Dual-write puts triggers on the table: when one column is written, the other follows. From here on old and
        new versions of the shop can work side by side, and so version 2.0 starts. It reads and writes through the new
        column, but only for the share of the orders that the canary allows: none, so far."""
    )
    story.run(f"contractctl migrate dual-write {PLAN}")
    world.start(NEW_SHOP, f"python -m contractctl.demo.shop --version 2.0 --lane 1 --rate 2000 --plan {PLAN}")
    story.say("The backfill fills the existing rows, batch by batch, each with its checkpoint.")
    with world.traffic():
        story.run(f"contractctl migrate backfill {PLAN}")
    story.say("Verify compares both columns in every row.")
    story.run(f"contractctl migrate verify {PLAN}")
