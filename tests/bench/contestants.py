"""Who takes part: finds or builds the programs, and says who is missing and why."""

import os
import pathlib
import shutil
import subprocess
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
REGISTRY = pathlib.Path("/usr/share/cargo/registry")  # where Debian's librust-*-dev packages are


@dataclass
class Contestant:
    key: str
    title: str
    command: list
    language: str = "compiled"  # or fiber, floor, python: they get other numbers of operations
    environment: dict = field(default_factory=dict)
    workloads: frozenset = frozenset()

    def run(self, *arguments):
        done = subprocess.run([*self.command, *map(str, arguments)], env=os.environ | self.environment,
                              capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"{self.key} {' '.join(map(str, arguments))}: {done.stderr.strip()[-300:]}")
        return done.stdout.splitlines()


class Missing(Exception):
    pass


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def tool(name, package):
    """Debian's, so that all peers are of one age; else the one there is."""
    path = shutil.which(name, path="/usr/bin") or shutil.which(name)
    if path is None:
        raise Missing(f"no {name} (package {package})")
    return path


def program(build, name):
    path = build / f"tests/bench/rondo_bench_{name}"
    if not path.exists():
        raise Missing("Boost was not found when the build was configured (packages libboost-dev, libboost-context-dev)")
    return path


def compiled(build, key, title, language="compiled"):
    return Contestant(key, title, [program(build, key)], language)


def go(build):
    compiler, path = tool("go", "golang-go"), build / "tests/bench/rondo_bench_go"
    environment = os.environ | {"GOFLAGS": "", "GO111MODULE": "off", "CGO_ENABLED": "0"}
    subprocess.run([compiler, "build", "-o", path, HERE / "go/bench.go"], check=True, env=environment)
    version = output_of(compiler, "version").split()[2].removeprefix("go")
    return Contestant("go", f"Go {version}", [path])


def tokio(build):
    cargo = tool("cargo", "cargo")
    crates = sorted(REGISTRY.glob("tokio-1.*"))
    if not crates:
        raise Missing("no Tokio (package librust-tokio-dev)")
    work = build / "tests/bench/tokio"
    shutil.copytree(HERE / "tokio", work, dirs_exist_ok=True)
    environment = os.environ | {"RUSTC": tool("rustc", "rustc"), "CARGO_TARGET_DIR": str(work / "target")}
    settings = ['source.crates-io.replace-with="debian"', f'source.debian.directory="{REGISTRY}"']
    subprocess.run([cargo, *(word for s in settings for word in ("--config", s)), "build", "--release", "--offline",
                    "--quiet"], check=True, cwd=work, env=environment)
    return Contestant("tokio", f"Tokio {crates[-1].name.removeprefix('tokio-')}",
                      [work / "target/release/rondo_bench_tokio"])


def python(interpreter, module, key, name, environment):
    if subprocess.run([interpreter, "-c", f"import {module}"], env=os.environ | environment,
                      capture_output=True).returncode != 0:
        raise Missing(f"{interpreter} has no {module} (package python3-uvloop)")
    version = output_of(interpreter, "-c", "import platform; print(platform.python_version())")
    return Contestant(key, f"{name} {version.rpartition('.')[0]}", [interpreter, HERE / "python/bench.py", module],
                      "python", environment)


def with_uvloop(interpreter):
    """The interpreter, if it has uvloop; else Debian's."""
    has = subprocess.run([interpreter, "-c", "import uvloop"], capture_output=True).returncode == 0
    return interpreter if has else "/usr/bin/python3"


def contestants(build, interpreter):
    """Returns those who are here, and (name, reason) of those who are not."""
    rondo = {"RONDO_LIBRARY": str(build / "librondo.so"), "PYTHONPATH": str(ROOT / "capi/python")}
    other = with_uvloop(interpreter)
    makers = {
        "Rondo C step": lambda: compiled(build, "step", "Rondo C step"),
        "Rondo C fiber": lambda: compiled(build, "fiber", "Rondo C fiber", "fiber"),
        "Rondo C++": lambda: compiled(build, "cpp", "Rondo C++"),
        "floor": lambda: compiled(build, "floor", "floor", "floor"),
        "Tokio": lambda: tokio(build),
        "Go": lambda: go(build),
        "libuv": lambda: compiled(build, "libuv", f"libuv {output_of('pkg-config', '--modversion', 'libuv')}"),
        "Boost.Asio": lambda: compiled(build, "asio", "Boost.Asio"),
        "Rondo Python": lambda: python(interpreter, "rondo", "python", "Rondo", rondo),
        "asyncio": lambda: python(interpreter, "asyncio", "asyncio", "asyncio", {}),
        "uvloop": lambda: python(other, "uvloop", "uvloop", "uvloop", {}),
    }
    if other != interpreter:  # uvloop's own basis of comparison
        makers["asyncio beside uvloop"] = lambda: python(other, "asyncio", "asyncio-old", "asyncio", {})
    present, missing = [], []
    for name, make in makers.items():
        try:
            contestant = make()
            contestant.workloads = frozenset(contestant.run())
            present.append(contestant)
        except (Missing, subprocess.CalledProcessError, FileNotFoundError, RuntimeError) as error:
            missing.append((name, str(error)))
    return present, missing
