"""Documents are held to the JSON Schemas that the package carries."""

import json
from pathlib import Path
from typing import Any

import jsonschema

SCHEMAS = Path(__file__).parents[2] / "syncd" / "schemas"


def valid(document: Any, name: str) -> Any:  # noqa: ANN401 - JSON
    """Return a document that fulfils the schema of this file name."""
    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    return document
