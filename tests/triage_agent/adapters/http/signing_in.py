"""A browser without a screen: keeps cookies, finds forms, sends them as a browser does."""

import re
import ssl
from typing import Any

import httpx

from tests.factories import T0
from tests.fakes.web_node import WebNode
from triage_agent.adapters.http.access import Access
from triage_agent.domain.account import User
from triage_agent.domain.visitor import Role

PASSWORD = "some words in a row"  # noqa: S105 (of nobody)
# One for all clients: each would read the certificates of the whole world again.
TLS = ssl.create_default_context()
PAGE = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Dest": "document"}


def let_in(node: WebNode, name: str = "jane", *roles: Role) -> None:
    """Add a user with `PASSWORD` to a node where people have to sign in."""
    if not node.access.sign_in:
        node.access = Access()
    node.accounts.add_user(
        User(
            name=name,
            roles=frozenset(roles),
            password_hash=node.passwords.hash(PASSWORD),
            created_at=T0,
            changed_at=T0,
        )
    )


class Browser:
    """Asks for pages at an address of the node."""

    def __init__(self, base_url: str, **options: Any) -> None:
        options |= {"headers": PAGE, "timeout": 30, "verify": TLS}
        self.client = httpx.Client(base_url=base_url, **options)

    def get(self, address: str, **headers: str) -> httpx.Response:
        return self.client.get(address, headers=headers)

    def post(self, address: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        return self.client.post(address, data=fields, headers=headers)

    def hidden(self, address: str) -> dict[str, str]:
        """Return the hidden fields of the last form on a page."""
        form = self.get(address).text.rpartition("<form")[2]
        found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
        return dict(found)

    def sign_in(
        self, name: str = "jane", password: str = PASSWORD, *, wanted: str = "/"
    ) -> httpx.Response:
        """Fill the form in and send it."""
        fields = self.hidden(str(httpx.URL("/sign-in", params={"next": wanted})))
        return self.post("/sign-in", {**fields, "name": name, "password": password})

    def is_signed_in(self) -> bool:
        """Ask as a page does by itself."""
        told: bool = self.get("/session").json()["signed_in"]
        return told

    def token(self) -> str:
        """Return what changes have to carry."""
        found = re.search(r'<meta name="csrf-token" content="([^"]+)">', self.get("/password").text)
        assert found
        return found[1]

    @property
    def session(self) -> str:
        """What the browser holds."""
        return self.client.cookies.get("triage-session", "")
