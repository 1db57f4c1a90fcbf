"""Which schemas exist already, in files and in databases, and which contracts do they become?"""

from contractctl.adoption.files import Adopted, Defaults, Skipped, Survey, survey, write

__all__ = ("Adopted", "Defaults", "Skipped", "Survey", "survey", "write")
