"""Takes chance out of a saved image: image.py ARCHIVE, as `buildah push docker-archive:…` wrote it, is written anew.

What builds an image puts the name of the container into it that it built in, another one each time. Layers stay as they
are; what is left is what `docker load` and `podman load` read.
"""

import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

OF_THE_BUILD = ("container", "container_config", "parent")


def main(name: str) -> None:
    """Write the archive anew."""
    archive = Path(name)
    new = archive.with_name(f"{archive.name}.new")
    with tarfile.open(archive) as source, tarfile.open(new, "w", format=tarfile.GNU_FORMAT) as target:

        def content(member: str) -> bytes:
            found = source.extractfile(member)
            if found is None:
                raise ValueError(f"{archive}: {member} is no file")
            return found.read()

        (manifest,) = json.loads(content("manifest.json"))
        config = json.loads(content(manifest["Config"]))
        for key in OF_THE_BUILD:
            config.pop(key, None)
        config["config"].pop("Hostname", None)
        said = json.dumps(config, separators=(",", ":"), sort_keys=True).encode()
        kept = {"Config": f"{hashlib.sha256(said).hexdigest()}.json", "RepoTags": manifest["RepoTags"]}
        kept["Layers"] = manifest["Layers"]
        small = {kept["Config"]: said, "manifest.json": json.dumps([kept], sort_keys=True).encode()}
        for path, text in small.items():
            target.addfile(entry(path, len(text)), io.BytesIO(text))
        for layer in dict.fromkeys(manifest["Layers"]):
            target.addfile(entry(layer, source.getmember(layer).size), source.extractfile(layer))
    new.replace(archive)


def entry(path: str, size: int) -> tarfile.TarInfo:
    """Return what an archive says of a file: nobody's, of no time."""
    made = tarfile.TarInfo(path)
    made.size, made.mode = size, 0o444
    return made


if __name__ == "__main__":
    main(*sys.argv[1:])
