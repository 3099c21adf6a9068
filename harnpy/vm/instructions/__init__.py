"""The handlers of the interpreter: one function a lowered instruction, called with the frame and its operand.

A handler returns None to go on in the same frame, another Frame to go on there, or a signal to leave the loop. Anything
about meaning is delegated: operators, subscripts, properties, iteration, calls.
"""
