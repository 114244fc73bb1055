"""OpenID Connect: out to the identity provider and back, with state, nonce and proof key (RFC 7636)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from functools import cache
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from flask import redirect
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from werkzeug.wrappers import Response

from dashboards.access import Access
from warehouse.accounts import TRY_FOR, SignInRefused

TRY_COOKIE = "kinkeeper-try"
TIMEOUT = 10
ALGORITHMS = ["RS256", "PS256", "ES256"]
"""What an id token may be signed with: never `none`, and nothing that shares our secret."""

REFUSED = "the identity provider's answer could not be trusted: try again"
LEEWAY = 60


def leave(access: Access, wanted: str) -> Response:
    """Remember where somebody wanted to go, and send the browser to the provider."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    access.accounts.remember_try(state, nonce, verifier, wanted)
    url, _ = _client(access).create_authorization_url(
        provider(access)["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
    )
    answer = redirect(url)
    answer.set_cookie(
        TRY_COOKIE,
        state,
        max_age=int(TRY_FOR.total_seconds()),
        secure=access.web.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return answer


def arrive(access: Access, asked: Mapping[str, str], cookies: Mapping[str, str]) -> tuple[str, str]:
    """Who came back from the provider, and where they wanted to go; raises SignInRefused."""
    state = asked.get("state", "")
    if not state or not hmac.compare_digest(state.encode(), cookies.get(TRY_COOKIE, "").encode()):
        raise SignInRefused("this browser did not begin to sign in: try again")
    nonce, verifier, wanted = access.accounts.recall_try(state)
    try:
        tokens = _client(access).fetch_token(
            provider(access)["token_endpoint"],
            code=asked.get("code", ""),
            code_verifier=verifier,
            timeout=TIMEOUT,
        )
        claims = _claims(access, tokens["id_token"], nonce)
    except (OAuthError, JoseError, requests.RequestException, KeyError, ValueError):
        raise SignInRefused(REFUSED) from None
    return _login(claims), wanted


def _claims(access: Access, id_token: str, nonce: str) -> Mapping[str, Any]:
    """What the provider says, once its signature, issuer, audience, time and nonce are right."""
    keys = KeySet.import_key_set(_fetched(provider(access)["jwks_uri"]))
    token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
    registry = jwt.JWTClaimsRegistry(
        leeway=LEEWAY,
        iss={"essential": True, "value": access.web.oidc_issuer or ""},
        aud={"essential": True, "value": access.web.oidc_client_id or ""},
        exp={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    registry.validate(token.claims)
    return token.claims


def _login(claims: Mapping[str, Any]) -> str:
    """A verified address, else the provider's name for the person."""
    if claims.get("email") and claims.get("email_verified") is True:
        return str(claims["email"])
    if claims.get("preferred_username"):
        return str(claims["preferred_username"])
    raise SignInRefused("the identity provider gave no verified address")


def _client(access: Access) -> OAuth2Session:
    return OAuth2Session(
        access.web.oidc_client_id,
        access.web.oidc_client_secret,
        scope="openid email profile",
        redirect_uri=f"{(access.web.url or '').rstrip('/')}/login/return",
        code_challenge_method="S256",
    )


def provider(access: Access) -> Mapping[str, Any]:
    """What the issuer says of itself (OpenID Connect Discovery 1.0)."""
    issuer = access.web.oidc_issuer or ""
    found = _discovered(issuer)
    if found.get("issuer") != issuer:
        raise SignInRefused(REFUSED)
    return found


@cache
def _discovered(issuer: str) -> Mapping[str, Any]:
    return _fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")


def _fetched(url: str) -> Any:
    answer = requests.get(url, timeout=TIMEOUT)
    answer.raise_for_status()
    return answer.json()
