"""Write what is made from the catalogue: `python -m singlearm.catalogue workflow/schemas`."""

import sys
from pathlib import Path

from . import TABLES, as_schema
from .tables import json_text

Path(sys.argv[1], "artifacts.json").write_text(json_text(as_schema(TABLES.values())), "utf-8")
