"""How hard hypothesis looks at the statistics, whose examples take longer than those of others."""

import os

from hypothesis import HealthCheck, settings

calm = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("short", max_examples=25, derandomize=True, **calm)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))
