"""Every type of source that a configuration may have."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, Field

from syncd.config.source_settings import CsvSource, LdapSource, LdifSource
from syncd.config.table_settings import HttpSource, SqlSource

AnySource = Annotated[LdapSource | LdifSource | CsvSource | SqlSource | HttpSource, Field(discriminator="type")]
SOURCE_TYPES: Mapping[str, type[BaseModel]] = {
    "ldap": LdapSource,
    "ldif": LdifSource,
    "csv": CsvSource,
    "sql": SqlSource,
    "http": HttpSource,
}
