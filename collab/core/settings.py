"""Settings: one TOML file, then `HEMICYCLE_*` variables over it; both are refused as a whole on a mistyped name.

`HEMICYCLE_LDAP_PASSWORD` sets `password` of the section `[ldap]`; with `_FILE` behind it, the value is read from that
file. Read once by web/main.py and passed on; nothing reads settings at import.
"""

import difflib
import ipaddress
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from collab.core.places import parse_place

PREFIX = "HEMICYCLE_"
SHORT = {"HEMICYCLE_PORT": ("server", "port"), "HEMICYCLE_DATA": ("data", "dir")}
# Read by the program itself, not settings of the server.
OTHER = frozenset({"HEMICYCLE_CONFIG", "HEMICYCLE_SKIP_ASSETS"})

Port = Annotated[int, Field(ge=0, le=65535)]


def _address(text: str) -> str:
    return str(ipaddress.ip_address(text))


def _place(text: str) -> str:
    parse_place(text)
    return text


def _turn_url(text: str) -> str:
    if not re.fullmatch(r"turns?:[A-Za-z0-9.\[\]:_-]+(\?transport=(udp|tcp))?", text):
        raise ValueError("not like turn:host:3478 or turns:host:443?transport=tcp")
    return text


Address = Annotated[str, AfterValidator(_address)]


class SettingsError(Exception):
    """The settings cannot be used; the text says which and why, one line each."""


class Section(BaseModel):
    """Refuses names it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(Section):
    """Where the web process listens and how the world calls it."""

    host: str = "127.0.0.1"
    port: Port = 8080
    public_url: str = Field(default="", description="As browsers see it; empty: http://host:port.")
    trusted_proxies: list[str] = Field(
        default_factory=list, description="Addresses whose X-Forwarded-For and -Proto are believed."
    )
    worker: bool = Field(default=True, description="Run the job worker inside `serve`.")
    max_body: int = Field(default=1_048_576, ge=1024, description="Bytes of a request that is not an upload.")


class Data(Section):
    """Where files and keys lie."""

    dir: Path = Path("/var/lib/hemicycle")


class DatabaseSettings(Section):
    """`sqlite:///path` or `postgresql://user:password@host/name`; empty: SQLite in the data folder."""

    url: SecretStr = SecretStr("")


class Redis(Section):
    """Carries announcements between several web processes; empty: one process."""

    url: SecretStr = SecretStr("")


class Ldap(Section):
    """The directory; without `servers`, accounts are local."""

    servers: list[str] = Field(default_factory=list, description="ldap:// or ldaps:// URLs, tried in order.")
    start_tls: bool = Field(default=True, description="For ldap:// servers; refused in clear unless false.")
    ca_file: Path | None = Field(default=None, description="Certificate authority; empty: the system's.")
    bind_dn: str = ""
    password: SecretStr = SecretStr("")
    kind: Literal["openldap", "active_directory"] = "openldap"
    people_base: str = ""
    people_filter: str = ""
    units_base: str = Field(default="", description="Empty: the people's base.")
    groups_base: str = ""
    groups_filter: str = ""
    attributes: dict[str, str] = Field(default_factory=dict, description="Field → attribute, over the kind's own.")
    page_size: int = Field(default=500, ge=10, le=1000)
    timeout: float = Field(default=10, gt=0, le=120, description="Seconds for a connection and for an answer.")
    sync_cron: str = Field(default="*/15 * * * *", description="When the directory is read; empty: by hand.")
    max_disabled_percent: int = Field(
        default=10, ge=0, le=100, description="A reading that would disable more of the people waits to be confirmed."
    )
    max_disabled_people: int = Field(default=20, ge=0, description="The same, as a number of persons.")

    @property
    def enabled(self) -> bool:
        return bool(self.servers)


class Mail(Section):
    """Where mail is handed over; without `host`, none is sent and jobs wait."""

    host: str = ""
    port: Port = 25
    tls: Literal["none", "starttls", "tls"] = "none"
    ca_file: Path | None = None
    user: str = ""
    password: SecretStr = SecretStr("")
    sender: str = Field(default="hemicycle@localhost", description="Address of the From header.")

    @property
    def enabled(self) -> bool:
        return bool(self.host)


class Media(Section):
    """The port of sound and picture: one number, for UDP and for TCP; as many as there are workers."""

    host: list[Address] = Field(
        default_factory=lambda: ["127.0.0.1"],
        min_length=1,
        description="Addresses to bind; `0.0.0.0` and `::`: all that the machine has, as they come and go.",
    )
    port: Port = Field(default=0, description="0: the web port plus one, or the next free one.")
    workers: int = Field(
        default=0,
        ge=0,
        le=64,
        description="Processes for sound and picture, on `port` and the ports after it; 0: in the web process. "
        "About one for each processor that may be busy with meetings.",
    )
    announce: list[Annotated[str, AfterValidator(_place)]] = Field(
        default_factory=list,
        description="Addresses or names given to browsers, where they differ from those bound (NAT); "
        "`address:port` where the port does too.",
    )
    plane: Literal["auto", "python", "c"] = Field(
        default="auto",
        description="What forwards packets: `c` is faster and there where a compiler was at the installation, `auto` "
        "takes it then.",
    )
    turn_urls: list[Annotated[str, AfterValidator(_turn_url)]] = Field(
        default_factory=list, description="TURN servers given to browsers, as `turn:host:3478?transport=tcp`."
    )
    turn_secret: SecretStr = Field(
        default=SecretStr(""), description="What the TURN servers and this one share, for passwords that expire."
    )

    @model_validator(mode="after")
    def _ports_are_enough(self) -> "Media":
        if self.port and self.port + max(self.workers - 1, 0) > 65535:
            raise ValueError("there are not enough ports above `port` for so many workers")
        return self

    @model_validator(mode="after")
    def _turn_is_whole(self) -> "Media":
        if self.turn_urls and not self.turn_secret.get_secret_value():
            raise ValueError("turn_urls needs turn_secret")
        return self


class Sessions(Section):
    """How long a sign-in lasts and what it takes."""

    idle_hours: int = Field(default=24 * 7, ge=1, description="Without use, a sign-in ends after so many hours.")
    absolute_hours: int = Field(default=24 * 30, ge=1, description="A sign-in ends after so many hours in any case.")
    admin_second_factor: Literal["required", "optional"] = Field(
        default="required", description="Whether administrators may sign in with a password alone; the demo lets them."
    )


class FileQuotas(Section):
    """How much room files may take, all versions and the trash included; administrators may set it for one space."""

    space_mb: int = Field(default=0, ge=0, description="Of a shared space, in megabytes; 0: as much as the disk.")
    personal_mb: int = Field(default=0, ge=0, description="Of one person's own files; 0: as much as the disk.")


class Uploads(Section):
    """Files that arrive in parts, and go on after a cut."""

    most_bytes: int = Field(default=50 << 30, ge=1, description="Bytes of one file.")
    days: int = Field(default=7, ge=1, le=90, description="Days without news after which one is forgotten.")
    most_unfinished: int = Field(default=500, ge=1, description="Unfinished ones of one person, or of one deposit box.")
    most_unfinished_bytes: int = Field(default=200 << 30, ge=1, description="The bytes of all of these together.")


class Log(Section):
    """Structured logs on standard error; addresses only in the security log."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    security_days: int = Field(default=180, ge=1, description="How long the security log is kept.")


class Place(Section):
    """The authority itself."""

    name: str = Field(default="Hémicycle", description="Stands beside the product's name and in mails.")
    language: Literal["fr", "en"] = Field(default="fr", description="For those whose browser asks for neither.")
    time_zone: str = Field(default="Europe/Paris", description="Times are shown and forms are read in it.")


def _clamd(text: str) -> str:
    if text and not text.startswith("/") and not re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:/\s]+):[0-9]{1,5}", text):
        raise ValueError("not like /run/clamav/clamd.ctl or 127.0.0.1:3310")
    return text


class Files(Section):
    """Shared files: who looks at them for malware, and how long things are kept."""

    trash_days: int = Field(
        default=30, ge=1, le=3650, description="What is in the trash for so many days is destroyed in the night after."
    )
    clamd: Annotated[str, AfterValidator(_clamd)] = Field(
        default="", description="Where clamd listens: a path, or host:port. Empty: files are not scanned, and say so."
    )
    clamd_max: int = Field(
        default=25_000_000,
        ge=1024,
        description="Larger files are not scanned: clamd's StreamMaxLength and MaxFileSize, or less.",
    )
    unscanned: Literal["allow", "refuse"] = Field(
        default="allow", description="Whether what could not be scanned is given out: too large, encrypted, no clamd."
    )
    reads_days: int = Field(default=365, ge=1, description="How long it is known who read a file.")


class Meetings(Section):
    """What meetings leave."""

    attendance_days: int = Field(
        default=365, ge=1, le=36500, description="How long it is known who was in a room from when to when."
    )
    recording_keeps_free_mb: int = Field(
        default=1000,
        ge=0,
        description="Megabytes that recordings leave free on the disk of `data.dir`: one that would take them ends, "
        "with everything before it kept.",
    )
    most_viewers: int = Field(
        default=250,
        ge=1,
        le=10_000,
        description="How many may look on in one room without being in it (WHEP), the public's page included.",
    )


class Council(Section):
    """Sittings of assemblies."""

    ballot_keys: Path | None = Field(
        default=None,
        description="Folder of the keys of secret ballots while they are open, never to be backed up; best in memory, "
        "such as /run/hemicycle/ballots. Empty: `ballots` in the data folder.",
    )
    video_grace: int = Field(
        default=30,
        ge=5,
        le=300,
        description="Seconds for which a member who sits by video stays present while their sound or picture is lost.",
    )


class Settings(Section):
    """All of it."""

    place: Place = Place()
    server: Server = Server()
    data: Data = Data()
    database: DatabaseSettings = DatabaseSettings()
    redis: Redis = Redis()
    ldap: Ldap = Ldap()
    mail: Mail = Mail()
    media: Media = Media()
    files: Files = Files()
    meetings: Meetings = Meetings()
    council: Council = Council()
    sessions: Sessions = Sessions()
    quotas: FileQuotas = FileQuotas()
    uploads: Uploads = Uploads()
    log: Log = Log()

    @property
    def database_url(self) -> str:
        return self.database.url.get_secret_value() or f"sqlite:///{self.data.dir.resolve()}/hemicycle.sqlite3"

    @property
    def public_url(self) -> str:
        url = self.server.public_url or f"http://{self.server.host}:{self.server.port}"
        return url.rstrip("/")

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over TLS, so that cookies may say so."""
        return self.public_url.startswith("https://")


def variables() -> dict[str, tuple[str, str]]:
    """Each `HEMICYCLE_*` name and the (section, field) it sets."""
    names = {
        f"{PREFIX}{section}_{name}".upper(): (section, name)
        for section, field in Settings.model_fields.items()
        for name in getattr(field.annotation, "model_fields", {})
    }
    return {**names, **SHORT}


def load(file: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the file (if any) and the variables over it. Raises SettingsError."""
    values: dict[str, dict[str, Any]] = {}
    if file is not None:
        values = _read_toml(file)
    faults: list[str] = []
    for (section, name), text in _from_environment(environ, faults).items():
        values.setdefault(section, {})[name] = text
    if faults:
        raise SettingsError("\n".join(faults))
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(fault) for fault in error.errors(include_input=False))) from None


def _read_toml(file: Path) -> dict[str, dict[str, Any]]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {error}") from None


def _from_environment(environ: Mapping[str, str], faults: list[str]) -> dict[tuple[str, str], Any]:
    known = variables()
    found: dict[tuple[str, str], Any] = {}
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name in OTHER:
            continue
        base = name.removesuffix("_FILE") if name not in known else name
        if base not in known:
            faults.append(f"{name}: no such setting{_did_you_mean(name, known)}")
            continue
        if base != name:
            try:
                value = Path(value).read_text(encoding="utf-8").rstrip("\n")
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{name}: {value} cannot be read ({type(error).__name__})")
                continue
        section, field = known[base]
        found[section, field] = _shaped(section, field, value)
    return found


def _shaped(section: str, field: str, text: str) -> Any:
    """A list is given with commas; everything else pydantic understands as text."""
    model = Settings.model_fields[section].annotation
    annotation = str(getattr(model, "model_fields", {})[field].annotation)
    if annotation.startswith("list"):
        return [part.strip() for part in text.split(",") if part.strip()]
    if annotation.startswith("dict"):
        return dict(part.split("=", 1) for part in text.split(",") if "=" in part)
    return text


def _explain(fault: Any) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    if fault["type"] != "extra_forbidden":
        return f"{place}: {fault['msg']}"
    section, _, name = place.rpartition(".")
    names = Settings.model_fields if not section else _fields_of(section)
    return f"{place}: no such setting{_did_you_mean(name, names)}"


def _fields_of(section: str) -> Mapping[str, Any]:
    field = Settings.model_fields.get(section)
    names: Mapping[str, Any] = getattr(field.annotation, "model_fields", {}) if field else {}
    return names


def _did_you_mean(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
