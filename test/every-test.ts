// A test in which no assertion runs fails.
beforeEach(() => expect.hasAssertions());
