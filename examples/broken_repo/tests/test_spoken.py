"""What durations are called."""

import unittest

from durations import spoken


class SpokenTest(unittest.TestCase):
    def test_seconds(self):
        self.assertEqual(spoken(0), "0s")
        self.assertEqual(spoken(59), "59s")

    def test_minutes(self):
        self.assertEqual(spoken(60), "1m")
        self.assertEqual(spoken(125), "2m 5s")

    def test_hours(self):
        self.assertEqual(spoken(3600), "1h")
        self.assertEqual(spoken(3725), "1h 2m 5s")


if __name__ == "__main__":
    unittest.main()
