"""What may stand in an address."""

from typing import Annotated

from fastapi import Path, Query

# PS3.5 section 9.1, read tolerantly: digits and dots, at most 64 characters.
StudyUID = Annotated[str, Path(pattern=r"^[0-9][0-9.]{0,63}$")]
Number = Annotated[int, Path(ge=1, le=100_000)]
Offset = Annotated[int, Query(ge=0, le=100_000_000)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Digest = Annotated[str, Query(pattern=r"^[0-9a-f]{0,64}$")]
Revision = Annotated[int, Query(ge=0, le=2_147_483_647)]
Version = Annotated[int, Query(ge=0, le=9_223_372_036_854_775_807)]
