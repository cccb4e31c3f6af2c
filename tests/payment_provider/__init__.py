"""
A payment provider for development and tests: WeChat Pay APIv3's protocol over HTTP, with its own keys and ledger.

It shares no code with the product, so that its ledger can judge the product's books. It moves no real money.
"""
