"""record.py WHEEL: the wheel's RECORD lists every file in it, with its digest and size."""
import base64
import csv
import hashlib
import io
import sys
import zipfile

wheel = zipfile.ZipFile(sys.argv[1])
record = next(name for name in wheel.namelist() if name.endswith(".dist-info/RECORD"))
recorded = {name: (digest, size) for name, digest, size in csv.reader(io.StringIO(wheel.read(record).decode()))}
actual = {record: ("", "")}
for name in set(wheel.namelist()) - {record}:
    data = wheel.read(name)
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    actual[name] = (f"sha256={digest}", str(len(data)))
if recorded != actual:
    sys.exit(f"RECORD is wrong about {dict(recorded.items() ^ actual.items())}")
print(f"{len(recorded)} files in RECORD")
