"""How events are delivered: their form on the wire, how often they are tried, and what may befall them on the way."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(ge=0)]


class Delivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the document leaves open of events, and their faults; every description is that of the guide's table."""

    body: Annotated[
        Literal["json", "form", "query", "split"],
        Meta(description="Where the fields stand; `split`: `encrypt` in a JSON body, the others in the query."),
    ] = "json"
    time_stamp_name: Annotated[
        Literal["timeStamp", "timestamp"], Meta(description="The name of the field with the time stamp.")
    ] = "timeStamp"
    signature_name: Annotated[
        Literal["msg_signature", "signature"], Meta(description="The name of the field with the signature.")
    ] = "msg_signature"
    numbers: Annotated[
        bool, Meta(description="In JSON, time stamp and nonce are numbers; a nonce is then made of digits.")
    ] = False
    unit: Annotated[Literal["ms", "s"], Meta(description="The unit of the time stamp.")] = "ms"
    line_breaks: Annotated[
        bool, Meta(description="The base64 has CR LF after every 76 characters, and is signed with them.")
    ] = False
    stamped: Annotated[
        Literal["change", "sending"], Meta(description="The time stamp is that of the change, or of each sending.")
    ] = "change"
    sealed: Annotated[
        Literal["once", "each"], Meta(description="Is what is sent again the same bytes, or encrypted anew?")
    ] = "once"
    batch: Annotated[
        Count, Meta(description="Up to so many changes of one type, made one after the other, are one event.")
    ] = 1
    delay: Annotated[Seconds, Meta(description="Seconds that a change waits before it is told.")] = 0.0
    window: Annotated[
        Count, Meta(description="Events leave in windows of up to so many that wait, each window shuffled.")
    ] = 1
    repeated: Annotated[Share, Meta(description="The share of events that are sent twice, within their window.")] = 0.0
    lost: Annotated[Share, Meta(description="The share of events that are never sent.")] = 0.0
    senders: Annotated[
        int, Meta(ge=1, le=256, description="Events on their way at once; with more than one they overtake each other.")
    ] = 1
    tries: Annotated[Count, Meta(description="How often an event is sent until `success` comes.")] = 3
    pause: Annotated[Seconds, Meta(description="Seconds between two tries.")] = 1.0
    timeout: Annotated[float, Meta(gt=0, description="Seconds that an answer may take; `check_url` has 1.5.")] = 1.5
    queue: Annotated[Count, Meta(description="Changes that may wait; more are never told.")] = 100_000
    seed: Annotated[int, Meta(description="Of the chance in `window`, `repeated` and `lost`.")] = 0
