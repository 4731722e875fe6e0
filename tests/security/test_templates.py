"""No template takes the memory or the time of the process, whoever wrote it and whatever the directory puts into it."""

import pytest

from syncd.errors import ConfigurationError
from syncd.mapping.facts import Facts, Unmappable
from syncd.mapping.templates import Template
from tests.kit.failures import Failures

GROWING = "{% set ns = namespace(a='ab') %}{% for i in range(99) %}"
BEYOND = [
    "{{ '%1000000000d' % 1 }}",
    "{{ '%*d' % (1000000000, 1) }}",
    "{{ '%.1000000000f' % 1.5 }}",
    "{{ '%1000000000d'|format(1) }}",
    "{{ '{:>1000000000}'.format(1) }}",
    "{{ '{:>{}}'.format(1, 1000000000) }}",
    "{{ '{0:{1}}'.format(1, cn) }}",
    "{{ '{a:>999999999}'.format_map({'a': 1}) }}",
    "{{ 'a' * 1000000000 }}",
    "{{ ['a'] * 1000000000 }}",
    "{{ 1000000000 * 'a' }}",
    "{{ 10 ** 1000000000 }}",
    "{{ cn|center(1000000000) }}",
    "{{ cn|indent(1000000000) }}",
    "{{ cn.center(1000000000) }}",
    "{{ cn.ljust(width=1000000000) }}",
    "{{ cn.zfill(1000000000) }}",
    "{{ '\t'.expandtabs(1000000000) }}",
    "{{ (5).to_bytes(1000000000, 'big') }}",
    "{{ 5.0|round(1000000) }}",
    "{{ range(1000000000)|list }}",
    "{{ range(100000)|join(',') }}",
    "{{ [1]|batch(1000000000, 'x')|list }}",
    "{{ [1]|slice(1000000000)|list }}",
    "{{ lipsum(n=10000) }}",
    "{{ long.replace('a', long) }}",
    "{{ long|replace('a', long) }}",
    "{{ long.join(long) }}",
    "{{ long|join(long) }}",
    "{{ ('%' ~ '99999999' ~ 'd') % 1 }}",
    "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
    "{% for a in long %}{% for b in long %}{% endfor %}{% endfor %}",
    GROWING + "{% set ns.a = ns.a ~ ns.a %}{% endfor %}{{ ns.a }}",
    GROWING + "{% set ns.a = ns.a + ns.a %}{% endfor %}{{ ns.a }}",
    GROWING + "{% set ns.a = [ns.a, ns.a]|join %}{% endfor %}{{ ns.a }}",
    GROWING + "{% set ns.a = ''.join([ns.a, ns.a]) %}{% endfor %}{{ ns.a }}",
    GROWING + "{% set ns.a = '%s%s' % (ns.a, ns.a) %}{% endfor %}{{ ns.a }}",
    GROWING + "{% set ns.a = '{0}{0}'.format(ns.a) %}{% endfor %}{{ ns.a }}",
    GROWING + "{% set ns.a = ns.a.replace('a', 'aa').replace('b', 'bb') %}{% endfor %}{{ ns.a }}",
    GROWING + "{% set ns.a = ns.a|replace('a', 'aa')|replace('b', 'bb') %}{% endfor %}{{ ns.a }}",
    GROWING + "{% set ns.a %}{{ ns.a }}{{ ns.a }}{% endset %}{% endfor %}{{ ns.a }}",
    GROWING + "{% set ns.a = ns.a.encode('unicode_escape').hex() %}{% endfor %}{{ ns.a }}",
    "{{ ('%s' * 5000) % ((long,) * 5000) }}",
    "{% macro d(x) %}{{ x }}{{ x }}{% endmacro %}" + GROWING + "{% set ns.a = d(ns.a) %}{% endfor %}{{ ns.a }}",
    "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}",
    "{% for a in [1] recursive %}{{ loop([1, 1]) }}{{ loop([1, 1]) }}{% endfor %}",
]
"""Each asks for gigabytes, for hours, or for no end, of an entry with a common name and a value of 200,000 letters."""
UNREADABLE = ["{{ " + "9" * 5000 + " }}", "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "{{ 1" + " + 1" * 9000 + " }}"]
USUAL = {
    "{{ sn }}{{ givenName }}": "王芳",
    "{{ entry.values('mail')[0]|lower }}": "wang@example.com",
    "{{ '%05d' % (number|int) }}": "00042",
    "{{ '{:>6}'.format(number) }}": "    42",
    "{{ number|int + 1000000 }}": "1000042",
    "{{ sn ~ ', ' ~ givenName }}": "王, 芳",
    "{{ entry.values('mail')|join('; ') }}": "Wang@Example.com; other@example.com",
    "{% for one in entry.values('mail') %}{{ loop.index }}/{{ loop.length }} {% endfor %}": "1/2 2/2 ",
    "{{ number.rjust(8, '0') }}": "00000042",
    "{{ cn|replace(' ', '.')|truncate(20) }}": "wang.fang",
    "{{ missing ~ 1 }}{{ nobody|default('x') }}": "1x",
    "{{ long|length }}{{ long[:3]|upper }}": "200000AAA",
    "{{ '-' * 5 }}{{ 'x'|center(5) }}": "-----  x  ",
}


@pytest.fixture
def facts() -> Facts:
    """Return an entry as a template sees it."""
    values = {
        "cn": ("wang fang",),
        "sn": ("王",),
        "givenname": ("芳",),
        "mail": ("Wang@Example.com", "other@example.com"),
        "number": ("42",),
        "long": ("a" * 200_000,),
    }
    return Facts(values, "ldap", "2026-12-01")


def test_no_template_asks_for_more_than_there_is(facts: Facts) -> None:
    """Every template that would take gigabytes, hours, or never end, leaves out the value with a reason, at once."""
    failures = Failures()
    for text in BEYOND:
        with failures.case(text), pytest.raises(Unmappable, match="its template fails"):
            Template(text).text(facts)
    failures.assert_none()


@pytest.mark.parametrize("number", range(len(UNREADABLE)))
def test_a_template_beyond_reason_is_a_mistake_in_the_configuration(number: int) -> None:
    """A template that cannot even be read is told in one short line."""
    with pytest.raises(ConfigurationError) as told:
        Template(UNREADABLE[number])
    assert len(str(told.value)) < 400


def test_usual_templates_give_what_they_gave(facts: Facts) -> None:
    """What people write in templates gives what it always gave."""
    failures = Failures()
    for text, wanted in USUAL.items():
        with failures.case(text):
            assert Template(text).text(facts) == wanted
    failures.assert_none()
