"""Does diff name what surrounds the schemas: bindings, security, servers, addresses of replies?"""

import pytest

from contractctl.formats.asyncapi import changes, parse
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Change

HEAD = {
    3: "asyncapi: 3.0.0\ninfo: {title: Shop, version: '1'}\n",
    2: "asyncapi: 2.6.0\ninfo: {title: S, version: '1'}\n",
}
CHANNEL = "channels: {c: {address: c, messages: {m: {payload: {type: string}}}}, d: {address: d}}\n"
SENDS = "{o: {action: send, channel: {$ref: '#/channels/c'}"


def changed(major: int, old: str, new: str) -> list[Change]:
    texts = (parse(Source((File("shop.yaml", HEAD[major] + text),))) for text in (old, new))
    return list(changes(*texts))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "bindings: {kafka: {groupId: {type: string}}}",
            "bindings: {kafka: {groupId: {type: string}, clientId: {type: string}}}",
            [Change("changed", "send c kafka", "clientId.type", None, "string")],
        ),
        ("bindings: {mqtt: {qos: 0}}", "bindings: {mqtt: {}}", []),
        ("bindings: {solace: {a: [{b: 1, c: 2}]}}", "bindings: {solace: {a: [{c: 2, b: 1}]}}", []),
        (
            "bindings: {http: {query: {type: object, description: a, properties: {q: {type: string}}}}}",
            "bindings: {http: {query: {type: object, description: b, properties: {q: {type: integer}}}}}",
            [Change("changed", "send c http query.q", "type", "string", "integer")],
        ),
        ("bindings: {http: {query: {$ref: '#/a'}}}", "bindings: {http: {query: {$ref: '#/b'}}}", []),
        (
            "reply: {address: {location: '$message.header#/a'}, channel: {$ref: '#/channels/d'}}",
            "reply: {address: {location: '$message.header#/b'}, channel: {$ref: '#/channels/d'}}",
            [Change("changed", "send c reply", "address", "$message.header#/a", "$message.header#/b")],
        ),
        (
            "security: [{type: plain}]",
            "security: [{$ref: '#/components/x'}]",
            [Change("changed", "send c", "security", '[{"type": "plain"}]', '[{"type": "X509"}]')],
        ),
        ("security: [{type: X509}]", "security: [{$ref: '#/components/x'}]", []),
        ("security: [{$ref: '#/nowhere'}]", "security: [{$ref: '#/nowhere'}]", []),
    ],
)
def test_what_an_operation_says_is_told_field_by_field_and_references_are_followed(
    old: str, new: str, expected: list[Change]
) -> None:
    rest = f"{CHANNEL}components: {{x: {{type: X509}}}}\n"

    assert changed(3, *(f"{rest}operations: {SENDS}, {said}}}}}\n" for said in (old, new))) == expected


def test_a_server_is_told_field_by_field() -> None:
    said = (
        "channels: {}\nservers: {s: {host: a, protocol: amqp, description: x, security: [{type: plain}, {type: X509}]}}"
    )

    assert changed(3, said, said.replace("host: a", "host: b").replace("x,", "y,")) == [
        Change("changed", "s", "host", "a", "b")
    ]
    assert changed(3, said, said.replace("[{type: plain}, {type: X509}]", "[{type: X509}, {type: plain}]")) == []


def test_a_scheme_that_is_asked_for_by_its_name_is_told_under_that() -> None:
    said = "channels: {}\ncomponents: {securitySchemes: {k: {type: plain}}}\n"

    assert changed(2, said, said.replace("plain", "X509")) == [
        Change("changed", "k", "security scheme", '{"type": "plain"}', '{"type": "X509"}')
    ]


def test_what_another_file_says_that_is_not_there_is_no_crash() -> None:
    said = "channels: {}\nservers: {$ref: a.yaml}\ncomponents: {$ref: a.yaml}\n"

    assert changed(2, said, said.replace("a.yaml", "b.yaml")) == []


def test_a_key_in_a_binding_is_told_as_the_schema_that_it_is() -> None:
    said = "channels: {c: {publish: {message: {name: m, bindings: {kafka: {key: {type: string}}}}}}}\n"

    assert changed(2, said, said.replace("string", "integer")) == [
        Change("changed", "receive c: m key", "type", "string", "integer")
    ]
