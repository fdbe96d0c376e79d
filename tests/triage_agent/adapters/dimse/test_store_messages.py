import struct

import pytest
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset

from tests.pdus import store_command
from triage_agent.adapters.dimse.store_messages import (
    StoreRequest,
    parse_store_request,
    store_response,
)

REQUEST = StoreRequest(message_id=7, sop_class_uid="1.2.840", sop_instance_uid="1.2.3")


def element(number: int, value: bytes, group: int = 0) -> bytes:
    return struct.pack("<HHL", group, number, len(value)) + value


def test_a_request_is_read() -> None:
    assert parse_store_request(store_command("1.2.840", "1.2.3", message=7)) == REQUEST


def test_what_is_said_of_a_move_is_passed_over() -> None:
    command = store_command("1.2.840", "1.2.3", message=7) + element(0x1030, b"PACS")

    assert parse_store_request(command) == REQUEST


@pytest.mark.parametrize(
    "command",
    [
        b"",
        b"no command set",
        store_command("1.2.840", "1.2.3")[:-1],
        store_command("1.2.840", "1.2.3") + b"\0" * 4,
        store_command("1.2.840", "1.2.3") + element(0x0010, b"", group=8),
        store_command("", "1.2.3"),
        store_command("1.2.840", ""),
        store_command("1.2.840", "1.2.x"),
        store_command("1.2.840", "1.2.3") + element(0x0800, struct.pack("<H", 0x0101)),
        store_command("1.2.840", "1.2.3") + element(0x0100, struct.pack("<H", 0x0030)),
        store_command("1.2.840", "1.2.3") + element(0x0110, b"\1\0\0\0"),
    ],
    ids=[
        "nothing",
        "garbage",
        "cut off",
        "half an element",
        "other group",
        "no class",
        "no instance",
        "no UID",
        "no data set",
        "echo",
        "no US",
    ],
)
def test_everything_else_is_left_to_pynetdicom(command: bytes) -> None:
    assert parse_store_request(command) is None


@pytest.mark.parametrize(("status", "comment"), [(0, ""), (0xA700, "full"), (0xC000, "böse")])
def test_a_response_is_a_command_set(status: int, comment: str) -> None:
    answer = store_response(REQUEST, 5, status, comment)

    kind, length, counted, context, control = struct.unpack_from(">BxLLBB", answer)
    command = answer[12:]
    assert (kind, context, control) == (0x04, 5, 0x03)
    assert (length, counted) == (len(answer) - 6, len(command) + 2)
    read = read_dataset(DicomBytesIO(command), is_implicit_VR=True, is_little_endian=True)
    assert read.CommandGroupLength == len(command) - 12
    assert (read.CommandField, read.MessageIDBeingRespondedTo) == (0x8001, 7)
    assert (read.AffectedSOPClassUID, read.AffectedSOPInstanceUID) == ("1.2.840", "1.2.3")
    assert (read.Status, read.CommandDataSetType) == (status, 0x0101)
    assert read.get("ErrorComment", "") == comment.replace("ö", "?")
