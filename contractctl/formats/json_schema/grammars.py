"""What is the grammar of each `format`? Written as the specification that JSON Schema names writes it.

https://json-schema.org/draft/2020-12/json-schema-validation#section-7.3
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grammar:
    """The strings that a pattern of ECMA-262 matches and that are not longer."""

    pattern: str
    most: int | None = None


# https://www.rfc-editor.org/rfc/rfc3339#section-5.6, the days of months of section 5.7. A leap second is taken at the
# end of a UTC day, and at the end of any minute where the time has another offset.
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = (
    "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_FRACTION = r"(?:\.[0-9]+)?"
_USUAL_TIME = f"{_CLOCK}:[0-5][0-9]{_FRACTION}(?:[Zz]|[+-]{_CLOCK})"
_TIME = f"(?:{_USUAL_TIME}|23:59:60{_FRACTION}[Zz]|{_CLOCK}:60{_FRACTION}[+-]{_CLOCK})"

# https://www.rfc-editor.org/rfc/rfc3339#appendix-A
_DUR_TIME = "T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)"
_DUR_DATE = f"(?:[0-9]+D|[0-9]+M(?:[0-9]+D)?|[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?)(?:{_DUR_TIME})?"
_DURATION = f"P(?:{_DUR_DATE}|{_DUR_TIME}|[0-9]+W)"

# https://www.rfc-editor.org/rfc/rfc2673#section-3.2, https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_H16 = "[0-9A-Fa-f]{1,4}"
_LS32 = f"(?:{_H16}:{_H16}|{_IPV4})"
_IPV6 = (
    "(?:"
    + "|".join(
        (
            f"(?:{_H16}:){{6}}{_LS32}",
            f"::(?:{_H16}:){{5}}{_LS32}",
            f"(?:{_H16})?::(?:{_H16}:){{4}}{_LS32}",
            f"(?:(?:{_H16}:){{0,1}}{_H16})?::(?:{_H16}:){{3}}{_LS32}",
            f"(?:(?:{_H16}:){{0,2}}{_H16})?::(?:{_H16}:){{2}}{_LS32}",
            f"(?:(?:{_H16}:){{0,3}}{_H16})?::{_H16}:{_LS32}",
            f"(?:(?:{_H16}:){{0,4}}{_H16})?::{_LS32}",
            f"(?:(?:{_H16}:){{0,5}}{_H16})?::{_H16}",
            f"(?:(?:{_H16}:){{0,6}}{_H16})?::",
        )
    )
    + ")"
)

# https://www.rfc-editor.org/rfc/rfc1123#page-13, lengths of https://www.rfc-editor.org/rfc/rfc1034#section-3.1
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = rf"{_LABEL}(?:\.{_LABEL})*"

# https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2 and 4.1.3
_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_SUB_DOMAIN = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_LITERAL = rf"\[(?:{_IPV4}|[Ii][Pp][Vv]6:{_IPV6}|(?:[A-Za-z0-9-]*[A-Za-z0-9]):[!-Z^-~]+)\]"
_EMAIL = rf"(?:{_ATOM}(?:\.{_ATOM})*|{_QUOTED})@(?:{_SUB_DOMAIN}(?:\.{_SUB_DOMAIN})*|{_LITERAL})"

# https://www.rfc-editor.org/rfc/rfc3987#section-2.2
_PLANES = "".join(rf"\u{{{plane:X}0000}}-\u{{{plane:X}FFFD}}" for plane in range(0x1, 0xE))
_UCSCHAR = rf"\u{{A0}}-\u{{D7FF}}\u{{F900}}-\u{{FDCF}}\u{{FDF0}}-\u{{FFEF}}{_PLANES}\u{{E1000}}-\u{{EFFFD}}"
_PRIVATE = r"\u{E000}-\u{F8FF}\u{F0000}-\u{FFFFD}\u{100000}-\u{10FFFD}"


def _references(beyond: str, private: str) -> tuple[str, str]:
    """URI and URI-reference of https://www.rfc-editor.org/rfc/rfc3986#appendix-A; with more characters, IRIs."""
    unreserved, escaped, delimiters = f"A-Za-z0-9._~{beyond}-", "%[0-9A-Fa-f]{2}", "!$&'()*+,;="
    pchar = f"(?:[{delimiters}:@{unreserved}]|{escaped})"
    user = f"(?:[{delimiters}:{unreserved}]|{escaped})*"
    name = f"(?:[{delimiters}{unreserved}]|{escaped})*"
    future = f"[vV][0-9A-Fa-f]+\\.[{delimiters}:A-Za-z0-9._~-]+"
    authority = f"(?:{user}@)?(?:\\[(?:{_IPV6}|{future})\\]|{_IPV4}|{name})(?::[0-9]*)?"
    segments = f"(?:/{pchar}*)*"
    absolute = f"//{authority}{segments}|/(?:{pchar}+{segments})?"
    colonless = f"(?:[{delimiters}@{unreserved}]|{escaped})+"
    query, fragment = f"(?:\\?(?:{pchar}|[/?{private}])*)?", f"(?:#(?:{pchar}|[/?])*)?"
    uri = f"[A-Za-z][A-Za-z0-9+.-]*:(?:{absolute}|{pchar}+{segments}|){query}{fragment}"
    relative = f"(?:{absolute}|{colonless}{segments}|){query}{fragment}"
    return f"^{uri}$", f"^(?:{uri}|{relative})$"


_URI, _URI_REFERENCE = _references("", "")
_IRI, _IRI_REFERENCE = _references(_UCSCHAR, _PRIVATE)

# https://www.rfc-editor.org/rfc/rfc6570#section-2
_TEMPLATE_LITERAL = rf"(?:[!#$&(-;=?-\[\]_a-z~{_UCSCHAR}{_PRIVATE}]|%[0-9A-Fa-f]{{2}})"
_VARCHAR = "(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})"
_VARSPEC = rf"{_VARCHAR}(?:\.?{_VARCHAR})*(?::[1-9][0-9]{{0,3}}|\*)?"
_TEMPLATE = rf"(?:{_TEMPLATE_LITERAL}|\{{[+#./;?&=,!@|]?{_VARSPEC}(?:,{_VARSPEC})*\}})*"

# https://www.rfc-editor.org/rfc/rfc6901#section-3
_POINTER = "(?:/(?:[^~/]|~[01])*)*"

GRAMMARS: dict[str, Grammar] = {
    "date-time": Grammar(f"^{_DATE}[Tt]{_TIME}$"),
    "date": Grammar(f"^{_DATE}$"),
    "time": Grammar(f"^{_TIME}$"),
    "duration": Grammar(f"^{_DURATION}$"),
    "email": Grammar(f"^{_EMAIL}$"),
    "hostname": Grammar(f"^{_HOSTNAME}$", 253),
    "ipv4": Grammar(f"^{_IPV4}$"),
    "ipv6": Grammar(f"^{_IPV6}$"),
    "uri": Grammar(_URI),
    "uri-reference": Grammar(_URI_REFERENCE),
    "iri": Grammar(_IRI),
    "iri-reference": Grammar(_IRI_REFERENCE),
    # https://www.rfc-editor.org/rfc/rfc4122#section-3
    "uuid": Grammar("^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"),
    "uri-template": Grammar(f"^{_TEMPLATE}$"),
    "json-pointer": Grammar(f"^{_POINTER}$"),
    # https://datatracker.ietf.org/doc/html/draft-handrews-relative-json-pointer-01#section-3
    "relative-json-pointer": Grammar(f"^(?:0|[1-9][0-9]*)(?:#|{_POINTER})$"),
}
