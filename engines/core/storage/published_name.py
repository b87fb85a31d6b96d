"""Files that are published under a part of their own SHA-256, as torch hub has it: `NAME-af2bce07.pt`."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from engines.core.reading import reading

NAMED = re.compile(r".+-([0-9a-f]{8,64})\.[A-Za-z0-9]+")
DATE = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d*")
COUNT = re.compile(r"00\d*|\d*000")
"""Of decimal digits only: no hash has them by chance more than once in a hundred times."""
DAMAGED = "damaged"
BLOCK_BYTES = 2**20


@dataclass(frozen=True)
class NamedHash:
    """What a file's name says of it, and what it is.

    Attributes:
        said: the first digits of the SHA-256 in the name.
        sha256: of the file.
    """

    said: str
    sha256: str

    @property
    def intact(self) -> bool:
        """Whether both agree."""
        return self.sha256.startswith(self.said)

    @property
    def text(self) -> str:
        """Both, in plain words."""
        if self.intact:
            return f"intact: its SHA-256 begins with {self.said}, as its name says"
        return (
            f"{DAMAGED}: its SHA-256 begins with {self.sha256[: len(self.said)]}, its name says {self.said}; fetch it "
            "again (or it was renamed)"
        )


def named_hash(path: Path) -> NamedHash | None:
    """Compares a file with its name; None where that holds no hash, or there is no such file.

    Dates and counts of decimal digits are none.

    Raises:
        UserError: it can't be read.
    """
    found = NAMED.fullmatch(path.name)
    if found is None or not path.is_file():
        return None
    said = found[1]
    if DATE.fullmatch(said) or COUNT.fullmatch(said):
        return None
    digest = hashlib.sha256()
    with reading(path), path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return NamedHash(said, digest.hexdigest())
