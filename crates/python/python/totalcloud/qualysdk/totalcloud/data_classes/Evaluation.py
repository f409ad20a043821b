"""The classes of evaluations."""

from .classes import AccountLevelEvaluation, Evaluation

__all__ = ["AccountLevelEvaluation", "Evaluation"]
