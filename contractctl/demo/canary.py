"""How does the traffic move over? Share by share, and not before the numbers allow it."""

from contractctl.demo.customers import DUBLIN
from contractctl.demo.world import BAKE, COLLECT, MENDED_SHOP, NEW_SHOP, OLD_SHOP, PLAN, World


def first_share(world: World) -> None:
    """1 %, held for too few samples."""
    story = world.story
    story.chapter("Canary: too few samples are not a yes")
    world.settle()
    story.say("One order of a hundred is now read and written through the new column by version 2.0.")
    story.run(f"contractctl migrate canary {PLAN} 1")
    story.say(
        f"""Ten of a hundred? The gate decides, from what was counted: `evidence collect` reads the metrics of the shop
        ({world.counted}), and the gate answers "wait", not "no": there is too little data."""
    )
    story.run(COLLECT, lines=2)
    held = story.run(f"contractctl migrate canary {PLAN} 10", code=4)
    story.expect(holds="more request" in held or "observed for" in held, what="the gate says how much is missing")
    story.sleep(BAKE + 1)
    ask(world, 10)


def real_errors(world: World) -> None:
    """10 %, failed for a bug that is really there."""
    story = world.story
    story.chapter("Canary: the new version has a bug, and the gate finds it")
    story.say(f"At this moment the shop opens in Dublin. New customers have names such as {DUBLIN[0]}.")
    with (world.folder / "customers.txt").open("a", encoding="utf-8") as names:
        names.writelines(f"{name}\n" for name in DUBLIN)
    story.run("tail -n 3 customers.txt")
    story.sleep(BAKE)
    story.say("Half of the traffic? The old path never failed; the new one does. The gate says no.")
    refused = ask(world, 50, code=1)
    story.expect(holds="failed on the new path" in refused, what="the gate says what failed")
    story.say("The shop's own log says what the bug is: version 2.0 pastes the name into its statement.")
    story.run(f"grep -m 1 -A 1 syntax logs/{NEW_SHOP}.out")
    story.say("First the share goes back, which needs no gate. Then the fixed build replaces the broken one.")
    story.run(f"contractctl migrate canary {PLAN} 0")
    world.stop(NEW_SHOP)
    world.start(MENDED_SHOP, f"python -m contractctl.demo.shop --version 2.0.1 --lane 1 --rate 2000 --plan {PLAN}")
    world.settle()


def all_the_way(world: World) -> None:
    """1, 10, 50, 100 %."""
    story = world.story
    story.chapter("Canary: forward again, up to everybody")
    story.run(f"contractctl migrate canary {PLAN} 1")
    for share, pause in ((10, BAKE + 1), (50, BAKE), (100, BAKE)):
        story.sleep(pause)
        ask(world, share)
    story.say("Everybody uses the new column. Version 1.0 of the shop is taken out of service.")
    last = world.retire(OLD_SHOP)
    story.expect(holds=" 0 failed" in last, what="the old version had no failures")
    story.sleep(BAKE)


def ask(world: World, share: int, code: int = 0) -> str:
    """Collect, then ask for the share."""
    return world.story.run_patiently(COLLECT, f"contractctl migrate canary {PLAN} {share}", code=code)
