"""What `python evenly.pyz` runs first: unpacks once what this Python needs, and goes on from there.

    evenly.pyz
        __main__.py         this file
        again.py            becomes `__main__.py` of the folder: runs a module of it in a new process
        contents.json       {"name": of the folder, "wheels": {"cp313-linux-x86_64": [file, …], …}}
        wheels/*.whl        as the registry has them

    <the user's cache>/evenly/one-file/<name>-<target>/      mode 0700; made beside it, then renamed: whole or not there

Any Python from 3.6 on must be able to read this file, to be told which one is needed; so it imports nothing of Evenly's
before that, and its sentences are not translated.
"""

import os
import sys

OLDEST = (3, 11)
UNUSED_S = 60 * 24 * 60 * 60
"""Seconds after which a folder that was not used (of an older evenly.pyz) is taken away when a new one is made."""


def main() -> None:
    """The command line of `evenly`, from the unpacked folder."""
    if sys.version_info < OLDEST:
        sys.exit(
            "Evenly needs Python {}.{} or newer; this one is {}.{}. Look for a newer one (python3.13 evenly.pyz …), "
            "or come to the call anyway.".format(*OLDEST, *sys.version_info[:2])
        )
    # The archive itself: nothing else of it is to be imported.
    archive = sys.path.pop(0)
    sys.path.insert(0, unpacked(archive))
    from evenly_client.start import main as evenly

    evenly()


def unpacked(archive: str) -> str:
    """The folder with what this Python needs, made if it is not there."""
    import json

    contents = json.loads(__loader__.get_data(os.path.join(archive, "contents.json")))  # type: ignore[name-defined]
    name = target()
    if name not in contents["wheels"]:
        sys.exit(
            f"evenly.pyz holds nothing for this Python ({name}). It has: {', '.join(sorted(contents['wheels']))}. "
            "Another Python, or `pip install` of Evenly's wheel, may do."
        )
    folder = os.path.join(cache(), f"{contents['name']}-{name}")
    try:
        if not os.path.isdir(folder):
            unpack(archive, contents["wheels"][name], folder)
        if not ours(folder):
            sys.exit(f"{folder} belongs to somebody else, or others can write there. Remove it, and try again.")
        os.utime(folder)
    except OSError as error:
        sys.exit(f"evenly.pyz cannot unpack itself: {error}. XDG_CACHE_HOME can name another folder for it.")
    return folder


def target() -> str:
    """What tells apart for whom compiled files are, for example `cp313-linux-x86_64`."""
    import platform
    import sysconfig

    implementation = {"cpython": "cp"}.get(sys.implementation.name, sys.implementation.name)
    threads = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    system = {"darwin": "macos", "win32": "windows"}.get(sys.platform, sys.platform)
    if "musl" in (sysconfig.get_config_var("SOABI") or ""):
        system += "-musl"
    machine = platform.machine().lower()
    if sys.platform == "win32":  # the processor may be another one than that which this Python was made for
        machine = sysconfig.get_platform().rpartition("-")[2]
    machine = {"amd64": "x86_64"}.get(machine, machine)
    bits = "" if sys.maxsize > 2**32 else "-32"
    return "{}{}{}{}-{}-{}{}".format(implementation, *sys.version_info[:2], threads, system, machine, bits)


def cache() -> str:
    """The folder of this user in which unpacked ones lie."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
    elif sys.platform == "darwin" and not os.environ.get("XDG_CACHE_HOME"):
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(os.path.abspath(base), "evenly", "one-file")


def unpack(archive: str, wheels: list, folder: str) -> None:  # type: ignore[type-arg]
    """Makes the folder: beside it first, so that of several that start at once each finds a whole one.

    Raises:
        OSError: it cannot be written.
    """
    import shutil
    import tempfile
    import zipfile

    if sys.stderr.isatty():
        print("Unpacking Evenly, this once …", file=sys.stderr, flush=True)
    mask = os.umask(0o077)
    try:
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        remove_unused(os.path.dirname(folder))
        making = tempfile.mkdtemp(prefix=".making-", dir=os.path.dirname(folder))
        try:
            with zipfile.ZipFile(archive) as whole:
                for wheel in wheels:
                    with whole.open(f"wheels/{wheel}") as file, zipfile.ZipFile(file) as inner:
                        inner.extractall(making, [n for n in inner.namelist() if ".data/" not in n])
                with open(os.path.join(making, "__main__.py"), "wb") as out:
                    out.write(whole.read("again.py"))
            os.rename(making, folder)
        except zipfile.BadZipFile as error:
            sys.exit(f"evenly.pyz is damaged ({error}): fetch it again.")
        except OSError:
            if not os.path.isdir(folder):  # else somebody else was first, with the same
                raise
        finally:
            shutil.rmtree(making, ignore_errors=True)
    finally:
        os.umask(mask)


def remove_unused(folder: str) -> None:
    """Takes away what nobody has used for long."""
    import shutil
    import time

    for entry in os.scandir(folder):
        if entry.stat().st_mtime + UNUSED_S < time.time():
            shutil.rmtree(entry.path, ignore_errors=True)


def ours(folder: str) -> bool:
    """Whether what lies there can only be from this user: it is about to be run."""
    if os.name != "posix":
        return True
    found = os.stat(folder)
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022


if __name__ == "__main__":
    main()
