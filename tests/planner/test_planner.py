"""Does a plan say what is to happen, and is it refused where it cannot be carried out?"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contractctl import planner, store
from contractctl.compatibility import Terms, compare_sources
from contractctl.errors import ContractctlError
from contractctl.model.contract import File, SemanticVersion, Source
from contractctl.model.plan import CanaryRules, Movement, Operation, Plan, ReadRules, Regroup, Stage, State, Transform
from contractctl.model.verdict import Change, Status
from contractctl.planner import Likely, Made, Surroundings, Wish

ORDERS = "CREATE TABLE orders (\n  id INTEGER PRIMARY KEY,\n  customer_name TEXT NOT NULL,\n  amount TEXT\n);\n"
PLACED = (
    '{"type": "record", "name": "OrderPlaced", "fields": ['
    '{"name": "id", "type": "long"}, {"name": "customer_name", "type": "string"}]}'
)
RENAME = Wish(renames={"customer_name": "full_name"})


class Desk:
    """A store with a table and an event, released, and what a planner needs beside it."""

    def __init__(self, root: Path) -> None:
        self.contracts, self.migrations = root / "contracts", root / "migrations"
        self.put("shop/orders", "sql", ORDERS)
        self.put("shop/order-placed", "avro", PLACED)

    def put(self, name: str, format_: str, text: str) -> None:
        folder = self.contracts / name
        folder.mkdir(parents=True)
        draft = f"draft.{ {'sql': 'sql', 'protobuf': 'proto'}.get(format_, 'avsc') }"
        dialect = 'dialect = "sqlite"\n' if format_ == "sql" else ""
        (folder / "contract.toml").write_text(f'format = "{format_}"\ndraft = "{draft}"\n{dialect}')
        (folder / draft).write_text(text)
        store.release(self.contracts, name, SemanticVersion(1, 0, 0), store.source(folder / draft))

    def draft(self, name: str, *changes: tuple[str, str]) -> None:
        path = next((self.contracts / name).glob("draft.*"))
        text = path.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text)

    def plan(
        self, *names: str, wish: Wish = RENAME, name: str | None = None, states: dict[str, State] | None = None
    ) -> Made:
        around = Surroundings(self.migrations, planner.read_plans(self.migrations), states or {})
        return planner.plan([store.read(self.contracts, one) for one in names], wish, name, around)

    def write(self, made: Made) -> tuple[Path, ...]:
        return planner.write(made, self.contracts, self.migrations)

    def files(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.contracts.parent.rglob("*") if path.is_file()}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_one_plan_covers_a_table_and_an_event(desk):
    for name in ("shop/orders", "shop/order-placed"):
        desk.draft(name, ("customer_name", "full_name"))
    made = desk.plan("shop/orders", "shop/order-placed", name="rename-customer")
    desk.write(made)

    plan = planner.read_plan(desk.migrations / "plans" / "rename-customer.toml")
    assert plan == made.plan
    assert [(one.kind, one.old, one.new) for one in plan.operations] == [
        ("rename-column", "customer_name", "full_name"),
        ("rename-field", "customer_name", "full_name"),
    ]
    assert set(plan.revisions) == {Stage.EXPAND, Stage.DUAL_WRITE, Stage.QUIESCE, Stage.CONTRACT}
    assert all((desk.migrations / "versions" / f"{id_}.py").is_file() for id_ in plan.revisions.values())
    for movement in plan.movements:
        contract = store.read(desk.contracts, movement.contract)
        assert [str(version.number) for version in contract.versions] == ["1.0.0", "1.1.0"]
        assert contract.draft is not None
        assert movement.new_digest == store.digest(contract.draft)
        assert movement.new == "2.0.0"
    assert store.broken_releases(desk.contracts, "shop/orders") == ()


def test_the_version_between_is_compatible_with_both_ends(desk):
    desk.draft("shop/order-placed", ("customer_name", "full_name"))
    desk.write(desk.plan("shop/order-placed"))
    contract = store.read(desk.contracts, "shop/order-placed")
    assert contract.draft is not None

    old, between = (version.source for version in contract.versions)
    for pair in ((old, between), (between, contract.draft)):
        found = compare_sources(*pair, "avro", Terms())
        assert {found.backward.status, found.forward.status} == {Status.COMPATIBLE}


def test_a_plan_is_held_to_a_contract_s_strictness_as_check_and_release_are(desk):
    desk.put("shop/paid", "protobuf", 'syntax = "proto3"; message Paid { string customer_name = 2; }')
    desk.draft("shop/paid", ("string customer_name = 2", 'reserved 2; reserved "customer_name"; string full_name = 3'))
    assert desk.plan("shop/paid").plan.movements[0].new == "1.2.0"
    settings = desk.contracts / "shop/paid/contract.toml"

    settings.write_text(f"strict = true\n{settings.read_text()}")
    with pytest.raises(ContractctlError, match=r"no version of 'shop/paid' fits between .* does not know 'fullName'"):
        desk.plan("shop/paid")

    settings.write_text(f'{settings.read_text()}encodings = ["binary"]\n')
    assert desk.plan("shop/paid").plan.movements[0].intermediate == "1.1.0"


def test_a_later_plan_of_an_interface_asks_about_what_the_earlier_one_takes_away(desk):
    desk.put("shop/api", "graphql", "type Query { a: Int b: Int c: Int }")
    desk.draft("shop/api", (" a: Int", ""))
    desk.write(desk.plan("shop/api", wish=Wish(sunset="2027-03-31"), name="first"))
    desk.draft("shop/api", (" b: Int", ""))

    later = desk.plan("shop/api", wish=Wish(sunset="2027-06-30"), name="second")
    with pytest.raises(ContractctlError, match=r"clients were told that 'Query[.]a' stays until 2027-03-31"):
        desk.plan("shop/api", wish=Wish(sunset="2027-01-31"), name="third")

    assert [(one.kind, one.old) for one in later.plan.operations] == [
        ("remove-property", "a"),
        ("remove-property", "b"),
    ]
    (_, _, between) = later.releases[0]
    assert between.files[0].text == (
        'type Query { c: Int b: Int @deprecated(reason: "goes on 2027-06-30")'
        ' a: Int @deprecated(reason: "goes on 2027-03-31") }'
    )


def test_a_plan_of_events_only_has_no_revisions(desk):
    desk.draft("shop/order-placed", ("customer_name", "full_name"))
    made = desk.plan("shop/order-placed")

    assert made.plan.revisions == {}
    assert [path.name for path in made.files] == [f"{made.plan.name}.toml"]


def test_making_a_plan_writes_nothing(desk):
    desk.draft("shop/orders", ("customer_name", "full_name"))
    before = desk.files()
    desk.plan("shop/orders")

    assert desk.files() == before


def test_a_plan_that_cannot_be_written_leaves_nothing_behind(desk):
    desk.draft("shop/orders", ("customer_name", "full_name"))
    made = desk.plan("shop/orders", name="one")
    (desk.migrations / "plans" / "one.toml").mkdir(parents=True)  # where the plan's file is to stand
    before = desk.files()

    with pytest.raises(OSError, match=r"one\.toml"):
        desk.write(made)
    assert desk.files() == before


def test_a_version_of_several_files_is_taken_back_whole(desk, monkeypatch):
    desk.draft("shop/orders", ("customer_name", "full_name"))
    made = desk.plan("shop/orders")
    ((contract, number, source),) = made.releases
    several = Source((*source.files, File(f"{source.name}.more.sql", "CREATE TABLE more (id int);")))
    before = desk.files()
    released = store.release

    def release(*arguments: object) -> Path:
        if arguments[2] != number:
            raise OSError("the disk is full")
        return released(*arguments)

    monkeypatch.setattr(store, "release", release)
    with pytest.raises(OSError, match="full"):
        desk.write(replace(made, releases=((contract, number, several), (contract, number.bump("minor"), source))))
    assert desk.files() == before
    assert not desk.migrations.exists(), "the next plan would take empty folders for an Alembic environment"


def test_a_name_that_is_taken_is_said(desk):
    desk.draft("shop/orders", ("customer_name", "full_name"))
    desk.write(desk.plan("shop/orders", name="one"))

    with pytest.raises(ContractctlError, match="the plan 'one' exists already"):
        desk.plan("shop/orders", wish=Wish(), name="one")


def test_two_plans_in_flight_do_not_touch_one_column(desk):
    desk.draft("shop/orders", ("customer_name", "full_name"))
    desk.write(desk.plan("shop/orders", name="one"))
    desk.draft("shop/orders", ("full_name", "name"))

    with pytest.raises(ContractctlError, match=r"plan 'one' is already changing 'orders\.full_name'"):
        desk.plan("shop/orders", wish=Wish(renames={"full_name": "name"}), name="two")


def test_a_plan_that_is_over_is_in_nobodys_way_and_is_built_upon(desk):
    desk.draft("shop/orders", ("customer_name", "full_name"))
    desk.write(desk.plan("shop/orders", name="one"))
    draft = desk.contracts / "shop/orders/draft.sql"
    store.release(desk.contracts, "shop/orders", SemanticVersion(2, 0, 0), store.source(draft))
    desk.draft("shop/orders", ("full_name", "name"))
    wish = Wish(renames={"full_name": "name"})
    made = desk.plan("shop/orders", wish=wish, name="two", states={"one": State.CONTRACTED})

    expand = made.files[desk.migrations / "versions" / "two_expand.py"]
    assert 'depends_on = "one_contract"' in expand
    assert [(movement.old, movement.new) for movement in made.plan.movements] == [("2.0.0", "3.0.0")]


def test_plans_on_different_columns_of_one_table_go_side_by_side(desk):
    desk.draft("shop/orders", ("customer_name", "full_name"))
    desk.write(desk.plan("shop/orders", name="one"))
    desk.draft("shop/orders", ("amount TEXT", "total TEXT"))
    made = desk.plan("shop/orders", wish=Wish(renames={"amount": "total"}), name="two")

    assert [(one.kind, one.old, one.new) for one in made.plan.operations] == [("rename-column", "amount", "total")]
    assert "customer_name" in made.releases[0][2].files[0].text


SPLIT = Wish(
    splits={"customer_name": ("first_name", "last_name")},
    ups={"first_name": "substr(customer_name, 1, 3)", "last_name": "substr(customer_name, 4)"},
    downs={"customer_name": "first_name || last_name"},
    fills={"customer_name": "'?'"},
)


def test_a_plan_beside_a_split_makes_nothing_of_it_again(desk):
    desk.draft("shop/orders", ("customer_name TEXT NOT NULL", "first_name TEXT,\n  last_name TEXT"))
    first = desk.plan("shop/orders", wish=SPLIT, name="one")
    desk.write(first)
    desk.draft("shop/orders", ("amount TEXT", "amount TEXT,\n  note TEXT UNIQUE"))
    second = desk.plan("shop/orders", wish=Wish(), name="two")

    assert [one.kind for one in first.plan.operations] == ["split-column"]
    assert first.plan.operations[0].regroup == Regroup(
        dict(SPLIT.ups), {"customer_name": "COALESCE(first_name || last_name, '?')"}
    )
    assert [(one.kind, one.new) for one in second.plan.operations] == [
        ("add-column", "note"),
        ("add-unique", "orders_note_key"),
    ]
    assert "last_name TEXT" in second.releases[0][2].files[0].text


def test_a_draft_does_not_take_back_what_a_plan_in_flight_is_making(desk):
    desk.draft("shop/orders", ("amount TEXT", "amount TEXT,\n  note TEXT"))
    desk.write(desk.plan("shop/orders", wish=Wish(), name="one"))
    desk.draft("shop/orders", (",\n  note TEXT", ",\n  total TEXT"))

    with pytest.raises(ContractctlError, match=r"reverts the add-column of 'orders\.note', which plan 'one'"):
        desk.plan("shop/orders", wish=Wish(), name="two")


def test_what_holds_only_from_the_end_on_is_told(desk):
    desk.draft("shop/orders", ("amount TEXT", "amount TEXT CHECK (amount <> '')"))

    (told,) = desk.plan("shop/orders", wish=Wish()).cautions
    assert told.startswith("until the end, 'orders' may hold rows that 'orders_amount_check' refuses: fix them")


CHANGES: list[tuple[tuple[str, str], Wish, Callable[[Operation], bool]]] = [
    (("amount TEXT", "amount INTEGER"), Wish(), lambda one: one.kind == "change-type" and "via" in one.parameters),
    (("amount TEXT", "amount TEXT,\n  note TEXT"), Wish(), lambda one: (one.kind, one.new) == ("add-column", "note")),
    ((",\n  amount TEXT", ""), Wish(), lambda one: (one.kind, one.old) == ("drop-column", "amount")),
    (
        ("amount TEXT", "amount TEXT NOT NULL"),
        Wish(fills={"amount": "'0'"}),
        lambda one: one.kind == "set-not-null" and one.parameters["fill"] == "'0'",
    ),
    (
        ("customer_name TEXT NOT NULL,\n  ", ""),
        Wish(fills={"customer_name": "'nobody'"}),
        lambda one: one.parameters["old_not_null"] == "yes" and one.parameters["fill"] == "'nobody'",
    ),
]


@pytest.mark.parametrize(("change", "wish", "expected"), CHANGES)
def test_every_change_of_a_column_becomes_its_operation(desk, change, wish, expected):
    desk.draft("shop/orders", change)
    made = desk.plan("shop/orders", wish=wish)
    desk.write(made)

    assert [expected(one) for one in made.plan.operations] == [True]
    assert planner.read_plans(desk.migrations) == (made.plan,)


def test_declared_expressions_reach_the_operation(desk):
    desk.draft("shop/orders", ("customer_name", "full_name"))
    wish = Wish(
        renames={"customer_name": "full_name"},
        ups={"full_name": "upper(customer_name)"},
        downs={"orders.full_name": "lower(full_name)"},
        lossy=frozenset({"customer_name"}),
    )

    operation = desk.plan("shop/orders", wish=wish).plan.operations[0]
    assert operation.transform == Transform("upper(customer_name)", "lower(full_name)", lossy=True)


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (Wish(renames={"custmer_name": "full_name"}), "no draft here removes 'custmer_name'"),
        (Wish(renames={"customer_name": "full_name"}, ups={"amuont": "1"}), "--up names 'amuont'"),
        (Wish(renames={"customer_name": "full_name"}, lossy=frozenset({"x"})), "--lossy names 'x'"),
    ],
)
def test_a_wish_that_speaks_of_nothing_is_an_error(desk, wish, sentence):
    desk.draft("shop/orders", ("customer_name", "full_name"))

    with pytest.raises(ContractctlError, match=sentence):
        desk.plan("shop/orders", wish=wish)


@pytest.mark.parametrize("name", ["", "Big", "a/b", "../up", "-x", "x" * 61, "a b"])
def test_a_name_that_is_no_file_name_is_refused(desk, name):
    desk.draft("shop/orders", ("customer_name", "full_name"))

    with pytest.raises(ContractctlError, match="not a name for a plan"):
        desk.plan("shop/orders", name=name)


def test_a_draft_that_changes_nothing_needs_no_plan(desk):
    with pytest.raises(ContractctlError, match="has no change that needs stages"):
        desk.plan("shop/orders", wish=Wish())


def test_what_has_no_release_or_no_draft_cannot_be_planned(desk):
    folder = desk.contracts / "shop/new"
    folder.mkdir()
    (folder / "contract.toml").write_text('format = "sql"\ndraft = "d.sql"\n')
    (folder / "d.sql").write_text(ORDERS)

    with pytest.raises(ContractctlError, match="no release to start from"):
        desk.plan("shop/new")
    (desk.contracts / "shop/orders/contract.toml").write_text('format = "sql"\n')
    with pytest.raises(ContractctlError, match="no draft to plan towards"):
        desk.plan("shop/orders")


def changed(kind: str, path: str, type_: str) -> Change:
    return Change(kind, path, "column", *((type_, None) if kind == "removed" else (None, type_)))


@pytest.mark.parametrize(
    ("gone", "came", "expected"),
    [
        (("t.customer_name", "TEXT"), ("t.full_name", "TEXT"), (Likely("t", "customer_name", "full_name"),)),
        (("t.customer_name", "TEXT"), ("t.customer_nam", "BLOB"), (Likely("t", "customer_name", "customer_nam"),)),
        (("t.customer_name", "TEXT"), ("t.weight", "REAL"), ()),
        (("t.customer_name", "TEXT"), ("u.full_name", "TEXT"), ()),
    ],
)
def test_likely_renames_are_alike_in_name_or_type_and_of_one_parent(gone, came, expected):
    assert planner.likely_renames([changed("removed", *gone), changed("added", *came)]) == expected


def test_each_name_is_asked_about_once_and_settled_ones_never():
    changes = [
        changed("removed", "t.first", "TEXT"),
        changed("removed", "t.street", "TEXT"),
        changed("added", "t.first_name", "TEXT"),
        changed("added", "t.streets", "TEXT"),
    ]

    assert planner.likely_renames(changes) == (Likely("t", "street", "streets"), Likely("t", "first", "first_name"))
    assert planner.likely_renames(changes, {"street", "streets"}) == (Likely("t", "first", "first_name"),)


CUSTOMERS = "CREATE TABLE customers (id INTEGER PRIMARY KEY, full_name TEXT, city TEXT);\n"
ORDERED = "CREATE TABLE ordered (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id), note TEXT);\n"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ((("TABLE ordered", "TABLE purchased"),), Likely("ordered", "ordered", "purchased", "rename-table")),
        (
            (("full_name TEXT", "first_name TEXT, last_name TEXT"),),
            Likely("customers", "full_name", "first_name,last_name", "split"),
        ),
        (
            (("full_name TEXT, city TEXT", "full_name_and_city TEXT"),),
            Likely("customers", "full_name,city", "full_name_and_city", "merge"),
        ),
        (
            ((", note TEXT", ""), ("city TEXT", "city TEXT, note TEXT")),
            Likely("ordered", "ordered.note", "customers.note", "move", "customer=id"),
        ),
        (
            (
                (", note TEXT", ""),
                (
                    "CREATE TABLE ordered",
                    "CREATE TABLE notes (o INTEGER REFERENCES ordered (id), note TEXT);\nCREATE TABLE ordered",
                ),
            ),
            Likely("ordered", "ordered.note", "notes", "extract", "id=o"),
        ),
    ],
    ids=["rename-table", "split", "merge", "move", "extract"],
)
def test_what_may_have_gone_on_elsewhere_is_guessed_once_and_never_when_it_is_settled(desk, changes, expected):
    desk.put("shop/shop", "sql", CUSTOMERS + ORDERED)
    desk.draft("shop/shop", *changes)
    contract = store.read(desk.contracts, "shop/shop")
    around = Surroundings(desk.migrations)

    assert planner.likely_changes(contract, around) == (expected,)
    assert planner.likely_changes(contract, around, (*expected.old.split(","), *expected.new.split(","))) == ()


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20)
STEPS = st.sets(st.integers(1, 99)).map(lambda shares: (*sorted(shares), 100))
SECONDS = st.integers(0, 10**7) | st.floats(0, 10**7)
PLANS = st.builds(
    Plan,
    name=st.just("any"),
    movements=st.tuples(st.builds(Movement, st.just("one"), st.just("sql"), TEXT, TEXT, TEXT, TEXT | st.just(""))),
    operations=st.lists(
        st.builds(
            Operation,
            TEXT.map("{}-column".format),
            st.just("one"),
            TEXT,
            st.none() | TEXT,
            st.none() | TEXT,
            st.none() | st.builds(Transform, TEXT, TEXT, st.booleans()),
            st.dictionaries(TEXT, TEXT, max_size=3),
            st.none()
            | st.builds(
                Regroup, st.dictionaries(TEXT, TEXT, max_size=2), st.dictionaries(TEXT, TEXT, max_size=2), st.booleans()
            ),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    revisions=st.dictionaries(st.sampled_from(Stage), TEXT),
    canary=st.builds(CanaryRules, STEPS, SECONDS, SECONDS, SECONDS, SECONDS),
    reads=st.builds(
        ReadRules,
        window_seconds=SECONDS,
        approvals=st.integers(0, 9),
        calendar=st.sampled_from([(), ("month",), ("month", "year")]),
        static_required=st.booleans(),
    ),
    restore_point=st.none() | TEXT,
)


@given(PLANS)
def test_a_plan_reads_back_as_it_was_written(tmp_path_factory, plan):
    path = tmp_path_factory.mktemp("plans") / "any.toml"
    planner.write_plan(path, plan)

    assert planner.read_plan(path) == plan


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name = 1", "'name' is 1"),
        ("", "'name' is missing"),
        ('name = "other"', "its name says 'other'"),
        ('name = "one"\nmovement = []', "'movement' is not a known key"),
        ('name = "one"\n[canary]\nsteps = ["a"]', "'canary.steps' is"),
        ('name = "one"\n[reads]\napprovals = 1.5', "'reads.approvals' is 1.5"),
        ('name = "one"\n[reads]\nwindow_seconds = -1', "'reads.window_seconds' is -1"),
        ('name = "one"\n[[operations]]\nkind = "x"', "'operations.contract' is missing"),
        ("name = ", "Invalid value"),
    ],
)
def test_a_plan_file_that_is_none_is_refused_with_the_key(tmp_path, text, sentence):
    path = tmp_path / "one.toml"
    path.write_text(text)

    with pytest.raises(ContractctlError, match=sentence):
        planner.read_plan(path)


def test_a_plan_that_is_not_there_is_said_with_those_that_are(tmp_path):
    (tmp_path / "other.toml").write_text('name = "other"')

    with pytest.raises(ContractctlError, match="there is no plan 'one'") as raised:
        planner.read_plan(tmp_path / "one.toml")
    assert raised.value.hint == "plans: other"


@pytest.mark.parametrize(
    ("was", "becomes", "key"),
    [
        ("window_seconds = 2678400", "window_seconds = nan", "window_seconds"),
        ("quiesced_seconds = 86400", "quiesced_seconds = inf", "quiesced_seconds"),
        ("approvals = 2", "approvals = nan", "approvals"),
        ("steps = [1, 10, 50, 100]", "steps = [1]", "steps"),
        ("steps = [1, 10, 50, 100]", "steps = []", "steps"),
        ("steps = [1, 10, 50, 100]", "steps = [50, 10, 100]", "steps"),
        ("steps = [1, 10, 50, 100]", "steps = [nan, 100]", "steps"),
        ("coverage = 0.99", "coverage = 0", "coverage"),
    ],
)
def test_a_threshold_that_lets_everything_pass_is_refused(tmp_path: Path, was: str, becomes: str, key: str) -> None:
    plan = Plan("one", (Movement("a/b", "avro", "1.0.0", "1.1.0", "2.0.0"),), (), {})
    text = planner.plan_text(plan)
    assert was in text
    (tmp_path / "one.toml").write_text(text.replace(was, becomes))

    with pytest.raises(ContractctlError, match=key):
        planner.read_plan(tmp_path / "one.toml")


def test_at_no_moment_is_a_version_between_released_without_its_plan(desk, monkeypatch):
    desk.draft("shop/orders", ("customer_name", "full_name"))
    made = desk.plan("shop/orders")
    seen: list[str] = []
    released = store.release

    def release(*arguments: object) -> Path:
        seen.extend(plan.name for plan in planner.read_plans(desk.migrations))
        return released(*arguments)

    monkeypatch.setattr(store, "release", release)
    desk.write(made)

    assert seen == [made.plan.name]


@pytest.mark.parametrize(
    "steps", [(), (1, 50), (50, 10, 100), (10, 10, 100), (0, 100), (-1, 100), (1, float("nan"), 100)]
)
def test_shares_that_do_not_grow_to_everybody_are_refused(steps):
    assert planner.grow_to_everybody((1, 10, 50, 100))
    assert not planner.grow_to_everybody(steps)
