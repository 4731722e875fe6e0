"""A company in CSV files beside the configuration."""

from syncd.testing.company import Company
from tests.kit.installation.site import Site
from tests.kit.long_ago import write_long_ago

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


def write_tables(site: Site, company: Company) -> None:
    """Write the files of a company."""
    for name, content in company.csv().items():
        write_long_ago(site.folder / name, content)
