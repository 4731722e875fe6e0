"""A company in CSV files beside the configuration."""

import os
from pathlib import Path

from syncd.testing.company import Company
from tests.kit.installation.site import Site

CSV_SOURCE = """[source.hr]
type = "csv"
key = "entryUUID"
[source.hr.users]
path = "people.csv"
[source.hr.departments]
path = "departments.csv"
[mapping.user]
department = "unit"
[mapping.department]
parent = "parent"
"""


def write_long_ago(path: Path, content: str | bytes) -> None:
    """Write a file as if a while ago: one that was written just now is waited for."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (0, 0))


def write_tables(site: Site, company: Company) -> None:
    """Write the files of a company."""
    for name, content in company.csv().items():
        write_long_ago(site.folder / name, content)
