"""How do the texts of a version become descriptors? protoc compiles them, and is spared what it compiled before.

`compiler.compile_` begins; `protoc` alone talks to the program. Nothing is imported here: whoever is given descriptors
needs none of it.
"""
