"""Read a site's whole journal by REST, recompute the chain, print its end: chain.py URL TOKEN-FILE

An event's bytes are its RFC 8785 JSON: sorted keys, no blanks, UTF-8. Its hash is SHA-256 over the
hash before (32 zero bytes at the beginning) and these bytes.
"""

import http.client
import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path


def journal(url: str, token: str) -> Iterator[tuple[dict[str, object], str]]:
    """Every event with the hash that the site says it has."""
    site, after = http.client.HTTPConnection(url.removeprefix("http://").rstrip("/")), 0
    while True:
        page_path = f"/api/v1/journal?after={after}&limit=500"
        site.request("GET", page_path, headers={"Authorization": f"Bearer {token}"})
        page = json.load(site.getresponse())
        if not page["events"]:
            return
        yield from ((entry["event"], entry["hash"]) for entry in page["events"])
        after = page["next"]


def main(url: str, token_file: str) -> None:
    """Print "SEQ HASH" of the last event, or end with the first fault."""
    seq, head = 0, bytes(32)
    for event, told in journal(url, Path(token_file).read_text(encoding="ascii").strip()):
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        seq, head = seq + 1, sha256(head + text.encode()).digest()
        if event["seq"] != seq or told != head.hex():
            sys.exit(f"seq {seq}: the chain is broken")
    print(seq, head.hex())


main(*sys.argv[1:])
