"""The pages that people see: plain HTML, no script, nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse

from gateway.sandbox.authority.registry import USERS

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADERS: Final = {
    "Cache-Control": "no-store",
    # No form-action: it would also forbid the way back to the app.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    # A code in an address goes to nobody else.
    "Referrer-Policy": "no-referrer",
}


def sign_in(app_name: str, hidden: Mapping[str, str], login_hint: str) -> HTMLResponse:
    """Asks who signs in to the app; the request it came with travels in hidden fields."""
    asking = f"<p>{escape(app_name)} asks you to sign in.</p>"
    return _page("Sign in", asking + _hidden(hidden) + _users(login_hint), "Sign in")


def device(user_code: str, message: str, status: int = 200) -> HTMLResponse:
    """Asks for the code that a device shows, and who signs in."""
    field = f'<label>Code <input name="user_code" value="{escape(user_code)}" required autofocus></label>'
    return _page("Device", f"<p>{escape(message)}</p>{field}{_users('')}", "Sign in", status=status)


def hand_over(redirect_uri: str, hidden: Mapping[str, str]) -> HTMLResponse:
    """Posts the answer to the app, as `response_mode=form_post` wants; Entra's page needs no press of a button."""
    return _page("Signed in", f"<p>You are signed in.</p>{_hidden(hidden)}", "Continue", action=redirect_uri)


def told(message: str, status: int = 200) -> HTMLResponse:
    """Says what happened."""
    return _html("Sandbox", f"<p>{escape(message)}</p>", status)


def _page(title: str, content: str, button: str, *, action: str = "", status: int = 200) -> HTMLResponse:
    target = f' action="{escape(action)}"' if action else ""
    return _html(title, f'<form method="post"{target}>{content}<button>{button}</button></form>', status)


def _html(title: str, body: str, status: int) -> HTMLResponse:
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
    style = "<style>body{font:1rem sans-serif;margin:3rem}button,label{display:block;margin:1rem 0}</style>"
    return HTMLResponse(f"{head}{style}<h1>{title}</h1>{body}</html>", status, _HEADERS)


def _hidden(values: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in values.items()
    )


def _users(login_hint: str) -> str:
    options = "".join(
        f'<option value="{user.name}"{" selected" if login_hint in {user.name, user.username} else ""}>'
        f"{escape(user.display_name)} ({user.username})</option>"
        for user in USERS.values()
    )
    return f'<label>User <select name="user">{options}</select></label>'
