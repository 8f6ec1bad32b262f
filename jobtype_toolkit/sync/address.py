"""Where a database is: what the driver is told, and what may be shown of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from jobtype_toolkit import hints
from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.live.redact import Hide, hiding

_SCHEMES = ("postgresql://", "postgres://")
_PAIR = re.compile(r"(?P<name>\w+)\s*=\s*(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<plain>\S*))")
_SHOWN = ("host", "hostaddr", "port", "dbname", "user", "service")
_SECRET = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is. Only `shown` is for eyes."""

    dsn: str = field(repr=False)
    """What the driver is told: a URL, or pairs such as `service=scale`."""
    shown: str
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def hide(self) -> Hide:
        """What takes the secrets out of a text."""
        return hiding((*self.secrets, *([self.dsn] if self.secrets else [])))


def is_address(text: str) -> bool:
    """Whether a text names a database, and no file."""
    return text.startswith(_SCHEMES) or re.match(r"\s*\w+\s*=", text) is not None


def address(dsn: str) -> Address:
    """Return the address that a URL or pairs mean.

    Raises:
        InvalidParameter: it is neither; the text, which can hold a password, is not repeated.
    """
    if not dsn.startswith(_SCHEMES):
        pairs = {one["name"]: _plain(one) for one in _PAIR.finditer(dsn)}
        if _PAIR.sub("", dsn).strip():
            raise _refuse()
        shown = " ".join(f"{name}={value}" for name, value in pairs.items() if name in _SHOWN)
        return Address(dsn, f"postgresql: {shown}", tuple(pairs[name] for name in _SECRET if pairs.get(name)))
    try:
        parts = urlsplit(dsn)
        options = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        raise _refuse() from None
    user_part, _, hosts = parts.netloc.rpartition("@")
    rest = dsn.partition("//")[2].removeprefix(parts.netloc)
    if (
        "@" in user_part + rest or "#" in dsn or re.search(r"\s", dsn)
    ):  # a password that is not encoded is cut in the wrong place
        raise _refuse()
    user, _, password = user_part.partition(":")
    secrets = [password, unquote(password), *(value for name, value in options if name in _SECRET)]
    kept = "&".join(f"{name}={value}" for name, value in options if name in _SHOWN)
    shown = f"postgresql://{user}{user and '@'}{hosts}{parts.path}{kept and '?'}{kept}"
    return Address(dsn, shown, tuple(dict.fromkeys(filter(None, secrets))))


def _plain(pair: re.Match[str]) -> str:
    return pair["plain"] if pair["quoted"] is None else re.sub(r"\\(.)", r"\1", pair["quoted"])


def _refuse() -> InvalidParameter:
    example = hints.either("'postgresql://toolkit@db.example/scale'", "postgresql://toolkit@db.example/scale")
    msg = (
        f"The address of the database cannot be understood; it is not repeated here for the password in it. Give one such as {example}, "
        "in which special letters of names are spelt %40; the password comes from ~/.pgpass or PGPASSWORD."
    )
    return InvalidParameter(msg)
