"""Hypothesis profiles and the helpers of this folder."""

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))

calm = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("short", max_examples=25, derandomize=True, **calm)
settings.register_profile("long", max_examples=2000, **calm)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))
