"""Are the settings found, understood, and silent about secrets?"""

from collections.abc import Callable
from pathlib import Path

import pytest

from contractctl import settings
from contractctl.errors import ContractctlError
from contractctl.model.contract import Policy
from contractctl.model.verdict import Level
from contractctl.settings import Settings

SECRET = "hunter2"


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str, file: str = "contractctl.toml") -> Path:
        (tmp_path / file).write_text(text, encoding="utf-8")
        return tmp_path

    return write


Written = Callable[[str], Path]


def test_a_folder_without_settings_has_the_defaults(tmp_path: Path) -> None:
    found = settings.load(tmp_path)

    assert found == Settings(root=tmp_path, contracts=tmp_path / "contracts", migrations=tmp_path / "migrations")
    assert found.level is Level.BACKWARD
    assert found.journal_url() == f"sqlite:///{tmp_path}/migrations/contractctl.db"


def test_every_key_is_understood(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_URL", f"https://me:{SECRET}@prometheus.example")
    root = written(
        """
        contracts = "agreements"
        migrations = "db/migrations"
        level = "full_transitive"
        strict = true
        unknown_passes = true
        default_branch = "trunk"
        content_model = "open"
        formats = "assertion"
        encodings = ["source", "json"]
        [database]
        url = "sqlite:///shop.db"
        [[evidence]]
        source = "otlp"
        path = "telemetry/*.jsonl"
        [[evidence]]
        source = "prometheus"
        url = "env:PROMETHEUS_URL"
        timeout = 5
        """
    )
    found = settings.load(root)

    assert (found.contracts, found.migrations) == (root / "agreements", root / "db/migrations")
    assert (found.level, found.strict, found.unknown_passes) == (Level.FULL_TRANSITIVE, True, True)
    assert found.default_branch == "trunk"
    assert found.policy == Policy(None, "open", "assertion", ("json", "source"))
    assert found.database_url == found.journal_url() == f"sqlite:///{root}/shop.db"
    assert [(one.source, dict(one.options)) for one in found.evidence] == [
        ("otlp", {}),
        ("prometheus", {"timeout": "5"}),
    ]
    assert found.evidence[1].location == f"https://me:{SECRET}@prometheus.example"


def test_settings_are_found_from_a_folder_below(written: Written) -> None:
    root = written('level = "FULL"')
    below = root / "a/b"
    below.mkdir(parents=True)

    assert settings.load(below).root == root
    assert settings.load(below).level is Level.FULL


def test_settings_are_not_looked_for_outside_the_repository(written: Written) -> None:
    root = written('level = "FULL"')
    clone = root / "clone"
    (clone / ".git").mkdir(parents=True)

    assert settings.load(clone).root == clone
    assert settings.load(clone).level is Level.BACKWARD


def test_a_linked_worktree_is_a_repository_too(written: Written) -> None:
    root = written('level = "FULL"')
    tree = root / "tree"
    tree.mkdir()
    (tree / ".git").write_text("gitdir: /elsewhere\n")

    assert settings.load(tree).root == tree


def test_pyproject_holds_settings_only_where_it_has_our_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.contractctl]\nlevel = "FULL"\n')
    package = tmp_path / "package"
    package.mkdir()
    (package / "pyproject.toml").write_text('# see tool.contractctl above\n[project]\nname = "x"\n')

    assert settings.load(package).root == tmp_path
    assert settings.load(package).level is Level.FULL


def test_a_file_of_our_own_beats_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.contractctl]\nlevel = "FULL"\n')
    (tmp_path / "contractctl.toml").write_text('level = "NONE"\n')

    assert settings.load(tmp_path).level is Level.NONE


def test_a_broken_pyproject_of_somebody_else_is_none_of_our_business(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[[[")

    assert settings.load(tmp_path).root == tmp_path


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('contrats = "x"', "contractctl.toml: 'contrats' is not a known key", "did you mean 'contracts'?"),
        ("[databse]", "'databse' is not a known key", "did you mean 'databases'?"),
        ('[database]\nurI = "x"', "'database.urI' is not a known key", "did you mean 'url'?"),
        ('level = "SIDEWAYS"', "'level' is 'SIDEWAYS'", "BACKWARD_TRANSITIVE"),
        ("strict = 1", "'strict' is 1", "true or false"),
        ("contracts = []", "'contracts' is []", "a text in quotes"),
        ('contracts = "../elsewhere"', "'contracts' is '../elsewhere'", "inside the repository"),
        ('[[flags]]\nplan = "a"\npath = "../f.json"', "'flags.path' is '../f.json'", "inside the repository"),
        ('[[flags]]\nplan = "a"', "'flags.path' is missing", "add the line path"),
        ('[[flags]]\nplan = "a"\npath = "f.json"\nnew = "old"', "'flags.new' is 'old'", "another variant"),
        ('migrations = "/etc"', "'migrations' is '/etc'", "inside the repository"),
        ('database = "x"', "'database' is 'x'", "a table, [database]"),
        ("[evidence]", "'evidence' is a table", "[[evidence]]"),
        ('[[evidence]]\nsource = "tea-leaves"', "'evidence.source' is 'tea-leaves'", "prometheus"),
        ('[[evidence]]\npath = "x"', "'evidence.source' is missing", "add the line source ="),
        ('[[evidence]]\nsource = "otlp"', "'evidence.path' is missing", "add the line path ="),
        ("level = ", "contractctl.toml:1: Invalid value", "https://toml.io"),
        ('[database]\nurl = "shop.db"', "[database] url is not a database URL", "sqlite:///shop.db"),
        ("[databases.orders]", "'databases.orders.url' is missing", "add the line url ="),
        ('[databases.orders]\nurl = "orders.db"', "[databases.orders] url is not a database URL", "env:NAME"),
        ('[database]\nurl = "http://[::1"', "[database] url is not a URL", "env:NAME"),
    ],
)
def test_what_cannot_be_understood_is_named_with_what_to_write(
    written: Written, text: str, message: str, hint: str
) -> None:
    root = written(text)

    with pytest.raises(ContractctlError) as raised:
        settings.load(root)
    assert message in raised.value.message
    assert hint in (raised.value.hint or "")


def test_settings_behind_a_broken_link_are_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "contractctl.toml").symlink_to("nowhere")

    with pytest.raises(ContractctlError, match=r"contractctl\.toml is not a file"):
        settings.load(tmp_path)


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "contractctl.toml").write_bytes(b'level = "\xff"')

    with pytest.raises(ContractctlError, match="is not UTF-8"):
        settings.load(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        f'[database]\nurl = "postgresql://me:{SECRET}@db/shop"',
        f'[database]\nurl = "postgresql://db/shop?user=me&password={SECRET}"',
        f'[database]\nurl = ["postgresql://me:{SECRET}@db/shop"]',
        f'[database]\nurl = "postgresql://me:{SECRET}@[db/shop"',
        f'[[evidence]]\nsource = "prometheus"\nurl = "https://me:{SECRET}@metrics"',
        f'[[evidence]]\nsource = "prometheus"\nurl = {{ x = "{SECRET}" }}',
    ],
)
def test_a_password_in_the_file_is_refused_and_not_repeated(written: Written, text: str) -> None:
    root = written(text)

    with pytest.raises(ContractctlError) as raised:
        settings.load(root)
    assert SECRET not in f"{raised.value.message} {raised.value.hint}"
    assert "url" in raised.value.message


def test_a_secret_from_the_environment_is_used_and_never_shown(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DATABASE_URL", f"postgresql://me:{SECRET}@db/shop")
    evidence = f'[[evidence]]\nsource = "prometheus"\nurl = "http://metrics"\ntoken = "{SECRET}"'
    found = settings.load(written(f'[database]\nurl = "env:SHOP_DATABASE_URL"\n{evidence}'))

    assert found.database_url == f"postgresql://me:{SECRET}@db/shop"
    assert SECRET not in repr(found)


def test_a_secret_that_is_no_url_is_not_repeated(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DATABASE_URL", f"no-url-{SECRET}")
    found = settings.load(written('[database]\nurl = "env:SHOP_DATABASE_URL"'))

    with pytest.raises(ContractctlError) as raised:
        _ = found.database_url
    assert SECRET not in f"{raised.value.message} {raised.value.hint}"


@pytest.mark.parametrize(
    ("url", "means"),
    [
        ("sqlite:///shop.db", "sqlite:///{root}/shop.db"),
        ("sqlite+pysqlite:///data/shop.db", "sqlite+pysqlite:///{root}/data/shop.db"),
        ("sqlite:////var/shop.db", "sqlite:////var/shop.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("postgresql://db/shop", "postgresql://db/shop"),
    ],
)
def test_a_relative_sqlite_file_lies_below_the_root_wherever_one_stands(written: Written, url: str, means: str) -> None:
    root = written(f'[database]\nurl = "{url}"')
    (root / "below").mkdir()

    assert settings.load(root / "below").database_url == means.format(root=root)


@pytest.mark.parametrize("path", ["/var/log/*.jsonl", "../elsewhere/*.jsonl", "telemetry/../../x.jsonl"])
def test_evidence_outside_the_repository_is_named_by_whoever_runs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    (tmp_path / "contractctl.toml").write_text(f'[[evidence]]\nsource = "otlp"\npath = "{path}"\n')
    with pytest.raises(ContractctlError, match="leads outside the repository"):
        settings.load(tmp_path)

    monkeypatch.setenv("TELEMETRY", path)
    (tmp_path / "contractctl.toml").write_text('[[evidence]]\nsource = "otlp"\npath = "env:TELEMETRY"\n')
    assert settings.load(tmp_path).evidence[0].location == path


def test_evidence_whose_variable_is_not_set_is_a_matter_of_whoever_asks_for_it(written: Written) -> None:
    """`check` runs in pipelines that know nothing of a Prometheus server."""
    found = settings.load(written('[[evidence]]\nsource = "prometheus"\nurl = "env:NOT_SET_ANYWHERE"\n'))

    with pytest.raises(ContractctlError, match="'NOT_SET_ANYWHERE' is not set"):
        _ = found.evidence[0].location


@pytest.mark.parametrize(
    ("address", "dialect"),
    [
        ("sqlite+aiosqlite:///shop.db", "sqlite"),
        ("postgresql://db/shop", "postgresql"),
        ("postgres://db/shop", "postgresql"),
        ("postgresql+asyncpg://db/shop", "postgresql"),
        ("mysql+aiomysql://db/shop", "mysql"),
        ("mariadb+asyncmy://db/shop", "mysql"),
        ("oracle://db/shop", None),
    ],
)
def test_every_spelling_of_an_address_names_its_dialect(
    written: Written, monkeypatch: pytest.MonkeyPatch, address: str, dialect: str | None
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)

    assert settings.load(written('[database]\nurl = "env:DATABASE_URL"')).dialect == dialect


def test_an_address_is_read_where_it_is_used(written: Written) -> None:
    found = settings.load(written('[database]\nurl = "env:NOT_SET_ANYWHERE"'))

    assert found.dialect is None
    with pytest.raises(ContractctlError, match="'NOT_SET_ANYWHERE' is not set") as raised:
        found.journal_url()
    assert raised.value.hint == "set it: export NOT_SET_ANYWHERE=…"


def test_several_databases_are_known_by_their_names(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_URL", "postgresql://db/orders")
    orders = '[databases.orders]\nurl = "env:ORDERS_URL"\nalembic = "services/orders/alembic.ini"\nsection = "blue"\n'
    root = written(f'{orders}[databases.people]\nurl = "sqlite:///people.db"\nengine = "engine2"')
    found = settings.load(root)

    assert found.journal_url("orders") == "postgresql://db/orders"
    assert found.journal_url("people") == f"sqlite:///{root}/people.db"
    assert found.database() is None  # nobody says which
    assert found.journal_url() == f"sqlite:///{root}/migrations/contractctl.db"
    known = found.databases["orders"], found.databases["people"]
    assert [(one.alembic, one.section, one.engine) for one in known] == [
        (root / "services/orders/alembic.ini", "blue", "orders"),
        (None, "alembic", "engine2"),
    ]
    with pytest.raises(ContractctlError, match="no database is called 'orderz'"):
        found.database("orderz")


def test_one_database_needs_no_name(written: Written) -> None:
    found = settings.load(written('[databases.people]\nurl = "sqlite:///people.db"'))

    assert found.database() == found.database("people")
    assert str(found.database_url).endswith("/people.db")
