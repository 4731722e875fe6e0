"""A company in a database, for tests."""

from collections.abc import Mapping

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


def show(url: str, pictures: Mapping[str, bytes]) -> None:
    """Let the table `pictures` hold these, by account, as the database keeps bytes."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    table = sa.Table("pictures", sa.MetaData(), sa.Column("login", sa.String(100)), sa.Column("photo", sa.LargeBinary))
    with engine.begin() as connection:
        table.drop(connection, checkfirst=True)
        table.create(connection)
        if pictures:
            connection.execute(table.insert(), [{"login": one, "photo": content} for one, content in pictures.items()])
    engine.dispose()


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
