"""A configuration is found and checked, and every mistake in it is one clear line."""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from syncd.config.loading import load
from syncd.config.sample import json_schema, sample
from syncd.config.scope import fingerprint, scope
from syncd.config.settings import Settings
from syncd.config.source_settings import CsvSource, LdapSource, LdifSource
from syncd.errors import ConfigurationError
from syncd.plan.configuration import changed
from tests.kit.configurations import loaded, mistakes
from tests.kit.refusals import refusal

EXAMPLES = sorted((Path(__file__).parents[3] / "config").glob("*.toml"))
SERVER = "http://x is not a server's URL; it looks like ldaps://dc1.example.org, or with a port"
DURATION = 'a duration is a number and one of s, m, h, d, w, such as "15m" or "7d"'
GOOD = """[source.file]
type = "ldif"
path = "company.ldif"
base = "dc=x"

[platform]
appkey = "k"
appsecret = "geheim"
"""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_example_loads(example: Path, tmp_path: Path) -> None:
    """Every example loads with the secrets that it names, and is read-only."""
    for name in ("bind-password", "appsecret", "hr-secret"):
        (tmp_path / name).write_text("geheim\n")
    (tmp_path / "hr-url").write_text("https://hr.example.org/api\n")
    settings = loaded(tmp_path, example.read_text()).settings
    assert settings.platform.appsecret.get_secret_value() == "geheim"
    assert settings.platform.read_only


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """Paths are relative to the file, and the store stands beside it unless said otherwise."""
    settings = loaded(tmp_path, GOOD).settings
    source = settings.source["file"]
    assert isinstance(source, LdifSource)
    assert Path(source.path) == tmp_path / "company.ldif"
    assert settings.store.url.get_secret_value() == f"sqlite:///{tmp_path}/syncd.db"


@pytest.mark.parametrize(
    ("written", "state", "url"),
    [
        ("", "/var/lib/syncd", "sqlite:////var/lib/syncd/syncd.db"),
        ("sqlite:///data/a.db", "/var/lib/syncd", "sqlite:///{folder}/data/a.db"),
        ("sqlite:////srv/a.db", "", "sqlite:////srv/a.db"),
        ("postgresql+psycopg://h/db", "", "postgresql+psycopg://h/db"),
    ],
)
def test_the_store_is_where_it_is_said_to_be(tmp_path: Path, written: str, state: str, url: str) -> None:
    """The store is where it is written to be, in the service's state folder, or beside the file."""
    text = GOOD + (f'[store]\nurl = "{written}"\n' if written else "")
    store = loaded(tmp_path, text, STATE_DIRECTORY=state).settings.store
    assert store.url.get_secret_value() == url.format(folder=tmp_path)


MISTAKES = (
    ('base_dn = "x"', 'syncd.toml:5: source.file.base_dn: unknown key; did you mean "base"?'),
    ("exclude = 3", "syncd.toml:5: source.file.exclude: found 3; wanted: a list"),
    ('[platfrom]\nurl = "x"', 'syncd.toml:5: platfrom: unknown key; did you mean "platform"?'),
    (
        '[policy]\non_leaver = "delete"',
        "syncd.toml:6: policy.on_leaver: found 'delete'; allowed: 'keep', 'lock' or 'park'",
    ),
    (
        '[policy]\non_drift = {phone = "nope"}',
        "syncd.toml:6: policy.on_drift.phone: found 'nope'; allowed: 'enforce' or 'report'",
    ),
    (
        '[policy]\non_drift = "reprot"',
        "syncd.toml:6: policy.on_drift: found 'reprot'; allowed: 'enforce' or 'report', or a table",
    ),
    ("[mapping.user]\nphone = 5", "syncd.toml:6: mapping.user.phone: found 5; wanted: a valid string, or a list"),
    ("[limits]\nremove = 5", "syncd.toml:6: limits.remove: found 5; wanted: a table"),
    (
        '[policy]\non_leaver = "park"',
        "syncd.toml:5: policy: park needs park_department, the id of the department where parked users go",
    ),
    (
        '[policy]\nremove_after = "soon"',
        'syncd.toml:6: policy.remove_after: a duration such as "7d", "0d" for at once, or "never"',
    ),
    (
        '[policy]\napproval_life = "3"',
        f"syncd.toml:6: policy.approval_life: {DURATION}",
    ),
    ("[limits]\nremove = {cont = 5}", 'syncd.toml:6: limits.remove.cont: unknown key; did you mean "count"?'),
    (
        "[limits]\nremove = {count = -5}",
        "syncd.toml:6: limits.remove.count: found -5; wanted: greater than or equal to 0",
    ),
    (
        '[mapping.user]\naccount = ""',
        "syncd.toml: mapping.user.account is empty; a user cannot do without account",
    ),
    ("[mapping.user]\nname = [1]", "syncd.toml:6: mapping.user.name: found 1; wanted: a valid string"),
    (
        '[source.Big]\ntype = "ldif"\npath = "x"\nbase = "dc=x"',
        "syncd.toml:5: source.Big: a source's name has only a to z, 0 to 9 and _",
    ),
    (
        'exclude = ["uid"]',
        'syncd.toml:5: source.file.exclude: the DN "uid" has "uid" where type=value was expected',
    ),
    (
        '[source.l]\ntype = "ldap"\nbase = "dc=x"\nurls = ["http://x"]',
        f"syncd.toml:8: source.l.urls: {SERVER}",
    ),
    ('[source.hr]\ntype = "sap"', "syncd.toml:6: source.hr.type: found sap; allowed: ldap, ldif, csv, sql, http"),
)


def test_a_mistake_is_one_line_with_file_line_key_and_way_out(tmp_path: Path) -> None:
    """A mistake is one line with file, line and key, and with what is allowed or the nearest known key."""
    head, tail = GOOD.split("\n\n")
    texts = [(f"{head}\n{wrong}\n{tail}", line) for wrong, line in MISTAKES]
    said = [(line, refusal(ConfigurationError, loaded, tmp_path, text).splitlines()) for text, line in texts]
    assert [(line, lines) for line, lines in said if lines[0] != line] == []


CSV = """[source.hr]
type = "csv"
key = "id"
[source.hr.users]
path = "people.csv"
[source.hr.departments]
path = "units.csv"
[mapping.user]
department = "unit"
[platform]
appkey = "k"
appsecret = "geheim"
"""
NO_TREE = 'mapping.user.department is "@parent", but the rows of source hr stand in no tree'
ONE_CHARACTER = 'a delimiter is one character, such as "," or "\\t", or "auto"'


@pytest.mark.parametrize(
    ("was", "wrong", "line"),
    [
        ('path = "people', 'pfad = "people', 'syncd.toml:5: source.hr.users.pfad: unknown key; did you mean "path"?'),
        ('key = "id"', "", "syncd.toml:1: source.hr: users needs key, the column with what never changes"),
        ('key = "id"', 'base = "dc=x"\nkey = "id"', "syncd.toml:3: source.hr.base: unknown key"),
        ('department = "unit"', "", f"syncd.toml: {NO_TREE}; name the column with the key of the department"),
        (
            '[source.hr.users]\npath = "people.csv"\n[source.hr.departments]\npath = "units.csv"\n',
            "",
            "syncd.toml:1: source.hr: nothing is read of it; write .users, or .departments or .rooms",
        ),
        ("[source.hr.dep", 'encoding = "utf-9"\n[source.hr.dep', "syncd.toml:6: source.hr.users.encoding: utf-9 is no"),
        ("[source.hr.dep", 'encoding = "zip"\n[source.hr.dep', "syncd.toml:6: source.hr.users.encoding: zip is no"),
        (
            "[source.hr.dep",
            "delimiter = '##'\n[source.hr.dep",
            f"syncd.toml:6: source.hr.users.delimiter: {ONE_CHARACTER}",
        ),
        (
            "[source.hr.dep",
            "delimiter = '\"'\n[source.hr.dep",
            f"syncd.toml:6: source.hr.users.delimiter: {ONE_CHARACTER}",
        ),
    ],
)
def test_a_mistake_about_csv_files_is_one_line_too(tmp_path: Path, was: str, wrong: str, line: str) -> None:
    """A mistake about CSV files is one line that speaks of the keys of such a source."""
    assert any(one.startswith(line) for one in mistakes(tmp_path, CSV.replace(was, wrong, 1)))


def test_a_source_without_people_is_asked_for_none(tmp_path: Path) -> None:
    """A source without people is taken where it has departments, and refused where it is to give people."""
    alone = CSV.replace('[source.hr.users]\npath = "people.csv"\n', "").replace('department = "unit"\n', "")
    assert loaded(tmp_path, alone).settings.source["hr"].users is None
    expecting = alone.replace('key = "id"\n', 'key = "id"\nexpect = {users = 5}\n')
    assert any("the source is not asked for people" in line for line in mistakes(tmp_path, expecting))


def test_csv_files_are_found_beside_the_configuration_and_may_move(tmp_path: Path) -> None:
    """CSV files are found beside the configuration, and the key column is in the fingerprint, not their place."""
    found = loaded(tmp_path, CSV)
    source = found.settings.source["hr"]
    assert isinstance(source, CsvSource)
    assert source.users is not None
    assert source.departments is not None
    assert {source.users.path, source.departments.path} == {str(tmp_path / "people.csv"), str(tmp_path / "units.csv")}
    assert loaded(tmp_path, CSV.replace("people.csv", "staff.csv")).fingerprint == found.fingerprint
    assert loaded(tmp_path, CSV.replace('"id"', '"no"')).fingerprint != found.fingerprint


def test_a_table_or_key_given_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    """A table or a key that the file has twice is named with the lines of both."""
    text = '[store]\n# url = ""\n[log]\nlevel = "info"\nlevel = "debug"\n[store]\nurl = "sqlite:///x.db"\n[ log ]\n'
    (tmp_path / "syncd.toml").write_text(text)
    assert refusal(ConfigurationError, load, None, {}, tmp_path).splitlines() == [
        "syncd.toml:5: log.level stands in line 4 already; keep one of them",
        "syncd.toml:6: [store] stands in line 1 already; a table stands once: put its keys there",
        "syncd.toml:8: [log] stands in line 3 already; a table stands once: put its keys there",
    ]


@pytest.mark.parametrize(
    "text", ["[store\n[store]\n", "[[a]]\nx = 1\n[[a]]\nx = 2\n[b]\n=", 'a = """\n[store]\n[store]']
)
def test_what_is_no_toml_otherwise_is_told_as_before(tmp_path: Path, text: str) -> None:
    """What is no TOML for another reason is told with the parser's words, and nothing counts as given twice."""
    (tmp_path / "syncd.toml").write_text(text)
    assert "this is not TOML: " in refusal(ConfigurationError, load, None, {}, tmp_path)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """Every mistake is told at once, in the order of the file."""
    lines = mistakes(tmp_path, '[source.l]\ntype = "ldap"\npage = 5\n[platform]\nrate = -1\n')
    assert lines == [
        "syncd.toml:1: source.l.base: is missing",
        "syncd.toml:1: source.l.urls: is missing",
        'syncd.toml:3: source.l.page: unknown key; did you mean "page_size"?',
        "syncd.toml:4: platform.appkey: is missing",
        "syncd.toml:4: platform.appsecret: is missing (or appsecret_file)",
        "syncd.toml:5: platform.rate: found -1; wanted: greater than or equal to 0",
    ]


def test_what_is_not_toml_is_said_with_its_place(tmp_path: Path) -> None:
    """A file that is not TOML is refused with the line of the mistake."""
    assert "line 2" in mistakes(tmp_path, "[platform]\nurl = \n")[0]


def test_a_file_that_is_not_utf8_is_said(tmp_path: Path) -> None:
    """A file that is not UTF-8 is refused with that reason."""
    (tmp_path / "syncd.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load(None, {}, tmp_path)


def test_a_secret_can_stand_in_a_file(tmp_path: Path) -> None:
    """A secret can stand in a file, where the line end that editors leave does not count."""
    (tmp_path / "s").write_text("geheim\n")
    text = GOOD.replace('appsecret = "geheim"', 'appsecret_file = "s"')
    assert loaded(tmp_path, text).settings.platform.appsecret.get_secret_value() == "geheim"


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    """A byte order mark is no part of a configuration or of a secret."""
    (tmp_path / "s").write_bytes(b"\xef\xbb\xbfgeheim\r\n")
    settings = loaded(tmp_path, "\ufeff" + GOOD.replace('appsecret = "geheim"', 'appsecret_file = "s"')).settings
    assert settings.platform.appsecret.get_secret_value() == "geheim"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('appsecret = "a"\nappsecret_file = "s"', "appsecret and appsecret_file are both written; keep one"),
        ('appsecret_file = "missing"', "the file missing cannot be read: No such file"),
        ("appsecret_file = 3", "the name of a file is wanted"),
        ('appsecret_file = "empty"', "the file empty is empty; the secret is wanted in it"),
        ('appsecret = ""', "platform.appsecret: is empty (or write appsecret_file)"),
        ("appsecret = 3", "platform.appsecret: found something else; wanted: a valid string"),
    ],
)
def test_a_wrong_secret_is_told_without_showing_it(tmp_path: Path, written: str, words: str) -> None:
    """A wrong secret is told with the reason and without its value (I8)."""
    (tmp_path / "s").write_text("geheim")
    (tmp_path / "empty").write_text("\n")
    line = mistakes(tmp_path, GOOD.replace('appsecret = "geheim"', written))[0]
    assert words in line
    assert "geheim" not in line


def test_secrets_are_in_no_text_of_the_settings(tmp_path: Path) -> None:
    """No text of the settings has a secret (I8)."""
    found = loaded(tmp_path, GOOD)
    assert "geheim" not in repr(found)
    assert "geheim" not in found.settings.model_dump_json()


def test_the_environment_is_laid_over_the_file(tmp_path: Path) -> None:
    """The environment is laid over the file: texts, numbers, tables, secrets and their files are replaced."""
    (tmp_path / "s").write_text("andere")
    settings = loaded(
        tmp_path,
        GOOD,
        SYNCD_PLATFORM__RATE="7",
        SYNCD_PLATFORM__APPKEY="77",
        SYNCD_PLATFORM__READ_ONLY="true",
        SYNCD_LIMITS__REMOVE="{count = 1}",
        SYNCD_SOURCE__FILE__KEY="employeeNumber",
        SYNCD_PLATFORM__APPSECRET_FILE=str(tmp_path / "s"),
        SYNCD_CONFIG="ignored",
    ).settings
    assert (settings.platform.rate, settings.platform.appkey, settings.platform.read_only) == (7, "77", True)
    assert (settings.limits.remove.count, settings.source["file"].key) == (1, "employeeNumber")
    assert settings.platform.appsecret.get_secret_value() == "andere"


@pytest.mark.parametrize("written", ['["zhangsan", "id:5"]', '["zhangsan","id:5",]'])
def test_a_list_of_the_environment_is_written_as_json_or_toml(tmp_path: Path, written: str) -> None:
    """A list in the environment is written as JSON or as TOML."""
    assert loaded(tmp_path, GOOD, SYNCD_POLICY__PROTECTED=written).settings.policy.protected == ("zhangsan", "id:5")


def test_a_table_of_the_environment_may_be_json(tmp_path: Path) -> None:
    """A table or a list of fall-backs in the environment may be JSON, and a template stays a text."""
    settings = loaded(
        tmp_path,
        GOOD,
        SYNCD_LIMITS__REMOVE='{"count": 1}',
        SYNCD_POLICY__ON_DRIFT='{"default":"enforce","phone":"report"}',
        SYNCD_MAPPING__USER__NAME='["cn","uid"]',
        SYNCD_MAPPING__USER__MEMO="{{ sn }}",
    ).settings
    assert settings.limits.remove.count == 1
    assert settings.policy.on_drift == {"default": "enforce", "phone": "report"}
    assert (settings.mapping.user.name, settings.mapping.user.memo) == (("cn", "uid"), "{{ sn }}")


@pytest.mark.parametrize("written", ["true", "True", "yes", "on", "1"])
def test_a_switch_of_the_environment_is_text(tmp_path: Path, written: str) -> None:
    """A switch in the environment is taken in each form that people give it there."""
    assert loaded(tmp_path, GOOD, SYNCD_PLATFORM__READ_ONLY=written).settings.platform.read_only


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ('rate = "20"', 'platform.rate: found "20"; wanted: a number'),
        ("rate = true", "platform.rate: found true; wanted: a number"),
        ('concurrency = "8"', 'platform.concurrency: found "8"; wanted: a number'),
        ('read_only = "false"', 'platform.read_only: found "false"; wanted: true or false'),
    ],
)
def test_a_number_in_quotes_is_no_number(tmp_path: Path, written: str, wanted: str) -> None:
    """A number or a switch in quotes is a mistake in a file (DESIGN 4)."""
    assert mistakes(tmp_path, f"{GOOD}{written}\n") == [f"syncd.toml:9: {wanted}"]


def test_a_secret_of_the_environment_is_taken_as_it_stands(tmp_path: Path) -> None:
    """A secret in the environment is taken as it stands, though it looks like a list."""
    assert (
        loaded(tmp_path, GOOD, SYNCD_PLATFORM__APPSECRET="[1]").settings.platform.appsecret.get_secret_value() == "[1]"
    )


def test_an_unknown_key_of_the_environment_names_its_variable(tmp_path: Path) -> None:
    """An unknown key in the environment names its variable, also where the whole table is unknown."""
    line = mistakes(tmp_path, GOOD, SYNCD_SOURCE__FILE__HEADERS__X="1")[0]
    assert line.startswith("SYNCD_SOURCE__FILE__HEADERS__X: source.file.headers: unknown key")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('on_drift = {phon = "report"}', 'policy.on_drift: phon is no field; did you mean "phone"?'),
        ('clear = ["position", "fone"]', 'policy.clear: fone is no field; did you mean "phone"?'),
        ('clear = ["zzzzz"]', "policy.clear: zzzzz is no field: account, name, "),
    ],
)
def test_a_field_that_there_is_not_is_told(tmp_path: Path, written: str, words: str) -> None:
    """A field that does not exist is told, with the nearest one or with all there are."""
    assert words in mistakes(tmp_path, f"{GOOD}[policy]\n{written}\n")[0]


def test_the_order_of_two_authorities_decides_values(tmp_path: Path) -> None:
    """The order of two authorities is in the fingerprint."""
    more = '[source.{}]\ntype = "ldif"\npath = "a"\nbase = "dc=x"\n'
    one, other = (GOOD + "".join(more.format(name) for name in names) for names in ("ab", "ba"))
    assert loaded(tmp_path, one).fingerprint != loaded(tmp_path, other).fingerprint


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    """A mistake in the environment names the variable."""
    assert mistakes(tmp_path, GOOD, SYNCD_PLATFORM__RATE="fast")[0].startswith("SYNCD_PLATFORM__RATE: platform.rate: ")


@pytest.mark.parametrize(
    ("url", "extra", "is_clear"),
    [
        ("ldap://dc1.example.org", "", True),
        ("ldap://10.0.0.1", "", True),
        ("ldap://localhost", "", False),
        ("ldap://127.0.0.1:3890", "", False),
        ("ldap://[::1]", "", False),
        ("ldaps://dc1.example.org", "", False),
        ("ldap://dc1.example.org", "start_tls = true", False),
        ("ldap://dc1.example.org", "insecure = true", False),
    ],
)
def test_a_password_does_not_travel_in_clear(tmp_path: Path, url: str, extra: str, is_clear: object) -> None:
    """A password for another host needs TLS or a written `insecure`."""
    text = f'[source.l]\ntype = "ldap"\nurls = "{url}"\nbase = "dc=x"\n{extra}\n'
    text += 'bind_dn = "cn=x"\nbind_password = "geheim"\n'
    text += '[platform]\nappkey = "k"\nappsecret = "s"\n'
    if is_clear:
        assert "would travel in clear" in mistakes(tmp_path, text)[0]
    else:
        assert isinstance(loaded(tmp_path, text).settings.source["l"], LdapSource)


def test_who_signs_in_by_a_ticket_has_no_password(tmp_path: Path) -> None:
    """A source that signs in by a ticket is refused if it has a password too."""
    text = '[source.l]\ntype = "ldap"\nurls = "ldaps://dc1"\nbase = "dc=x"\nkerberos = true\n'
    tail = '[platform]\nappkey = "k"\nappsecret = "s"\n'
    found = loaded(tmp_path, text + tail).settings.source["l"]
    assert isinstance(found, LdapSource)
    assert found.kerberos
    assert "leave bind_password out" in mistakes(tmp_path, f'{text}bind_password = "geheim"\n{tail}')[0]


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ('[platform]\nurl = "ftp://h5.example.org"', "platform.url"),
        ('[platform]\nurl = "h5.example.org"', "platform.url"),
        ('[platform]\nproxy = "proxy.example.org:3128"', "platform.proxy"),
        ('[notify]\nurl = "hooks.example.org"\n[platform]', "notify.url"),
    ],
)
def test_what_is_no_address_is_told_at_once(tmp_path: Path, wrong: str, key: str) -> None:
    """A text that is no URL is refused when the configuration is loaded."""
    assert f"{key}: this is no URL" in mistakes(tmp_path, GOOD.replace("[platform]", wrong))[0]


def test_the_appsecret_does_not_travel_in_clear(tmp_path: Path) -> None:
    """The appsecret goes to another host in clear only where `insecure` is written."""
    text = GOOD.replace("[platform]", '[platform]\nurl = "http://h5.example.org/meeting"')
    assert "would travel in clear to h5.example.org" in mistakes(tmp_path, text)[0]
    assert loaded(tmp_path, text.replace("[platform]", "[platform]\ninsecure = true")).settings.platform.insecure


def test_the_file_is_looked_for_in_order(tmp_path: Path) -> None:
    """The file is looked for in `--config`, SYNCD_CONFIG and `./syncd.toml`, and without any it is said where."""
    for name in ("given", "named", "syncd"):
        (tmp_path / f"{name}.toml").write_text(GOOD.replace('"k"', f'"{name}"'))
    environ = {"SYNCD_CONFIG": "named.toml"}
    assert load(Path("given.toml"), environ, tmp_path).settings.platform.appkey == "given"
    assert load(None, environ, tmp_path).settings.platform.appkey == "named"
    assert load(None, {}, tmp_path).settings.platform.appkey == "syncd"
    with pytest.raises(ConfigurationError, match=r"looked for .*syncd\.toml and /etc/syncd/syncd\.toml"):
        load(None, {}, tmp_path / "elsewhere")


def test_a_source_may_have_single_keys_of_the_mapping_for_itself(tmp_path: Path) -> None:
    """A source may have single keys of the mapping for itself, and the others are as for all."""
    text = GOOD + '[mapping.user]\nposition = "rank"\n[source.file.mapping.user]\naccount = "login"\n'
    mapping = loaded(tmp_path, text).settings.mapping_of("file")
    assert (mapping.user.account, mapping.user.position, mapping.department.name) == ("login", "rank", "ou")


def test_the_fingerprint_changes_with_what_decides_scope_or_values_only(tmp_path: Path) -> None:
    """Only what decides scope or values changes the fingerprint, and no tuning does (DESIGN 6, guards)."""
    before = loaded(tmp_path, GOOD).fingerprint
    tuning = GOOD.replace("company.ldif", "other.ldif").replace("geheim", "neu") + "rate = 3\n[log]\nlevel = 'debug'\n"
    assert loaded(tmp_path, tuning).fingerprint == before
    as_default = GOOD.replace("[source.file]\n", '[source.file]\nnamespace = "file"\n', 1)
    assert loaded(tmp_path, as_default).fingerprint == before
    assert loaded(tmp_path, as_default.replace('"file"', '"staff"')).fingerprint != before
    for deciding in ('[mapping.user]\nphone = "tel"\n', "[policy]\nclear = ['phone']\n", "[adopt]\nuser = []\n"):
        assert loaded(tmp_path, GOOD + deciding).fingerprint != before


def test_keys_that_came_later_decide_scope_only_where_they_are_written(tmp_path: Path) -> None:
    """Keys of `.users` and `.departments` that a configuration does not write are no part of its scope."""
    users = "[source.file.users]\n"
    found = scope(loaded(tmp_path, GOOD + "[source.file.departments]\n").settings)
    assert not [name for name in found if name.endswith(("users.key", "departments.key"))]
    text = GOOD + '[source.file.departments]\nkey = "dn"\n' + users + 'key = "uid"\n'
    own = scope(loaded(tmp_path, text).settings)
    assert (own["source.file.departments.key"], own["source.file.users.key"]) == ('"dn"', '"uid"')


def test_what_has_changed_is_told_key_by_key(tmp_path: Path) -> None:
    """What has changed in a configuration is told by key, with the values before and after."""
    one, two = loaded(tmp_path, GOOD).settings, loaded(tmp_path, GOOD + '[mapping.user]\nphone = "tel"\n').settings
    assert changed(scope(one), scope(two)) == ('mapping.file.user.phone: "mobile" → "tel"',)
    assert fingerprint(one) != fingerprint(two)


def test_a_department_in_a_configuration_is_told_with_its_name() -> None:
    """An id of a department that the configuration names has the name beside it, where the platform shows one."""
    before = {"platform.root_department": '""', "policy.park_department": '"gone"'}
    after = {"platform.root_department": f'"{"ab" * 16}"', "policy.park_department": '"7"'}
    names = {"AB" * 16: "总部", "7": "停用"}
    assert changed(before, after, names) == (
        f'platform.root_department: "" → "{"ab" * 16}" (总部)',
        'policy.park_department: "gone" → "7" (停用)',
    )


def test_the_sample_can_be_loaded_and_writes_nothing(tmp_path: Path) -> None:
    """The sample can be loaded and is read-only, and its comments are TOML with the defaults."""
    text = sample(
        "ldap",
        {
            "source": {"type": "ldap", "urls": ["ldaps://dc1"], "base": ["dc=x"]},
            "platform": {"appkey": "k", "appsecret": "s"},
        },
    )
    settings = loaded(tmp_path, text).settings
    assert settings.platform.read_only
    uncommented = "\n".join(line.removeprefix("# ") if " = " in line else line for line in text.splitlines())
    tomllib.loads(uncommented)
    assert '# remove_after = "7d"' in text
    assert "# remove = {count = 50, percent = 10, at_least = 5}" in text
    assert '# connect_timeout = "10s"' in text


def test_every_default_of_the_sample_can_be_written(tmp_path: Path) -> None:
    """The comments of the sample are the defaults, for each table of the settings."""
    source = {"type": "ldap", "urls": ["ldaps://dc1"], "base": "dc=x"}
    whole = sample("ldap", {"source": source, "platform": {"appkey": "k", "appsecret": "s"}})
    head, tail = whole.split("\n[platform.callback]")
    lines = [line for line in f"[platform.callback]{tail}".splitlines() if not line.startswith("# tls")]
    written = "\n".join(line.removeprefix("# ") if " = " in line else line for line in lines)
    assert loaded(tmp_path, f"{head}\n{written}").settings == loaded(tmp_path, whole).settings
    tables = {line.strip("[]") for line in whole.splitlines() if line.startswith("[")}
    assert tables >= set(Settings.model_fields) - {"source", "mapping"}


@pytest.mark.parametrize("departments", [{}, {"path": "units.csv", "key": "no"}])
def test_the_sample_for_csv_files_can_be_loaded(tmp_path: Path, departments: dict[str, str]) -> None:
    """The sample for CSV files can be loaded, with a file of departments and without one."""
    answers = {
        "source": {"type": "csv", "key": "id"},
        "users": {"path": "people.csv"},
        "departments": departments,
        "user": {"department": "unit"},
        "platform": {"appkey": "k", "appsecret": "s"},
    }
    text = sample("csv", answers)
    source = loaded(tmp_path, text).settings.source["csv"]
    assert "# users =" not in text
    assert isinstance(source, CsvSource)
    assert (source.departments is not None) == bool(departments)


def test_the_schema_accepts_the_examples() -> None:
    """The JSON schema accepts every example."""
    schema = json.loads(json.dumps(json_schema()))
    jsonschema.Draft202012Validator.check_schema(schema)
    for example in EXAMPLES:
        raw = tomllib.loads(example.read_text())
        raw["platform"]["appsecret"] = raw["platform"].pop("appsecret_file")
        for source in raw["source"].values():
            for name in ("bind_password", "url", "client_secret"):
                if f"{name}_file" in source:
                    source[name] = source.pop(f"{name}_file")
        assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(raw)] == []


HR = """
[source.hr]
type = "csv"
role = "enrich"
join = {this = "number", other = "employeeNumber"}
[source.hr.users]
path = "staff.csv"
"""


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ('user]\nphone = "hrr.phone"', 'mapping.user.phone reads hrr.phone, and there is no source "hrr"'),
        ('user]\nphone = ["mobile", "nosuch.x"]', "do you mean hr.x?"),
        ('department]\nname = "hr.unit"', "mapping.department.name reads hr.unit"),
    ],
)
def test_what_is_read_of_a_source_that_is_not_there_is_a_mistake(tmp_path: Path, mapping: str, told: str) -> None:
    """A mapping that reads a source that is not there is a mistake."""
    (line,) = mistakes(tmp_path, f"{GOOD}{HR}\n[mapping.{mapping}\n")
    assert told in line


def test_an_oid_and_a_source_in_any_letter_case_are_no_mistakes(tmp_path: Path) -> None:
    """An OID, and a source in any letter case, may be read by the mapping (RFC 4512, 1.4)."""
    loaded(tmp_path, f'{GOOD}{HR}\n[mapping.user]\nphone = ["HR.Phone", "2.5.4.20"]\n')
