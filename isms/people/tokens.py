"""Tokens of sessions, one-time links and known browsers: the person holds the token, the database its hash alone.

A token has 256 random bits, so a plain SHA-256 is enough: nobody can try them all, and whoever steals the database
holds nothing that opens a session (attack 19). Being looked up by hash, a token needs no comparing in constant time.
"""

import hashlib
import secrets


def new_token() -> tuple[str, str]:
    """Make a token of 43 URL-safe characters, and the hash to keep."""
    token = secrets.token_urlsafe(32)
    return token, token_hash(token)


def token_hash(token: str) -> str:
    """Give the hash to look a token up by: 64 hex digits, for any text that a browser sends."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
