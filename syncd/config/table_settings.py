"""The keys of `[source.NAME]` for databases and HTTP services, whose entries are rows too."""

import urllib.parse
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from syncd.config.addresses import clear_secret_host, is_web
from syncd.config.source_settings import TableSource
from syncd.config.values import NO_SECRET, Duration, Pointer, Required, Secret, Switch, Table

Auth = Literal["none", "basic", "bearer", "oauth2"]
WANTED: dict[Auth, tuple[str, ...]] = {
    "none": (),
    "basic": ("username", "password"),
    "bearer": ("token",),
    "oauth2": ("token_url", "client_id", "client_secret"),
}


class SqlQuery(Table):
    """One SELECT that gives a row for each entry."""

    query: Required = Field(description="one SELECT; its columns are what the mapping names")
    key: str = Field("", description="the column with the immutable key, where the source names no other")


class SqlSource(TableSource):
    """A database, asked in one transaction that cannot write."""

    type: Literal["sql"]
    url: Secret = Field(description="such as postgresql://reader:…@hr.example.org/staff; or url_file")
    connect_timeout: Duration = Field(10.0, gt=0, description="how long the server may take to accept")
    read_timeout: Duration = Field(120.0, gt=0, description="how long it may take to answer")
    users: SqlQuery | None = None
    departments: SqlQuery | None = None
    rooms: SqlQuery | None = None


class Success(Table):
    """What tells a good answer from an error that comes with HTTP status 200."""

    at: Pointer = Field(description="where it stands in an answer")
    is_: str | int | float | bool = Field(alias="is", description="the value of a good answer")


class HttpList(Table):
    """One list of the service, page by page; its places in an answer are JSON Pointers (RFC 6901)."""

    path: Required = Field(description="added to url; may have a query")
    items: Pointer = Field("", description="where the list is in an answer; empty: it is the answer")
    next: Pointer | None = Field(None, description="where the next page's URL is, or with next_param its value")
    next_param: str = Field("", description="the parameter for that value; without next it counts the pages")
    start: int = Field(
        1, ge=0, description="the number of the first page, where pages are counted; or of its first entry"
    )
    step: Literal["page", "items"] = Field("page", description="pages are counted one by one, or by their entries")
    total: Pointer | None = Field(None, description="where the answer tells how many there are in all")
    more: Pointer | None = Field(None, description="where the answer says whether there is more: true or false")
    success: Success | None = Field(None, description='what a good answer has: {at = "/errcode", is = 0}')
    key: str = Field("", description="the name of what has the immutable key, where the source names no other")


class HttpSource(TableSource):
    """A service that answers in JSON."""

    type: Literal["http"]
    url: Secret = Field(description="what every path is added to; or url_file")
    headers: dict[str, Secret] = Field({}, description='sent with each request: {"X-Api-Key_file" = "api-key"}')
    auth: Auth = Field("none", description="how syncd shows who it is")
    username: str = Field("", description="basic")
    password: Secret = Field(NO_SECRET, description="basic; or password_file")
    token: Secret = Field(NO_SECRET, description="bearer; or token_file")
    token_url: str = Field("", description="oauth2: where client credentials are exchanged for a token")
    client_id: str = Field("", description="oauth2")
    client_secret: Secret = Field(NO_SECRET, description="oauth2; or client_secret_file")
    scope: str = Field("", description="oauth2: asked for, if written")
    ca_file: str = Field("", description="PEM; empty: the system's")
    insecure: Switch = Field(default=False, description="certificates unchecked, or http:// to another host")
    connect_timeout: Duration = Field(10.0, gt=0, description="how long the service may take to accept")
    read_timeout: Duration = Field(120.0, gt=0, description="how long it may take to answer a page")
    users: HttpList | None = None
    departments: HttpList | None = None
    rooms: HttpList | None = None

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: SecretStr) -> SecretStr:
        _web(url.get_secret_value())
        return url

    @field_validator("token_url")
    @classmethod
    def _is_an_address_too(cls, url: str) -> str:
        return _web(url) if url else url

    @field_validator("token")
    @classmethod
    def _is_a_token(cls, token: SecretStr) -> SecretStr:
        _sendable("token", token)
        return token

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, value in headers.items():
            if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
                raise ValueError(f'{name} is no name of a header; it looks like "X-Api-Key"')
            _sendable(name, value)
        if len({name.lower() for name in headers}) < len(headers):
            raise ValueError("a header is written twice; letter case does not tell them apart")
        return headers

    @model_validator(mode="after")
    def _can_show_who_it_is(self) -> "HttpSource":
        for name in WANTED[self.auth]:
            value = getattr(self, name)
            if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
                raise ValueError(f'auth = "{self.auth}" needs {name}')
        return self

    @model_validator(mode="after")
    def _keeps_its_secrets(self) -> "HttpSource":
        for url in (self.url.get_secret_value(), self.token_url):
            if url and (host := clear_secret_host(url)) and not self.insecure:
                raise ValueError(
                    f"people and secrets would travel in clear to {host}; use https:// (insecure = true allows it)"
                )
        return self


def _sendable(name: str, value: SecretStr) -> None:
    text = value.get_secret_value()
    if not text.isprintable() or not text.isascii():
        raise ValueError(f"the value of {name} has characters that no header can have")


def _web(url: str) -> str:
    if not is_web(url):
        raise ValueError("this is no URL of a service; it looks like https://hr.example.org/api")
    if "@" in urllib.parse.urlsplit(url).netloc:
        raise ValueError('name and password stand in the URL; write auth = "basic", username and password_file')
    return url
