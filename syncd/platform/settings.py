"""What a client needs to know."""

import msgspec


class ClientSettings(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """Where the platform is and how it is treated.

    `rate` is in calls a second, 0 is unlimited; time-outs are in seconds; `patience` is how long in all, in seconds, a
    call that may be repeated is tried again. `body` is `json` or `form`. `insecure` leaves certificates unchecked. An
    answer has `largest_answer` bytes at most, once it is decompressed, and is whole within `answer_timeout` seconds.
    `other_secrets` is what else the platform knows and no error may repeat, such as the keys of callbacks.
    """

    url: str
    appkey: str
    appsecret: str
    rate: float = 20.0
    concurrency: int = 8
    body: str = "json"
    proxy: str = ""
    ca_file: str = ""
    insecure: bool = False
    read_only: bool = False
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    patience: float = 60.0
    largest_answer: int = 1 << 30
    answer_timeout: float = 600.0
    other_secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Show no secret."""
        return f"ClientSettings(url={self.url!r}, appkey={self.appkey!r})"
