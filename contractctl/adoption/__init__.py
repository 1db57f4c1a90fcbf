"""What has this repository already, in files and in databases, and which contracts is it to become?"""

from contractctl.adoption.files import Adopted, House, Skipped, Survey, survey, write

__all__ = ("Adopted", "House", "Skipped", "Survey", "survey", "write")
