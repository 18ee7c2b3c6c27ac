"""Serial Shipping Container Codes (GS1 General Specifications 3.3.1).

18 digits: extension digit, GS1 company prefix, serial reference, check digit.
"""

from __future__ import annotations

from edge.codes.check_digits import is_digits, mod10, verify
from edge.codes.readings import Refusal
from edge.errors import InvalidInput

LENGTH = 18
_PREFIX_LENGTHS = range(4, 13)


def build(company_prefix: str, extension: int, serial_reference: int) -> str:
    """The SSCC under ``company_prefix`` (4 to 12 digits) with the extension digit 0-9.

    InvalidInput names what is wrong; also when the serial references of the prefix are used up.
    """
    if len(company_prefix) not in _PREFIX_LENGTHS or not is_digits(company_prefix):
        raise InvalidInput("company_prefix", company_prefix, "send 4 to 12 digits")
    if not 0 <= extension <= 9:
        raise InvalidInput("sscc_extension", extension, "send a digit from 0 to 9")
    width = LENGTH - 2 - len(company_prefix)
    if not 0 <= serial_reference < 10**width:
        raise InvalidInput(
            "serial_reference",
            serial_reference,
            f"the prefix {company_prefix} has room for {width} digits: add another prefix",
        )
    body = f"{extension}{company_prefix}{serial_reference:0{width}d}"
    return body + mod10(body)


def check(sscc: str) -> Refusal | None:
    """None for a valid SSCC; else length, charset or check_digit."""
    return verify(sscc, LENGTH, "sscc")
