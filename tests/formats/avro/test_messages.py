"""Is each message of a protocol, and each schema of a folder, judged with whoever really reads it?"""

from typing import Any

import pytest
from avro_schemas import LONG, OPTIONAL, field, files, message, protocol, record

from contractctl.compatibility import Terms, compare_sources
from contractctl.errors import ContractctlError
from contractctl.formats.avro import incompatibilities, parse
from contractctl.model.contract import Source
from contractctl.model.verdict import Comparison, Finding

LINE = {"type": "record", "name": "Line", "fields": [{"name": "sku", "type": "string"}]}
TEXT = {"name": "id", "type": "string"}


def judged(old: Any, new: Any) -> Comparison:
    sides = (one if isinstance(one, Source) else files(one) for one in (old, new))
    return compare_sources(*sides, "avro", Terms())


def told(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(one.rule, one.path) for one in found]


def test_a_request_is_read_by_the_server() -> None:
    found = judged(protocol(place=message(LONG)), protocol(place=message(TEXT)))

    assert told(found.backward.findings) == [("avro-type-changed", "place.request.id")]
    assert found.backward.findings[0].message == (
        "new reads 'place.request.id' as string, and old sends long"  # the new server, the old client
    )
    assert found.backward.findings[0].witness is not None


def test_a_response_is_read_by_the_client() -> None:
    found = judged(protocol(place=message(response="long")), protocol(place=message(response="string")))

    assert told(found.backward.findings) == [("avro-type-changed", "place.response")]
    finding = found.backward.findings[0]
    assert finding.message == "old reads 'place.response' as long, and new sends string"
    assert (finding.old and finding.old.file, finding.old and finding.old.line) == ("0.avsc", 8)
    assert finding.witness is not None


def test_what_is_added_to_a_response_harms_no_client_that_has_a_default_for_what_is_gone() -> None:
    old = protocol((record(LONG, OPTIONAL, name="Receipt"),), place=message(response="Receipt"))
    new = protocol((record(LONG, field("paid", "boolean"), name="Receipt"),), place=message(response="Receipt"))
    found = judged(old, new)

    assert found.backward.findings == ()
    assert told(found.forward.findings) == [("avro-field-without-default", "place.response.paid")]


def test_a_new_parameter_needs_a_default_for_clients_that_do_not_send_it() -> None:
    old = protocol(place=message(LONG))

    assert judged(old, protocol(place=message(LONG, OPTIONAL))).findings == ()
    assert told(judged(old, protocol(place=message(LONG, TEXT | {"name": "to"}))).backward.findings) == [
        ("avro-field-without-default", "place.request.to")
    ]


def test_an_error_that_clients_do_not_know_fails_them() -> None:
    refusal = {"type": "error", "name": "Refusal", "fields": [{"name": "why", "type": "string"}]}
    old, new = protocol((refusal,), place=message(LONG)), protocol((refusal,), place=message(LONG, errors=["Refusal"]))
    found = judged(old, new)

    assert told(found.backward.findings) == [("avro-union-branch-unknown", "place.errors")]
    assert found.forward.findings == ()


def test_every_server_may_send_a_text_as_an_error() -> None:
    """It is the first branch of every error union, declared or not: an error declared later changes no number."""
    refusal = {"type": "error", "name": "Refusal", "fields": []}
    both = protocol((refusal,), place=message(LONG, errors=["Refusal"]))

    assert judged(both, protocol((refusal,), place=message(LONG, errors=["Refusal"], doc="…"))).findings == ()


def test_a_message_that_was_renamed_is_unknown_to_both_sides() -> None:
    found = judged(protocol(place=message(LONG)), protocol(order=message(LONG)))

    assert told(found.backward.findings) == [("avro-message-unknown", "place")]
    assert told(found.forward.findings) == [("avro-message-unknown", "order")]


def test_a_message_that_is_gone_is_shown_in_the_file_of_the_protocol() -> None:
    line = {**LINE, "namespace": "shop"}
    (finding,) = judged(
        files(line, protocol(a=message(), b=message())), files(line, protocol(a=message()))
    ).backward.findings

    assert finding.new is not None
    assert (finding.new.file, finding.new.line) == ("1.avsc", 1)


def test_a_new_message_harms_no_old_client() -> None:
    found = judged(protocol(place=message(LONG)), protocol(place=message(LONG), cancel=message(LONG)))

    assert found.backward.findings == ()
    assert told(found.forward.findings) == [("avro-message-unknown", "cancel")]


def test_a_message_that_becomes_one_way_fails_those_who_wait() -> None:
    old = protocol(tell=message(LONG, response="null"))
    new = protocol(tell=message(LONG, response="null", **{"one-way": True}))

    assert told(judged(old, new).backward.findings) == [("avro-message-one-way-changed", "tell")]
    assert judged(new, protocol(tell={"request": [LONG], "one-way": True})).findings == ()


def test_a_protocol_s_own_name_means_nothing_to_its_messages() -> None:
    assert judged(protocol(place=message(LONG)), protocol(name="Shop", place=message(LONG))).findings == ()


def test_messages_of_several_protocols_are_told_apart() -> None:
    orders, stock = protocol(get=message(LONG)), protocol(name="Stock", get=message(TEXT))
    changed = protocol(name="Stock", get=message(LONG))
    found = judged(files(orders, stock), files(orders, changed))

    assert told(found.backward.findings) == [("avro-type-changed", "get.request.id")]
    assert found.backward.findings[0].new is not None
    assert found.backward.findings[0].new.file == "1.avsc"


def test_a_protocol_s_types_may_lie_in_files_beside_it() -> None:
    calls = protocol(place=message({"name": "line", "type": "Line"}))
    line = {**LINE, "namespace": "shop"}
    changed = {**line, "fields": [{"name": "sku", "type": "long"}]}
    found = judged(files(calls, line), files(calls, changed))

    assert told(found.backward.findings) == [("avro-type-changed", "place.request.line.sku")]
    assert found.backward.findings[0].new is not None
    assert found.backward.findings[0].new.file == "1.avsc"


def test_a_schema_that_became_a_protocol_is_another_contract() -> None:
    found = judged(record(LONG, name="Order"), protocol(place=message(LONG)))

    assert told(found.backward.findings) == [("avro-message-unknown", "Order")]
    assert told(found.forward.findings) == [("avro-message-unknown", "place")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ({"protocol": "P", "messages": []}, "the 'messages' of 'P' are not an object"),
        ({"protocol": "P", "types": {}}, "the 'types' of 'P' are not a list"),
        ({"protocol": "not a name"}, "is not a name for this protocol"),
        (protocol(m=[]), "the message 'm' is not an object"),
        (protocol(m={"response": "null"}), "has no list 'request'"),
        (protocol(m={"request": []}), "has no 'response'"),
        (protocol(m=message(**{"one-way": "yes"})), "neither true nor false"),
        (protocol(m=message(**{"one-way": True})), "the one-way message 'm' has an answer"),
        (protocol(m=message(LONG, LONG)), "two parameters 'id'"),
        (protocol(m=message(errors="E")), "the 'errors' of 'm' are not a list"),
    ],
)
def test_what_is_no_protocol_is_refused_with_its_place(text: Any, said: str) -> None:
    with pytest.raises(ContractctlError, match=said) as caught:
        parse(files(text))
    assert caught.value.message.startswith("0.avsc:")


def test_a_protocol_stands_once_in_a_folder() -> None:
    with pytest.raises(ContractctlError, match="is defined a second time"):
        parse(files(protocol(place=message(LONG)), protocol(place=message(TEXT))))


def test_a_folder_s_schemas_are_met_by_their_full_names_first() -> None:
    """`a.Event` and `b.Event` end alike: each goes to its own, though either would match by the last part."""
    old = [record(field("n", kind), name="Event", namespace=space) for space, kind in (("a", "int"), ("b", "string"))]

    assert judged(files(*old), files(*reversed(old))).findings == ()


def test_a_schema_of_a_folder_may_change_its_namespace() -> None:
    old = [record(LONG, name=name, namespace="v1") for name in ("A", "B")]
    new = [record(LONG, name=name, namespace="v2") for name in ("A", "B")]

    assert judged(files(*old), files(*new)).findings == ()


def test_a_schema_of_a_folder_that_was_renamed_needs_an_alias() -> None:
    kept = record(LONG, name="Kept")
    old, new = files(kept, record(LONG, name="Old")), record(LONG, name="New")

    assert told(judged(old, files(kept, new)).backward.findings) == [("avro-message-unknown", "Old")]
    assert judged(old, files(kept, {**new, "aliases": ["Old"]})).backward.findings == ()


def test_a_folder_of_one_message_may_get_another() -> None:
    old, new = files(record(LONG, name="A")), files(record(LONG, name="A"), record(LONG, name="B"))
    found = judged(old, new)

    assert found.backward.findings == ()
    assert told(found.forward.findings) == [("avro-message-unknown", "B")]


def test_cycles_across_files_in_any_order_are_one_schema() -> None:
    person = record(field("home", ["null", "House"]), name="Person")
    house = record(field("owner", "Person"), field("n", "int"), name="House")
    grown = record(field("owner", "Person"), field("n", "long"), name="House")
    (found,) = judged(files(house, person), files(person, grown)).forward.findings

    assert (found.rule, found.path) == ("avro-type-changed", "Person.home.n")
    assert found.witness is not None
    assert found.old is not None
    assert found.new is not None
    assert (found.old.file, found.new.file) == ("0.avsc", "1.avsc")


def test_every_place_of_a_folder_names_its_own_file_and_line() -> None:
    address, order = record(field("street", "string"), name="Address"), record(field("to", "Address"), name="Order")
    moved = record(field("street", "string"), field("zip", "string"), name="Address")
    names = ("events/address.avsc", "events/order.avsc")
    (found,) = judged(files(address, order, names=names), files(moved, order, names=names)).backward.findings

    assert found.new is not None
    assert (found.new.file, found.new.line, found.new.column) == ("events/address.avsc", 9, 3)


def test_the_empty_folder_of_a_protocol_without_messages_judges_nothing() -> None:
    assert list(incompatibilities(parse(files({"protocol": "P"})), parse(files({"protocol": "P", "doc": "x"})))) == []
