"""How does the old column go? Not before its last reader; and then the proof that nothing was lost."""

import re

from contractctl.demo import scenery
from contractctl.demo.proof import Proof, prove, read_table
from contractctl.demo.world import COLLECT, MENDED_SHOP, NEW_JOB, OLD_JOB, OLD_SHOP, PLAN, QUIET, World
from contractctl.model.amounts import counted

ADA, GRACE = "Ada <ada@shop.example>", "Grace <grace@shop.example>"


def last_reader(world: World) -> None:
    """The gate names who still reads the old column."""
    story = world.story
    story.chapter("The last reader: the gate knows who still needs the old column")
    story.say(
        """The shop's team writes into contract.toml that it has moved. May the old column be switched off? Quiesce
        hides it, and can be undone. But one job has been forgotten."""
    )
    world.reads("shop/orders", "shop", "orders.full_name")
    world.commit("shop reads full_name")
    refused = ask_quiesce(world, code=1)
    story.expect(holds="reporting@1.0 read 'orders.customer_name'" in refused, what="the gate names the reader")
    story.say("So the reporting team moves: its job restarts with a new query, and contract.toml says so.")
    world.stop(OLD_JOB)
    world.start(NEW_JOB, "python -m contractctl.demo.reporting --version 2.0")
    world.reads("shop/orders", "reporting", "orders.full_name")
    world.reads("shop/order-placed", "reporting", "OrderPlaced.full_name")
    world.commit("reporting reads full_name")
    world.settle(QUIET + 1)
    ask_quiesce(world)


def ask_quiesce(world: World, code: int = 0) -> str:
    """Collect, then ask to quiesce."""
    return world.story.run_patiently(COLLECT, f"contractctl migrate quiesce {PLAN}", code=code, lines=20)


def contract(world: World) -> None:
    """What cannot be undone: two people, a restore point, and the drop."""
    story = world.story
    story.chapter("Contract: the one step that cannot be undone")
    story.say("Dropping the column needs a restore point, and the approval of two different people.")
    restore = world.place.restore_point
    _make(world, restore)
    story.run(f"contractctl migrate contract {PLAN}", code=3, lines=20)
    for who, why in ((ADA, "every consumer has moved"), (GRACE, f"{restore} exists and is complete")):
        story.run(f"CONTRACTCTL_ACTOR='{who}' contractctl migrate approve {PLAN} contract --reason '{why}'", lines=1)
    world.commit(f"Approve the contract stage of {PLAN}")
    story.run_patiently(COLLECT, f"CONTRACTCTL_ACTOR='{GRACE}' contractctl migrate contract {PLAN}", lines=20)
    story.run(f"contractctl migrate status {PLAN}", lines=30)
    story.say("Every decision of the gate is kept with all its inputs, and can be replayed at any time.")
    decisions = (world.folder / "migrations" / "decisions" / PLAN).glob("contract-*.json")
    latest = max(decisions, key=lambda file: file.stat().st_mtime_ns)
    story.run(f"contractctl gate replay {latest.relative_to(world.folder)}")


def _make(world: World, restore: str) -> None:
    """The restore point: the whole file, or every row of the table."""
    story = world.story
    if world.place.url is None:
        story.run(f"""python -c 'import sqlite3; sqlite3.connect("shop.db").execute("VACUUM INTO \\"{restore}\\"")'""")
        story.run(
            f"""python -c 'import sqlite3; print(*sqlite3.connect("{restore}").execute("PRAGMA integrity_check"))'"""
        )
    else:
        story.run(f"python -m contractctl.demo.saving {restore}")


def nothing_lost(world: World) -> None:
    """Replay every log against the table."""
    story = world.story
    story.chapter("The proof: was any write lost?")
    last = world.stop(MENDED_SHOP)
    story.expect(holds=" 0 failed" in last, what="the fixed version had no failures")
    story.say(
        """Every version of the shop logged each write after its commit: which order, which name. No two of them write
        the same order, so the last entry of an order must be the name in the table now, in the only column that is
        left; and an order that nobody touched must have its first name. Only the broken build failed at requests, and
        what failed was never committed."""
    )
    proof = prove(world.writes(), scenery.ORDERS, read_table(world.place.engine(world.folder), "full_name"))
    story.show(proof_in_words(proof), lines=20)
    story.expect(holds=proof.holds, what="no write was lost")


def proof_in_words(proof: Proof) -> str:
    """The counts, and the verdict in the last line."""
    lines = [f"{count:>9,} writes by {name}" for name, count in sorted(proof.writes.items())]
    lines.append(f"{proof.orders:>9,} orders expected, {proof.rewritten:,} of them written during the change")
    lines += [f"LOST: order {one.order} is '{one.found}', {one.by} wrote '{one.expected}'" for one in proof.lost[:10]]
    lines += [f"UNACCOUNTED: order {order}" for order in proof.unaccounted[:10]]
    lines.append(
        f"{counted(len(proof.lost), 'write')} lost, {counted(len(proof.unaccounted), 'order')} unaccounted for"
    )
    return "\n".join(lines)


def events(world: World) -> None:
    """Old events in the new form."""
    story = world.story
    story.chapter("Old events stay readable")
    story.say("The old version published its events with `customer_name`. The plan converts them to the new version.")
    old, new = f"events/{OLD_SHOP}.avro", "events/taken-up.avro"
    before = story.run(f"python -m fastavro {old}", lines=1)
    story.run(f"contractctl convert {PLAN} --up {old} -o {new}")
    after = story.run(f"python -m fastavro {new}", lines=1)
    renamed = re.sub(r"\bcustomer_name\b", "full_name", before)
    story.expect(holds=sorted(renamed.splitlines()) == sorted(after.splitlines()), what="every event came through")


def final_versions(world: World) -> None:
    """Release, and the matrix."""
    story = world.story
    story.chapter("The end: final versions, and who is compatible with whom")
    for name in ("shop/orders", "shop/order-placed"):
        story.run(f"contractctl release {name} --version 2.0.0")
    story.say(
        """Both are released, and contract.toml says who is on which version: everybody works on the table of
        2.0.0, and the events still have both names, until the shop's next version leaves the old one out."""
    )
    world.stands_on("shop/orders", "2.0.0")
    world.stands_on("shop/order-placed", "1.1.0")
    world.commit("Release 2.0.0 of both contracts")
    story.run("contractctl check")
    story.run("contractctl matrix", lines=40)
    story.run("contractctl matrix -o matrix.html")
