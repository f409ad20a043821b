"""Packs a wheel around a library that is built already, for tests: `pack_wheel.py LIBRARY FOLDER`.

`maturin build` makes the wheels that are given out. It builds the crate by itself, and then with other features of
shared dependencies than the workspace has: all of the query engine would be compiled a second time. Here the library
is the one that the tests of the workspace built; what stands in the wheel about itself comes from maturin all the same.
"""

import base64
import hashlib
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent


def metadata(folder: pathlib.Path) -> pathlib.Path:
    """The folder `*.dist-info` that maturin writes of `pyproject.toml` and `Cargo.toml`."""
    maturin = [sys.executable, "-m", "maturin", "pep517", "write-dist-info", "--metadata-directory", str(folder)]
    maturin += ["--interpreter", sys.executable]
    subprocess.run(maturin, cwd=HERE, check=True, stdout=subprocess.DEVNULL)
    (found,) = folder.glob("*.dist-info")
    return found


def stripped(library: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """The library without what only linkers and debuggers read, which is most of it."""
    out = folder / "_native.abi3.so"
    strip = shutil.which("strip")
    if strip is None or subprocess.run([strip, "--strip-unneeded", "-o", str(out), str(library)]).returncode != 0:
        shutil.copyfile(library, out)
    return out


def pack(library: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        info = metadata(work)
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        tag = "cp39-abi3-{}".format(platform)
        wheel = "Wheel-Version: 1.0\nGenerator: pack_wheel\nRoot-Is-Purelib: false\nTag: {}\n".format(tag)
        (info / "WHEEL").write_text(wheel)
        source = HERE / "python"
        files = {p.relative_to(source).as_posix(): p for p in source.rglob("*") if p.suffix in (".py", ".pyi", ".typed")}
        files.update({p.relative_to(source).as_posix(): p for p in source.rglob("py.typed")})
        files["totalcloud/_native.abi3.so"] = stripped(library, work)
        files.update({p.relative_to(work).as_posix(): p for p in info.rglob("*") if p.is_file() and p.name != "RECORD"})
        record = []
        out = folder / "{}-{}.whl".format(info.name[: -len(".dist-info")], tag)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for name, path in sorted(files.items()):
                data = path.read_bytes()
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                record.append("{},sha256={},{}".format(name, digest, len(data)))
                archive.writestr(name, data)
            record.append("{}/RECORD,,".format(info.name))
            archive.writestr("{}/RECORD".format(info.name), "\n".join(record) + "\n")
    return out


if __name__ == "__main__":
    print(pack(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()))
