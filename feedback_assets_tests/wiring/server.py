"""A real Postgres from Debian, on loopback, in a temporary folder, as a user that is not root (Postgres refuses root)."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

USER = "feedback"


def missing() -> str:
    """Why Postgres cannot be tested here; empty when it can."""
    if find_spec("dagster_postgres") is None:
        return "dagster-postgres is not installed (`make postgres`): the storage tests on Postgres cannot run"
    if _programs() is None:
        return "no Postgres server is installed (Debian: postgresql): the storage tests on Postgres cannot run"
    if os.geteuid() == 0 and _account() is None:
        return "Postgres refuses root, and there is no account `postgres` or `nobody`: the storage tests on Postgres cannot run"
    return ""


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """The URL of a running server, without a database's name. durable: commits wait for the disk, as a site's server does."""
    programs = _programs()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="feedback-postgres-"))
    password = secrets.token_hex(16)
    try:
        as_user: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
        if os.geteuid() == 0:
            account = _account()
            assert account is not None
            os.chown(folder, account.pw_uid, account.pw_gid)
            as_user |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        secret = folder / "password"
        secret.write_text(password)
        secret.chmod(0o644)  # the folder itself is its owner's alone
        access = ["-U", USER, "-A", "scram-sha-256", f"--pwfile={secret}"]
        made = [str(programs / "initdb"), "-D", str(folder / "data"), *access, "-E", "UTF8", "--no-sync"]
        subprocess.run(made, check=True, timeout=300, **as_user)
        port = _free_port()
        options = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-c", f"fsync={'on' if durable else 'off'}"]
        with subprocess.Popen([str(programs / "postgres"), "-D", str(folder / "data"), *options], **as_user) as server:
            try:
                url = f"postgresql://{USER}:{password}@127.0.0.1:{port}"
                _wait(url, server)
                yield url
            finally:
                server.send_signal(signal.SIGINT)
                server.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str, name: str) -> str:
    """Makes an empty database; its URL."""
    import psycopg2

    connection = psycopg2.connect(f"{server}/postgres")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
    finally:
        connection.close()
    return f"{server}/{name}"


def _programs() -> Path | None:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((f for f in folders if (f / "initdb").is_file() and (f / "postgres").is_file()), None)


def _account() -> pwd.struct_passwd | None:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    import psycopg2

    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError(f"Postgres ended with {server.returncode} before it answered")
        try:
            psycopg2.connect(f"{url}/postgres").close()
        except psycopg2.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("Postgres does not answer")
