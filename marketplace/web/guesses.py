"""Limits of guessing an account's password that never keep its owner out.

Before the shop has looked at the password, an owner on a new device is like somebody who guesses: what is refused
unseen to the one is refused to the other. A limit by account alone therefore lets anybody lock the owner out, and no
limit by account lets somebody with many addresses guess without end. So a password is looked at if any of these has
tries left, and a right one then opens the account, whatever others have tried:

- the device, if the account was signed in on it before, as its cookie proves (OWASP, "Device cookies"): others' tries
  never count against it;
- the account: 100 wrong passwords a day from unknown devices;
- the address: its first three wrong passwords a day for this account. Once an account is under attack, its owner on
  a new device still has these, and an attacker needs a new address (for IPv6 a new /64) for every three tries.

Only wrong passwords are counted, after they were looked at; as many as are hashed at once may exceed a limit. After
ten wrong ones in ten minutes the answer is 429, so that it no longer shows which passwords were looked at. An e-mail
without an account is counted in the same way, so that the answers do not show who has one.
"""

import secrets

from flask import current_app, request
from itsdangerous import Signer
from werkzeug.wrappers import Response

from marketplace.web.limits import Attempt, Limiter
from marketplace.web.security import address

COOKIE = "device"
"""An id of the device, and a signature of it with the e-mail of each account that was signed in there."""
_PATH = "/account"
_MAX_AGE = 365 * 24 * 60 * 60
_MAX_ACCOUNTS = 5


class Guess:
    """A try to sign in to the account of a normalized e-mail, "" if that is none, by the client of this request."""

    def __init__(self, limiter: Limiter, email: str) -> None:
        self._limiter = limiter
        self._email = email
        device_id, signatures = _read_cookie()
        device = f"{device_id} {email}" if _signature(device_id, email) in signatures else ""
        # With its own tries used up, a device is like any other.
        self._device = "" if device and limiter.delay(Attempt.WRONG_BY_DEVICE, device) else device
        self._address = f"{address()} {email}"

    def wait(self) -> int:
        """The seconds until the password may be looked at, 0 if now."""
        # A device has its own rate: others at its address do not keep it out either.
        if seconds := self._limiter.wait(Attempt.SIGN_IN_BY_ADDRESS, self._device or address()):
            return seconds
        if self._device or not self._limiter.delay(Attempt.WRONG_BY_EMAIL, self._email):
            return 0
        return self._limiter.delay(Attempt.WRONG_BY_EMAIL_AND_ADDRESS, self._address)

    def wrong(self) -> int:
        """Count a wrong password; returns the seconds to wait after too many, else 0."""
        if self._device:
            self._limiter.wait(Attempt.WRONG_BY_DEVICE, self._device)
            return 0
        if not self._email:
            return 0
        self._limiter.wait(Attempt.WRONG_BY_EMAIL, self._email)
        self._limiter.wait(Attempt.WRONG_BY_EMAIL_AND_ADDRESS, self._address)
        return self._limiter.wait(Attempt.WRONG_BY_EMAIL_LATELY, self._email)


def forgive(limiter: Limiter, email: str) -> None:
    """Forget the wrong passwords of an account whose owner has set a new one by mail, from this address too."""
    limiter.clear(Attempt.WRONG_BY_EMAIL, email)
    limiter.clear(Attempt.WRONG_BY_EMAIL_LATELY, email)
    limiter.clear(Attempt.WRONG_BY_EMAIL_AND_ADDRESS, f"{address()} {email}")


def remember_device(response: Response, email: str) -> None:
    """Store in the browser that this account was signed in there; it opens nothing, and stays after signing out."""
    device_id, signatures = _read_cookie()
    device_id = device_id or secrets.token_urlsafe(16)
    own = _signature(device_id, email)
    known = [own, *(signature for signature in signatures if signature != own)][:_MAX_ACCOUNTS]
    response.set_cookie(
        COOKIE,
        ".".join((device_id, *known)),
        max_age=_MAX_AGE,
        path=_PATH,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def forget_device(response: Response) -> None:
    """Delete the cookie."""
    response.delete_cookie(COOKIE, path=_PATH)


def _read_cookie() -> tuple[str, list[str]]:
    device_id, *signatures = request.cookies.get(COOKIE, "").split(".")
    return device_id, signatures


def _signature(device_id: str, email: str) -> str:
    signer = Signer(current_app.secret_key or "", salt=COOKIE, key_derivation="hmac")
    return signer.get_signature(f"{device_id} {email}").decode()
