"""What the engine knows of tasks besides their records, as the arrangement is given it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from tui.dashboard.arrangement import Forecasts
from tui.engine import Engine
from tui.watchlist.records import Record
from tui.wording.rows import Forecast


def engine_forecasts(engine: Engine) -> Forecasts:
    """Return forecasts by an engine, which is looked at when they are asked for.

    Not earlier: what tells about frames is not imported for the first paint.
    """

    def of_task(record: Record, now: datetime, boot: float) -> Forecast:
        estimate = engine.estimates.expected_end(record, now, boot)
        quiet_since = engine.frame_gaps.quiet_since(record)
        asked_at = None
        if (asked := engine.schedule.asked_at(record.id)) is not None:
            asked_at = now - timedelta(seconds=asyncio.get_running_loop().time() - asked)
        return Forecast(estimate.end if estimate else None, quiet_since, asked_at)

    return Forecasts(of_task, lambda: engine.estimates.usual_seconds())
