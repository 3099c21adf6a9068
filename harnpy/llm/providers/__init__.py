"""Providers: their table as data, and per wire format two pure functions, request and event decoding."""
