"""How an export writes its times, if not as ISO 8601: what a profile has to say of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product

_UNIX = {"unix s": re.compile(r"1\d{9}([.]\d+)?"), "unix ms": re.compile(r"1\d{12}")}
_DATES = (
    *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y.%m.%d"),
    *("%d/%m/%y", "%m/%d/%y", "%y/%m/%d", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d"),
    *("%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d %Y", "%b %d, %Y"),
)
_CLOCKS = ("", *(f"{between}{clock}" for between, clock in product(
    (" ", ", "), ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
)))  # fmt: skip
_FORMS = (*map("".join, product(_DATES, _CLOCKS)), "%b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %Y")
_LIKELY = re.compile(r"(?=.*\d)[\w/.:, -]{6,40}")
_MOST_TEXTS = 500


def unix(said: Iterable[str]) -> str | None:
    """Return the conversion of a profile that reads all texts as Unix time; zeros are left out."""
    given = [one for one in said if one != "0"]
    return next((kind for kind, form in _UNIX.items() if given and all(map(form.fullmatch, given))), None)


def forms(said: Iterable[str]) -> list[str]:
    """Return the forms of `strptime` in which all texts are written: several if nobody can tell day and month apart."""
    given = [" ".join(one.split()) for one in dict.fromkeys(said)][:_MOST_TEXTS]
    if not (given and all(map(_LIKELY.fullmatch, given))):
        return []
    return [form for form in _FORMS if all(_is_written(one, form) for one in given)]


def ways(said: Sequence[str]) -> list[str]:
    """Return what a profile may say of such times, in its words; nothing if they are written in no way that is known."""
    kind = unix(said)
    return [f'as = "{kind}"'] if kind else [f'format = "{form}"' for form in forms(said)]


def _is_written(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - only whether it fits
    except ValueError:
        return False
    return True
