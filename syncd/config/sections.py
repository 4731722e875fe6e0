"""The sections of the configuration beside sources and mapping, each key declared once (DESIGN 4).

The sample of `syncd init`, the JSON Schema and the messages for mistakes are made of these declarations.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from syncd.config.addresses import clear_secret_host, is_web
from syncd.config.mapping_settings import Fields, fields_or_default
from syncd.config.timing import Timing
from syncd.config.values import (
    NO_SECRET,
    Bind,
    Count,
    Duration,
    DurationOrNever,
    Networks,
    Number,
    Percent,
    Required,
    Secret,
    Size,
    Switch,
    Table,
    Texts,
    TimeZone,
    Whole,
)
from syncd.errors import ConfigurationError

Leaving = Literal["keep", "lock", "park", "leaver"]
Drift = Literal["enforce", "report"]


class Former(Table):
    """Keys of callbacks that are being replaced; what is not written is as it is now."""

    token: Secret = Field(NO_SECRET, description="or token_file")
    aes_key: Secret = Field(NO_SECRET, description="or aes_key_file")

    @field_validator("aes_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        return _aes_key(value)


class Callback(Table):
    """What proves that an event comes from the platform."""

    token: Secret = Field(NO_SECRET, description="from the platform's settings page; or token_file")
    aes_key: Secret = Field(NO_SECRET, description="from the same page; or aes_key_file")
    former: Former = Field(Former(), description="still accepted while they are changed")
    window: Duration = Field(3600.0, description="older events are stale")
    url: str = Field("", description="as entered on the platform's settings page: check asks itself there")

    @field_validator("aes_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        return _aes_key(value)

    @model_validator(mode="after")
    def _has_both(self) -> "Callback":
        for one, other in (("token", "aes_key"), ("aes_key", "token")):
            if getattr(self, one).get_secret_value() and not getattr(self, other).get_secret_value():
                raise ValueError(f"{one} is written and {other} is not; an event is proved by both")
        return self


def _aes_key(value: SecretStr) -> SecretStr:
    if not value.get_secret_value():
        return value
    # The cipher takes 30 ms to load, and most commands never receive an event.
    from syncd.wire.callback import CallbackKeys  # noqa: PLC0415

    try:
        CallbackKeys.of("", value.get_secret_value(), "")
    except ConfigurationError as error:
        raise ValueError(str(error)) from None
    return value


class Platform(Table):
    """The meeting platform."""

    url: Required = Field("https://www.h5-yes.com/meeting", description="where it is")
    appkey: Required = Field(description="from the platform's settings page")
    appsecret: Secret = Field(description="or appsecret_file")
    owner: Required = Field("syncd", description="its hash begins every id we derive; never changed")
    root_department: str = Field("", description='id of the department below which ours hang; "" is the root')
    read_only: Switch = Field(default=False, description="true: no writing call leaves the client")
    rate: Number = Field(20.0, ge=0, description="calls a second at most; 0: unlimited")
    concurrency: Whole = Field(8, ge=1, le=256, description="calls at a time")
    body: Literal["json", "form"] = Field("json", description="how arguments are sent")
    proxy: str = Field("", description="an HTTP proxy; only if written")
    ca_file: str = Field("", description="PEM; empty: the system's")
    insecure: Switch = Field(default=False, description="certificates unchecked, or http:// to another host")
    largest_answer: Size = Field(1 << 30, description="no list is larger, once it is decompressed")
    answer_timeout: Duration = Field(600.0, description="within which every answer is whole")
    initial_password: Required = Field(
        "random", description="or an attribute or template; only at creation (docs/guides/first-sign-in.md)"
    )
    handover: str = Field(
        "",
        description="file (0600, appended) that takes account and password of new users; empty: nobody knows them",
    )
    callback: Callback = Callback()

    @field_validator("url", "proxy")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if url and not is_web(url):
            raise ValueError("this is no URL of a service; it looks like https://www.h5-yes.com/meeting")
        return url

    @field_validator("appsecret")
    @classmethod
    def _is_written(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().strip():
            raise ValueError("is empty (or write appsecret_file)")
        return value

    @model_validator(mode="after")
    def _keeps_the_secret(self) -> "Platform":
        if (host := clear_secret_host(self.url)) and not self.insecure:
            raise ValueError(f"the secret would travel in clear to {host}; use https:// (insecure = true allows it)")
        return self


class Store(Table):
    """Where syncd keeps what it knows."""

    url: Secret = Field(
        NO_SECRET, description="sqlite:///FILE or postgresql+psycopg://…; default: syncd.db beside this file"
    )


class Adopt(Table):
    """Unlinked platform objects that match an entry without a link."""

    user: tuple[Literal["account", "email", "phone"], ...] = Field(("account",), description="match by these; [] never")
    department: Literal["path", "off"] = Field("path", description="by the names from the root department down")
    mode: Literal["review", "auto"] = Field("review", description="review: held until approved")


class Policy(Table):
    """What becomes of people and values."""

    on_configuration: Literal["hold", "apply"] = Field("hold", description="first plan, and changed scope")
    on_leaver: Literal["keep", "lock", "park"] = Field("keep", description="at once")
    park_department: str = Field("", description="where parked users go")
    remove_after: DurationOrNever = Field(7 * 86400.0, description='then removed; "0d" at once; "never"')
    on_disabled: Leaving = Field("keep", description="whose account is disabled in the directory")
    on_drift: Annotated[Drift | dict[str, Drift], AfterValidator(fields_or_default)] = Field(
        "enforce", description="or by field, with default"
    )
    clear: Fields = Field(
        (), description="fields that an empty directory value clears even where we did not write them"
    )
    on_meetings: Literal["report", "wait"] = Field("report", description="a leaver who attends a meeting to come")
    on_room_reference: Literal["report", "hold"] = Field("report", description="what a room refers to is about to go")
    administrators: Literal["ignore", "update"] = Field("ignore", description="the platform's administrators")
    protected: Texts = Field((), description='accounts, or ids as "id:…", in addition to id 1')
    approval_life: Duration = Field(72 * 3600.0, description="how long an approval counts")
    approver: Literal["anyone", "other"] = Field(
        "anyone", description="other: who changed the configuration does not approve what it causes"
    )

    @model_validator(mode="after")
    def _parks_somewhere(self) -> "Policy":
        if "park" in (self.on_leaver, self.on_disabled) and not self.park_department:
            raise ValueError("park needs park_department, the id of the department where parked users go")
        if self.approver == "other" and self.on_configuration == "apply":
            raise ValueError('approver = "other" needs on_configuration = "hold", or there is nothing to approve')
        return self


class Limit(Table):
    """How many operations pass without approval; `{}` is no limit."""

    count: Count | None = None
    percent: Percent | None = None
    at_least: Whole = Field(0, ge=0)


class KindLimits(Table):
    """Limits of one kind; what is not written is as for all kinds."""

    remove: Limit | None = None
    update: Limit | None = None
    create: Limit | None = None
    clear: Limit | None = None
    shrink: Limit | None = None
    replaced: Limit | None = None


class Limits(Table):
    """How much one window may change without approval."""

    remove: Limit = Field(Limit(count=50, percent=10, at_least=5), description="lock and park count as remove")
    update: Limit = Field(Limit(percent=50, at_least=20), description="move counts as update")
    create: Limit = Field(Limit(count=500, percent=50, at_least=20), description="once a plan was carried out whole")
    clear: Limit = Field(Limit(percent=5, at_least=10), description="values that become empty, by field")
    shrink: Limit = Field(Limit(percent=10, at_least=20), description="of any read, against the last good one")
    replaced: Limit = Field(Limit(count=5), description="accounts claimed by a new key")
    window: Duration = Field(24 * 3600.0, description="what was carried out in it counts too")
    user: KindLimits = KindLimits()
    department: KindLimits = KindLimits()
    room: KindLimits = KindLimits()


class Tls(Table):
    """A certificate with its chain, and its key; both PEM."""

    cert: Required
    key: Required


class Listener(Table):
    """Where events are received."""

    bind: Bind = Field("0.0.0.0:8090", description="address and port")
    path: str = Field("/callback", pattern="^/[^?#\\s]*$", description="the path of the callback URL")
    tls: Tls | None = Field(None, description="its own certificate; else http, for a proxy to stand before")
    trusted_proxies: Networks = Field((), description="whose X-Forwarded-For tells the sender")
    max_body: Size = Field(8 << 20, description="a list of 5,000 users is 2.3 MB")


class Admin(Table):
    """Health, metrics, status page."""

    bind: Bind = "127.0.0.1:8091"


class Schedule(Table):
    """When the daemon does what: cron, an interval, or off."""

    reconcile: Timing = Field("15m", description="whole passes: an interval (first at the start), cron, or off")
    refresh: Timing = Field("1h", description="the platform's lists alone, where no pass has read them just before")
    incremental: Timing = Field("1m", description="when directory servers are asked for changes; off: none are heeded")
    faces: Timing = Field("30m", description="pictures that are new, changed or gone")
    prune: Timing = Field("1d", description="forgets what is older than [retention] says")
    jitter: Duration = Field(0.0, description="each time is put off by a random part of it")
    timezone: TimeZone = Field("Asia/Shanghai", description="of cron, and of today in templates")


class Notify(Table):
    """Who is told of a run."""

    command: Texts = Field((), description="a program with its arguments; the run as JSON is its input")
    url: Secret = Field(NO_SECRET, description="a POST of the same; or url_file")
    on: tuple[Literal["held", "failed", "recovered", "done", "leaving", "audit"], ...] = Field(
        ("held", "failed", "recovered", "leaving"),
        description="once, then daily while it lasts; leaving: a grace begins, or ends within a day; "
        "audit: somebody decided something",
    )

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: SecretStr) -> SecretStr:
        if (text := url.get_secret_value()) and not is_web(text):
            raise ValueError("this is no URL that takes a POST; it looks like https://hooks.example.org/syncd")
        return url


class Retention(Table):
    """How long things are kept."""

    inbox: DurationOrNever = Field(30 * 86400.0, description="events")
    journal: DurationOrNever = Field(90 * 86400.0, description="runs, and the values of removed users")
    faces: DurationOrNever = Field(0.0, description="the pictures that were sent; 0d keeps none")
    audit: DurationOrNever = Field(730 * 86400.0, description="what people decided (docs/guides/audit.md)")


class Log(Table):
    """What is logged, and how."""

    format: Literal["auto", "console", "json"] = Field("auto", description="console on a terminal, JSON elsewhere")
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="the least level that is logged")
    pii: Switch = Field(default=False, description="personal data is masked in logs and pages unless true")
    lang: Literal["auto", "en", "zh"] = Field("auto", description="the language of messages")
