"""Are parts in files of their own judged, and is what nobody can read unknown?"""

from pathlib import Path

import pytest

from contractctl import loose
from contractctl.compatibility import Terms, compare_sources
from contractctl.formats.asyncapi import changes, parse
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Comparison, Status

MAIN = """\
asyncapi: 3.0.0
info: {title: Shop, version: "1"}
channels:
  orders: {$ref: orders.yaml}
operations:
  place: {$ref: place.yaml}
"""
PARTS = {
    "orders.yaml": "address: orders\nmessages: {placed: {payload: {type: %s}}}\n",
    "place.yaml": "action: send\nchannel: {$ref: 'shop.yaml#/channels/orders'}\nsecurity: [{$ref: key.yaml}]\n%s",
    "key.yaml": "type: %s\n",
}


def version(kind: str = "string", traits: str = "", scheme: str = "X509") -> Source:
    said = {"orders.yaml": kind, "place.yaml": traits, "key.yaml": scheme}
    files = [File(f"api/{path}", text % said[path]) for path, text in PARTS.items()]
    return Source((*files, File("api/shop.yaml", MAIN)), folder="api")


def judged(old: Source, new: Source) -> Comparison:
    return compare_sources(old, new, "asyncapi", Terms())


def test_operations_channels_and_schemes_may_have_files_of_their_own() -> None:
    assert judged(version(), version()).backward.status is Status.COMPATIBLE

    (payload,) = judged(version(), version(kind="integer")).backward.findings
    (scheme,) = judged(version(), version(scheme="plain")).backward.findings

    assert (payload.rule, scheme.rule) == ("json-schema-type-refused", "asyncapi-security-tightened")
    assert payload.witness is not None


@pytest.mark.parametrize("traits", ["traits: [{$ref: all.yaml}]\n", "traits: [{$ref: '#/nowhere'}]\n"])
def test_what_has_a_trait_that_leads_nowhere_is_unknown(traits: str) -> None:
    old = version(traits=f"title: old\n{traits}")
    answer = judged(old, version(traits=f"title: new\n{traits}"))

    assert {answer.backward.status, answer.forward.status} == {Status.UNKNOWN}
    assert any("leads nowhere" in one or "is not among" in one for one in answer.backward.reasons)


def test_a_message_with_a_trait_that_leads_nowhere_is_unknown() -> None:
    message = "{payload: {type: string}, traits: [{$ref: all.yaml}]}"
    place = "{action: send, channel: {$ref: '#/channels/orders'}}"
    old, new = (
        MAIN.replace("{$ref: place.yaml}", place).replace(
            "{$ref: orders.yaml}", f"{{address: o, title: {title}, messages: {{m: {message}}}}}"
        )
        for title in ("old", "new")
    )

    answer = judged(*(Source((File("shop.yaml", text),)) for text in (old, new)))

    assert answer.backward.status is Status.UNKNOWN


AVRO = "{schemaFormat: application/vnd.apache.avro;version=1.9.0, schema: {$ref: order.avsc}}"
ORDER = '{"type": "record", "name": "shop.Order", "fields": [{"name": "total", "type": "Money"}]}'
MONEY = '{"type": "record", "name": "shop.Money", "fields": [{"name": "cents", "type": "%s"}]}'
SENDS = f"""\
asyncapi: 3.0.0
info: {{title: Shop, version: "1"}}
channels: {{c: {{address: c, messages: {{m: {{payload: {AVRO}}}}}}}}}
operations: {{o: {{action: send, channel: {{$ref: '#/channels/c'}}}}}}
"""


def completed_avro(folder: Path, **files: str) -> Source:
    folder.mkdir()
    for name, text in {"shop.yaml": SENDS, "order.avsc": ORDER, **files}.items():
        (folder / name).write_text(text)
    return loose.version(folder / "shop.yaml")[0]


def test_a_type_that_a_third_file_defines_is_judged_where_that_file_alone_changed(tmp_path: Path) -> None:
    old = completed_avro(tmp_path / "old", **{"money.avsc": MONEY % "long"})
    new = completed_avro(tmp_path / "new", **{"money.avsc": MONEY % "string"})

    (finding,) = judged(old, new).backward.findings

    assert finding.rule == "avro-type-changed"
    assert finding.path not in finding.message, "the message names the field, beside where that is"
    assert judged(old, old).backward.status is Status.COMPATIBLE


def test_a_type_that_no_file_defines_is_unknown_though_the_payload_stays(tmp_path: Path) -> None:
    old, new = (completed_avro(tmp_path / name, **{"shop.yaml": SENDS + f"# {name}"}) for name in ("old", "new"))
    answer = judged(old, new)

    assert {answer.backward.status, answer.forward.status} == {Status.UNKNOWN}
    assert any("'shop.Money' is not defined" in one for one in answer.backward.reasons)


def test_a_type_that_is_missing_is_placed_in_the_file_that_names_it(tmp_path: Path) -> None:
    inline = SENDS.replace("{$ref: order.avsc}", ORDER)
    apart, inside = (
        completed_avro(tmp_path / name, **{"shop.yaml": text}) for name, text in (("a", SENDS), ("b", inline))
    )
    old = completed_avro(tmp_path / "old", **{"order.avsc": ORDER.replace("}]", '}, {"name": "n", "type": "int"}]')})

    columns = ORDER.index('"Money"') + 1, inline.splitlines()[2].index('"Money"') + 1
    assert f"/a/order.avsc:1:{columns[0]}): give" in judged(old, apart).forward.reasons[0]
    assert f"/b/shop.yaml:3:{columns[1]}): give" in judged(old, inside).forward.reasons[0]


def test_what_a_proto_file_imports_is_judged_where_a_folder_is_the_version() -> None:
    main = SENDS.replace("vnd.apache.avro;version=1.9.0", "x-protobuf").replace("order.avsc", "order.proto")
    order = 'syntax = "proto3"; import "money.proto"; message Order { Money total = 1; }'
    old, new = (
        Source(
            (
                File("shop.yaml", main),
                File("order.proto", order),
                File("money.proto", f'syntax = "proto3"; message Money {{ {kind} cents = 1; }}'),
            )
        )
        for kind in ("int64", "string")
    )

    (finding,) = judged(old, new).backward.findings

    assert finding.rule == "protobuf-type-changed"
    assert judged(old, old).backward.status is Status.COMPATIBLE


def test_a_json_schema_that_leads_to_a_missing_file_is_unknown_though_its_text_stays() -> None:
    main, order = SENDS.replace(AVRO, "{$ref: order.yaml}"), File("order.yaml", "properties: {a: {$ref: money.yaml}}")
    old, new = (Source((File("shop.yaml", f"{main}# {name}"),), (order,)) for name in ("old", "new"))
    answer = judged(old, new)

    assert {answer.backward.status, answer.forward.status} == {Status.UNKNOWN}
    assert any("'money.yaml' is not among" in one for one in answer.backward.reasons)


def test_a_scheme_that_nobody_defines_is_called_by_its_name() -> None:
    head = "asyncapi: 2.6.0\ninfo: {title: Shop, version: '1'}\nchannels: {c: {publish: {message: {payload: {}}}}}\n"
    secured = f"{head}servers: {{s: {{url: a.example, protocol: kafka, security: [{{k: []}}]}}}}\n"
    defined = secured + "components: {securitySchemes: {k: {type: plain}}}\n"
    old, new = (Source((File("shop.yaml", text),)) for text in (secured, defined))

    (finding,) = judged(old, new).backward.findings

    assert finding.message.endswith("with: k. new requires: plain")


@pytest.mark.parametrize("odd", ["{}", "[]"])
def test_a_format_that_is_no_word_says_nothing(odd: str) -> None:
    head = "asyncapi: 2.6.0\ninfo: {title: Shop, version: '1'}\n"
    old, new = (
        Source((File("shop.yaml", f"{head}channels: {{c: {{publish: {{message: {{payload: {said}}}}}}}}}\n"),))
        for said in ("{type: string}", f"{{type: string, format: {odd}}}")
    )

    assert judged(old, new).backward.status is Status.COMPATIBLE


def test_a_message_of_a_file_that_is_not_there_is_no_crash_of_diff() -> None:
    head = "asyncapi: 2.6.0\ninfo: {title: Shop, version: '1'}\n"
    old, new = (
        parse(Source((File("shop.yaml", f"{head}channels: {{c: {{publish: {{message: {{$ref: {name}.yaml}}}}}}}}\n"),)))
        for name in ("a", "b")
    )

    assert [one.what for one in changes(old, new)] == ["reference"]
    assert list(changes(old, old)) == []
