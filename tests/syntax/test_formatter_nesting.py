"""Constructs in values, and the levels of lines inside expressions (chapter 10 sections 7.7 and 7.8)."""

from __future__ import annotations

import pytest
from formatting import check_formatting

TEXTS = {
    "a closure as argument": """
fn f() {
  run_all(
    { x ->
    log(x)
    x
  },
  )
}
""",
    "an if as value": """
let x = if c {
  1
} else {
  2
}
""",
    "an else if as value is nested": """
let x = if c {
  1
} else {
  if d {
    2
  } else {
    3
  }
}
""",
    "a construct inside another expression": """
let x = f(
  match v {
  0 -> { a }
  _ -> {
    b
    c
  }
},
)
""",
    "values on the right of return": """
fn f() {
  return try {
    a
  } catch (e) {
    b
  }
}
""",
    "a closure in a closure": """
fn f() {
  let outer = { x ->
    let inner = { y ->
    log(y)
    y
  }
    inner(x)
  }
}
""",
    "what continues from its level": """
fn f() {
  let g = { x ->
    if a {
      if b {
        c
      } else {
        if d {
          e
        }
      }
    }
    for i in x {
      while i {
        i
      }
    }
    fn inner(a) {
      return a
    }
    tool t() {
      description "d"
      a
    }
    try {
      a
    } catch (e) {
      b
    } finally {
      c
    }
  }
}
""",
    "what goes back to the level of the statement": """
fn f() {
  let g = { x ->
    if x {
      retry 3 {
    a
  }
      guard x else {
    return
  }
      match x {
    0 -> { 1 }
    _ -> {
      if a {
        b
      }
      c
    }
  }
      select {
    v from c {
      v
    }
    default {
    }
  }
      let y = call(
    alpha_beta_gamma_delta_epsilon,
    { z ->
    a
    b
  },
  )
    }
  }
}
""",
    "the bodies of statements raise the level": """
pipeline p() {
  for i in xs {
    retry 3 {
      deadline 5s {
        mutex {
          spawn {
            parallel 2 { i ->
              guard a else {
                match x {
                  0 -> {
                    let f = { y ->
                      a
                      b
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
""",
    "those of defer and select do not": """
fn f() {
  defer {
    spawn {
    a
  }
  }
  select {
    v from c {
      spawn {
    a
  }
    }
  }
}
""",
    "strings of several lines": '''
fn f() {
  let x = if a {
    """
    b
    """
  } else {
    g(
    """
    c
    """,
  )
  }
}
''',
    "methods and operators": """
fn f() {
  let x = { y ->
    y
    .map(a)
    .filter(b)
    a
    && b
  }
}
""",
    "the arms of a statement": """
fn f() {
  match v {
    0 -> { g(
      alpha_beta_gamma_delta_epsilon,
      alpha_beta_gamma_delta_epsilon,
    ) }
  }
}
""",
    "declarations in closures": """
let f = { x ->
  enum E {
    A
    B(x)
  }
  @a
  pub struct S {
    a: int
  }
  interface I {
    fn m(self)
  }
  impl S {
    fn m(self) {
      1
    }
  }
  type T = int
  override o(a) {
    1
  }
}
""",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_levels(text: str) -> None:
    text = text.removeprefix("\n")
    assert check_formatting(text, 60) == text
    # Its own layout says nothing: only breaks in operations and before methods do.
    without_indentation = "\n".join(line.strip() for line in text.split("\n"))
    if '"""' not in text:
        assert check_formatting(without_indentation, 60) == text
