import zlib

import pytest

from triage_agent.dicom.deflate import inflate
from triage_agent.dicom.elements import Malformed


def deflate(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(data) + deflater.flush()


@pytest.mark.parametrize("padding", [b"", b"\x00"])
def test_a_whole_stream_is_inflated(padding: bytes) -> None:
    assert inflate(memoryview(deflate(b"data set") + padding)) == b"data set"


def test_as_many_bytes_as_allowed_are_inflated_and_not_one_more() -> None:
    assert inflate(deflate(bytes(1000)), maximum_bytes=1000) == bytes(1000)
    with pytest.raises(Malformed, match="more than 999 bytes"):
        inflate(deflate(bytes(1000)), maximum_bytes=999)


def test_every_cut_is_noticed() -> None:
    whole = deflate(b"data set" * 20)

    for length in range(len(whole)):
        with pytest.raises(Malformed, match="cut off"):
            inflate(whole[:length])


def test_what_follows_the_stream_or_is_none_is_refused() -> None:
    with pytest.raises(Malformed, match="bytes follow"):
        inflate(deflate(b"data set") + b"more")
    with pytest.raises(Malformed, match="corrupt"):
        inflate(b"\xff" * 20)
