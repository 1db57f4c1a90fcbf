"""What has this repository already, in files and in databases, and which contracts is it to become?"""

from contractctl.adoption.files import Adopted, Defaults, Skipped, Survey, survey, write

__all__ = ("Adopted", "Defaults", "Skipped", "Survey", "survey", "write")
