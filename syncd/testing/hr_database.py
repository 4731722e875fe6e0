"""A company in a database, for tests."""

import sqlalchemy as sa

from syncd.testing.company import Company

SOURCE = """[source.hr]
type = "sql"
url = "{url}"
key = "entryUUID"
[source.hr.users]
query = "SELECT * FROM people"
[source.hr.departments]
query = "SELECT * FROM departments"
[mapping.user]
department = "unit"
[mapping.department]
parent = "parent"
"""


def employ(url: str, company: Company) -> None:
    """Let the tables `people` and `departments` hold this company; empty text is NULL."""
    engine = sa.create_engine(url.replace("mariadb://", "mariadb+pymysql://"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        for name, (header, *rows) in company.tables().items():
            table = sa.Table(name, sa.MetaData(), *(sa.Column(one.lower(), sa.String(100)) for one in header))
            table.drop(connection, checkfirst=True)
            table.create(connection)
            values = [dict(zip(table.columns.keys(), (one or None for one in row), strict=True)) for row in rows]
            connection.execute(table.insert(), values)
    engine.dispose()
