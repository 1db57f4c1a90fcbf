"""Which strings are valid for a `format`, where formats are asserted? Each as the grammar of its own specification.

https://json-schema.org/draft/2020-12/json-schema-validation#section-7.3. The grammars are regular, so they are patterns
of ECMA-262, and inclusion in a format is decided like that in a pattern. What is not regular is executed (`regex`) or,
like the internationalised names of IDNA 2008, neither: unknown.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from contractctl.formats.json_schema import language
from contractctl.formats.json_schema.grammars import GRAMMARS, Grammar
from contractctl.formats.json_schema.language.syntax import Unreadable

if TYPE_CHECKING:
    from jsonschema import FormatChecker


def is_known(name: str) -> bool:
    """Whether matches() can judge that format."""
    return name in GRAMMARS or name == "regex"


def grammar(name: str) -> Grammar | None:
    """The strings of a format as a pattern and a greatest length; None where it has no such grammar."""
    return GRAMMARS.get(name)


def examples(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Strings that are valid for a format of the specifications, and strings that are not; none for another format."""
    return _EXAMPLES.get(name, ((), ()))


def matches(name: str, text: str) -> bool:
    """Whether a text is valid for a format. Raise Unreadable for a format that cannot be executed here."""
    if name == "regex":
        return _is_pattern(text)
    held = GRAMMARS.get(name)
    if held is None:
        raise Unreadable(f"the format '{name}' is not supported")
    return (held.most is None or len(text) <= held.most) and language.matches(held.pattern, text)


def defined(dialect: str) -> frozenset[str]:
    """The formats that a dialect defines: "4", "6", "7", "2019-09" or "2020-12"."""
    until = _DIALECTS.index(dialect)
    return frozenset(name for since in _DIALECTS[: until + 1] for name in _SINCE.get(since, ()))


def checker() -> "FormatChecker":
    """For jsonschema's validators: asserts the formats known here, and no others."""
    from jsonschema import FormatChecker

    asserting = FormatChecker(())
    for name in (*GRAMMARS, "regex"):
        asserting.checks(name)(_asserted(name))
    return asserting


def _asserted(name: str) -> Callable[[object], bool]:
    return lambda instance: not isinstance(instance, str) or matches(name, instance)


def _is_pattern(text: str) -> bool:
    try:
        language.check(text)
    except Unreadable:
        return False
    return True


_DIALECTS = ("4", "6", "7", "2019-09", "2020-12")
_SINCE: dict[str, tuple[str, ...]] = {
    "4": ("date-time", "email", "hostname", "ipv4", "ipv6", "uri"),
    "6": ("uri-reference", "uri-template", "json-pointer"),
    "7": ("date", "time", "idn-email", "idn-hostname", "iri", "iri-reference", "relative-json-pointer", "regex"),
    "2019-09": ("duration", "uuid"),
}

_EXAMPLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "date-time": (
        ("2026-11-24T09:30:00Z", "1985-04-12T23:20:50.52Z", "1996-12-19t16:39:57-08:00"),
        ("2026-11-24", "09:30:00Z", "2026-11-24T09:30:00", "2026-02-29T09:30:00Z", "yesterday", ""),
    ),
    "date": (("2026-11-24", "2024-02-29"), ("2026-02-29", "2026-13-01", "24.11.2026", "today", "")),
    "time": (("09:30:00Z", "23:20:50.52+01:00"), ("09:30:00", "25:00:00Z", "9:30Z", "noon", "")),
    "duration": (("P1D", "PT5M", "P1Y2M3DT4H5M6S", "P2W"), ("1D", "P", "P1DT", "P1S", "soon", "")),
    "email": (("joe@example.com", '"joe bloggs"@example.com', "joe@[127.0.0.1]"), ("joe", "@example.com", "joe@", "")),
    "idn-email": (("joe@example.com", "실례@실례.테스트"), ("joe", "")),
    "hostname": (("example.com", "a-1", "localhost"), ("-a", "a_b", "a..b", "exämple.com", f"{'a' * 64}.com", "")),
    "idn-hostname": (("example.com", "exämple.com"), ("-a", "a..b", "")),
    "ipv4": (("192.0.2.1", "255.255.255.255"), ("256.0.0.1", "192.0.2", "192.0.02.1", "localhost", "")),
    "ipv6": (("::1", "2001:db8::1", "::ffff:192.0.2.1"), ("1::2::3", "12345::", "192.0.2.1", "fe80::1%eth0", "")),
    "uri": (
        ("https://example.com/a?b#c", "urn:x:y", "http://[::1]/"),
        ("/a", "a b", "//example.com", "https://exämple.com", ""),
    ),
    "uri-reference": (("https://example.com/a?b#c", "/a", "#c", ""), ("a b", "\\a", "#c#d", "/ä", "%zz")),
    "iri": (("https://example.com/a", "https://exämple.com/ä"), ("/ä", "a b", "")),
    "iri-reference": (("https://exämple.com/ä", "/ä", "#ä", ""), ("a b", "\\a", "#c#d")),
    "uuid": (
        ("2eb8aa08-aa98-11ea-b4aa-73b441d16380", "00000000-0000-0000-0000-000000000000"),
        ("2eb8aa08", "2eb8aa08aa9811eab4aa73b441d16380", ""),
    ),
    "uri-template": (("https://example.com/{id}", "/{a,b*}", "{?x:3}", ""), ("{id", "{", "{}", "a b")),
    "json-pointer": (("", "/a/b~0c~1d", "/ "), ("a", "/a~", "/~2", "#/a")),
    "relative-json-pointer": (("0", "1/a", "2#"), ("", "/a", "01", "-1", "0##")),
    "regex": (("^a+$", "(a|b)*", ""), ("(", "[a", "*")),
}
