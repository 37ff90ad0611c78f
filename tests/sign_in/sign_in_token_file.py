"""The refresh token's file, from a test's side."""

import time

from cryptography.fernet import Fernet

from gateway.partner_center.refresh_token_store import Held, RefreshTokenStore
from gateway.sandbox.authority import PARTNER_TENANT

TOKEN_KEY = Fernet.generate_key().decode()


def store_refresh_token(path, token):
    held = Held(token, "ada@partner.example", PARTNER_TENANT.id, time.time() + 3600)
    RefreshTokenStore(path, TOKEN_KEY).save(held)


def stored_refresh_token(path):
    return RefreshTokenStore(path, TOKEN_KEY).load().refresh_token
