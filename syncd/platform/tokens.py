"""The access token: one for all tasks, renewed early, and again where the platform no longer takes it."""

import asyncio
import time
import urllib.parse

import httpx
import msgspec

from syncd.errors import AnswerBroken, AnswerLost, PlatformUnreachable
from syncd.model.json_text import decoded
from syncd.model.secrets import KnownSecrets, of_url
from syncd.platform.observing import NOBODY, Observer
from syncd.platform.pacing import Pacing
from syncd.platform.refusals import AnswerUnusable, refusal
from syncd.platform.settings import ClientSettings
from syncd.platform.transport import Exchange, read_envelope
from syncd.wire.envelope import Token
from syncd.wire.loose import decimal, text

RENEW_AT = 0.9  # of a token's life
LIFE = 7200.0  # seconds, where the answer does not say (Open API, gettoken)
CALL = "oapi/gettoken"


class Access:
    """A token, and the addresses of the calls that bear it."""

    def __init__(self, base: str, token: Token, renew_after: float) -> None:
        self.company_id, self.secret = text(token.company_id), token.access_token
        self.renew_after = renew_after
        self._base = f"{base}/api/open/"
        self._query = "?" + urllib.parse.urlencode({"access_token": token.access_token})
        self._addresses: dict[str, httpx.URL] = {}

    def address(self, call: str) -> httpx.URL:
        """Give where a call goes."""
        found = self._addresses.get(call)
        if found is None:
            found = self._addresses[call] = httpx.URL(f"{self._base}{call}{self._query}")
        return found


class Tokens:
    """Gets tokens (`oapi/gettoken`); `secrets` is what no answer may show, the latest tokens included."""

    def __init__(
        self, settings: ClientSettings, exchange: Exchange, pacing: Pacing, observer: Observer = NOBODY
    ) -> None:
        self._settings = settings
        self._exchange = exchange
        self._pacing = pacing
        self._observer = observer
        self._base = settings.url.rstrip("/")
        self._renewing = asyncio.Lock()
        self._access: Access | None = None
        self.secrets = KnownSecrets((settings.appsecret, *of_url(settings.proxy), *settings.other_secrets))

    async def current(self) -> Access:
        """Give a token that is not about to expire."""
        access = self._access
        if access is not None and time.monotonic() < access.renew_after:
            return access
        return await self.renewed(access)

    async def renewed(self, former: Access | None) -> Access:
        """Ask for a token, once for all tasks that found the former one wanting.

        Whatever became of an answer that was lost: the call that wanted the token was not sent.
        """
        async with self._renewing:
            if self._access is not None and self._access is not former:
                return self._access
            try:
                with self.secrets.kept_out():
                    self._access = await self._asked()
                self.secrets.learn(self._access.secret)
            except AnswerUnusable:
                raise
            except (AnswerLost, AnswerBroken) as error:
                raise PlatformUnreachable(f"{error}; without a token nothing else was sent") from None
            self._observer.token_renewed()
            return self._access

    async def _asked(self) -> Access:
        query = urllib.parse.urlencode({"appkey": self._settings.appkey, "appsecret": self._settings.appsecret})
        await self._pacing.turn()
        asked = time.monotonic()
        url = httpx.URL(f"{self._base}/api/{CALL}?{query}")
        answer, value = await self._exchange.get(CALL, url, read_envelope)
        if not answer.is_success:
            message = (
                f"{text(answer.message)}: check platform.url (calls go to {self._base}/api/{CALL}), "
                "and check platform.appkey and platform.appsecret"
            )
            raise refusal(text(answer.code), message)
        try:
            token = decoded(value, Token)
        except msgspec.DecodeError as error:
            raise AnswerUnusable(f"{CALL}: the answer holds no usable value ({error})") from None
        life = decimal(token.expires_in)
        return Access(self._base, token, asked + (LIFE if life is None else life) * RENEW_AT)
