"""Do clients' documents narrow a verdict to what meets them, and to nothing less?"""

import json
from pathlib import Path

import pytest

from contractctl.compatibility import Terms, compare_sources, source_of
from contractctl.errors import ContractctlError
from contractctl.model.contract import File
from contractctl.model.verdict import Answer, Status
from tests.conftest import Run

OLD = """
type Query { user(id: ID!, by: By, first: Int = 10): User media: Media kind: Kind save(input: By!, kind: Kind): Int }
type User { id: ID! name: String! email: String friends(first: Int): [User!]! }
union Media = Book | Film
type Book { title: String } type Film { title: String label: String }
enum Kind { A B } input By { name: String also: By }
directive @cached(ttl: Int) on FIELD
"""


def judged(new: str, *documents: str, old: str = OLD, strict: bool = False) -> Answer:
    """Backward, for clients that send these."""
    sent = tuple(File(f"{number}.graphql", text) for number, text in enumerate(documents))
    terms = Terms(operations=sent, strict=strict)
    return compare_sources(source_of(old, "old"), source_of(new, "new"), "graphql", terms).backward


def changed(old: str, new: str) -> str:
    assert old in OLD
    return OLD.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "meets", "passes"),
    [
        ("email: String ", "", "{ user(id: 1) { email } }", "{ user(id: 1) { name } }"),
        ("name: String!", "name: String", "{ user(id: 1) { friends { name } } }", "{ user(id: 1) { id } }"),
        ("by: By, ", "", "{ user(id: 1, by: {}) { id } }", "{ user(id: 1) { id } }"),
        ("first: Int = 10", "first: Int = 9", "{ user(id: 1) { id } }", "{ user(id: 1, first: 3) { id } }"),
        (
            "first: Int = 10",
            "first: Int = 9",
            "query ($n: Int) { user(id: 1, first: $n) { id } }",
            "query ($n: ID!) { user(id: $n, first: 3) { id } }",
        ),
        ("enum Kind { A B }", "enum Kind { A }", "query ($k: Kind) { save(input: {}, kind: $k) }", "{ kind }"),
        ("enum Kind { A B }", "enum Kind { A }", "{ save(input: {}, kind: B) }", "{ save(input: {}, kind: A) }"),
        ("input By { name: String", "input By {", "query ($i: By!) { save(input: $i) }", "{ save(input: {}) }"),
        ("input By { name: String", "input By {", "{ save(input: {also: {name: 1}}) }".replace("1", '"a"'), "{ kind }"),
        ("input By { name", "input By { more: Int! name", "{ user(id: 1, by: {}) { id } }", "{ user(id: 1) { id } }"),
        ("= Book | Film", "= Book", "{ media { ... on Film { label } } }", "{ media { ... on Book { title } } }"),
        (
            "type Book { title: String }",
            "type Book { title: String! }",
            "{ media { ...f ... on Book { title } } } fragment f on Film { title }",
            "{ media { ... on Book { title } ... on Film { label } } }",
        ),
        ("directive @cached(ttl: Int) on FIELD", "", "{ kind @cached }", "{ kind @include(if: true) }"),
        ("kind: Kind ", "kind: [Kind] ", "{ kind }", "{ media { __typename } }"),
    ],
)
def test_only_what_meets_a_document_breaks(old: str, new: str, meets: str, passes: str) -> None:
    broken, fine = judged(changed(old, new), passes, meets), judged(changed(old, new), passes)

    assert broken.status is Status.INCOMPATIBLE
    assert any(one.message.endswith("it meets 1.graphql") for one in broken.findings if one.breaks)
    assert fine.status is Status.COMPATIBLE, fine.findings
    assert fine.findings
    assert all("no given operation is affected" in one.message for one in fine.findings)


def test_a_document_that_is_refused_for_a_reason_that_no_rule_gives_breaks_all_the_same() -> None:
    aliased = "{ media { ... on Book { t: title } ... on Film { t: label } } }"

    new = changed("type Book { title: String }", "type Book { title: String! }").replace(
        "Film { title: String", "Film {"
    )

    answer = judged(new, aliased, old=OLD.replace("Film { title: String", "Film {"))

    assert [one.rule for one in answer.findings if one.breaks] == ["graphql-operation-refused"]


def test_what_cannot_be_decided_is_unknown_for_those_who_meet_it_only() -> None:
    new = changed("label: String", "label: Colour") + "scalar Colour"

    assert judged(new, "{ media { ... on Film { label } } }").status is Status.UNKNOWN
    assert judged(new, "{ media { ... on Film { title } } }").status is Status.COMPATIBLE


def test_fragments_of_other_files_and_directives_of_the_client_s_own_are_understood() -> None:
    answer = judged(changed("email: String ", ""), "{ user(id: 1) @client { ...u } }", "fragment u on User { email }")

    assert "it meets 0.graphql, 1.graphql" in answer.findings[0].message


def test_a_document_of_the_new_version_does_not_tell_what_clients_of_the_old_one_send() -> None:
    ahead, still = "{ user(id: 1) { mail } }", "{ user(id: 1) { id } }"
    moved, added = changed("email: String ", "mail: String "), changed("email: String ", "email: String mail: String ")

    answer = judged(moved, still, ahead)

    assert answer.status is Status.UNKNOWN
    (reason,) = answer.reasons
    assert reason.startswith("1.graphql: it is not valid for the version that clients have (Cannot query field 'mail'")
    assert reason.endswith("): what its client sends is not known")
    assert judged(moved, ahead).status is Status.UNKNOWN
    assert judged(moved, ahead, "{ user(id: 1) { email } }").status is Status.INCOMPATIBLE
    assert judged(moved, still).status is Status.COMPATIBLE
    assert judged(added, ahead).status is Status.COMPATIBLE
    more = changed("kind: Kind save", "kind: Kind kinds: Int save").replace("Kind { A B }", "Kind { A B C }")
    assert judged(more, "{ kinds }", strict=True).status is Status.INCOMPATIBLE
    assert judged(more, "{ kinds }").status is Status.COMPATIBLE
    assert judged(more, "{ media { __typename } }", strict=True).status is Status.COMPATIBLE


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{ nothing }", "0.graphql is not valid against either version: Cannot query field 'nothing' on type 'Query'."),
        ("{ user(id: 1 }", "0.graphql:1:14: expected Name, found '}'"),
        ("type A { b: Int }", "0.graphql:1: a schema definition is mixed with client operations"),
        ("{ a" * 5000, "0.graphql"),
    ],
)
def test_a_document_that_fits_nowhere_is_named(document: str, said: str) -> None:
    with pytest.raises(ContractctlError) as error:
        judged(OLD + " # changed", document)

    assert said in error.value.message


def test_the_command_reads_files_of_the_repository_only(contractctl: Run, tmp_path: Path) -> None:
    (tmp_path / "old.graphql").write_text(OLD)
    (tmp_path / "new.graphql").write_text(changed("email: String ", ""))
    clients = tmp_path / "clients" / "web"
    clients.mkdir(parents=True)
    (clients / "a.graphql").write_text("{ user(id: 1) { email } }")
    (clients / "b.graphql").write_text("{ kind }")
    check = ("check", "old.graphql", "new.graphql", "--format", "json", "--operations")

    broken = json.loads(contractctl(*check, "clients/**/*.graphql", code=1).stdout)
    contractctl(*check, "clients/web/b.graphql", code=0)
    missing = contractctl(*check, "clients/**/*.gql", code=2)
    outside = contractctl(*check, "/etc/hostname", code=2)
    misplaced = contractctl("check", "old.graphql", "new.graphql", "--live", "--operations", "clients/**", code=2)

    assert "clients/web/a.graphql" in json.dumps(broken)
    assert "b.graphql" not in json.dumps(broken)
    assert "there is no such file" in missing.stderr
    assert "lies outside" in outside.stderr
    assert "--operations does not go with --live" in misplaced.stderr


def test_a_contract_of_the_store_is_narrowed_too(contractctl: Run, tmp_path: Path) -> None:
    folder = tmp_path / "contracts" / "shop" / "api"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text('format = "graphql"\nowner = "shop"\ndraft = "api.graphql"\n')
    (folder / "api.graphql").write_text(OLD)
    contractctl("release", "shop/api")
    (folder / "api.graphql").write_text(changed("email: String ", ""))
    (tmp_path / "a.graphql").write_text("{ kind }")

    contractctl("check", code=1)
    contractctl("check", "--operations", "a.graphql", code=0)
    refused = contractctl("plan", "shop/api", code=2)
    diff = contractctl("diff", "shop/api")

    assert "no sunset is given for the old parts of 'shop/api'" in refused.stderr
    assert "User.email" in diff.stdout


@pytest.mark.parametrize(
    ("place", "document"),
    [
        ("input Holder { by: Deep = {} }", "{ at(holder: {}) }"),
        ("input Holder { by: By = {deep: {}} } input By { deep: Deep }", "{ at(holder: {}, by: {}) }"),
        ("input Holder { x: Int } directive @by(deep: Deep = {}) on FIELD", "{ at @by }"),
    ],
)
def test_what_a_default_leaves_out_meets_who_leaves_that_out(place: str, document: str) -> None:
    by = "By" if "input By" in place else "Int"
    old, new = (
        f"type Query {{ at(holder: Holder, by: {by}, deep: Deep): Int }} {place} input Deep {{ x: Int = {default} }}"
        for default in (1, 2)
    )

    assert judged(new, document, old=old).status is Status.INCOMPATIBLE


GIVEN = """
type Query { a(x: Int = 1): Int l(m: [Int]): Int o(i: I): Int }
input I { x: Int z: Int = 1 y: D } scalar D directive @d(x: Int = 1) on FIELD
"""


@pytest.mark.parametrize(
    ("old", "new", "meets", "passes"),
    [
        (
            "I { x: Int",
            "I { x: Int!",
            "($v: Int = 1) { o(i: {x: $v}) }",
            "($v: Int!) { o(i: {x: $v}) }",
        ),
        ("[Int]", "[Int!]", "($v: Int = 1) { l(m: [$v]) }", "($v: Int!, $w: [Int!]) { l(m: [$v]) k: l(m: $w) }"),
        (
            "a(x: Int = 1)",
            "a(x: Int! = 1)",
            "($v: Int) { ...f k: a(x: 1) } fragment f on Query { a(x: $v) }",
            "($v: Int) { l(m: [$v]) a(x: 1) }",
        ),
        ("a(x: Int = 1)", "a(x: Int!)", "($v: Int = 2) { a(x: $v) }", "($v: Int! = 2) { a(x: $v) }"),
        ("a(x: Int = 1)", "a(x: Int = 2)", "{ a(x: 5) b: a }", "($v: Int = 3, $w: Int!) { a(x: $v) b: a(x: $w) }"),
        ("@d(x: Int = 1)", "@d(x: Int = 2)", "{ a @d(x: 1) b: a @d }", "{ a @d(x: 1) b: a }"),
        ("z: Int = 1", "z: Int = 2", "{ o(i: {y: 1}) }", "{ o(i: {z: 3}) }"),
    ],
)
def test_a_variable_meets_what_it_may_be_and_nothing_else(old: str, new: str, meets: str, passes: str) -> None:
    assert old in GIVEN

    given = GIVEN.replace(old, new)
    broken, fine = (judged(given, f"query {document}", old=GIVEN) for document in (meets, passes))

    assert broken.status is Status.INCOMPATIBLE
    assert fine.status is Status.COMPATIBLE


def test_a_variable_of_a_fragment_is_what_operations_of_other_files_declare() -> None:
    def answered(*documents: str) -> Status:
        return judged(GIVEN.replace("a(x: Int = 1)", "a(x: Int! = 1)"), *documents, old=GIVEN).status

    fragment = "fragment f on Query { a(x: $v) }"

    assert answered("query ($v: Int!) { ...f }", fragment) is Status.COMPATIBLE
    assert answered("query ($v: Int!) { ...f }", fragment, "query ($v: Int) { ...f }") is Status.INCOMPATIBLE
    assert answered(fragment) is Status.INCOMPATIBLE


def test_a_scalar_that_is_described_elsewhere_meets_who_writes_one() -> None:
    old, new = (GIVEN.replace("scalar D", f'scalar D @specifiedBy(url: "https://a.example/{n}")') for n in (1, 2))

    written, not_written = (judged(new, document, old=old) for document in ("{ o(i: {y: 1}) }", "{ a }"))

    assert (written.status, not_written.status) == (Status.UNKNOWN, Status.COMPATIBLE)


@pytest.mark.parametrize(
    ("old", "new", "written"),
    [
        ("a(x: Int = 1)", "a(x: D)", "{ a(x: 1) }"),
        ("I { x: Int", "I { x: D", "{ o(i: {x: 1}) }"),
        ("@d(x: Int = 1)", "@d(x: D)", "{ l @d(x: 1) }"),
        ("input I { x: Int z: Int = 1 y: D }", "scalar I", "{ o(i: {x: 1}) }"),
    ],
)
def test_which_values_a_scalar_of_the_provider_takes_is_unknown_to_who_writes_one(
    old: str, new: str, written: str
) -> None:
    assert old in GIVEN

    met, unmet = (judged(GIVEN.replace(old, new), document, old=GIVEN) for document in (written, "{ l }"))

    assert (met.status, unmet.status) == (Status.UNKNOWN, Status.COMPATIBLE)
    assert "the schema does not say which values" in met.reasons[0]
