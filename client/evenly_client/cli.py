"""The command line. Each command is a few lines here; what it does is in the module it names.

Nothing here imports Textual: a command that needs a screen imports it when it runs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal, NoReturn

from cyclopts import App, CycloptsError, Parameter

from evenly_client.command_help import command, told
from evenly_client.translation import _

EXAMPLES = _("""
Try it now, alone:   evenly demo
Open a room:         evenly open "Peer set 3"
Enter one:           evenly join
""")

app = told(
    App(
        name="evenly",
        help=_("Live peer sessions from the terminal: everyone is heard evenly."),
        help_epilogue=EXAMPLES,
        help_format="plaintext",
        version=lambda: _version(),
    )
)

formats = told(
    App(
        name="formats",
        help=_("Session formats: which there are, what they hold, and your own. Example: evenly formats list"),
    )
)
app.command(formats)

Profile = Annotated[str | None, Parameter(help=_("Which of your device keys to use."))]
SeveralRooms = Annotated[
    str, Parameter(help=_("The link, or the name of a room you have been in; several for a sponsor."))
]
LinkText = Annotated[str | None, Parameter(help=_("The link, or the name of a room you have been in."))]


@command(app)
def demo(
    *,
    as_: Annotated[Literal["facilitator", "participant"], Parameter(name="--as")] = "facilitator",
    format: str | None = None,
    series: Annotated[bool, Parameter(negative="")] = False,
    plain: Annotated[bool, Parameter(negative="")] = False,
    speed: float | None = None,
    seed: int = 1,
    minutes: float | None = None,
) -> None:
    """A whole session with rehearsal members on this machine. Example: evenly demo --format action-learning --speed 10

    Parameters
    ----------
    as_
        Whose screen is yours.
    format
        The format of the session: a name of `evenly formats list`, or a .toml file. Without it, one phase of 8 minutes.
    series
        A whole series, session after session, as fast as it goes; a screen then shows the room as it is after the last.
    plain
        Print what happens as lines instead (also what happens without a terminal).
    speed
        Seconds of the session for each real second, 1 unless said; 0 is as fast as it goes (with --plain).
    seed
        The same seed gives the same session.
    minutes
        How long a session is, its phases in proportion; by default as long as its format.
    """
    from evenly_client.commands.rehearse import demo as run

    _exit(run(as_=as_, plain=plain, speed=speed, seed=seed, minutes=minutes, format=format, series=series))


@command(app, name="open")
def open_(
    name: str = "Peer session",  # no words: a room's name, by which it is found again in whatever language
    *,
    format: str | None = None,
    on: str | None = None,
    key: str | None = None,
    my_name: Annotated[str | None, Parameter(name="--my-name")] = None,
    here: Annotated[bool, Parameter(negative="")] = False,
    port: int | None = None,
    plain: Annotated[bool, Parameter(negative="")] = False,
    insecure: Annotated[bool, Parameter(negative="")] = False,
    profile: Profile = None,
) -> None:
    """Make a room (or go back to it) and lead it. Example: evenly open "Peer set 3" --on peers.example.org

    Parameters
    ----------
    name
        The room's name. A name used before opens that room again.
    format
        The format of the room's sessions, remembered: a name of `evenly formats list`, or a .toml file.
    on
        The server, HOST or HOST:PORT; of several with the same rooms all, with commas between. Without it, one is
        started on this computer.
    key
        The server's key for making rooms.
    my_name
        Your name in the room.
    here
        Let only this computer reach the room.
    port
        Port of the server that is started here.
    plain
        Lines of text instead of the screen.
    insecure
        Connect to another machine in the clear.
    """
    from evenly_client.commands.opening import open_room as run

    _exit(
        run(
            name,
            format=format,
            on=on,
            key=key,
            my_name=my_name,
            here=here,
            port=port,
            plain=plain,
            insecure=insecure,
            profile=profile,
        )
    )


@command(app)
def invite(
    room: LinkText = None,
    *,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    web: str | None = None,
    ssh: str | None = None,
    qr: Annotated[bool, Parameter(negative="")] = False,
    on: str | None = None,
    profile: Profile = None,
) -> None:
    """Print the message to paste into an e-mail. Example: evenly invite "Peer set 3" --qr

    Parameters
    ----------
    from_
        Where people get the program, remembered: an address of evenly.pyz or of the wheel (https://…), or the name of
        the file that you attach. By default evenly.pyz, attached.
    web
        A gateway for browsers: an entry link that it printed, or its address (remembered) if it runs on this computer.
    ssh
        A gateway for ssh, HOST:PORT, remembered.
    qr
        Print the link as a QR code too.
    on
        The server that the room has moved to (`evenly import`), HOST or HOST:PORT; several with commas between.
    """
    from evenly_client.commands.opening import invite as run

    _exit(run(room, qr=qr, on=on, program=from_, web=web, ssh=ssh, profile=profile))


@command(app)
def join(
    link: LinkText = None,
    *,
    name: str | None = None,
    plain: Annotated[bool, Parameter(negative="")] = False,
    insecure: Annotated[bool, Parameter(negative="")] = False,
    profile: Profile = None,
) -> None:
    """Enter a room. Without a link: choose one of yours, or paste one. Example: evenly join

    Parameters
    ----------
    name
        Your name in the room.
    plain
        Lines of text instead of the screen.
    insecure
        Connect to another machine in the clear.
    """
    from evenly_client.commands.enter import join as run

    _exit(run(link, name=name, plain=plain, insecure=insecure, profile=profile))


@command(app)
def plain(
    link: LinkText = None,
    *,
    name: str | None = None,
    everything: Annotated[bool, Parameter(name="--all", negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
    insecure: Annotated[bool, Parameter(negative="")] = False,
    profile: Profile = None,
) -> None:
    """The whole session as lines of text. Example: evenly plain --all

    Parameters
    ----------
    name
        Your name in the room.
    everything
        Say everything that happens, not only what concerns you.
    json
        Events and commands as JSON lines.
    insecure
        Connect to another machine in the clear.
    """
    from evenly_client.commands.enter import plain as run

    _exit(run(link, name=name, everything=everything, json=json, insecure=insecure, profile=profile))


@command(app)
def view(
    link: LinkText = None, *, insecure: Annotated[bool, Parameter(negative="")] = False, profile: Profile = None
) -> None:
    """A second screen of mine, never counted. Example: evenly view "Peer set 3"

    Parameters
    ----------
    insecure
        Connect to another machine in the clear.
    """
    from evenly_client.commands.enter import look_on as run

    _exit(run(link, stage=False, insecure=insecure, profile=profile))


@command(app)
def stage(
    link: LinkText = None, *, insecure: Annotated[bool, Parameter(negative="")] = False, profile: Profile = None
) -> None:
    """A screen to share in the call: who speaks, who is next. Example: evenly stage "Peer set 3"

    Parameters
    ----------
    insecure
        Connect to another machine in the clear.
    """
    from evenly_client.commands.enter import look_on as run

    _exit(run(link, stage=True, insecure=insecure, profile=profile))


@command(app)
def status(*, json: Annotated[bool, Parameter(negative="")] = False, profile: Profile = None) -> None:
    """What waits for me in my rooms. Example: evenly status

    Parameters
    ----------
    json
        For scripts.
    """
    from evenly_client.commands.looking import status as run

    _exit(run(json=json, profile=profile))


@command(app)
def nudge(
    room: LinkText = None, *, call: Annotated[bool, Parameter(negative="")] = False, profile: Profile = None
) -> None:
    """Print a message for the group's chat, without names. Example: evenly nudge "Peer set 3" --call

    Parameters
    ----------
    call
        With the link to the call.
    """
    from evenly_client.commands.looking import nudge as run

    _exit(run(room, call=call, profile=profile))


@command(app)
def doctor(link: LinkText = None, *, journal: Path | None = None, profile: Profile = None) -> None:
    """Check this terminal, this computer and, with a link, the way to the room. Example: evenly doctor

    Parameters
    ----------
    journal
        Check a server's journal instead, every entry of it, also while it is served: which rooms are damaged, if any.
    """
    if journal is not None:
        _server("check", (str(journal),))
    from evenly_client.doctor import examine

    _exit(examine(link, profile))


@command(formats, name="list")
def formats_list() -> None:
    """Every format, built in and yours. Example: evenly formats list"""
    from evenly_client.commands.formats import list_ as run

    _exit(run())


@command(formats, name="show")
def formats_show(name: str, *, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """The phases of a format. Example: evenly formats show action-learning

    Parameters
    ----------
    name
        A format's name, or a .toml file.
    json
        For scripts.
    """
    from evenly_client.commands.formats import show as run

    _exit(run(name, json=json))


@command(formats, name="check")
def formats_check(*files: str) -> None:
    """Whether files hold formats; status 1 if one does not. Example: evenly formats check evening.toml

    Parameters
    ----------
    files
        One or more .toml files.
    """
    from evenly_client.commands.formats import check as run

    _exit(run(files))


@command(formats, name="new")
def formats_new(
    name: str, *, from_: Annotated[str, Parameter(name="--from")] = "peer-coaching", edit: bool = False
) -> None:
    """Copy a format to change it. Example: evenly formats new monday --from action-learning

    Parameters
    ----------
    name
        The new format's name: a-z, 0-9 and -.
    from_
        The format to copy: its name, or a .toml file.
    edit
        Open it in your editor, and check it afterwards.
    """
    from evenly_client.commands.formats import new as run

    _exit(run(name, source=from_, edit=edit))


@command(app)
def report(
    *rooms: SeveralRooms,
    kind: Literal["session", "own", "sponsor"] = "session",
    session: int | None = None,
    format: Literal["markdown", "html", "csv", "json", "ics"] = "markdown",
    for_: Annotated[Literal["room", "takeaway", "shareable"], Parameter(name="--for")] = "room",
    air_time: Annotated[bool, Parameter(negative="")] = False,
    table: str | None = None,
    from_: Annotated[Path | None, Parameter(name="--from")] = None,
    out: Path | None = None,
    force: Annotated[bool, Parameter(negative="")] = False,
    insecure: Annotated[bool, Parameter(negative="")] = False,
    profile: Profile = None,
) -> None:
    """A session on paper, your own record, a summary in numbers. Example: evenly report "Peer set 3" --format html

    Parameters
    ----------
    kind
        session: one session. own: your own record. sponsor: numbers alone, of one or several rooms.
    session
        Which session; by default the last.
    format
        ics is the room's calendar: its sessions, and what you have promised by when.
    for_
        How far it may go: it stays in the room, you take it home, or anybody may have it.
    air_time
        Everybody's air time too, where the group has chosen that everybody sees it.
    table
        With --format csv: this table alone.
    from_
        An exported room (`evenly export`) instead of its server.
    out
        The file to write, for you alone. Without it, the report is printed.
    force
        Replace the file if it exists.
    insecure
        Connect to another machine in the clear.
    """
    from evenly_client.commands.report import Wanted
    from evenly_client.commands.report import report as run

    wanted = Wanted(
        kind=kind,
        session=session,
        format=format,
        made_for=for_,
        air_time=air_time,
        table=table,
        from_=from_,
        out=out,
        force=force,
        insecure=insecure,
        profile=profile,
    )
    _exit(run(rooms, wanted))


@command(app)
def export(
    room: LinkText = None,
    file: Path | None = None,
    *,
    force: Annotated[bool, Parameter(negative="")] = False,
    insecure: Annotated[bool, Parameter(negative="")] = False,
    profile: Profile = None,
) -> None:
    """Write a whole room to one file, sealed as it is. Example: evenly export "Peer set 3" set-3.evenly

    Parameters
    ----------
    file
        Where to; by default the room's name and the date.
    force
        Replace the file if it exists.
    insecure
        Connect to another machine in the clear.
    """
    from evenly_client.commands.keeping import export as run

    _exit(run(room, file, force=force, insecure=insecure, profile=profile))


@command(app, name="import")
def import_(file: Path, *, journal: Path | None = None, profile: Profile = None) -> None:
    """Put an exported room into a server's journal. Example: evenly import set-3.evenly --journal evenly.db

    Parameters
    ----------
    file
        What `evenly export` wrote.
    journal
        The file in which a server keeps its rooms. Without it: that of this computer's own (`evenly open`).
    """
    from evenly_client.commands.keeping import import_ as run

    _exit(run(file, journal=journal, profile=profile))


@command(app)
def gateway(
    link: LinkText = None,
    *,
    link_file: Path | None = None,
    web: int | None = None,
    ssh: int | None = None,
    host: str = "0.0.0.0",
    name: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    certificate: Path | None = None,
    private_key: Path | None = None,
    insecure: Annotated[bool, Parameter(negative="")] = False,
    visitors: int = 12,
    entries: int = 1,
    room_name: str | None = None,
    profile: Profile = None,
) -> None:
    """Let people in who have nothing installed. Example: evenly gateway "Peer set 3" --web 8443 --ssh 2222

    Parameters
    ----------
    link_file
        A file that holds the link and that others cannot read. A link typed here stands in the list of processes.
    web
        The port for browsers.
    ssh
        The port for ssh.
    host
        Address to listen on.
    name
        A name by which visitors reach this computer, HOST or HOST:PORT. May be given several times.
    certificate
        TLS certificate chain, PEM. Without it, one is made here, and browsers warn of it.
    private_key
        Its private key, PEM.
    insecure
        Serve browsers in the clear, behind a proxy that does TLS; connect to another machine in the clear.
    visitors
        How many may be here at a time.
    entries
        How many lines for browsers are printed at first.
    room_name
        The room's name, if you have not been in it: the ssh user is made of it.
    """
    from evenly_client.commands.gateway import gateway as run

    _exit(
        run(
            link,
            link_file=link_file,
            web=web,
            ssh=ssh,
            host=host,
            names=name,
            certificate=certificate,
            private_key=private_key,
            insecure=insecure,
            visitors=visitors,
            entries=entries,
            room_name=room_name,
            profile=profile,
        )
    )


@command(app)
def completion(
    shell: Literal["bash", "zsh", "fish"], *, install: Annotated[bool, Parameter(negative="")] = False
) -> None:
    """Let your shell complete what you type. Example: evenly completion bash --install

    Parameters
    ----------
    shell
        Which shell.
    install
        Write it where that shell looks, instead of printing it.
    """
    from evenly_client.commands.completion import completion as run

    _exit(run(app, shell, install=install))


@command(app, help_flags=[], version_flags=[])
def serve(*arguments: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)]) -> None:
    """Run a server for many rooms. Example: evenly serve --name peers.example.org --help"""
    _server("serve", arguments)


@command(app, help_flags=[], version_flags=[])
def backup(*arguments: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)]) -> None:
    """Write a server's rooms to one file, while it runs. Example: evenly backup rooms.evenly --journal evenly.db"""
    _server("backup", arguments)


@command(app, help_flags=[], version_flags=[])
def restore(*arguments: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)]) -> None:
    """Build a server's journal from a backup. Example: evenly restore rooms.evenly --journal new.db"""
    _server("restore", arguments)


@command(app, help_flags=[], version_flags=[])
def journal(*arguments: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)]) -> None:
    """Keep a server's rooms on several machines. Example: evenly journal init nats://n1:4222 --help"""
    _server("journal", arguments)


def _server(command: str, arguments: tuple[str, ...]) -> NoReturn:
    """The server is a program of its own: this process becomes it."""
    from evenly_client.own_program import own_program

    line = [*own_program("evenly_server"), command, *arguments]
    if os.name == "posix":
        os.execv(sys.executable, line)
    import subprocess

    sys.exit(subprocess.call(line))


def _version() -> str:
    from importlib.metadata import version

    return version("evenly")


def _exit(status: int) -> None:
    if status:
        sys.exit(status)


def main() -> None:
    """Runs a command, whichever."""
    from evenly_client.start import said_in_sentences

    said_in_sentences(_run)


def _run() -> None:
    """Runs what the command line asks for; wrong usage is status 2, and cyclopts has said what is wrong."""
    try:
        app(result_action="return_value", exit_on_error=False, print_error=True)
    except CycloptsError:
        sys.exit(2)


if __name__ == "__main__":
    main()
