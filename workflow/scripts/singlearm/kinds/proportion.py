"""Proportions: patients with an event of patients assessed."""

from .base import Kind, Sheet

KIND = Kind("proportion", Sheet("outcomes", "adjudication"), table="pooled")
