"""Puts a page and its status on disk: the part of the work that all Python peers share."""

import json
import os
from collections.abc import Mapping
from datetime import datetime, timezone
from hashlib import md5


class PageStore:
    """Writes DIR/<key>.scrape in place and DIR/<key>.status.json by way of a rename."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._temporary = os.path.join(directory, ".temporary")
        os.makedirs(self._temporary, exist_ok=True)

    def save(self, url: str, body: bytes, response_headers: Mapping[str, str]) -> None:
        key = _md5_hex(url.encode())
        with open(f"{self._directory}/{key}.scrape", "wb", buffering=0) as file:
            file.write(body)
        status = {
            "name": key,
            "params": {"url": url},
            "scrape": {
                "size": len(body),
                "content": _md5_hex(body),
                "response_headers": response_headers,
            },
            "scrape_status": "SUCCESS",
            "scrape_last_run": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f"),
        }
        written = f"{self._temporary}/{key}.status.json"
        with open(written, "wb", buffering=0) as file:
            file.write(json.dumps(status).encode())
        os.rename(written, f"{self._directory}/{key}.status.json")


def _md5_hex(data: bytes) -> str:
    return md5(data, usedforsecurity=False).hexdigest()
