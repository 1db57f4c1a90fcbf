"""Do formats mean what their specifications say?"""

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from contractctl.formats.json_schema import formats
from contractctl.formats.json_schema.language import Strings, Unreadable, take

DEFINED = sorted(formats.defined("2020-12"))
EXECUTED = [name for name in DEFINED if formats.is_known(name)]
SAMPLES = sorted({text for name in DEFINED for side in formats.examples(name) for text in side})
CHECKED_BY_JSONSCHEMA_ALONE = ("date", "ipv4", "ipv6", "uuid")


@pytest.mark.parametrize("name", EXECUTED)
def test_examples_of_a_format_are_what_they_say(name: str) -> None:
    valid, invalid = formats.examples(name)

    assert valid
    assert invalid
    assert [text for text in valid if not formats.matches(name, text)] == []
    assert [text for text in invalid if formats.matches(name, text)] == []


@pytest.mark.parametrize(
    ("name", "text", "valid"),
    [
        ("date-time", "1998-12-31T23:59:60Z", True),
        ("date-time", "1998-12-31T22:59:60Z", False),
        ("date-time", "1998-12-31T15:59:60.123-08:00", True),
        ("date-time", "1990-02-31T15:59:59Z", False),
        ("date-time", "2000-02-29T00:00:00Z", True),
        ("date-time", "1900-02-29T00:00:00Z", False),
        ("date-time", "2026-11-24T09:30:00Z\n", False),
        ("date-time", "2026-11-24T09:30:0٣Z", False),
        ("time", "24:00:00Z", False),
        ("duration", "P4DT12H30M5S", True),
        ("duration", "P2Y1D", False),
        ("duration", "P1Y2W", False),
        ("email", "te~st@example.com", True),
        ("email", ".test@example.com", False),
        ("email", "te..st@example.com", False),
        ("email", "joe@[IPv6:::1]", True),
        ("hostname", "a" * 63, True),
        ("hostname", "a-", False),
        ("hostname", ".".join(["a" * 63] * 4), False),
        ("hostname", "example.com.", False),
        ("ipv4", "087.10.0.1", False),
        ("ipv4", "0.0.0.0", True),
        ("ipv6", "::", True),
        ("ipv6", "1:2:3:4:5:6:7:8", True),
        ("ipv6", "1:2:3:4:5:6:7::", True),
        ("ipv6", "1:2:3:4:5:6:7:8:9", False),
        ("ipv6", "1::2:192.168.256.1", False),
        ("uri", "http://foo.bar?q=Spaces should be encoded", False),
        ("uri", "http://foo.bar/?baz=qux#quux", True),
        ("uri", "ldap://[2001:db8::7]/c=GB?objectClass?one", True),
        ("uri", "http://2001:0db8:85a3:0000:0000:8a2e:0370:7334", False),
        ("uri", ":// should fail", False),
        ("uri-reference", "a:b", True),
        ("uri-reference", "1:b", False),
        ("iri", "http://ƒøø.ßår/?∂éœ=πîx#πîüx", True),
        ("uri-template", "http://example.com/dictionary/{term:1}/{term", False),
        ("uri-template", "dictionary/{term:1}/{term}", True),
        ("json-pointer", "/foo//bar/~0/bar/~1/%/m~~", False),
        ("json-pointer", "/foo/", True),
        ("relative-json-pointer", "120/foo/bar", True),
        ("relative-json-pointer", "+1/foo/bar", False),
        ("regex", "^(abc]", False),
        ("regex", r"([abc])+\s+$", True),
    ],
)
def test_a_format_is_read_by_its_specification(name: str, text: str, valid: bool) -> None:
    assert formats.matches(name, text) is valid


@pytest.mark.parametrize("name", CHECKED_BY_JSONSCHEMA_ALONE)
def test_formats_agree_with_those_that_jsonschema_checks_exactly(name: str) -> None:
    theirs = FormatChecker()

    assert [text for text in SAMPLES if formats.matches(name, text) != theirs.conforms(text, name)] == []


@pytest.mark.parametrize("name", ["idn-email", "idn-hostname", "color"])
def test_a_format_that_cannot_be_executed_is_unknown(name: str) -> None:
    with pytest.raises(Unreadable, match=f"'{name}' is not supported"):
        formats.matches(name, "a")


def test_the_strings_of_a_grammar_are_valid() -> None:
    held = formats.grammar("date-time")
    assert held is not None

    (text,) = take(Strings(frozenset({held.pattern}), frozenset({"0000"}), 0, held.most), 1)
    assert formats.matches("date-time", text)
    assert text.upper() == "0001-01-01T00:00:00Z"


def test_a_dialect_defines_the_formats_of_its_time() -> None:
    assert "date" not in formats.defined("6")
    assert "date" in formats.defined("7")
    assert "uuid" not in formats.defined("7")
    assert formats.defined("4") < formats.defined("6") < formats.defined("7") < formats.defined("2019-09")


def test_jsonschema_asserts_the_known_formats_and_no_other() -> None:
    asserting = formats.checker()

    assert not Draft202012Validator({"format": "hostname"}, format_checker=asserting).is_valid("a_b")
    assert Draft202012Validator({"format": "hostname"}, format_checker=asserting).is_valid(1)
    assert Draft202012Validator({"format": "idn-email"}, format_checker=asserting).is_valid("a")
