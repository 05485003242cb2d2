"""The archive: one ZIP whose every byte follows from its members, and the check of such a ZIP.

Members are stored, not compressed, in the order of their names, with a fixed date and mode. So the
same members give the same bytes on any machine (compression differs between versions of zlib), and
each byte of the container can be checked by building it again.
"""

import hashlib
import io
import zipfile
from pathlib import PurePosixPath

#: Member that lists the SHA-256 of all others, as `sha256sum -c` reads it.
CHECKSUMS = "checksums.sha256"
#: Members that describe the others: the crate, and the sheets as a data package.
METADATA = "ro-crate-metadata.json"
DATA_PACKAGE = "datapackage.json"
EARLIEST = (1980, 1, 1, 0, 0, 0)


def zip_bytes(members: dict[str, bytes]) -> bytes:
    """The ZIP of these members (name to content), with an entry for each of their folders."""
    content = io.BytesIO()
    folders = {f"{folder}/" for name in members for folder in PurePosixPath(name).parents}
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as book:
        for name in sorted({*members, *folders} - {"./"}):
            info = zipfile.ZipInfo(name, EARLIEST)
            info.create_system = 3
            info.external_attr = (0o40755 << 16 | 0x10) if info.is_dir() else 0o100644 << 16
            book.writestr(info, members.get(name, b""))
    return content.getvalue()


def checksum_list(members: dict[str, bytes]) -> bytes:
    """One line a member, `<sha256>  <name>`, in the order of the names."""
    lines = [
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in sorted(members.items())
    ]
    return "".join(lines).encode("utf-8")


def read_zip(content: bytes) -> tuple[dict[str, bytes], list[str]]:
    """Members that can be read, and a fault for each that cannot (or for the archive itself)."""
    members, faults = {}, []
    try:
        book = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        return {}, [f"the archive itself cannot be read: {error}"]
    bombs = packed_members(book, len(content))
    if bombs:
        return {}, bombs
    for info in book.infolist():
        if info.is_dir():
            continue
        if unsafe(info.filename):
            faults.append(f"{info.filename!r}: not a name of a member")
            continue
        try:
            members[info.filename] = book.read(info)
        except Exception as error:  # zipfile raises whatever a broken header leads to
            faults.append(f"{info.filename}: cannot be read ({error})")
    return members, faults


def packed_members(book: zipfile.ZipFile, size: int) -> list[str]:
    """Faults of a ZIP that the archive's writer never makes, told before anything is unpacked.

    Members are stored, so all of them together are not larger than the file: a small file cannot
    fill the memory.
    """
    faults = [
        f"{info.filename!r}: is packed; an archive of this workflow stores its members as they are"
        for info in book.infolist()
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size
    ]
    if not faults and sum(info.file_size for info in book.infolist()) > size:
        faults = ["the archive itself: its members are larger than it is"]
    return faults[:50]


def archive_faults(content: bytes) -> list[str]:
    """What is wrong with an archive: members by name, or the archive itself. Empty if it is sound.

    Any changed byte is found: contents by the checksum list, the rest by building the ZIP again.
    """
    members, faults = read_zip(content)
    faults += checksum_faults(members)
    if not faults and zip_bytes(members) != content:
        faults.append("the archive itself: its container is not the one that its members give")
    return faults


def checksum_faults(members: dict[str, bytes]) -> list[str]:
    """Members that are not as the checksum list says."""
    if CHECKSUMS not in members:
        return [f"{CHECKSUMS}: is missing"]
    listed, faults = {}, []
    lines = members[CHECKSUMS].decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, 1):
        known, _, name = line.partition("  ")
        listed[name] = known
        if name not in members:
            faults.append(f"{CHECKSUMS}, line {number}: no member {name!r}")
    for name in sorted(members.keys() - {CHECKSUMS}):
        if name not in listed:
            faults.append(f"{name}: is not in {CHECKSUMS}")
        elif hashlib.sha256(members[name]).hexdigest() != listed[name]:
            faults.append(f"{name}: its content is not the one listed in {CHECKSUMS}")
    rest = {name: content for name, content in members.items() if name != CHECKSUMS}
    if not faults and checksum_list(rest) != members[CHECKSUMS]:
        faults.append(f"{CHECKSUMS}: is not written as it should be")
    return faults


def unsafe(name: str) -> bool:
    """Whether a member's name would lead out of the folder that it is unpacked into, or is written
    in another way than the path that it leads to (`./x`): names are compared, and must be the path.
    """
    path = PurePosixPath(name)
    leads_out = path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name
    return not path.parts or path.as_posix() != name or leads_out
