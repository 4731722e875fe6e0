"""The normal forms in which this platform keeps what it is given."""

import unicodedata

from syncd.sandbox.quirks import Quirks

END_OF_BMP = 0xFFFF


def kept(quirks: Quirks, values: dict[str, str]) -> dict[str, str]:
    """Give the values as they are kept, by the quirks on forms."""
    return {field: _kept(quirks, field, value) for field, value in values.items()}


def _kept(quirks: Quirks, field: str, value: str) -> str:
    if field in quirks.width_folded:
        value = unicodedata.normalize("NFKC", value)
    if field in quirks.bmp_only:
        value = "".join(one if ord(one) <= END_OF_BMP else "?" for one in value)
    if field in quirks.trimmed:
        value = value.strip()
    if field in quirks.lower_case:
        value = value.lower()
    if field in quirks.digits_only:
        value = "".join(one for one in value if one.isdecimal())
    return value[: quirks.cut[field]] if field in quirks.cut else value
