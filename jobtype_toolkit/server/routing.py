"""What the named parts of v6's URLs may be."""

from __future__ import annotations

from collections.abc import Mapping

ID = r"\d+"
PATTERNS: Mapping[str, str] = {
    "name": r"[\w-]+",
    "version": r"[\w.]+",
    "revision_num": ID,
    "id": ID,
    "exe_num": ID,
    "stream": "stdout|stderr|combined",
}
"""What the named parts of a URL may be; anything else is not found (D14)."""
