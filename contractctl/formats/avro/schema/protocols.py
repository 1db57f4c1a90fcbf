"""What does a protocol (.avpr) say? Its types, and of each message what is asked and what is answered.

https://avro.apache.org/docs/1.12.0/specification/#protocol-declaration
"""

from collections.abc import Iterator
from typing import TypeGuard

from contractctl.documents import Json
from contractctl.formats.avro.schema.reading import Reading
from contractctl.formats.avro.schema.types import Message, Primitive, Record, Type, Union
from contractctl.model.verdict import Pointer

Object = dict[str, Json]


def is_protocol(node: Json) -> TypeGuard[Object]:
    """Whether a file's JSON is a protocol and no schema."""
    return isinstance(node, dict) and "protocol" in node and "type" not in node


def read_protocol(reading: Reading, node: Object, number: int) -> Iterator[Message]:
    """Its messages; its types become names of the reading."""
    at: Pointer = (number,)
    head: Object = {**node, "type": "protocol", "name": node["protocol"]}
    full, namespace = reading.full_name(head, at, "")
    types, messages = node.get("types", []), node.get("messages", {})
    if not isinstance(types, list):
        reading.refuse((*at, "types"), f"the 'types' of '{full}' are not a list", "write a list of schemas")
    for index, type_ in enumerate(types):
        reading.type_(type_, (*at, "types", index), namespace)
    if not isinstance(messages, dict):
        reading.refuse(
            (*at, "messages"), f"the 'messages' of '{full}' are not an object", "write an object of messages"
        )
    for name, message in messages.items():
        yield _message(_Place(reading, full, namespace), name, message, (*at, "messages", name))


class _Place:
    """Where messages are read: the protocol around them."""

    def __init__(self, reading: Reading, protocol: str, namespace: str) -> None:
        self.reading = reading
        self.protocol = protocol
        self.namespace = namespace


def _message(place: _Place, name: str, node: Json, at: Pointer) -> Message:
    """https://avro.apache.org/docs/1.12.0/specification/#messages."""
    reading = place.reading
    if not isinstance(node, dict):
        reading.refuse(at, f"the message '{name}' is not an object", "write an object with 'request' and 'response'")
    one_way = node.get("one-way", False)
    if not isinstance(one_way, bool):
        reading.refuse((*at, "one-way"), f"'one-way' of '{name}' is neither true nor false", "write true or false")
    if "response" not in node and not one_way:
        reading.refuse(at, f"the message '{name}' has no 'response'", 'add "response": "null" where there is none')
    request = _request(place, name, node, at)
    response = reading.type_(node.get("response", "null"), (*at, "response"), place.namespace)
    errors = _errors(place, name, node, at)
    answers_nothing = isinstance(response, Primitive) and response.name == "null"
    if one_way and not (answers_nothing and len(errors.branches) == 1):
        reading.refuse(at, f"the one-way message '{name}' has an answer", "leave 'response' and 'errors' out")
    return Message(at, place.protocol, name, request, response, errors, one_way)


def _request(place: _Place, name: str, node: Object, at: Pointer) -> Record:
    """The parameters are the fields of a record without a name of its own; here it has one that nobody writes."""
    reading, at = place.reading, (*at, "request")
    listed = node.get("request")
    if not isinstance(listed, list):
        reading.refuse(at[:-1], f"the message '{name}' has no list 'request'", "add 'request': a list of parameters")
    full = f"{place.protocol}.{name}"
    fields = tuple(reading.field(one, (*at, index), place.namespace, full) for index, one in enumerate(listed))
    reading.refuse_twice([(one.name, one.at) for one in fields], f"the message '{name}' has two parameters")
    request = Record(at, f"{full} request", (), fields)
    if request.name in reading.names:
        reading.refuse(at[:-2], f"the protocol '{place.protocol}' is defined a second time", "keep one of the two")
    reading.names[request.name] = request
    return request


def _errors(place: _Place, name: str, node: Object, at: Pointer) -> Union:
    """Every server may send a text as an error; that is the first branch, whatever else is declared."""
    declared: list[Type] = []
    listed = node.get("errors", [])
    if not isinstance(listed, list):
        place.reading.refuse((*at, "errors"), f"the 'errors' of '{name}' are not a list", "write a list of error types")
    at = (*at, "errors")
    if listed:
        declared = list(place.reading.union(listed, at, place.namespace).branches)
    return Union(at, (Primitive(at, "string"), *declared))
