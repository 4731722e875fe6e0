"""The guide for those who use the client as a library is complete and true."""

import re
from pathlib import Path

import syncd.errors as tree
import syncd.platform as public
from syncd.platform import Client, ClientSettings

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "client.md").read_text(encoding="utf-8")


def test_every_public_method_is_in_the_guide() -> None:
    """The guide names each of the client's 27 public methods."""
    methods = {name for name in vars(Client) if not name.startswith("_")}
    assert len(methods) == 27
    assert {name for name in methods if f"`{name}(" not in GUIDE} == set()


def test_every_setting_and_public_name_is_in_the_guide() -> None:
    """The guide names every setting of the client and every name that the package exports."""
    names = {*public.__all__, *ClientSettings.__struct_fields__}
    assert {name for name in names if f"`{name}" not in GUIDE} == set()


def test_every_error_of_the_platform_is_in_the_guide() -> None:
    """The guide names every error of the platform that a caller can meet."""
    errors = {
        one.__name__ for one in vars(tree).values() if isinstance(one, type) and issubclass(one, tree.PlatformError)
    }
    assert {name for name in errors - {"NotEmpty"} if f"`{name}`" not in GUIDE} == set()


def test_the_guide_names_nothing_that_is_not_there() -> None:
    """Every method in the guide's tables exists."""
    calls = set(re.findall(r"`(\w+)\([^`]*\)` \|", GUIDE))
    assert calls <= set(dir(Client))
    assert calls


def test_the_example_is_a_program() -> None:
    """Every Python example of the guide compiles as it stands."""
    for example in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL):
        compile(example, "guide", "exec")
