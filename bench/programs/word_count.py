"""Words of a text counted and the most frequent ones found."""

import sys


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "150000")
    names = ["fox", "dog", "hen", "Cow", "pig", "owl", "cat"]
    sentences = []
    for index in range(size):
        sentences.append(f"The {names[index % 7]} saw the {names[index % 5]}, and then it slept.")
    text = "\n".join(sentences)

    counts: dict[str, int] = {}
    for line in text.splitlines():
        for word in line.split(" "):
            plain = word.lower().replace(",", "").replace(".", "")
            counts[plain] = counts.get(plain, 0) + 1
    top = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:5]
    print(" ".join([f"{key}={value}" for key, value in top]))


main()
