"""Median times to an event, in months."""

from .base import Kind, Sheet

KIND = Kind("time", Sheet("durations", "adjudication_durations"), table="times")
