"""A tokenizer and a recursive descent parser that evaluates as it goes."""

import sys

digits = "0123456789"

Token = dict[str, str]


def tokenize(text: str) -> list[Token]:
    tokens = []
    position = 0
    while position < len(text):
        character = text[position]
        if character in digits:
            end = position + 1
            while end < len(text) and text[end] in digits:
                end += 1
            tokens.append({"kind": "number", "text": text[position:end]})
            position = end
        else:
            if character != " ":
                tokens.append({"kind": character, "text": character})
            position += 1
    return [*tokens, {"kind": "end", "text": ""}]


def parse_sum(tokens: list[Token], start: int) -> list[int]:
    value, position = parse_product(tokens, start)
    while tokens[position]["kind"] == "+" or tokens[position]["kind"] == "-":
        sign = tokens[position]["kind"]
        right, next = parse_product(tokens, position + 1)
        value = value + right if sign == "+" else value - right
        position = next
    return [value, position]


def parse_product(tokens: list[Token], start: int) -> list[int]:
    value, position = parse_operand(tokens, start)
    while tokens[position]["kind"] == "*":
        right, next = parse_operand(tokens, position + 1)
        value = value * right
        position = next
    return [value, position]


def parse_operand(tokens: list[Token], start: int) -> list[int]:
    token = tokens[start]
    if token["kind"] == "number":
        return [int(token["text"]), start + 1]
    if token["kind"] == "-":
        value, position = parse_operand(tokens, start + 1)
        return [-value, position]
    if token["kind"] != "(":
        raise ValueError(f"unexpected {token['kind']}")
    value, position = parse_sum(tokens, start + 1)
    return [value, position + 1]


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "25000")
    total = 0
    for index in range(size):
        formula = f"({index} + 12) * (3 - -4) + 2 * ({index % 7} + (5 - 2) * 10) - 100"
        value, position = parse_sum(tokenize(formula), 0)
        total += value + position
    print(f"total {total}")


main()
