"""Where the files of a configuration are: relative paths are relative to it."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from syncd.config.sections import Tls
from syncd.config.settings import Settings
from syncd.config.source_settings import CsvFile, CsvSource, LdifSource
from syncd.config.source_types import AnySource
from syncd.config.table_settings import SqlSource


def settled(settings: Settings, folder: Path, environ: Mapping[str, str]) -> Settings:
    """Make relative paths relative to the file, and give the store its default place."""
    sources = {name: _placed(source, folder) for name, source in settings.source.items()}
    places = {name: _below(folder, getattr(settings.platform, name)) for name in ("ca_file", "handover")}
    url = SecretStr(_store_url(settings.store.url.get_secret_value(), folder, environ))
    tls = settings.listener.tls and Tls(**{name: _below(folder, one) for name, one in settings.listener.tls})
    return settings.model_copy(
        update={
            "source": sources,
            "platform": settings.platform.model_copy(update=places),
            "store": settings.store.model_copy(update={"url": url}),
            "listener": settings.listener.model_copy(update={"tls": tls}),
        }
    )


def _placed(source: AnySource, folder: Path) -> AnySource:
    if isinstance(source, CsvSource):
        return source.model_copy(
            update={
                "users": source.users and _placed_file(source.users, folder),
                "departments": source.departments and _placed_file(source.departments, folder),
                "rooms": source.rooms and _placed_file(source.rooms, folder),
            }
        )
    if isinstance(source, SqlSource):
        return source.model_copy(update={"url": SecretStr(_sqlite_url(source.url.get_secret_value(), folder))})
    name = "path" if isinstance(source, LdifSource) else "ca_file"
    return source.model_copy(update={name: _below(folder, getattr(source, name))})


def _placed_file(file: CsvFile, folder: Path) -> CsvFile:
    return file.model_copy(update={"path": _below(folder, file.path)})


def _below(folder: Path, name: str) -> str:
    return str(folder / name) if name else ""


def _store_url(url: str, folder: Path, environ: Mapping[str, str]) -> str:
    """Give the store's URL: `$STATE_DIRECTORY/syncd.db`, else `syncd.db` beside the file, where none is written."""
    if not url:
        state = environ.get("STATE_DIRECTORY", "").split(":")[0]
        return f"sqlite:///{Path(state) if state else folder.resolve()}/syncd.db"
    return _sqlite_url(url, folder)


def _sqlite_url(url: str, folder: Path) -> str:
    """Make the file of an SQLite URL relative to the configuration; any other URL stays."""
    prefix = "sqlite:///"
    bare = url.removeprefix(prefix)
    return f"{prefix}{folder.resolve() / bare}" if bare != url and not bare.startswith((":", "/")) else url
