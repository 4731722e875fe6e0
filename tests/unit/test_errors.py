"""All errors are in one tree, and each ends a command with the exit code of the contract."""

import syncd.errors as tree


def test_every_error_is_in_the_tree_of_the_docstring() -> None:
    """The docstring of the module names every class of errors."""
    names = [name for name, value in vars(tree).items() if isinstance(value, type)]
    described = tree.__doc__ or ""
    missing = [name for name in names if name != "ClassVar" and name not in described]
    assert missing == []


def test_exit_codes_are_those_of_the_contract() -> None:
    """An error ends a command with the code that DESIGN section 4 gives it."""
    assert tree.ConfigurationError.exit_code == 1
    assert tree.ApprovalUnknown.exit_code == 3
    assert tree.RunInProgress.exit_code == 5
