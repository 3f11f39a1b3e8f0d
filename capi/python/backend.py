"""The binding's PEP 517 build backend; needs nothing but Python.

    pip install capi/python                  a wheel that uses the librondo of the system
    backend.py LIBRARIES DIRECTORY           a wheel that carries the shared libraries in LIBRARIES
"""

import base64
import hashlib
import io
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOTICES = HERE.parents[1] / "cmake/debian/copyright"  # of what a wheel carries
PROJECT = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
RELEASE = f"{PROJECT['name']}-{PROJECT['version']}"
METADATA = f"""\
Metadata-Version: 2.1
Name: {PROJECT["name"]}
Version: {PROJECT["version"]}
Summary: {PROJECT["description"]}
License: {PROJECT["license"]["text"]}
License-File: LICENSE
Requires-Python: {PROJECT["requires-python"]}
"""


def sources():
    return sorted((HERE / "rondo").glob("*.py"))


def wheel_tag(native):
    return f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_') if native else 'any'}"


def dist_info(native):
    """The files that describe a wheel, but for the list of all its files."""
    yield "METADATA", METADATA.encode()
    pure = "false" if native else "true"
    yield "WHEEL", f"Wheel-Version: 1.0\nGenerator: {RELEASE}\nRoot-Is-Purelib: {pure}\nTag: {wheel_tag(native)}\n".encode()
    yield "LICENSE", (HERE / "LICENSE").read_bytes()
    if native:
        yield "NOTICES", NOTICES.read_bytes()


def record_line(name, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


def write_wheel(directory, payload, native=False):
    """payload: pairs of a name in the wheel and its bytes."""
    described = [(f"{RELEASE}.dist-info/{name}", data) for name, data in dist_info(native)]
    files = [*payload, *described]
    record = f"{RELEASE}.dist-info/RECORD"
    lines = [record_line(name, data) for name, data in files]
    files.append((record, "".join([*lines, f"{record},,\n"]).encode()))
    path = Path(directory, f"{RELEASE}-{wheel_tag(native)}.whl")
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in files:
            entry = zipfile.ZipInfo(name)  # its date is fixed: the same tree makes the same wheel
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)
    return path.name


# ---- the hooks of PEP 517 and PEP 660


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    libraries = (config_settings or {}).get("libraries")
    carried = sorted(Path(libraries).glob("*.so.*")) if libraries else []
    payload = [(f"rondo/{path.name}", path.read_bytes()) for path in [*sources(), *carried]]
    return write_wheel(wheel_directory, payload, bool(carried))


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return write_wheel(wheel_directory, [("rondo.pth", f"{HERE}\n".encode())])


def build_sdist(sdist_directory, config_settings=None):
    path = Path(sdist_directory, f"{RELEASE}.tar.gz")
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT, dereference=True) as archive:
        for file in [HERE / "pyproject.toml", HERE / "LICENSE", Path(__file__), *sources()]:
            archive.add(file, f"{RELEASE}/{file.relative_to(HERE)}")
        info = tarfile.TarInfo(f"{RELEASE}/PKG-INFO")
        info.size = len(METADATA.encode())
        archive.addfile(info, io.BytesIO(METADATA.encode()))
    return path.name


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
    print(Path(sys.argv[2], build_wheel(sys.argv[2], {"libraries": sys.argv[1]})))
