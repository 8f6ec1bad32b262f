"""How the server misbehaves on purpose: which faults there are, and when each of them strikes.

A fault strikes with a chance, at every n-th request, or at given ones. What happens depends on nothing but the seed and the
number of the request, so that a run can be repeated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from random import Random
from typing import Any

from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.hints import did_you_mean

KINDS: Mapping[str, str] = {
    "error500": "an HTML page with status 500; nothing was done",
    "error503": "status 503 with Retry-After",
    "error429": "status 429 with Retry-After",
    "cut": "the connection is closed in the middle of the body; what was asked is done",
    "truncate": "JSON that ends in its middle, with a length that fits what is sent",
    "shift": "jobs of a page are changed after it was sent: they move to the end, the others move up",
    "ties": "job types that tie come in another order, so that small pages lose rows",
    "step": "the clock of the server jumps by up to an hour",
    "duplicate": "a row is twice in the page",
    "count": "the count of the envelope is wrong",
    "repeat": "the page that was sent last for this URL comes again",
}
"""The faults and what each does."""
_NUMBERS = ("latency", "token_requests")


class Faults:
    """What goes wrong, and how often.

    `Faults(seed=7, latency=0.2, error500=0.05, every={"cut": 10}, at={"error503": [3, 4]}, only="/jobs/")`
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        latency: float = 0.0,
        every: Mapping[str, int] | None = None,
        at: Mapping[str, Collection[int]] | None = None,
        only: str = "",
        token_requests: int | None = None,
        **chances: float,
    ) -> None:
        """Take when each fault strikes; requests are counted from 1.

        Args:
            seed: what chances and choices come from.
            latency: seconds before each answer.
            every: fault → at every how many requests it strikes.
            at: fault → the numbers of the requests at which it strikes.
            only: the part of a URL that is affected, such as `"/jobs/"`; other requests are not counted either.
            token_requests: after how many requests a token is refused.
            chances: fault → its chance at each request, 0 to 1; the faults are those of `KINDS`.

        Raises:
            InvalidParameter: a fault that there is not, or a number that makes no sense.
        """
        self.seed = seed
        self.latency = _number("latency", latency, least=0)
        self.every = {_kind(kind): int(_number(kind, n, least=1)) for kind, n in (every or {}).items()}
        self.at = {_kind(kind): frozenset(numbers) for kind, numbers in (at or {}).items()}
        self.chances = {_kind(kind): _number(kind, chance, least=0, most=1) for kind, chance in chances.items()}
        self.only = only
        self.token_requests = (
            None if token_requests is None else int(_number("token_requests", token_requests, least=0))
        )

    @classmethod
    def parse(cls, text: str, *, seed: int = 0) -> Faults:
        """Read faults as the command line has them: `latency=0.2,error500=0.05,cut=1/10`.

        A number is a chance, `1/10` is every tenth request; `latency` is in seconds.

        Raises:
            InvalidParameter: a part that is not `fault=number`.
        """
        chances: dict[str, Any] = {}
        every: dict[str, int] = {}
        for part in filter(None, map(str.strip, text.split(","))):
            name, _, value = part.partition("=")
            one, slash, n = value.partition("/")
            try:
                if slash and one.strip() == "1":
                    every[name.strip()] = int(n)
                else:
                    chances[name.strip()] = float(value)
            except ValueError:
                msg = (
                    f"--faults has {part!r}. Give fault=chance, such as cut=0.1, or fault=1/10 for every tenth request."
                )
                raise InvalidParameter(msg) from None
            if name.strip() not in _NUMBERS:
                _kind(name.strip())
        return cls(seed=seed, every=every, **chances)

    def strikes(self, kind: str, number: int) -> bool:
        """Whether a fault strikes at a request."""
        if number in self.at.get(kind, ()):
            return True
        if kind in self.every and number % self.every[kind] == 0:
            return True
        chance = self.chances.get(kind, 0.0)
        return chance > 0 and self.choices(kind, number).random() < chance

    def choices(self, kind: str, number: int) -> Random:
        """Return what a fault's choices at a request come from."""
        return Random(f"{self.seed}/{kind}/{number}")  # noqa: S311 - to be repeated, not to be secret

    def __repr__(self) -> str:
        parts = [f"latency={self.latency:g}"] if self.latency else []
        parts += [f"{kind}={chance:g}" for kind, chance in self.chances.items()]
        parts += [f"{kind}=1/{n}" for kind, n in self.every.items()]
        parts += [f"{kind} at {sorted(numbers)}" for kind, numbers in self.at.items()]
        parts += [] if self.token_requests is None else [f"token_requests={self.token_requests}"]
        return f"<Faults seed={self.seed}: {', '.join(parts) or 'none'}>"


def _kind(name: str) -> str:
    if name not in KINDS:
        hint = did_you_mean(name, [*KINDS, "latency"])
        msg = f"There is no fault {name!r}.{hint} There are: latency, {', '.join(KINDS)}."
        raise InvalidParameter(msg)
    return name


def _number(name: str, value: Any, *, least: float, most: float = 1e9) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        msg = f"{name}={value!r} is out of range. Give a number from {least:g} to {most:g}."
        raise InvalidParameter(msg)
    return value
