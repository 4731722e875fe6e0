"""The tests follow an error from the line that names its code to what `syncd error` says of it."""

from tests.kit.installation.site import Site


def test_an_error_names_its_code_and_the_command_tells_what_to_do(site: Site) -> None:
    """A failed command names the code of its error, and `syncd error` explains that code in text and JSON."""
    failed = site.run("plan")
    assert failed.code == 1
    code = failed.error
    told = site.run("error", code)
    assert (told.code, told.out.splitlines()[0]) == (0, f"{code} (error): No server or file of the source answered")
    assert site.run("error", code, "--json").json[0]["group"] == "error"


def test_without_a_code_all_are_listed(site: Site) -> None:
    """`syncd error` without a code lists all codes, in the language of the terminal."""
    assert "71006" in site.run("error").out
    assert "账号已被其他用户占用" in site.run("error", LC_ALL="zh_CN.UTF-8").out


def test_an_unknown_code_is_one_line(site: Site) -> None:
    """An unknown code ends `syncd error` with exit code 1 and one line, even without a configuration."""
    (site.folder / "syncd.toml").unlink()
    result = site.run("error", "99999")
    assert result.code == 1
    assert "99999 is no code of this program" in result.fault
