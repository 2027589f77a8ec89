"""What needs more than a key about the series, in one table."""

from __future__ import annotations

from evenly_client.screens.flows import Flow
from evenly_client.screens.series.dates import answer_dates, decide_date, propose_dates
from evenly_client.screens.series.leading import call_link, deputy, hand_over
from evenly_client.screens.series.pairs import call_back_pairs, draw_pairs, log_coaching
from evenly_client.screens.series.planning import change_planned, plan_series, say_away, set_topic, swap_holders

SERIES_FLOWS: dict[str, Flow] = {
    "plan_series": plan_series,
    "change_planned": change_planned,
    "swap_holders": swap_holders,
    "set_topic": set_topic,
    "say_away": say_away,
    "propose_dates": propose_dates,
    "answer_dates": answer_dates,
    "decide_date": decide_date,
    "call_link": call_link,
    "hand_over": hand_over,
    "deputy": deputy,
    "draw_pairs": draw_pairs,
    "call_back_pairs": call_back_pairs,
    "log_coaching": log_coaching,
}
"""The actions that ask something first."""
