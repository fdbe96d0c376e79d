"""Objects whose bytes can be read but whose content is wrong, hostile or absurd."""

import struct
from collections.abc import Iterator

from pydicom import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEG2000Lossless

from dicom_fixtures.damaged_bytes import SEQUENCE_END, noise
from dicom_fixtures.encode import encoded, transcoded
from dicom_fixtures.splice import Damage, keep, refuse, with_text, with_values, without

SCRIPT = b'<script>alert("x")</script>'
BAD_UIDS = {
    "a path": b"../../etc/passwd",
    "200 characters long": b"1." + b"2" * 198,
    "letters": b"one.two.three",
    "script": b"<script>1</script>",
    "two UIDs": b"1.2.3\\1.2.4",
    "empty": b"",
}


def damages() -> Iterator[Damage]:
    """Every way to make the content wrong."""
    yield from _geometries()
    yield from _grey_scales()
    yield from _identities()
    yield from _texts()
    yield from _compressed()


def _geometries() -> Iterator[Damage]:
    # What declares more pixels than came is incomplete; what declares nothing sensible is kept,
    # and whoever decodes it says why it cannot be assessed.
    yield refuse("65535 rows and columns", with_values(Rows=65535, Columns=65535))
    yield refuse("two thousand million frames", with_values(NumberOfFrames=2147483647))
    yield refuse("17 bits allocated", with_values(BitsAllocated=17))
    yield keep("more bits stored than allocated", with_values(BitsStored=40, HighBit=39))
    yield keep("no rows", with_values(Rows=0))
    yield keep("negative number of frames", with_values(NumberOfFrames=-1))
    yield keep("rows absent", without("Rows"))


def _grey_scales() -> Iterator[Damage]:
    # The pixels came whole; whoever shows them finds out.
    yield keep("no bits stored", with_values(BitsStored=0))
    yield keep("rescale slope of zero", with_values(RescaleSlope=0))
    yield keep("window width is not a number", with_text("WindowWidth", b"DS", b"nan"))
    yield keep("10,000 windows", with_text("WindowCenter", b"DS", b"\\".join([b"1"] * 10000)))
    yield keep("lookup table shorter than it says", _short_table)
    yield keep("overlay of 65535 x 65535", _huge_overlay)
    yield keep("icon of 65535 x 65535", _huge_icon)


def _short_table(dataset: Dataset) -> bytes:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [60000, 0, 16])
    item.add_new("LUTData", "OW", bytes(8))
    dataset.VOILUTSequence = [item]
    return encoded(dataset)


def _huge_overlay(dataset: Dataset) -> bytes:
    for element, vr, value in (
        (0x0010, "US", 65535),
        (0x0011, "US", 65535),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OW", bytes(8)),
    ):
        dataset.add_new(0x60000000 | element, vr, value)
    return encoded(dataset)


def _huge_icon(dataset: Dataset) -> bytes:
    item = Dataset()
    item.Rows = item.Columns = 65535
    item.BitsAllocated = item.BitsStored = 8
    item.add_new("PixelData", "OB", bytes(4))
    dataset.IconImageSequence = [item]
    return encoded(dataset)


def _identities() -> Iterator[Damage]:
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID"):
        yield refuse(f"{keyword} absent", without(keyword))
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        for form, value in BAD_UIDS.items():
            yield refuse(f"{keyword} is {form}", with_text(keyword, b"UI", value))
    other = with_text("SOPInstanceUID", b"UI", b"1.2.826.0.1.3680043.10.999.404")
    yield refuse("SOPInstanceUID is not the announced one", other)
    mammography = with_text("SOPClassUID", b"UI", b"1.2.840.10008.5.1.4.1.1.1.2")
    yield refuse("SOPClassUID is not the announced one", mammography)


def _texts() -> Iterator[Damage]:
    texts = {
        "script in PatientName": ("PatientName", b"PN", SCRIPT),
        "script in StudyDescription": ("StudyDescription", b"LO", SCRIPT),
        "script in BodyPartExamined": ("BodyPartExamined", b"CS", SCRIPT),
        "terminal escape in PatientName": ("PatientName", b"PN", b"\x1b[2J\x1b]0;owned\x07"),
        "line break in AccessionNumber": ("AccessionNumber", b"SH", b"A1\r\nERROR forged"),
        "HL7 delimiters in StudyDescription": ("StudyDescription", b"LO", b"a|b^c~d\\e&f\rPID|1"),
        "zero bytes in PatientID": ("PatientID", b"LO", b"SYN\0-\0001"),
        "60,000 characters in PatientName": ("PatientName", b"PN", b"A" * 60000),
        "undeclared bytes in PatientName": ("PatientName", b"PN", b"\xff\xfe\x80\x81^\xc3\x28"),
        "unknown character set": ("SpecificCharacterSet", b"CS", b"ISO_IR 999"),
        "impossible StudyDate": ("StudyDate", b"DA", b"20241399"),
        "window width is text": ("WindowWidth", b"DS", b"wide"),
    }
    for name, (keyword, vr, value) in texts.items():
        yield keep(name, with_text(keyword, vr, value))


def _compressed() -> Iterator[Damage]:
    syntax = JPEG2000Lossless
    yield keep("JPEG 2000 of random bytes", _random_codestream, syntax)
    yield keep("JPEG 2000 codestream cut", _cut_codestream, syntax)
    yield keep("JPEG 2000 says 60000 x 60000", _huge_codestream, syntax)
    yield refuse("compressed, no fragment", _no_fragment, syntax)
    yield refuse("compressed, no end of fragments", _no_delimiter, syntax)
    yield refuse("compressed, fragment beyond the end", _long_fragment, syntax)
    yield refuse("native pixels announced as JPEG 2000", encoded, syntax)


def _with_frame(dataset: Dataset, frame: bytes) -> bytes:
    compressed = transcoded(dataset, JPEG2000Lossless)
    compressed.PixelData = encapsulate([frame])
    return encoded(compressed)


def _frame(dataset: Dataset) -> bytes:
    compressed = transcoded(dataset, JPEG2000Lossless)
    frame: bytes = next(generate_frames(compressed.PixelData, number_of_frames=1))
    return frame


def _random_codestream(dataset: Dataset) -> bytes:
    return _with_frame(dataset, noise(dataset))


def _cut_codestream(dataset: Dataset) -> bytes:
    frame = _frame(dataset)
    return _with_frame(dataset, frame[: len(frame) // 4 * 2])


def _huge_codestream(dataset: Dataset) -> bytes:
    frame = _frame(dataset)
    # ISO/IEC 15444-1 A.5.1: SIZ marker, its length, capabilities, then width and height.
    at = frame.index(b"\xff\x51") + 6
    return _with_frame(dataset, frame[:at] + struct.pack(">II", 60000, 60000) + frame[at + 8 :])


def _no_fragment(dataset: Dataset) -> bytes:
    compressed = transcoded(dataset, JPEG2000Lossless)
    # Only the (empty) Basic Offset Table.
    compressed.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0"
    return encoded(compressed)


def _no_delimiter(dataset: Dataset) -> bytes:
    return encoded(transcoded(dataset, JPEG2000Lossless)).removesuffix(SEQUENCE_END)


def _long_fragment(dataset: Dataset) -> bytes:
    data = encoded(transcoded(dataset, JPEG2000Lossless))
    frame = _frame(dataset)
    at = data.index(frame) - 4
    return data[:at] + struct.pack("<I", 0x7FFFFFF0) + data[at + 4 :]
