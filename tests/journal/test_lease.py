"""Does one operator at a time work on a plan, and is the one who comes back too late refused?"""

import ast

import pytest
from sqlalchemy import Engine

from contractctl import journal
from contractctl.errors import ContractctlError
from contractctl.journal import HeldError, Lease, Operator
from tests.journal.conftest import Together, opened

ADA, BOB = Operator("ada@one (process 1)"), Operator("bob@two (process 2)")


def take(engine: Engine, operator: Operator, now: float) -> Lease:
    with journal.writing(engine) as connection:
        return journal.acquire(connection, "names", operator, now)


def hold(engine: Engine, lease: Lease, now: float) -> None:
    with journal.writing(engine) as connection:
        journal.hold(connection, lease, now)


def test_the_second_operator_is_told_who_holds_the_plan_and_until_when(engine: Engine) -> None:
    take(engine, ADA, now=0.0)

    with pytest.raises(
        HeldError, match=r"'names' is held by ada@one \(process 1\) until 1970-01-01 00:00:30 UTC"
    ) as held:
        take(engine, BOB, now=10.0)
    assert held.value.retry_after == 20.0


def test_a_lease_that_is_renewed_does_not_expire(engine: Engine) -> None:
    lease = take(engine, ADA, now=0.0)
    hold(engine, lease, now=25.0)

    with pytest.raises(HeldError):
        take(engine, BOB, now=40.0)


def test_a_stalled_operator_who_comes_back_is_refused(engine: Engine) -> None:
    stalled = take(engine, ADA, now=0.0)
    taken = take(engine, BOB, now=31.0)

    assert taken.token > stalled.token
    with pytest.raises(ContractctlError, match=r"bob@two \(process 2\) has taken over 'names'"):
        hold(engine, stalled, now=32.0)
    hold(engine, taken, now=32.0)


def test_tokens_grow_even_when_leases_are_given_back(engine: Engine) -> None:
    tokens = []
    for now in range(5):
        lease = take(engine, ADA, now=float(now))
        tokens.append(lease.token)
        with journal.writing(engine) as connection:
            journal.release(connection, lease)

    assert tokens == [1, 2, 3, 4, 5]


def test_giving_back_a_lost_lease_does_not_take_it_from_its_holder(engine: Engine) -> None:
    stalled = take(engine, ADA, now=0.0)
    taken = take(engine, BOB, now=31.0)

    with journal.writing(engine) as connection:
        journal.release(connection, stalled)

    hold(engine, taken, now=32.0)
    with pytest.raises(HeldError):
        take(engine, ADA, now=33.0)


def test_the_lease_of_somebody_who_died_need_not_be_waited_for(engine: Engine) -> None:
    take(engine, ADA, now=0.0)

    assert take(engine, Operator("bob", gone=lambda holder: holder == ADA.holder), now=1.0).token == 2


TAKING = """
from collections import Counter
won = []
for n in range({rounds}):
    try:
        with journal.writing(engine) as connection:
            won.append((n, journal.acquire(connection, f"plan {{n}}", Operator(me), {now}).token))
    except journal.HeldError as error:
        assert error.message.startswith(f"'plan {{n}}' is held by process "), error.message
    except journal.RefusedError as error:
        assert error.busy, error.message
print(won)
"""


def test_of_many_processes_at_once_one_gets_the_lease(database_url: str, engine: Engine, together: Together) -> None:
    said = together(database_url, TAKING.format(rounds=25, now="0.0"), before="journal.open(engine)")

    won = [one for line in said for one in ast.literal_eval(line)]
    assert sorted(won) == [(n, 1) for n in range(25)]


def test_of_many_processes_at_once_one_takes_over_what_has_expired(
    database_url: str, engine: Engine, together: Together
) -> None:
    with journal.writing(engine) as connection:
        for n in range(25):
            journal.acquire(connection, f"plan {n}", Operator("the dead"), 0.0)

    said = together(database_url, TAKING.format(rounds=25, now="100.0"), before="journal.open(engine)")

    won = [one for line in said for one in ast.literal_eval(line)]
    assert sorted(won) == [(n, 2) for n in range(25)]


def test_whoever_is_in_the_midst_of_a_long_transaction_holds_the_plan(server_url: str) -> None:
    """Their lease has run out, since nothing could be renewed meanwhile, and they are alive."""
    with opened(server_url) as engine:
        stalled = take(engine, ADA, now=0.0)
        with journal.writing(engine) as connection:
            journal.hold(connection, stalled, now=1.0)
            with pytest.raises(HeldError, match=r"'names' is held by ada@one \(process 1\)"):
                take(engine, BOB, now=100.0)

        assert take(engine, BOB, now=100.0).token == 2
