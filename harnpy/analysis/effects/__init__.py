"""What each function of a program may touch, found out without running it: model, scopes, graph, and the fixpoint over it.

What is assumed, since functions are values in Harn:

- A function value counts where it is written: a closure where its braces stand, a named function, tool or builtin where its
  name stands, called or not. So a program as a whole never touches more than its top level and its pipeline are said to.
- A call of a function that is given (a parameter, a variable of unknown content, an element of a list) adds nothing; the
  function is marked as unknown, and says why. A caller that gives it a function it knows is not marked.
- Methods are told apart by name: `x.save()` may be every `save` of an `impl`, and every function that a dict literal of the
  program holds under that key.
- Every branch may be taken, every loop entered, every declaration of a name meant.
"""
