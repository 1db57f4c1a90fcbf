"""Which documents show that what a client gives is no longer taken, or means something else?"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from contractctl.formats.graphql.samples import arguments, entries, sample
from contractctl.formats.graphql.trials.cases import Case, Trial
from contractctl.formats.graphql.trials.places import marked, places, with_value
from contractctl.formats.graphql.types import EXECUTABLE, item


def input_removed(case: Case) -> Iterator[Trial]:
    for place in places(case):
        yield place.given(sample(case.client, place.one.type))


def input_required(case: Case) -> Iterator[Trial]:
    for place in places(case):
        yield place.left_out()


def input_type_changed(case: Case) -> Iterator[Trial]:
    for place in places(case):
        yield place.given(sample(case.client, place.one.type))
        yield place.given("$x", f"($x: {case.facts['before']})")


def input_null_refused(case: Case) -> Iterator[Trial]:
    for place in places(case):
        trial = place.given(_null(case.facts["before"], case.facts["after"]))
        yield replace(trial, mention="null")
        yield trial


def _null(mine: str, theirs: str) -> str:
    if theirs.endswith("!") and not mine.endswith("!"):
        return "null"
    return f"[{_null(item(mine) or '', item(theirs) or '')}]"


def input_default_changed(case: Case) -> Iterator[Trial]:
    for place in places(case):
        yield place.left_out(echoes=place.called)


def one_of_added(case: Case) -> Iterator[Trial]:
    name = case.facts["type"]
    inputs = list(case.client.types[name].inputs.values())
    for given in (entries(case.client, inputs[:2]), entries(case.client, [one for one in inputs if one.required])):
        for document in with_value(case, name, given):
            yield Trial(document, name)


def enum_value_removed(case: Case) -> Iterator[Trial]:
    for document in with_value(case, case.facts["enum"], case.facts["value"]):
        yield Trial(document, case.facts["value"])


def directive_removed(case: Case) -> Iterator[Trial]:
    mine = case.client.directives[case.facts["directive"]]
    wanted = case.facts.get("location")
    for location in mine.locations:
        if location in EXECUTABLE and wanted in {None, location}:
            mark = f"@{mine.name}{arguments(case.client, mine.arguments)}"
            twice = case.found.rule == "graphql-directive-once"
            for document in islice(marked(case, location, f"{mark} {mark}" if twice else mark), 2):
                yield Trial(document, f"'@{mine.name}'")
