"""Says what stands beside syncd in an installation: versions, licences, and a bill of materials.

inventory.py check LOCK...           are the licences of all locked packages known and allowed? Exit 1 says whose is not
inventory.py write FOLDER LOCK...    writes THIRD-PARTY-LICENSES.txt and syncd/sbom.cdx.json (CycloneDX) below FOLDER

`--site FOLDER` is the site-packages to look into; the default is that of the interpreter that runs this. What a lock
file keeps for other systems is left out. Nothing is asked of the network, and the same packages give the same bytes:
the one time stamp is SOURCE_DATE_EPOCH.
"""

import argparse
import json
import os
import re
import sys
import tomllib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from license_expression import ExpressionError, get_spdx_licensing  # type: ignore[import-untyped]
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

ALLOWED = frozenset(
    {
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "PSF-2.0",
        "Unlicense",
        # Their text is passed on, and the packages are used as they are, each in files of its own that may be replaced.
        "LGPL-3.0-only",
        "LGPL-3.0-or-later",
        "MPL-2.0",
    }
)
"""What a package beside syncd may be licensed under: what lets syncd be passed on under Apache-2.0."""
READ_BY_A_PERSON = {
    "aiosignal": "Apache-2.0",
    "httpx-aiohttp": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "ldap3": "LGPL-3.0-or-later",
    "markdown-it-py": "MIT",
    "mdurl": "MIT",
    "shellingham": "ISC",
}
"""Licences of packages whose metadata has no SPDX expression, as their licence files have them."""
LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice|authors)", re.IGNORECASE)
LICENCES = "THIRD-PARTY-LICENSES.txt"
BILL = "syncd/sbom.cdx.json"
TOP = Path(__file__).parents[2]
Json = dict[str, Any]


class InventoryError(Exception):
    """What stands there is not what is locked, or may not be passed on."""


@dataclass(frozen=True)
class Package:
    """An installed package that a lock file names."""

    name: str
    distribution: Distribution

    @property
    def version(self) -> str:
        """Return its version."""
        return self.distribution.version

    @cached_property
    def licence(self) -> str:
        """Return its licence as an SPDX expression; raises `InventoryError` where nobody has found it out."""
        metadata = self.distribution.metadata
        own, old = ((metadata.get_all(key) or [""])[0] for key in ("License-Expression", "License"))
        for said in (own, READ_BY_A_PERSON.get(self.name, ""), old):
            if said and (expression := spdx(said)):
                return expression
        raise InventoryError(
            f"{self.name} {self.version} does not say its licence as SPDX does."
            " Read its licence file, and enter what it is in READ_BY_A_PERSON of deploy/release/inventory.py."
        )

    @property
    def refused(self) -> list[str]:
        """Return the licences that it wants and that are not allowed; of several to choose from one is enough."""
        parsed = get_spdx_licensing().parse(self.licence)
        allowed = {str(one): str(one) in ALLOWED for one in parsed.symbols}
        return [] if holds(parsed, allowed) else sorted(name for name, is_allowed in allowed.items() if not is_allowed)

    def licence_files(self) -> Iterator[tuple[str, str]]:
        """Yield the names and texts of the licence files that it came with."""
        for file in sorted(self.distribution.files or [], key=str):
            if ".dist-info" in file.parts[0] and LICENCE_FILE.search("/".join(file.parts[1:])):
                text = Path(str(file.locate())).read_text(encoding="utf-8", errors="replace")
                yield "/".join(file.parts[1:]), text

    def bills(self) -> Iterator[Json]:
        """Yield the bills of materials that it came with (PEP 770): what was compiled into it."""
        for file in sorted(self.distribution.files or [], key=str):
            if ".dist-info" in file.parts[0] and file.parts[1:2] == ("sboms",):
                yield json.loads(Path(str(file.locate())).read_text(encoding="utf-8"))


def spdx(text: str) -> str | None:
    """Return a licence as SPDX writes it; nothing where the text is none."""
    try:
        return str(get_spdx_licensing().parse(text, validate=True, strict=True))
    except ExpressionError:
        return None


def holds(expression: Any, allowed: dict[str, bool]) -> bool:  # noqa: ANN401 - of a library without types
    """Whether an expression can be met by what is allowed."""
    if not expression.args:
        return allowed[str(expression)]
    met = [holds(one, allowed) for one in expression.args]
    return any(met) if isinstance(expression, get_spdx_licensing().OR) else all(met)


def locked(files: Iterable[Path]) -> dict[NormalizedName, str]:
    """Return the versions that lock files name for this system, by package."""
    found = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            if re.match(r"[A-Za-z0-9]", line):
                requirement = Requirement(line.removesuffix("\\").strip())
                if requirement.marker is None or requirement.marker.evaluate():
                    (pin,) = requirement.specifier
                    found[canonicalize_name(requirement.name)] = pin.version
    return dict(sorted(found.items()))


def packages(site: str | None, files: Iterable[Path]) -> list[Package]:
    """Return what is locked, as it is installed; raises `InventoryError` where that is another version or none."""
    installed = {canonicalize_name(one.name): one for one in distributions(path=[site] if site else sys.path)}
    found = []
    for name, version in locked(files).items():
        if name not in installed or installed[name].version != version:
            there = f"version {installed[name].version} is" if name in installed else "none is"
            raise InventoryError(f"{name} is locked at {version}, and {there} installed. Install the lock files first.")
        found.append(Package(name, installed[name]))
    return found


def check(found: list[Package]) -> str:
    """Return how many licences are allowed; raises `InventoryError` with all that are not."""
    faults = []
    for package in found:
        try:
            if package.refused:
                faults.append(f"{package.name} {package.version} wants {package.licence}, which is not allowed")
        except InventoryError as error:
            faults.append(str(error))
    if faults:
        raise InventoryError("\n".join(faults))
    return f"licences: {len(found)} packages, each under a licence that is allowed"


def licences(found: list[Package]) -> str:
    """Return the texts of all licences, by package."""
    parts = [
        "Packages that are installed beside syncd, with the licences that each came with.",
        "syncd itself is licensed under Apache-2.0 (LICENSE).\n",
    ]
    for package in found:
        parts.append(f"{'=' * 100}\n{package.name} {package.version}: {package.licence}\n{'=' * 100}\n")
        texts = list(package.licence_files())
        parts += [f"--- {name}\n\n{text.strip()}\n" for name, text in texts]
        if not texts:
            parts.append("It came without a licence file.\n")
    return "\n".join(parts)


def bill(found: list[Package], epoch: int) -> str:
    """Return the bill of materials of syncd and of all that is installed beside it, as CycloneDX."""
    factory = LicenseFactory()
    own = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    root = component("syncd", own["version"], PackageURL("pypi", None, "syncd", own["version"]))
    root.type = ComponentType.APPLICATION
    root.licenses.add(factory.make_with_id("Apache-2.0"))
    bom = Bom()
    bom.metadata.component = root
    bom.metadata.timestamp = datetime.fromtimestamp(epoch, UTC)
    made = {}
    for package in found:
        one = component(package.name, package.version, PackageURL("pypi", None, package.name, package.version))
        one.licenses.add(factory.make_from_string(package.licence))
        one.components.update(compiled_in(package))
        made[package.name] = one
    bom.components.update(made.values())
    bom.register_dependency(root, made.values())
    for package in found:
        bom.register_dependency(made[package.name], [made[name] for name in needed(package, made.keys())])
    content = "\n".join(f"{package.name}=={package.version}" for package in found)
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, f"{root.purl}\n{epoch}\n{content}")
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def component(name: str, version: str | None, purl: PackageURL | None) -> Component:
    """Return a component under a reference that is the same in each build."""
    reference = str(purl) if purl else f"{name}@{version}"
    return Component(name=name, version=version, purl=purl, bom_ref=reference, type=ComponentType.LIBRARY)


def compiled_in(package: Package) -> list[Component]:
    """Return what was compiled into a package, as it says itself."""
    found = {}
    for said in package.bills():
        for one in said.get("components", []):
            name, version = one["name"], one.get("version")
            reference = f"{package.name}/{name}@{version}"
            inner = Component(name=name, version=version, bom_ref=reference, type=ComponentType.LIBRARY)
            # Where it was built stands in the qualifiers, and differs from build to build.
            if purl := one.get("purl"):
                inner.properties.add(Property(name="syncd:purl", value=re.split(r"[?#]", purl)[0]))
            found[reference] = inner
    return list(found.values())


def needed(package: Package, names: Iterable[str]) -> list[str]:
    """Return which of the packages a package needs, without its extras."""
    wanted = set()
    for line in package.distribution.requires or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            wanted.add(canonicalize_name(requirement.name))
    return sorted(wanted & set(names))


def main() -> str | None:
    """Do what was asked, and return what went wrong."""
    parser = argparse.ArgumentParser(description="Licences and bill of materials of what is installed beside syncd.")
    parser.add_argument("--site", help="the site-packages to look into")
    commands = parser.add_subparsers(dest="command", required=True)
    checking, writing = commands.add_parser("check"), commands.add_parser("write")
    writing.add_argument("folder", type=Path)
    for one in (checking, writing):
        one.add_argument("locks", type=Path, nargs="+")
    asked = parser.parse_args()
    try:
        found = packages(asked.site, asked.locks)
        print(check(found))  # noqa: T201 - its result
        if asked.command == "write":
            (asked.folder / LICENCES).write_text(licences(found), encoding="utf-8")
            epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
            (asked.folder / BILL).write_text(bill(found, epoch), encoding="utf-8")
    except InventoryError as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())
