"""Rebuild the journals of all sites from what was overheard, and print the end of each.

    mosquitto_sub -t 'tallydock/v1/+/events' -t 'tallydock/v1/+/state' -q 1 -v >heard
    rebuild.py <heard

A message is JSON, or its zlib stream if that begins with 0x78; such a stream may hold line feeds,
so a new message begins where a line begins with a topic. Each is checked against the hashes that
it says it lies between; a site that opened a new epoch says again what has changed.
"""

import json
import re
import sys
import zlib
from hashlib import sha256

HEARD = re.compile(rb"^tallydock/v1/([a-z0-9-]+)/(events|state) ", re.MULTILINE)


def main(heard: bytes) -> None:
    """Print "SITE SEQ HASH" for each site, or end with the first fault."""
    chains: dict[str, list[bytes]] = {}
    parts = HEARD.split(heard)
    for site, topic, line in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        payload = line[:-1]
        text = zlib.decompress(payload) if payload[:1] == b"\x78" else payload
        message = json.loads(text)
        if topic == b"events" and message["kind"] == "events":
            hear(chains.setdefault(site.decode(), [bytes(32)]), message)
    for name, chain in sorted(chains.items()):
        print(name, len(chain) - 1, chain[-1].hex())


def hear(chain: list[bytes], message: dict[str, object]) -> None:
    """Add a message's events to a site's hashes, whose index is the seq; heard twice is once."""
    first, events = message["first_seq"], message["events"]
    assert isinstance(first, int)
    assert isinstance(events, list)
    if first > len(chain) or chain[first - 1].hex() != message["prev_hash"]:
        sys.exit(f"seq {first}: what lies before was not heard")
    said = [chain[first - 1]]
    for event in events:
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        said.append(sha256(said[-1] + text.encode()).digest())
    if said[-1].hex() != message["last_hash"]:
        sys.exit(f"seq {first}: the chain is broken in these {len(events)} events")
    known = chain[first - 1 : first + len(events)]
    if said[: len(known)] != known or len(said) > len(known):
        chain[first - 1 :] = said


main(sys.stdin.buffer.read())
