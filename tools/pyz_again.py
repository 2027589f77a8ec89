"""Runs a module of this folder as a program: python FOLDER MODULE [ARGUMENT …]; see evenly_client/own_program.py."""

import runpy
import sys

module = sys.argv.pop(1)
runpy.run_module(module, run_name="__main__", alter_sys=True)
