"""What does a document of 2.x say in the words of 3.0? Only what both say alike counts, as the judge sees it.

https://www.asyncapi.com/docs/migration/migrating-to-v3.
"""

from dataclasses import replace

from contractctl.documents import Json
from contractctl.errors import ContractctlError
from contractctl.formats.asyncapi.making import listed
from contractctl.formats.asyncapi.resolution import incompatibilities
from contractctl.formats.asyncapi.whole import Whole
from contractctl.formats.description import as_object, reference
from contractctl.formats.retirement.places import Object, Places, own

_ACTIONS = {"publish": "receive", "subscribe": "send"}
_KEPT = ("schemas", "securitySchemes", "correlationIds", "serverBindings", "channelBindings", "operationBindings")
_OWN_JSON = "application/vnd.aai.asyncapi"
"""What a payload is in where nothing else is said."""


def translated(older: Whole) -> Whole | None:
    """The same in 3.0; None where that would say something else."""
    try:
        newer = replace(older, document=older.again(_Translating(older.value).value()))
        ends = older.document, newer.document
        found = [*incompatibilities(*ends), *incompatibilities(*reversed(ends))]
    except ContractctlError:
        return None
    return newer if not found else None


class _Translating:
    """One document on its way."""

    def __init__(self, value: Object) -> None:
        self._value = as_object(own(value))
        self._places = Places(self._value, {})

    def value(self) -> Object:
        known = as_object(self._value.get("components"))
        components = {name: known[name] for name in _KEPT if name in known}
        messages: Object = {name: _message(self._at(one)) for name, one in as_object(known.get("messages")).items()}
        made: Object = {name: one for name, one in self._value.items() if name not in {"channels", "tags"}}
        made |= {"asyncapi": "3.0.0", "channels": {}, "operations": {}}
        made["components"] = components | ({"messages": messages} if messages else {})
        if "servers" in self._value:
            servers = as_object(self._value["servers"])
            made["servers"] = {name: self._server(self._at(one)) for name, one in servers.items()}
        for address, item in as_object(self._value.get("channels")).items():
            self._channel(made, address, self._at(item))
        return made

    def _at(self, value: Json) -> Object:
        return as_object(self._places.in_old(value))

    def _channel(self, made: Object, address: str, item: Object) -> None:
        channel: Object = {name: one for name, one in item.items() if name not in {*_ACTIONS, "parameters", "servers"}}
        messages: Object = {}
        channel |= {"address": address, "messages": messages}
        parameters: Object = {
            name: _parameter(self._at(one)) for name, one in as_object(item.get("parameters")).items()
        }
        if parameters:
            channel["parameters"] = parameters
        if "servers" in item:
            channel["servers"] = [{"$ref": reference("servers", str(name))} for name in listed(item["servers"])]
        as_object(made["channels"])[address] = channel
        for word, action in _ACTIONS.items():
            if word in item:
                operation = self._operation(address, messages, as_object(item[word]))
                as_object(made["operations"])[f"{action} {address}"] = {"action": action, **operation}

    def _operation(self, address: str, messages: Object, said: Object) -> Object:
        names = [self._named(messages, one) for one in self._branches(said)]
        operation = {name: one for name, one in said.items() if name in {"bindings", "x-sunset", "x-sunset-date"}}
        operation["channel"] = {"$ref": reference("channels", address)}
        operation["messages"] = [{"$ref": reference("channels", address, "messages", name)} for name in names]
        if "security" in said:
            operation["security"] = [_scheme(one) for one in listed(said["security"])]
        return operation

    def _branches(self, said: Object) -> list[Json]:
        if "message" not in said:
            return []
        return listed(self._at(said["message"]).get("oneOf")) or [said["message"]]

    def _named(self, messages: Object, written: Json) -> str:
        """A message's name among those of its channel."""
        there = str(as_object(written).get("$ref", ""))
        message = self._at(written)
        base = there.rpartition("/")[2] or str(message.get("messageId") or message.get("name") or "message")
        made: Json = written if there.startswith("#/components/messages/") else _message(message)
        name, number = base, 2
        while name in messages and messages[name] != made:
            name, number = f"{base}{number}", number + 1
        messages[name] = made
        return name

    @staticmethod
    def _server(said: Object) -> Object:
        host, slash, path = str(said.get("url", "")).rpartition("://")[2].partition("/")
        made: Object = {name: one for name, one in said.items() if name not in {"url", "security"}}
        made |= {"host": host} | ({"pathname": f"/{path}"} if slash and path else {})
        if "security" in said:
            made["security"] = [_scheme(one) for one in listed(said["security"])]
        return made


def _scheme(requirement: Json) -> Json:
    """One scheme is referred to; several at once, or scopes, have no words there."""
    names = as_object(requirement)
    if len(names) != 1 or any(names.values()):
        raise ContractctlError("security of several schemes, or with scopes, is expressed differently in AsyncAPI 3")
    return {"$ref": reference("components", "securitySchemes", next(iter(names)))}


def _parameter(said: Object) -> Object:
    schema = as_object(said.get("schema"))
    return {name: schema[name] for name in ("enum", "default", "description") if name in schema}


def _message(said: Object) -> Object:
    made: Object = {name: one for name, one in said.items() if name not in {"schemaFormat", "messageId"}}
    language = said.get("schemaFormat")
    if isinstance(language, str) and "payload" in said and not language.startswith(_OWN_JSON):
        made["payload"] = {"schemaFormat": language, "schema": said["payload"]}
    if "messageId" in said and "name" not in said:
        made["name"] = said["messageId"]
    return made
