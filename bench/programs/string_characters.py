"""A text taken apart and put together character by character."""

import sys

alphabet = "abcdefghijklmnopqrstuvwxyz"


def encipher(text: str, shift: int) -> str:
    result = ""
    for letter in list(text):
        position = alphabet.find(letter)
        if position < 0:
            result = result + letter
        else:
            result = result + alphabet[(position + shift) % 26]
    return result


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "60000")
    text = "the quick brown fox jumps over the lazy dog"
    vowels = 0
    for round in range(size):
        text = encipher(text, round % 5 + 1)
        if text[round % 43] in "aeiou":
            vowels += 1
    print(f"{text} {vowels}")


main()
