"""Does check know an OpenAPI document, alone and in a store, and which day it is?"""

import re
from pathlib import Path

import pytest

from tests.conftest import Run

HEAD = (
    'openapi: 3.1.0\ninfo: {title: Shop, version: 1.0.0}\npaths:\n  /b: {get: {responses: {"200": {description: b}}}}\n'
)
LEAVING = '  /a: {get: {deprecated: true, x-sunset: "%s", responses: {"200": {description: a}}}}\n'


def test_a_day_that_has_come_lets_an_operation_go_and_one_that_has_not_does_not(
    contractctl: Run, tmp_path: Path
) -> None:
    (tmp_path / "new.yaml").write_text(HEAD)
    (tmp_path / "old.yaml").write_text(HEAD + LEAVING % "2020-01-01")
    gone = contractctl("check", "old.yaml", "new.yaml")
    (tmp_path / "old.yaml").write_text(HEAD + LEAVING % "2999-01-01")
    early = contractctl("check", "old.yaml", "new.yaml", code=1)

    assert "openapi-operation-retired" in gone.stdout
    assert "openapi-operation-removed-early" in early.stdout


def test_a_document_lives_in_a_store(contractctl: Run, tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api/shop.yaml").write_text(HEAD + LEAVING % "2020-01-01")
    contractctl("init")
    contractctl("release", "api/shop")
    (tmp_path / "api/shop.yaml").write_text(HEAD)
    contractctl("check")
    (tmp_path / "api/shop.yaml").write_text(HEAD.replace("/b", "/c"))

    assert "GET /b" in contractctl("check", code=1).stdout
    assert "operation 'GET /c' added" in contractctl("diff", "api/shop").stdout
    assert "not released" in contractctl("release", "api/shop", code=1).stdout


def test_what_may_go_today_is_no_major_release(contractctl: Run, tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api/shop.yaml").write_text(HEAD + LEAVING % "2020-01-01")
    contractctl("init")
    contractctl("release", "api/shop")
    (tmp_path / "api/shop.yaml").write_text(HEAD)
    contractctl("check")

    assert re.search(r"1\.0\.0 +│ +B[F-] ", contractctl("matrix", "api/shop").stdout)
    assert contractctl("release", "api/shop").stdout.startswith("released api/shop 1.1.0, minor after 1.0.0")


@pytest.mark.parametrize("part", ["order.yaml", "order.schema.json"])
def test_two_folders_are_judged_with_the_parts_that_their_documents_refer_to(
    contractctl: Run, tmp_path: Path, part: str
) -> None:
    content = f"content: {{application/json: {{schema: {{$ref: parts/{part}}}}}}}"
    for folder, kind in (("old", "string"), ("new", "integer")):
        (tmp_path / folder / "parts").mkdir(parents=True)
        (tmp_path / folder / "api.yaml").write_text(HEAD.replace("description: b", f"description: b, {content}"))
        (tmp_path / folder / "parts" / part).write_text(f'{{"type": "{kind}"}}\n')

    assert f"new/parts/{part}:1:" in contractctl("check", "old", "new", code=1).stdout
