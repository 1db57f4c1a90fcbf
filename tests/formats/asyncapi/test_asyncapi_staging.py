"""Does the document between two serve clients of both, and say what goes when?"""

import json
from collections import Counter
from textwrap import dedent
from typing import Any

import pytest
from asyncapi_pairs import AVRO, PROTOBUF, in_files, pairs, source

from contractctl.documents import read
from contractctl.errors import ContractctlError
from contractctl.formats import parse
from contractctl.formats.asyncapi import incompatibilities
from contractctl.formats.asyncapi.staging import expanded, operations
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Effect, Incompatibility

DAY = "2027-03-31"
ENDS = {"deprecated": True, "x-sunset": DAY}

SHOP = """\
asyncapi: 3.0.0
info: {title: Shop, version: 1.0.0}
channels:
  orders:
    address: orders
    messages:
      placed: {$ref: '#/components/messages/placed'}
  refunds:
    address: refunds
    messages:
      refund: {payload: {type: object, properties: {order: {type: integer}}}}
operations:
  tell: {action: send, channel: {$ref: '#/channels/orders'}, messages: [{$ref: '#/channels/orders/messages/placed'}]}
  hear: {action: receive, channel: {$ref: '#/channels/refunds'}}
components:
  messages:
    placed:
      headers: {type: object, properties: {tenant: {type: string}}}
      payload: {$ref: '#/components/schemas/Order'}
  schemas:
    Order: {type: object, required: [id, customer], properties: {id: {type: integer}, customer: {type: string}}}
"""
NEXT = """\
# what the shop says and hears
asyncapi: 3.0.0
info: {title: Shop, version: 2.0.0}
channels:
  orders:
    address: purchases   # as the warehouse calls them
    messages:
      placed: {$ref: '#/components/messages/placed'}
  refunds:
    address: refunds
    messages:
      refund: {payload: {type: object, required: [why], properties: {order: {type: integer}, why: {type: string}}}}
operations:
  tell: {action: send, channel: {$ref: '#/channels/orders'}}
  hear: {action: receive, channel: {$ref: '#/channels/refunds'}}
components:
  messages:
    placed:
      headers: {type: object, properties: {org: {type: string}}}
      payload: {$ref: '#/components/schemas/Order'}
  schemas:
    Order:
      type: object
      required: [id, buyer]
      properties:
        id: {type: integer}
        buyer: {type: string}   # who pays
"""


def document(text: str) -> Source:
    return Source((File("shop.yaml", dedent(text)),))


def says(version: Source) -> Any:
    return read(version.files[0].text, version.files[0].name)


def is_served(old: Source, between: Source, new: Source) -> bool:
    """Whether an application of the document between works with clients of both."""
    return gets_on(old, between) and gets_on(new, between)


def gets_on(client: Source, application: Source) -> bool:
    found = incompatibilities(*(parse("asyncapi", one) for one in (client, application)))
    return all(isinstance(one, Incompatibility) and one.effect is Effect.LOSES for one in found)


def test_every_labelled_pair_is_staged_or_refused_by_its_judge_or_in_words() -> None:
    ends: Counter[str] = Counter()
    for pair in pairs():
        for old, new in ((pair.old, pair.new), (pair.new, pair.old)):
            if gets_on(old, new):
                continue
            try:
                is_staged = is_served(old, expanded(old, new, DAY), new)
            except ContractctlError as refused:
                ends["refused" if refused.hint else "without a way out"] += 1
                continue
            ends["staged" if is_staged else "judged"] += 1
            assert not is_staged or operations(old, new, {}, "shop/feed", DAY)

    assert ends == {"staged": 86, "judged": 65, "refused": 12}


def test_old_parts_stand_beside_new_ones_and_nothing_else_changes() -> None:
    between = expanded(document(SHOP), document(NEXT), DAY)

    kept = [line for line in NEXT.splitlines() if line not in between.files[0].text.splitlines()]
    assert [line.partition(":")[0].strip() for line in kept] == ["refund", "headers", "required"]
    assert kept[1:] == [
        "      headers: {type: object, properties: {org: {type: string}}}",
        "      required: [id, buyer]",
    ]
    made = says(between)
    old = f"orders-until-{DAY}"
    assert made["channels"]["orders"]["address"] == "purchases"
    assert made["channels"][old].items() >= {"address": "orders", "x-sunset": DAY}.items()
    assert made["operations"][f"tell-until-{DAY}"] == {
        "action": "send",
        "channel": {"$ref": f"#/channels/{old}"},
        "messages": [{"$ref": f"#/channels/{old}/messages/placed"}],
        "x-sunset": DAY,
    }
    assert made["components"]["schemas"]["Order"]["required"] == ["id", "buyer", "customer"]
    assert made["components"]["schemas"]["Order"]["properties"]["customer"] == {"type": "string", **ENDS}
    assert made["components"]["messages"]["placed"]["headers"]["properties"]["tenant"] == {"type": "string", **ENDS}
    assert is_served(document(SHOP), between, document(NEXT))


def test_the_operations_say_what_goes_and_what_is_wanted() -> None:
    declared = {"Order.customer": "buyer", "tenant": "org", "send orders": "send purchases"}

    found = operations(document(SHOP), document(NEXT), declared, "shop/feed", DAY)

    assert [(one.kind, one.subject, one.old, one.new) for one in found] == [
        ("rename-operation", "$", "send orders", "send purchases"),
        ("rename-property", "Order", "customer", "buyer"),
        ("rename-header", "placed", "tenant", "org"),
        ("require-property", "refund", None, "why"),
    ]
    assert all(one.is_of_interfaces and one.parameters["sunset"] == DAY for one in found)


def test_a_rename_to_what_is_not_new_there_is_refused() -> None:
    with pytest.raises(ContractctlError, match="nothing in the draft that was called 'customer' is called 'id'"):
        operations(document(SHOP), document(NEXT), {"customer": "id"}, "shop/feed", DAY)


def test_a_later_day_that_clients_were_told_is_kept_to() -> None:
    told = SHOP.replace("tell: {", "tell: {x-sunset: '2027-09-30', ")

    with pytest.raises(ContractctlError, match="clients were told that send orders stays until 2027-09-30"):
        expanded(document(told), document(NEXT), DAY)


OLDER = """\
asyncapi: 2.6.0
info: {title: Shop, version: 1.0.0}
servers: {main: {url: 'a:9092', protocol: kafka, security: [{key: []}]}}
channels:
  orders/{region}:
    parameters: {region: {schema: {enum: [eu, us]}}}
    publish:
      message:
        oneOf:
          - {messageId: placed, payload: {type: object, required: [id], properties: {id: {type: integer}}}}
          - {messageId: dropped, payload: {type: object, required: [dropped], properties: {dropped: {type: integer}}}}
  alarms:
    subscribe: {message: {$ref: '#/components/messages/alarm'}}
components:
  messages: {alarm: {payload: {type: string}}}
  securitySchemes: {key: {type: apiKey, in: user}, login: {type: userPassword}}
"""
OLDER_NEXT = """\
asyncapi: 2.6.0
info: {title: Shop, version: 2.0.0}
servers: {main: {url: 'a:9092', protocol: kafka, security: [{login: []}]}}
channels:
  orders/{area}:
    parameters: {area: {schema: {enum: [eu]}}}
    publish:
      message: {messageId: placed, payload: {type: object, required: [id], properties: {id: {type: integer}}}}
components:
  securitySchemes: {login: {type: userPassword}}
"""


def test_a_document_of_2_x_is_staged_in_its_own_words() -> None:
    old, new = document(OLDER), document(OLDER_NEXT)

    between = expanded(old, new, DAY)

    made = says(between)
    orders = made["channels"]["orders/{area}"]
    assert [one["messageId"] for one in orders["publish"]["message"]["oneOf"]] == ["placed", "dropped"]
    assert orders["publish"]["message"]["oneOf"][1]["x-sunset"] == DAY
    assert orders["parameters"]["area"]["schema"]["enum"] == ["eu", "us"]
    assert made["channels"]["alarms"]["subscribe"]["x-sunset"] == DAY
    assert made["components"]["messages"]["alarm"] == {"payload": {"type": "string"}}
    assert made["servers"]["main"]["security"] == [{"login": []}, {"key": []}]
    assert is_served(old, between, new)
    found = operations(old, new, {}, "shop/feed", DAY)
    assert [(one.kind, one.subject, one.old) for one in found] == [
        ("remove-security", "connect kafka://a:9092", "key"),
        ("remove-value", "receive orders/{area}.area", "us"),
        ("remove-message", "receive orders/{area}", "dropped"),
        ("remove-operation", "$", "send alarms"),
    ]


@pytest.mark.parametrize(
    ("language", "old", "new", "kind"),
    [
        (
            AVRO,
            {
                "type": "record",
                "name": "shop.R",
                "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "int"}],
            },
            {
                "type": "record",
                "name": "shop.R",
                "fields": [{"name": "a", "type": "int"}, {"name": "c", "type": "int"}],
            },
            "rename-property",
        ),
        (
            PROTOBUF,
            'syntax = "proto3"; message R { string a = 1; string b = 2; }',
            'syntax = "proto3"; message R { reserved 2; string a = 1; string c = 3; }',
            "rename-property",
        ),
    ],
)
def test_a_payload_is_staged_as_its_own_format_stages_it(language: str, old: Any, new: Any, kind: str) -> None:
    versions = [source("send", {"schemaFormat": language, "schema": one}) for one in (old, new)]

    between = expanded(versions[0], versions[1], DAY)

    (operation,) = operations(versions[0], versions[1], {"R.b": "c"}, "shop/feed", DAY)
    assert (operation.kind, operation.subject, operation.old, operation.new) == (kind, "R", "b", "c")
    schema = says(between)["channels"]["c"]["messages"]["m"]["payload"]["schema"]
    assert all(name in json.dumps(schema) for name in ("b", "c"))
    assert is_served(versions[0], between, versions[1])


SECURED = """\
asyncapi: 2.6.0
info: {title: Shop, version: 1.0.0}
servers: {main: {url: 'a:9092', protocol: mqtt, protocolVersion: 3.1.1}, spare: {url: 'b:9092', protocol: mqtt}}
channels:
  orders: {subscribe: {message: {payload: {type: string}}}}
  alarms: {servers: [spare], subscribe: {message: {payload: {type: string}}}}
"""


def test_an_old_channel_stays_on_its_servers_and_a_version_of_the_protocol_beside_the_new_one() -> None:
    old = document(SECURED)
    new = document(SECURED.replace("3.1.1", "'5'").replace("alarms:", "alerts:").replace("spare", "other"))

    between = expanded(old, new, DAY)

    made = says(between)
    assert made["channels"]["alarms"]["servers"] == ["other"]  # the same, called otherwise
    assert made["servers"]["main"]["protocolVersion"] == "5"
    assert made["servers"][f"main-until-{DAY}"]["protocolVersion"] == "3.1.1"
    assert is_served(old, between, new)


def test_an_old_schema_that_stays_keeps_what_it_refers_to() -> None:
    one, other = ({"type": "string", "pattern": f"^{letters}$"} for letters in ("[a-z]*", "[a-z]{1,3}"))
    text = '{"type": "array", "items": {"$ref": "#/components/schemas/Name"}}'
    old, new = (
        source("document", {**says(source("receive", json.loads(text))), "components": {"schemas": {"Name": name}}})
        for name in (one, other)
    )

    between = expanded(old, new, DAY)

    made = says(between)
    payload = made["channels"]["c"]["messages"]["m"]["payload"]
    assert payload["items"] == {"$ref": f"#/components/schemas/Name-until-{DAY}"}
    assert made["components"]["schemas"] == {"Name": other, f"Name-until-{DAY}": one}
    assert is_served(old, between, new)


def test_a_part_of_another_file_changes_there_whatever_its_traits_say() -> None:
    message = "{payload: {$ref: 's.yaml#/%s'}, traits: [{contentType: application/json}]}   # a message\n"
    schemas = "a: {type: object, properties: {a: {type: string}}}\nb: {type: object, properties: {b: {}}}   # new\n"
    main = SHOP.replace("placed: {$ref: '#/components/messages/placed'}", "placed: {$ref: m.yaml}")
    old, new = (
        Source((File("shop.yaml", main), File("m.yaml", message % name), File("s.yaml", schemas)))
        for name in ("a", "b")
    )

    between = expanded(old, new, DAY)

    assert between.files[:2] == new.files[:2]
    said = read(between.files[2].text, "s.yaml")
    assert said["b"] == {"type": "object", "properties": {"b": {}, "a": {"type": "string", **ENDS}}}
    assert between.files[2].text.endswith("# new\n")
    assert is_served(old, between, new)


@pytest.mark.parametrize("first", [0, 1])
def test_what_is_staged_in_several_files_is_what_is_staged_in_one(first: int) -> None:
    staged = 0
    for pair in pairs()[first::5]:
        if len(pair.old.every) + len(pair.new.every) > 2 or gets_on(pair.old, pair.new):
            continue
        ends = in_files(pair.old), in_files(pair.new)
        try:
            whole, steps = expanded(pair.old, pair.new, DAY), operations(pair.old, pair.new, {}, "shop/feed", DAY)
        except ContractctlError:
            continue
        parts = expanded(*ends, DAY)
        assert is_served(ends[0], parts, ends[1]) is is_served(pair.old, whole, pair.new), pair.name
        made = operations(*ends, {}, "shop/feed", DAY)
        assert [(one.kind, one.new) for one in made] == [(one.kind, one.new) for one in steps], pair.name
        staged += 1
    assert staged >= 10


def test_a_document_of_2_x_goes_on_in_3_0_where_that_says_the_same() -> None:
    old, new = document(OLDER.replace("{key: []}", "{login: []}")), document(NEXT)

    between = expanded(old, new, DAY)

    made = says(between)
    assert (
        made["channels"]["orders/{region}"].items()
        >= {
            "address": "orders/{region}",
            "parameters": {"region": {"enum": ["eu", "us"]}},
            "x-sunset": DAY,
        }.items()
    )
    assert made["operations"]["send alarms"] == {
        "action": "send",
        "channel": {"$ref": "#/channels/alarms"},
        "messages": [{"$ref": "#/channels/alarms/messages/alarm"}],
        "x-sunset": DAY,
    }
    assert is_served(old, between, new)


@pytest.mark.parametrize(("old", "new"), [(OLDER.replace("{key: []}", "{key: [read]}"), NEXT), (SHOP, OLDER)])
def test_a_part_that_cannot_be_translated_is_refused(old: str, new: str) -> None:
    with pytest.raises(ContractctlError, match=r"is written in AsyncAPI \d, and the draft in \d") as refused:
        expanded(document(old), document(new), DAY)

    assert ", and plan from there" in str(refused.value.hint)


def test_all_operations_of_a_channel_that_goes_stand_on_one_copy_of_it() -> None:
    more = SHOP.replace("  hear:", "  listen: {action: receive, channel: {$ref: '#/channels/orders'}}\n  hear:")
    more = more.replace("  hear:", "  again: {action: send, channel: {$ref: '#/channels/orders'}}\n  hear:")

    made = says(expanded(document(more), document(NEXT), DAY))

    assert set(made["channels"]) == {"orders", "refunds", f"orders-until-{DAY}"}
    old = {name for name, one in made["operations"].items() if one["channel"]["$ref"].endswith(DAY)}
    assert old == {f"tell-until-{DAY}", "listen", "again"}


BOTH_WAYS = """\
asyncapi: 3.0.0
info: {title: Shop, version: 1.0.0}
channels:
  orders: {address: orders, messages: {placed: {$ref: '#/components/messages/placed'}}}
operations:
  tell: {action: send, channel: {$ref: '#/channels/orders'}}
  hear: {action: receive, channel: {$ref: '#/channels/orders'}}
components:
  messages: {placed: {payload: {$ref: '#/components/schemas/Order'}}}
  schemas:
    Order: {type: object, required: [customer], properties: {customer: {type: string}}}
"""
BOTH_WAYS_OLDER = """\
asyncapi: 2.6.0
info: {title: Shop, version: 1.0.0}
channels:
  orders:
    publish: {message: {$ref: '#/components/messages/placed'}}
    subscribe: {message: {$ref: '#/components/messages/placed'}}
components:
  messages: {placed: {payload: {$ref: '#/components/schemas/Order'}}}
  schemas:
    Order: {type: object, required: [customer], properties: {customer: {type: string}}}
"""


@pytest.mark.parametrize("text", [BOTH_WAYS, BOTH_WAYS_OLDER])
def test_a_message_that_is_sent_and_received_becomes_two_where_it_has_to(text: str) -> None:
    old, new = document(text), document(text.replace("customer", "buyer"))

    between = expanded(old, new, DAY)

    made = says(between)["components"]
    assert made["messages"] == {"placed": {"payload": {"$ref": "#/components/schemas/Order"}}}
    assert made["schemas"]["Order"]["required"] == ["buyer", "customer"]
    assert made["schemas"]["OrderReceived"].get("required") is None
    assert is_served(old, between, new)
    (operation,) = operations(old, new, {"Order.customer": "buyer"}, "shop/feed", DAY)
    assert (operation.kind, operation.old, operation.new) == ("rename-property", "customer", "buyer")
